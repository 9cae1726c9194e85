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
    """

    ended_at: dt.datetime
    failure: DeliveryFailed | None
    what: str
    do: str
    status: int | None
    duration_seconds: float
    request: str
    answer: str


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
    try:
        async with asyncio.timeout(seconds_max):
            failures = await _performed(deliveries, target, watched, clock)
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
    return [
        _attempted(
            failure,
            target,
            watched,
            ended_at=clock.now(),
            duration_seconds=duration_seconds,
            # A batch's body would be repeated for each payload in it.
            has_body=len(deliveries) == 1,
        )
        for failure in failures
    ]


async def _performed(
    deliveries: Sequence[Delivery], target: Target, http: Http, clock: Clock
) -> Sequence[DeliveryFailed | None]:
    calls = [_call(delivery, target, clock) for delivery in deliveries]
    if target.perform_batch is None:
        (call,) = calls
        await target.perform(http, call)
        return [None]
    failures = await target.perform_batch(http, calls)
    if len(failures) != len(calls):
        msg = f"a batch of {len(calls)} has {len(failures)} results"
        raise ValueError(msg)
    return failures


def _attempted(  # noqa: PLR0913 - what is known of an attempt.
    failure: DeliveryFailed | None,
    target: Target,
    watched: WatchedHttp,
    *,
    ended_at: dt.datetime,
    duration_seconds: float,
    has_body: bool,
) -> Attempted:
    request = f"{watched.method} {watched.address}".strip()
    answer_body = watched.answer_body
    status = watched.status
    if failure is not None:
        answer_body = failure.answer_body or answer_body
        status = failure.status
        if has_body and request:
            request += f"\n\n{excerpt(watched.body, target)}"
    return Attempted(
        ended_at=ended_at,
        failure=failure,
        what=target.without_secrets(failure.what)[:_WHAT_CHARACTERS_MAX] if failure else "",
        do=target.without_secrets(failure.do) if failure else "",
        status=status,
        duration_seconds=duration_seconds,
        request=target.without_secrets(request),
        answer=excerpt(answer_body, target) if answer_body else "",
    )


def excerpt(data: bytes, target: Target) -> str:
    """Return the beginning of what was sent or answered, every secret blotted out."""
    return target.without_secrets(readable(data))[:EXCERPT_BYTES_MAX]


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
