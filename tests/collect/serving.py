"""Runs a collector behind uvicorn on the loopback, and talks HTTP to it."""

from __future__ import annotations

import asyncio
import base64
import http.client
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from crossdock.base.clock import SystemClock
from crossdock.base.ids import CountingIds
from crossdock.events import ConnectionId, Event, Outcome, SourceId
from crossdock.pipeline.collect import CollectLimits, Collector
from crossdock.pipeline.journal import Journal, JournalSettings
from crossdock.workspace import Connection, Source, Workspace, WorkspaceFeed

WRITE_KEY = "shop-key"
SETTINGS = JournalSettings(
    events_bytes_max=64 * 1024**2,
    deliveries_bytes_max=16 * 1024**2,
    outcomes_bytes_max=16 * 1024**2,
    disk_reserve_bytes=1024**2,
)
SHOP = SourceId("src_shop")


def source(slug: str, **more: Any) -> Source:
    """Return a source whose write key is its slug and `-key`."""
    return Source(
        id=SourceId(f"src_{slug}"),
        slug=slug,
        name=slug.title(),
        write_keys=(f"{slug}-key",),
        **more,
    )


WORKSPACE = Workspace(
    version=1,
    sources=(
        source("shop"),
        source("backend", kind="server"),
        source("strict", is_strict=True),
        source("closed", enabled=False),
        source("closed-strict", enabled=False, is_strict=True),
    ),
    connections=(
        Connection(
            id=ConnectionId("con_ripe"), source_id=SHOP, destination="actions-ripe", name="Ripe"
        ),
    ),
)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


class Served:
    """A running collector."""

    def __init__(self, port: int, journal: Journal, feed: WorkspaceFeed) -> None:
        self.port = port
        self.journal = journal
        self.feed = feed

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; a body that is not bytes is sent as JSON."""
        data = body if isinstance(body, bytes | None) else msgspec.json.encode(body)
        return await asyncio.to_thread(self._request, method, path, data, dict(headers or {}))

    async def post(self, path: str, body: object, **headers: str) -> Answer:
        """Send with the shop's write key; header names have _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request(
            "POST", path, body, headers={"Authorization": basic(WRITE_KEY), **named}
        )

    async def events(self, count: int) -> list[Event]:
        """Return that many events from the journal, and finish them."""
        found: list[Event] = []
        async with asyncio.timeout(10):
            batches = self.journal.events("route")
            async for batch in batches:
                found += batch.events
                await batch.done()
                if len(found) >= count:
                    break
            await batches.aclose()
        return found

    async def outcomes(self, count: int = 1) -> list[Outcome]:
        """Return the last outcomes once there are that many, oldest first."""
        async with asyncio.timeout(10):
            while True:
                found = await self.journal.latest_outcomes(100)
                if len(found) >= count:
                    return found[::-1]
                await asyncio.sleep(0.02)

    def _request(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()


@asynccontextmanager
async def served(
    *, settings: JournalSettings = SETTINGS, limits: CollectLimits | None = None
) -> AsyncIterator[Served]:
    """Run a collector on a journal of its own."""
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        journal = Journal(Path(folder), clock=clock, settings=settings)
        await journal.open()
        feed = WorkspaceFeed(WORKSPACE)
        collector = Collector(journal, feed, clock=clock, ids=CountingIds(), limits=limits)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(collector, lifespan="off", log_level="warning", http="httptools")
        )
        running = asyncio.create_task(server.serve([listener]))
        try:
            async with asyncio.timeout(10):
                while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it.
                    await asyncio.sleep(0.005)
            yield Served(listener.getsockname()[1], journal, feed)
        finally:
            server.should_exit = True
            await running
            await collector.close()
            await journal.close()
            listener.close()


def basic(user: str, *, colon: str = ":") -> str:
    """Return the header value of HTTP Basic with an empty password."""
    return "Basic " + base64.b64encode(f"{user}{colon}".encode()).decode()


def track(**more: object) -> dict[str, object]:
    """Return a track call that is accepted."""
    return {"type": "track", "event": "Order Completed", "userId": "ann", **more}
