"""A bug that a request meets is answered like every other error, and tells nobody what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec
from starlette.types import Message
from structlog.testing import capture_logs

from crossdock.base.clock import SystemClock
from crossdock.base.ids import CountingIds
from crossdock.events import Envelope, Outcome
from crossdock.pipeline.collect import Collector
from crossdock.pipeline.journal import Journal
from crossdock.workspace import WorkspaceFeed
from tests.collect.serving import WORKSPACE, track

ADDRESS = "ann@shop.example"


class BrokenJournal:
    """A journal with a bug that quotes the event."""

    waiting_bytes = 0

    async def append(self, envelope: Envelope) -> None:
        """Fail."""
        raise KeyError(envelope.body.decode())

    async def append_outcomes(self, new: Sequence[Outcome]) -> None:
        """Take them."""


async def test_a_bug_is_answered_in_the_shape_of_an_error_that_a_page_can_read() -> None:
    collector = Collector(
        cast("Journal", BrokenJournal()),
        WorkspaceFeed(WORKSPACE),
        clock=SystemClock(),
        ids=CountingIds(),
    )
    sent: list[Message] = []

    async def receive() -> Message:
        body = msgspec.json.encode(track(properties={"email": ADDRESS}))
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/k/shop-key/t",
        "headers": [(b"origin", b"https://shop.example")],
    }
    with capture_logs() as logged:
        await collector(scope, receive, send)

    start, body = sent
    answer = msgspec.json.decode(body["body"])
    assert start["status"] == 500
    assert (b"access-control-allow-origin", b"https://shop.example") in start["headers"]
    assert (answer["success"], answer["code"]) == (False, "unexpected")
    assert [line["log_level"] for line in logged] == ["error"]
    assert logged[0]["error"] == "KeyError"
    assert ADDRESS not in repr(sent) + repr(logged)
