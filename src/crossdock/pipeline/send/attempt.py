"""One try at one delivery, and how it ended. The only place where a destination is called."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping
from pathlib import PurePath

import msgspec

from crossdock.base.clock import Clock
from crossdock.events import Delivery, Outcome, Step
from crossdock.kit import Answer, Call, DeliveryFailed, Http, NeedsAttention, Rejected, RetryLater
from crossdock.pipeline.send.target import NoTarget, Target

_WHAT_CHARACTERS_MAX = 1000


async def attempt(
    delivery: Delivery,
    target: Target | NoTarget,
    *,
    http: Http,
    clock: Clock,
    seconds_max: float,
) -> Outcome:
    """Return how the attempt ended. Never raises, but for being cancelled.

    Args:
        delivery: What to deliver.
        target: Where to, or why nowhere; then nothing is tried.
        http: The way out, labelled with the vendor's name.
        clock: Tells the destination what time it is, and stamps the outcome.
        seconds_max: How long the destination may take, whatever it does.
    """
    if isinstance(target, NoTarget):
        return _outcome(delivery, clock, target.step, target, number=0)
    started_seconds = clock.monotonic_seconds()
    watched = _WatchedHttp(http)
    failure: DeliveryFailed | None = None
    try:
        async with asyncio.timeout(seconds_max):
            await target.perform(watched, _call(delivery, target, clock))
    except DeliveryFailed as error:
        failure = error
    except TimeoutError:
        failure = RetryLater(
            f"{target.destination.name} took longer than {seconds_max:g} seconds.",
            reason="errors.awaiting-retry.ETIMEDOUT",
        )
    except Exception as error:  # noqa: BLE001 - a bug in a destination costs one delivery.
        failure = _bug(target, error)
    outcome = _outcome(delivery, clock, _step_of(failure), failure, number=1)
    return msgspec.structs.replace(
        outcome,
        what=target.without_secrets(outcome.what),
        do=target.without_secrets(outcome.do),
        status=failure.status if failure else watched.status,
        duration_seconds=clock.monotonic_seconds() - started_seconds,
    )


class _WatchedHttp:
    """The way out, remembering what came back last."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self.status: int | None = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = await self._http.request(method, url, json=json, body=body, headers=headers)
        self.status = answer.status
        return answer


def _call(delivery: Delivery, target: Target, clock: Clock) -> Call:
    return Call(
        settings=target.settings,
        payload=delivery.payload,
        now=clock.now(),
        message_id=delivery.message_id,
        idempotency_key=delivery.id,
    )


def _step_of(failure: DeliveryFailed | None) -> Step:
    match failure:
        case None:
            return Step.DELIVERED
        case RetryLater():
            return Step.FAILED
        case NeedsAttention():
            return Step.NEEDS_ATTENTION
        case _:
            return Step.REJECTED


def _bug(target: Target, error: Exception) -> Rejected:
    """Return what a bug makes of a delivery. The error's own text may hold values of the event."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    met = f"{type(error).__name__} in {PurePath(frame.filename).name}:{frame.lineno}"
    return Rejected(
        f"{target.destination.name} could not handle the payload ({met}).",
        do="Compare the payload with the action's fields, and report this as a bug.",
    )


def _outcome(
    delivery: Delivery,
    clock: Clock,
    step: Step,
    why: NoTarget | DeliveryFailed | None,
    *,
    number: int,
) -> Outcome:
    return Outcome(
        at=clock.now(),
        step=step,
        reason=why.reason if why else "",
        what=why.what[:_WHAT_CHARACTERS_MAX] if why else "",
        do=why.do if why else "",
        source_id=delivery.source_id,
        connection_id=delivery.connection_id,
        mapping_id=delivery.mapping_id,
        message_id=delivery.message_id,
        event_type=delivery.event_type,
        event_name=delivery.event_name,
        replay_id=delivery.replay_id,
        attempt=number,
        id=f"{delivery.id}-{number}",
    )
