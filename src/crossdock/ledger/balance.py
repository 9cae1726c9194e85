"""Whether everything that was accepted is accounted for. Pure.

Two kinds of things are counted, and each is in exactly one state at a time:

- an **event** of a source: it waits for `route`, or is a duplicate, discarded, filtered (no
  connection is there for it), or routed;
- what `route` made of it for a **connection**: it was filtered, or discarded (no payload could be
  made), or became a delivery, which waits, or was delivered, or is dead. An event that two mappings
  take becomes two deliveries and counts twice.

The ledger counts by what it reads: each message once, a repeated outcome never. What it says is
then held against two things that it does not count: how far `route` is in the journal, and which
deliveries lie in the journal unfinished.
"""

from __future__ import annotations

import dataclasses
import enum
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from crossdock.events import ConnectionId, Offset, Step
from crossdock.ledger.entries import Entry, is_from_route, is_of_delivery, is_of_replay


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


AccountKey = tuple[str, str]
"""Source id and connection id; for a source's own account the second is empty."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The counts of one source, or of one connection.

    Attributes:
        source_id: Which source.
        connection_id: Which connection; empty for the source's own.
        counts: By state; `waiting` is what is left.
        difference: How many are missing: unaccounted for if positive, too many if negative.
    """

    source_id: str
    connection_id: str
    counts: Mapping[State, int]
    difference: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """All accounts at one moment.

    Attributes:
        accounts: Each source, followed by its connections.
        is_settled: Whether nothing was on its way when it was drawn up. If not, differences are
            not known and are given as 0: what is on its way counts as waiting.
    """

    accounts: Sequence[Account]
    is_settled: bool

    @property
    def holds(self) -> bool:
        """Whether nothing is missing."""
        return all(account.difference == 0 for account in self.accounts)


_STATES_BY_STEP: Mapping[str, State] = {
    Step.MAPPED: State.WAITING,
    Step.WAITING: State.WAITING,
    # Its connection is paused until a person acts, and then goes on with it.
    Step.NEEDS_ATTENTION: State.WAITING,
    Step.DELIVERED: State.DELIVERED,
    Step.FILTERED: State.FILTERED,
    Step.DUPLICATE: State.DUPLICATE,
    Step.FAILED: State.DEAD,
    "dead": State.DEAD,
}


def state_of(entry: Entry) -> State | None:
    """Return the state that an outcome puts its subject in; None if it leaves it where it is."""
    if entry.step in {Step.REJECTED, Step.DISCARDED}:
        return State.DEAD if is_of_delivery(entry) else State.DISCARDED
    return _STATES_BY_STEP.get(entry.step)


def event_state_of(entry: Entry) -> State:
    """Return the state that an outcome of `route` puts the event itself in."""
    if not entry.connection_id:
        return state_of(entry) or State.ROUTED
    return State.ROUTED


@dataclasses.dataclass(slots=True)
class Changes:
    """What a number of outcomes changes.

    Attributes:
        counts: What to add, by account and state. Waiting things are not counted: they are the
            rest.
        opened: Deliveries that begin to wait.
        closed: Deliveries that wait no longer.
    """

    counts: Counter[tuple[AccountKey, State]] = dataclasses.field(default_factory=Counter)
    opened: set[str] = dataclasses.field(default_factory=set)
    closed: set[str] = dataclasses.field(default_factory=set)


def settle(
    entries: Iterable[Entry],
    *,
    states_by_subject: Mapping[str, State],
    known_events: AbstractSet[Offset],
) -> Changes:
    """Return what the outcomes change.

    Args:
        entries: New outcomes, oldest first; none that is known already.
        states_by_subject: The states of those subjects that have one.
        known_events: Those of the events that an outcome of `route` was seen for before.
    """
    changes = Changes()
    states = dict(states_by_subject)
    events_seen = set(known_events)
    for entry in entries:
        # A replay makes deliveries of events that were accepted before: its connection accounts for
        # them, the source does not.
        is_replayed = is_of_replay(entry)
        if not entry.event_sequence and not is_replayed:
            continue
        if not is_replayed and is_from_route(entry) and entry.offset not in events_seen:
            events_seen.add(entry.offset)
            changes.counts[(entry.source_id, ""), event_state_of(entry)] += 1
        before = states.get(entry.subject_id)
        after = state_of(entry)
        # A delivery can overtake the word that it was made.
        is_late = entry.step == Step.MAPPED and before is not None
        if entry.connection_id and after is not None and after is not before and not is_late:
            states[entry.subject_id] = after
            _move((entry.source_id, entry.connection_id), before, after, changes.counts)
    waited = {subject for subject, state in states_by_subject.items() if state is State.WAITING}
    waiting = {subject for subject, state in states.items() if state is State.WAITING}
    changes.opened, changes.closed = waiting - waited, waited - waiting
    return changes


def _move(
    account: AccountKey,
    before: State | None,
    after: State,
    counts: Counter[tuple[AccountKey, State]],
) -> None:
    if before is None:
        counts[account, State.ACCEPTED] += 1
    elif before is not State.WAITING:
        counts[account, before] -= 1
    if after is not State.WAITING:
        counts[account, after] += 1


def draw_up(
    counts: Mapping[tuple[AccountKey, State], int],
    *,
    unfinished_by_connection: Mapping[ConnectionId, int],
    is_settled: bool,
) -> Balance:
    """Return the balance.

    Args:
        counts: What the ledger has counted.
        unfinished_by_connection: Deliveries that lie in the journal.
        is_settled: Whether the ledger has read everything and `route` has nothing left to do.
    """
    by_account: dict[AccountKey, dict[State, int]] = {}
    for (account, state), count in counts.items():
        by_account.setdefault(account, {})[state] = count
    accounts = []
    for (source_id, connection_id), by_state in sorted(by_account.items()):
        rest = by_state.get(State.ACCEPTED, 0) - sum(
            count for state, count in by_state.items() if state is not State.ACCEPTED
        )
        # For a source itself nothing can wait once `route` is done.
        waiting = (
            unfinished_by_connection.get(ConnectionId(connection_id), 0) if connection_id else 0
        )
        accounts.append(
            Account(
                source_id=source_id,
                connection_id=connection_id,
                counts={**by_state, State.WAITING: waiting if is_settled else rest},
                difference=rest - waiting if is_settled else 0,
            )
        )
    return Balance(accounts=accounts, is_settled=is_settled)
