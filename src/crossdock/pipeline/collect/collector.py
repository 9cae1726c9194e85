"""The tracking API: Segment's endpoints as an ASGI application.

Raw ASGI, because routing and request objects cost more than everything that is done here. A request
is answered with success only when its events are on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

import msgspec
from starlette.types import Receive, Scope, Send

from crossdock.base import json
from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.events import Discard, Envelope, MessageId, Outcome, SourceId, Step
from crossdock.events.parse import BadRequest, Message, Parsed, parse_batch, parse_single
from crossdock.pipeline.collect import report
from crossdock.pipeline.collect.answer import (
    PIXEL,
    SUCCESS,
    Answer,
    Headers,
    cors_headers,
    json_answer,
    preflight,
    refusal,
)
from crossdock.pipeline.collect.body import Disconnected, read_body
from crossdock.pipeline.collect.credentials import write_key_of
from crossdock.pipeline.collect.discards import DiscardLog
from crossdock.pipeline.collect.key_use import KeyUse
from crossdock.pipeline.collect.limits import CollectLimits
from crossdock.pipeline.collect.notices import NoticeDoor
from crossdock.pipeline.collect.paths import Endpoint, Kind, find_endpoint
from crossdock.pipeline.collect.pixel import pixel_body
from crossdock.pipeline.collect.values import ValueDoor
from crossdock.pipeline.journal import Journal, JournalBusy, JournalError
from crossdock.workspace import Source, Workspace, WorkspaceFeed

_STRICT_HEADER = b"x-crossdock-strict"
# Longer ones are not shown: they are something else than a write key.
_SHOWN_KEY_CHARACTERS_MAX = 64
_NOTHING_HERE = refusal(
    404,
    code="not_found",
    message="There is nothing at this path. See the tracking API's endpoints.",
)

# What the error says is not shown: it may quote what was sent.
_MET_A_BUG = refusal(
    500,
    code="unexpected",
    message="Crossdock met a bug. Send the request again later; its operator finds the cause in "
    "the log.",
)


class Request(msgspec.Struct, frozen=True, gc=False):
    """What is known of a request besides its body.

    Attributes:
        endpoint: What its path asks for.
        headers: By lower-case name.
        ip: The sender's; empty if unknown.
    """

    endpoint: Endpoint
    headers: Mapping[bytes, bytes]
    ip: str


class Collector:
    """The tracking API.

    Args:
        journal: Where events go.
        feed: Says which sources there are.
        clock: Tells when events arrive.
        ids: Makes messageIds for events that come without.
        limits: How much is accepted.
        suppressed: Returns the user ids whose events are refused.
        values: Answers plugins that ask in which audiences a user is; None where nobody knows.

    Attributes:
        key_use: When each write key was last used.
    """

    def __init__(  # noqa: PLR0913 - parts of the system, each by name.
        self,
        journal: Journal,
        feed: WorkspaceFeed,
        *,
        clock: Clock,
        ids: Ids,
        limits: CollectLimits | None = None,
        suppressed: Callable[[], Container[str]] = frozenset,
        values: ValueDoor | None = None,
    ) -> None:
        self._values = values
        self._suppressed = suppressed
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._limits = limits or CollectLimits()
        self._workspace = feed.current
        self._sources: Mapping[str, Source] = {}
        self.key_use = KeyUse(clock.now())
        self._discards = DiscardLog(
            journal, clock, per_second_max=self._limits.discards_per_second_max
        )
        self._notices = NoticeDoor(clock, per_second_max=self._limits.notices_per_second_max)
        self._body_bytes_max = {
            Kind.EVENT: self._limits.messages.event_bytes_max,
            Kind.BATCH: self._limits.messages.batch_bytes_max,
            Kind.METRICS: self._limits.metrics_bytes_max,
            Kind.NOTICES: self._limits.notice_bytes_max,
            Kind.VALUES: self._limits.notice_bytes_max,
        }
        feed.subscribe(self._use)

    @staticmethod
    def handles(path: str) -> bool:
        """Return whether the path is the tracking API's."""
        return find_endpoint(path) is not None

    async def close(self) -> None:
        """Write down what was refused a moment ago."""
        await self._discards.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = dict(scope["headers"])
        endpoint = find_endpoint(scope["path"])
        try:
            if endpoint is None:
                answer = _NOTHING_HERE
            elif scope["method"] == "POST" and endpoint.kind is not Kind.PIXEL:
                answer = await self._answer_post(_request(scope, endpoint, headers), receive)
            else:
                answer = await self._answer_other(scope, endpoint, headers)
        except Disconnected:
            return
        except Exception as error:  # noqa: BLE001 - the last resort: nobody above answers as we do.
            report.answer_failed(error)
            answer = _MET_A_BUG
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": answer.headers + _cors(endpoint, headers),
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    def _use(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._sources = workspace.sources_by_write_key

    async def _answer_other(
        self, scope: Scope, endpoint: Endpoint, headers: Mapping[bytes, bytes]
    ) -> Answer:
        method = scope["method"]
        if method == "OPTIONS":
            return preflight(headers.get(b"access-control-request-headers", b""))
        if endpoint.kind is Kind.PIXEL:
            return await self._answer_pixel(
                _request(scope, endpoint, headers), scope["query_string"]
            )
        return refusal(
            405, code="method_not_allowed", message=f'"{method}" is not taken here. Use POST.'
        )

    async def _answer_post(self, request: Request, receive: Receive) -> Answer:
        started_at = self._clock.monotonic_seconds()
        endpoint = request.endpoint
        try:
            body = await read_body(
                receive,
                encoding=request.headers.get(b"content-encoding", b""),
                bytes_max=self._body_bytes_max[endpoint.kind],
            )
            if endpoint.type is not None:
                parsed = parse_single(
                    body, endpoint.type, self._limits.messages, self._suppressed()
                )
                answer = await self._accept(request, parsed)
            elif endpoint.kind is Kind.BATCH:
                answer = await self._accept(
                    request, parse_batch(body, self._limits.messages, self._suppressed())
                )
            elif endpoint.kind is Kind.METRICS:
                answer = _answer_metrics(body)
            elif endpoint.kind is Kind.VALUES and self._values is not None:
                source = self._sources.get(endpoint.write_key)
                answer = await self._values.answer(body, source, self._workspace)
            elif endpoint.kind is Kind.NOTICES:
                answer = self._answer_notice(request, body)
            else:
                answer = _NOTHING_HERE
        except BadRequest as error:
            answer = refusal(400, code=error.code, message=str(error))
        except JournalError as error:
            answer = refusal(
                429 if isinstance(error, JournalBusy) else 503,
                code=error.code,
                message=str(error),
                retry_after_seconds=error.retry_after_seconds,
            )
        report.answered(
            answer.status,
            self._clock.monotonic_seconds() - started_at,
            self._journal.waiting_bytes,
        )
        return answer

    async def _answer_pixel(self, request: Request, query: bytes) -> Answer:
        # Whatever happens, the page or the e-mail gets its image.
        event_type = request.endpoint.type
        assert event_type is not None  # noqa: S101 - every pixel's path names one.
        try:
            body = pixel_body(query)
            parsed = parse_single(body, event_type, self._limits.messages, self._suppressed())
            await self._accept(request, parsed)
        except BadRequest:
            report.discarded("", Discard.EVENT_NOT_JSON.reason)
        except JournalError:
            report.pixel_is_lost()
        return PIXEL

    def _answer_notice(self, request: Request, body: bytes) -> Answer:
        source = self._sources.get(request.endpoint.write_key)
        if source is not None:
            notice = self._notices.find_notice(body, source, self._workspace)
            report.notice(is_taken=notice is not None and self._journal.report_notice(notice))
        return SUCCESS

    async def _accept(self, request: Request, parsed: Parsed) -> Answer:
        source, write_key = self._find_source(request, parsed)
        is_strict = request.headers.get(_STRICT_HEADER, b"").lower() == b"true"
        if source is None:
            if not write_key:
                return refusal(
                    400,
                    code="invalid_request",
                    message="The request names no write key. Send it as the user of HTTP Basic "
                    'or as "writeKey" in the body.',
                )
            self._refuse_all(parsed, SourceId(""), Discard.UNKNOWN_SOURCE, write_key)
            return _strict_refusal(Discard.UNKNOWN_SOURCE) if is_strict else SUCCESS
        is_strict = is_strict or source.is_strict
        if not source.enabled:
            self._refuse_all(parsed, source.id, Discard.SOURCE_DISABLED, write_key)
            return _strict_refusal(Discard.SOURCE_DISABLED) if is_strict else SUCCESS
        discards, made_ids = self._sorted_out(parsed)
        accepted_count = len(parsed.messages) - len(discards)
        if accepted_count:
            received_at = self._clock.now()
            await self._journal.append(
                Envelope(
                    received_at,
                    source.id,
                    request.endpoint.type,
                    source.kind != "server",
                    request.ip,
                    request.headers.get(b"user-agent", b"")[:500].decode("latin-1")
                    if request.endpoint.kind is Kind.PIXEL
                    else "",
                    made_ids,
                    {index: discard.code for index, discard in discards.items()}
                    if discards
                    else {},
                    parsed.body,
                )
            )
            self.key_use.note(write_key, received_at)
            report.accepted(source.id, accepted_count)
            for discard in discards.values():
                report.discarded(source.id, discard.reason)
        else:
            self._refuse_each(parsed, source.id)
        return _verdicts(parsed, made_ids) if is_strict else SUCCESS

    def _find_source(self, request: Request, parsed: Parsed) -> tuple[Source | None, str]:
        """Return the source, or None, and the write key that led there, or nowhere."""
        in_header = write_key_of(request.headers.get(b"authorization", b""))
        source = self._sources.get(in_header)
        if source is not None and not request.endpoint.write_key:
            return source, in_header
        candidates = (request.endpoint.write_key, in_header, parsed.write_key)
        for write_key in candidates:
            source = self._sources.get(write_key)
            if source is not None:
                return source, write_key
        return None, next(filter(None, candidates), "")

    def _sorted_out(self, parsed: Parsed) -> tuple[dict[int, Discard], dict[int, str]]:
        discards: dict[int, Discard] = {}
        made_ids: dict[int, str] = {}
        for index, message in enumerate(parsed.messages):
            if message.discard is not None:
                discards[index] = message.discard
            elif not message.message_id:
                made_ids[index] = self._ids.message_id()
        return discards, made_ids

    def _refuse_all(
        self, parsed: Parsed, source_id: SourceId, discard: Discard, write_key: str
    ) -> None:
        what = discard.what
        if discard is Discard.UNKNOWN_SOURCE:
            what = f'No source has the write key "{write_key[:_SHOWN_KEY_CHARACTERS_MAX]}".'
        for message in parsed.messages:
            self._refuse(message, source_id, discard, what)

    def _refuse_each(self, parsed: Parsed, source_id: SourceId) -> None:
        if not parsed.messages:
            empty = Message(Discard.EMPTY_BATCH, "", "", None)
            self._refuse(empty, source_id, Discard.EMPTY_BATCH, Discard.EMPTY_BATCH.what)
        for message in parsed.messages:
            if message.discard is not None:
                self._refuse(message, source_id, message.discard, message.discard.what)

    def _refuse(self, message: Message, source_id: SourceId, discard: Discard, what: str) -> None:
        report.discarded(source_id, discard.reason)
        if self._discards.has_room():
            self._discards.add(
                Outcome(
                    at=self._clock.now(),
                    step=Step.DISCARDED,
                    reason=discard.reason,
                    what=what,
                    do=discard.do,
                    source_id=source_id,
                    message_id=MessageId(message.message_id[:100]),
                    event_type=message.type[:20],
                    event_name=message.name[:200] if message.name else None,
                )
            )


def _cors(endpoint: Endpoint | None, headers: Mapping[bytes, bytes]) -> Headers:
    # What is known of people is told for a proof in the request, and never for a cookie.
    is_about_people = endpoint is not None and endpoint.kind is Kind.VALUES
    return cors_headers(None if is_about_people else headers.get(b"origin"))


def _request(scope: Scope, endpoint: Endpoint, headers: Mapping[bytes, bytes]) -> Request:
    client = scope.get("client")
    return Request(endpoint, headers, client[0] if client else "")


def _answer_metrics(body: bytes) -> Answer:
    try:
        sent = json.decode(body)
    except json.NotJson as error:
        raise BadRequest(f"The metrics are not JSON: {error}.", do="Send JSON.") from error
    series = sent.get("series") if isinstance(sent, dict) else None
    report.browser_metrics(len(series) if isinstance(series, list) else 0)
    return SUCCESS


def _strict_refusal(discard: Discard) -> Answer:
    return refusal(401, code=discard.reason, message=f"{discard.what} {discard.do}")


def _verdicts(parsed: Parsed, made_ids: Mapping[int, str]) -> Answer:
    """Return what became of each message; 200 if at least one was accepted."""
    verdicts: list[json.JsonObject] = []
    for index, message in enumerate(parsed.messages):
        if message.discard is None:
            message_id = made_ids.get(index, message.message_id)
            verdicts.append({"index": index, "messageId": message_id, "accepted": True})
        else:
            verdicts.append(
                {
                    "index": index,
                    "messageId": message.message_id,
                    "accepted": False,
                    "code": message.discard.reason,
                    "message": f"{message.discard.what} {message.discard.do}",
                }
            )
    if any(verdict["accepted"] for verdict in verdicts):
        return json_answer(200, {"success": True, "events": verdicts})
    first = parsed.messages[0].discard if parsed.messages else Discard.EMPTY_BATCH
    assert first is not None  # noqa: S101 - none was accepted.
    return json_answer(
        400,
        {
            "success": False,
            "code": first.reason,
            "message": f"{first.what} {first.do}",
            "events": verdicts,
        },
    )
