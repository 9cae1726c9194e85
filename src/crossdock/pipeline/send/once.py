"""One delivery, sent once for a person who looks: no journal, no second attempt."""

from __future__ import annotations

import asyncio
import dataclasses
import urllib.parse
from collections.abc import Mapping

import msgspec

from crossdock.base.clock import Clock
from crossdock.base.json import encode
from crossdock.events import Delivery
from crossdock.kit import Answer, Call, DeliveryFailed, Destination, Http
from crossdock.pipeline.send.target import NoTarget, Target, find_target
from crossdock.workspace import Connection, Workspace

_EXCERPT_BYTES_MAX = 4096


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
    started_seconds = clock.monotonic_seconds()
    recorded = _RecordedHttp(http)
    sent = Sent(is_taken=True)
    try:
        async with asyncio.timeout(seconds_max):
            call = Call(
                settings=target.settings,
                payload=delivery.payload,
                now=clock.now(),
                message_id=delivery.message_id,
                idempotency_key=delivery.id,
            )
            await target.deliver_one(recorded, call)
    except DeliveryFailed as error:
        sent = Sent(
            is_taken=False, code=error.code, reason=error.reason, what=error.what, do=error.do
        )
    except TimeoutError:
        sent = Sent(
            is_taken=False,
            code="retry_later",
            reason="errors.awaiting-retry.ETIMEDOUT",
            what=f"{target.destination.name} took longer than {seconds_max:g} seconds.",
        )
    except Exception as error:  # noqa: BLE001 - a bug in a destination is an answer here.
        sent = Sent(
            is_taken=False,
            code="rejected",
            what=f"{target.destination.name} could not handle the payload "
            f"({type(error).__name__}).",
            do="Compare the payload with the action's fields, and report this as a bug.",
        )
    duration_seconds = clock.monotonic_seconds() - started_seconds
    return _complete(sent, target, recorded, duration_seconds)


class _RecordedHttp:
    """The way out, remembering the last request and its answer."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self.method = ""
        self.url = ""
        self.body = b""
        self.status: int | None = None
        self.answer = b""

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self.method, self.url = method, url
        self.body = encode(json) if json is not None else body or b""
        self.status, self.answer = None, b""
        try:
            answer = await self._http.request(method, url, json=json, body=body, headers=headers)
        except DeliveryFailed as error:
            self.status, self.answer = error.status, error.answer_body
            raise
        self.status, self.answer = answer.status, answer.body
        return answer


def _complete(sent: Sent, target: Target, recorded: _RecordedHttp, duration_seconds: float) -> Sent:
    """Return what came of it with what went over the wire, secrets blotted out."""
    return dataclasses.replace(
        sent,
        what=target.without_secrets(sent.what),
        do=target.without_secrets(sent.do),
        method=recorded.method,
        url=target.without_secrets(_without_query(recorded.url)),
        request=target.without_secrets(recorded.body.decode(errors="replace"))[:_EXCERPT_BYTES_MAX],
        status=recorded.status,
        answer=target.without_secrets(recorded.answer.decode(errors="replace"))[
            :_EXCERPT_BYTES_MAX
        ],
        duration_seconds=duration_seconds,
    )


def _without_query(url: str) -> str:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return urllib.parse.urlunsplit((parts.scheme, host, parts.path, "", ""))
