"""One try at one delivery or at a batch. The only place where a destination is called."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import traceback
from collections.abc import Sequence
from pathlib import PurePath

from crossdock.base.clock import Clock
from crossdock.events import Delivery
from crossdock.kit import Call, DeliveryFailed, Http, Rejected, RetryLater
from crossdock.pipeline.send.target import Target
from crossdock.pipeline.send.watched import EXCERPT_BYTES_MAX, WatchedHttp, readable

_WHAT_CHARACTERS_MAX = 1000
# The answer to a batch is kept with each payload in it.
_BATCH_EXCERPT_BYTES_MAX = 256


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """How an attempt ended, without secrets.

    Attributes:
        ended_at: When, UTC.
        failure: Why the destination did not take the payload; None if it did. Its texts may hold
            secrets: `what` and `do` are those to show.
        what: What happened, if it failed.
        do: What the owner can do about it.
        status: The HTTP status that was answered last.
        duration_seconds: How long it took.
        request: See `Outcome.request`.
        answer: See `Outcome.answer`.
        failed_together: How many payloads the failure is about, if it says nothing about each.
    """

    ended_at: dt.datetime
    failure: DeliveryFailed | None
    what: str
    do: str
    status: int | None
    duration_seconds: float
    request: str
    answer: str
    failed_together: int = 1


async def attempt(
    deliveries: Sequence[Delivery],
    target: Target,
    *,
    http: Http,
    clock: Clock,
    seconds_max: float,
) -> list[Attempted]:
    """Return how the attempt ended for each delivery. Never raises, but for being cancelled.

    Args:
        deliveries: What to deliver; several only if the target takes batches.
        target: Where to.
        http: The way out, labelled with the vendor's name.
        clock: Tells the destination what time it is, and measures.
        seconds_max: How long the destination may take, whatever it does.
    """
    started_seconds = clock.monotonic_seconds()
    watched = WatchedHttp(http)
    failures: Sequence[DeliveryFailed | None]
    failed_together = len(deliveries)
    try:
        async with asyncio.timeout(seconds_max):
            failures = await target.deliver(
                watched, [_call(one, target, clock) for one in deliveries]
            )
        failed_together = 1
    except DeliveryFailed as error:
        failures = [error] * len(deliveries)
    except TimeoutError:
        late = RetryLater(
            f"{target.destination.name} took longer than {seconds_max:g} seconds.",
            reason="errors.awaiting-retry.ETIMEDOUT",
        )
        failures = [late] * len(deliveries)
    except Exception as error:  # noqa: BLE001 - a bug in a destination costs this attempt only.
        failures = [_bug(target, error)] * len(deliveries)
    duration_seconds = clock.monotonic_seconds() - started_seconds
    ended_at = clock.now()
    # Most or all of a batch end alike, and what is said of that need not be put together again.
    attempted_by_failure: dict[int, Attempted] = {}
    for failure in failures:
        if id(failure) not in attempted_by_failure:
            attempted_by_failure[id(failure)] = _attempted(
                failure,
                target,
                watched,
                ended_at=ended_at,
                duration_seconds=duration_seconds,
                batch_size=len(deliveries),
                failed_together=failed_together,
            )
    return [attempted_by_failure[id(failure)] for failure in failures]


def _attempted(  # noqa: PLR0913 - what is known of an attempt.
    failure: DeliveryFailed | None,
    target: Target,
    watched: WatchedHttp,
    *,
    ended_at: dt.datetime,
    duration_seconds: float,
    batch_size: int,
    failed_together: int,
) -> Attempted:
    request = f"{watched.method} {watched.address}".strip()
    answer_body = watched.answer_body
    status = watched.status
    bytes_max = EXCERPT_BYTES_MAX if batch_size == 1 else _BATCH_EXCERPT_BYTES_MAX
    if failure is not None:
        answer_body = failure.answer_body or answer_body
        status = failure.status
        # A batch's body would be repeated for each payload in it.
        if batch_size == 1 and request:
            request += f"\n\n{excerpt(watched.body, target)}"
    return Attempted(
        ended_at=ended_at,
        failure=failure,
        what=target.without_secrets(failure.what)[:_WHAT_CHARACTERS_MAX] if failure else "",
        do=target.without_secrets(failure.do) if failure else "",
        status=status,
        duration_seconds=duration_seconds,
        request=target.without_secrets(request),
        answer=excerpt(answer_body, target, bytes_max) if answer_body else "",
        failed_together=failed_together,
    )


def excerpt(data: bytes, target: Target, bytes_max: int = EXCERPT_BYTES_MAX) -> str:
    """Return the beginning of what was sent or answered, every secret blotted out."""
    return target.without_secrets(readable(data))[:bytes_max]


def _call(delivery: Delivery, target: Target, clock: Clock) -> Call:
    return Call(
        settings=target.settings,
        payload=delivery.payload,
        now=clock.now(),
        message_id=delivery.message_id,
        idempotency_key=delivery.id,
    )


def _bug(target: Target, error: Exception) -> Rejected:
    """Return what a bug makes of a delivery. The error's own text may hold values of the event."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    met = f"{type(error).__name__} in {PurePath(frame.filename).name}:{frame.lineno}"
    return Rejected(
        f"{target.destination.name} could not handle the payload ({met}).",
        do="Compare the payload with the action's fields, and report this as a bug.",
    )
