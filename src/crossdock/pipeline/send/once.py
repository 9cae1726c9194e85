"""One delivery, sent once for a person who looks: no journal, no second attempt."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import msgspec

from crossdock.base.clock import Clock
from crossdock.events import Delivery
from crossdock.kit import Destination, Http
from crossdock.pipeline.send.attempt import attempt, excerpt
from crossdock.pipeline.send.target import NoTarget, find_target
from crossdock.pipeline.send.watched import WatchedHttp
from crossdock.workspace import Connection, Workspace


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of it. Nothing here holds a secret of the settings.

    Attributes:
        is_taken: Whether the destination took the payload.
        code: `ok`, or which kind of failure it was.
        reason: Segment's word for it, as in outcomes.
        what: What went wrong, in one sentence.
        do: What can be done about it.
        method: Of the last request; empty if none was made.
        url: Of the last request, without its query.
        request: The first 4 KB of its body.
        status: What was answered; None if nothing was.
        answer: The first 4 KB of the answer.
        duration_seconds: How long all of it took.
    """

    is_taken: bool
    code: str = "ok"
    reason: str = ""
    what: str = ""
    do: str = ""
    method: str = ""
    url: str = ""
    request: str = ""
    status: int | None = None
    answer: str = ""
    duration_seconds: float = 0.0


async def send_once(  # noqa: PLR0913 - what to send, where to, and by what.
    delivery: Delivery,
    connection: Connection,
    destinations_by_slug: Mapping[str, Destination],
    *,
    http: Http,
    clock: Clock,
    seconds_max: float = 30.0,
) -> Sent:
    """Return what the destination makes of the delivery. Never raises, but for being cancelled.

    Args:
        delivery: What to send.
        connection: Where to; tried even if it is disabled.
        destinations_by_slug: All that are installed.
        http: The way out, labelled with the vendor's name.
        clock: Tells the destination what time it is, and measures.
        seconds_max: How long the destination may take, whatever it does.
    """
    enabled = msgspec.structs.replace(connection, enabled=True)
    target = find_target(
        delivery, Workspace(version=0, connections=(enabled,)), destinations_by_slug
    )
    if isinstance(target, NoTarget):
        return Sent(
            is_taken=False,
            code="not_attempted",
            reason=target.reason,
            what=target.what,
            do=target.do,
        )
    watched = WatchedHttp(http)
    (attempted,) = await attempt(
        [delivery],
        target,
        http=watched,
        clock=clock,
        seconds_max=seconds_max,
    )
    failure = attempted.failure
    return Sent(
        is_taken=failure is None,
        code=failure.code if failure else "ok",
        reason=failure.reason if failure else "",
        what=attempted.what,
        do=attempted.do,
        method=watched.method,
        url=target.without_secrets(watched.address),
        request=excerpt(watched.body, target),
        status=watched.status if attempted.status is None else attempted.status,
        answer=attempted.answer,
        duration_seconds=attempted.duration_seconds,
    )
