"""What follows from an attempt: the outcome to record, and what happens to the delivery. Pure.

| the attempt         | outcome           | the delivery                                     |
| ------------------- | ----------------- | ------------------------------------------------ |
| succeeded           | `delivered`       | is finished                                      |
| RetryLater          | `waiting`         | waits for its next attempt                       |
| RetryLater, too old | `dead`            | becomes a dead letter                            |
| Rejected            | `rejected`        | becomes a dead letter                            |
| Rejected, in a batch| `waiting`         | goes again at once, with half of the batch       |
| NeedsAttention      | `needs_attention` | stays the next one, and its connection is paused |
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum

from crossdock.events import ConnectionId, Delivery, Outcome, Pause, Step
from crossdock.kit import NeedsAttention, Rejected, RetryLater
from crossdock.pipeline.send.attempt import Attempted
from crossdock.pipeline.send.retry import RetryLimits, next_attempt_at
from crossdock.pipeline.send.target import NoTarget, forgotten

# A batch that was refused with these may have been refused for one payload in it, or for its size.
# Without a status it was the destination's own code that refused. Halving finds whose fault it is
# in at most twice as many requests as there are payloads.
_ABOUT_SOME_OF_THEM = frozenset({None, 400, 413, 422})


class Then(enum.Enum):
    """What happens to a delivery after an attempt."""

    FINISH = enum.auto()
    BURY = enum.auto()
    WAIT = enum.auto()
    HALVE = enum.auto()
    PAUSE = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Conclusion:
    """What follows from an attempt."""

    outcome: Outcome
    then: Then


def conclude(  # noqa: PLR0913 - the attempt, its delivery, and the bounds.
    delivery: Delivery,
    attempted: Attempted,
    *,
    attempt: int,
    made_at: dt.datetime,
    fraction: float,
    limits: RetryLimits,
    is_forgotten: bool = False,
) -> Conclusion:
    """Return what follows from an attempt.

    Args:
        delivery: Of what.
        attempted: How it ended.
        attempt: Its number, from 1, among those of this run of the server.
        made_at: When the delivery was made, or a pause ended behind which it waited.
        fraction: A random number from 0 up to 1, for the wait.
        limits: How patient to be.
        is_forgotten: Whether it was asked for, while the attempt was under way, to forget whom it
            is about: then nothing of what was sent is kept, and nothing waits or is dead.
    """
    failure = attempted.failure
    if is_forgotten:
        if failure is not None:
            attempts, now = attempt, attempted.ended_at
            return conclude_without_attempt(delivery, forgotten(), attempts=attempts, now=now)
        attempted = dataclasses.replace(attempted, request="", answer="")
    next_at: dt.datetime | None = None
    what, do = attempted.what, attempted.do
    reason = failure.reason if failure else ""
    match failure:
        case None:
            step, then = Step.DELIVERED, Then.FINISH
        case RetryLater():
            next_at = next_attempt_at(
                attempted.ended_at,
                failure,
                attempt=attempt,
                made_at=made_at,
                fraction=fraction,
                limits=limits,
            )
            step, then = (Step.DEAD, Then.BURY) if next_at is None else (Step.WAITING, Then.WAIT)
        case NeedsAttention():
            step, then = Step.NEEDS_ATTENTION, Then.PAUSE
        case Rejected() if attempted.failed_together > 1 and failure.status in _ABOUT_SOME_OF_THEM:
            step, then, next_at = Step.WAITING, Then.HALVE, attempted.ended_at
            what += f" {attempted.failed_together} events were in the request."
            do = "Wait: each half of them is sent again on its own."
            if failure.status is not None:
                reason = f"errors.awaiting-retry.{failure.status}"
        case _:
            step, then = Step.REJECTED, Then.BURY
    if step is Step.DEAD:
        do = "When the destination answers again, send its dead letters again."
    outcome = Outcome(
        at=attempted.ended_at,
        step=step,
        reason=reason,
        what=what,
        do=do,
        source_id=delivery.source_id,
        connection_id=delivery.connection_id,
        mapping_id=delivery.mapping_id,
        message_id=delivery.message_id,
        event_type=delivery.event_type,
        event_name=delivery.event_name,
        replay_id=delivery.replay_id,
        attempt=delivery.attempts + attempt,
        resends=delivery.resends,
        status=attempted.status,
        duration_seconds=attempted.duration_seconds,
        next_attempt_at=next_at,
        request=attempted.request,
        answer=attempted.answer,
        id=outcome_id(delivery, attempted.ended_at),
    )
    return Conclusion(outcome, then)


def conclude_without_attempt(
    delivery: Delivery, why: NoTarget, *, attempts: int, now: dt.datetime
) -> Conclusion:
    """Return what follows from there being no attempt to make.

    Args:
        delivery: Of what.
        why: What stands against it.
        attempts: How many were made before in this run of the server.
        now: This moment, UTC.
    """
    outcome = Outcome(
        at=now,
        step=why.step,
        reason=why.reason,
        what=why.what,
        do=why.do,
        source_id=delivery.source_id,
        connection_id=delivery.connection_id,
        mapping_id=delivery.mapping_id,
        message_id=delivery.message_id,
        event_type=delivery.event_type,
        event_name=delivery.event_name,
        replay_id=delivery.replay_id,
        attempt=delivery.attempts + attempts,
        resends=delivery.resends,
        id=outcome_id(delivery, now),
    )
    match why.step:
        case Step.NEEDS_ATTENTION:
            return Conclusion(outcome, Then.PAUSE)
        case Step.REJECTED | Step.DEAD:
            return Conclusion(outcome, Then.BURY)
        case _:
            return Conclusion(outcome, Then.FINISH)


def pause_for(connection_id: ConnectionId, outcome: Outcome, *, connection_version: int) -> Pause:
    """Return the pause that an outcome asks for, until its connection is another version."""
    return Pause(
        connection_id=connection_id,
        since_at=outcome.at,
        reason=outcome.reason,
        what=outcome.what,
        do=outcome.do,
        connection_version=connection_version,
    )


def outcome_id(delivery: Delivery, at: dt.datetime) -> str:
    """Return the id of an outcome of `send`; see `Outcome.id`."""
    return f"{delivery.id}-{int(at.timestamp() * 1000)}"


def delivery_id_of(outcome: Outcome) -> str | None:
    """Return the id of the delivery that an outcome of `send` is about; None for all others."""
    if not outcome.mapping_id or outcome.id.endswith(f"-{outcome.mapping_id}"):
        return None
    return outcome.id.rpartition("-")[0] or None
