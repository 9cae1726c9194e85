"""Where a delivery, or what `route` decided instead of one, stands. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from crossdock.events import Step
from crossdock.ledger.entries import Entry, attempt_of, is_by_hand, is_of_delivery


class State(enum.StrEnum):
    """Where something that was accepted is."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    FILTERED = "filtered"
    DISCARDED = "discarded"
    ROUTED = "routed"
    DELIVERED = "delivered"
    DEAD = "dead"
    WAITING = "waiting"
    UNRECORDED = "unrecorded"
    """What became of it was gone from the journal before the ledger could read it."""


class Standing(msgspec.Struct, frozen=True, gc=False):
    """Where something is.

    Attributes:
        state: Where.
        attempts: The number of its last attempt.
        outcome_id: Of the outcome that brought it there.
    """

    state: State
    attempts: int = 0
    outcome_id: str = ""


_STATES_BY_STEP: Mapping[str, State] = {
    Step.MAPPED: State.WAITING,
    Step.WAITING: State.WAITING,
    Step.SENT_AGAIN: State.WAITING,
    # Its connection is paused until a person acts, and then goes on with it.
    Step.NEEDS_ATTENTION: State.WAITING,
    Step.DELIVERED: State.DELIVERED,
    Step.FILTERED: State.FILTERED,
    Step.DUPLICATE: State.DUPLICATE,
    Step.DISCARDED: State.DISCARDED,
    Step.FAILED: State.DEAD,
    Step.DEAD: State.DEAD,
}


def state_of(entry: Entry) -> State | None:
    """Return the state that an outcome puts its subject in; None if it leaves it where it is."""
    if entry.step == Step.REJECTED:
        return State.DEAD if is_of_delivery(entry) else State.DISCARDED
    return _STATES_BY_STEP.get(entry.step)


def standing_after(before: Standing | None, entry: Entry) -> Standing | None:
    """Return where the subject of an outcome stands after it."""
    state = state_of(entry)
    if state is None or (before is not None and _is_late(before, entry)):
        return before
    attempts = max(before.attempts if before is not None else 0, entry.attempt)
    return Standing(state, attempts, entry.outcome_id)


def _is_late(before: Standing, entry: Entry) -> bool:
    """Return whether the word of something comes after that of what followed."""
    if entry.step == Step.MAPPED:
        # A delivery can overtake the word that it was made.
        return True
    if is_by_hand(entry):
        # It is about one death, and what is not dead by that one any more has gone on.
        return before.outcome_id != attempt_of(entry.outcome_id)
    return False


def numbered(entries: Sequence[Entry], standings: Mapping[str, Standing]) -> Iterator[Entry]:
    """Yield the outcomes with the numbers of attempts going on where they were.

    `send` counts anew after a restart; a delivery's life has one first attempt.

    Args:
        entries: New outcomes, oldest first.
        standings: Where their subjects stand so far.
    """
    counted: dict[str, int] = {}
    for entry in entries:
        if not entry.attempt or not is_of_delivery(entry):
            yield entry
            continue
        before = standings.get(entry.subject_id)
        last = counted.get(entry.subject_id, before.attempts if before is not None else 0)
        # What was given up, or filtered, without an attempt took no time.
        number = max(entry.attempt, last if entry.duration_seconds is None else last + 1)
        counted[entry.subject_id] = number
        yield entry if number == entry.attempt else msgspec.structs.replace(entry, attempt=number)
