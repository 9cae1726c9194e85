"""A dead letter: a delivery that was given up, and can be sent again."""

from __future__ import annotations

import datetime as dt

import msgspec

from crossdock.events.delivery import Delivery
from crossdock.events.outcome import Outcome, Step

DEAD_LETTER_DISCARDED = "dead_letter_discarded"
SENT_AGAIN_SUFFIX = "-again"
DISCARDED_SUFFIX = "-discarded"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that was given up.

    Attributes:
        id: Its place among the dead letters; 0 before it has one.
        delivery: What was to be delivered.
        outcome: How its last attempt ended, and why that was the last.
    """

    id: int = 0
    delivery: Delivery
    outcome: Outcome


def delivery_again(letter: DeadLetter) -> Delivery:
    """Return the letter's delivery as it is queued again."""
    return msgspec.structs.replace(
        letter.delivery,
        attempts=letter.outcome.attempt,
        resends=letter.delivery.resends + 1,
    )


def sent_again(letter: DeadLetter, *, at: dt.datetime) -> Outcome:
    """Return the outcome of the letter's delivery having been put into its queue again.

    Its id names the death that it ends: told late, behind the next one, it must not undo that.
    """
    return msgspec.structs.replace(
        _by_hand(letter, at), step=Step.SENT_AGAIN, id=letter.outcome.id + SENT_AGAIN_SUFFIX
    )


def discarded(letter: DeadLetter, *, at: dt.datetime) -> Outcome:
    """Return the outcome of the letter having been thrown away."""
    return msgspec.structs.replace(
        _by_hand(letter, at),
        step=Step.DISCARDED,
        reason=DEAD_LETTER_DISCARDED,
        what="The dead letter was discarded.",
        id=letter.outcome.id + DISCARDED_SUFFIX,
    )


def _by_hand(letter: DeadLetter, at: dt.datetime) -> Outcome:
    delivery = letter.delivery
    return Outcome(
        at=at,
        step=Step.SENT_AGAIN,
        source_id=delivery.source_id,
        connection_id=delivery.connection_id,
        mapping_id=delivery.mapping_id,
        message_id=delivery.message_id,
        event_type=delivery.event_type,
        event_name=delivery.event_name,
        replay_id=delivery.replay_id,
        attempt=letter.outcome.attempt,
    )
