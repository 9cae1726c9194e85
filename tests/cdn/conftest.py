"""A town on loopback: the CDN, a page, stand-ins for the vendors' scripts, and a recorder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn

import crossdock
from crossdock.base.json import JsonObject
from crossdock.destinations.ramen.device import RAMEN
from crossdock.destinations.ripe.device import DEVICE as RIPE
from crossdock.events import ConnectionId, MappingId, SourceId
from crossdock.kit import Destination
from crossdock.pipeline.collect.cdn import Cdn
from crossdock.workspace import Connection, Mapping, Source, Workspace, WorkspaceFeed

WRITE_KEY = "wk_shop"
ASSETS_DIR = Path(crossdock.__file__).parent / "web_assets"

RIPE_SDK = """
{
const early = window.Ripe;
window.received = window.received || {};
const calls = window.received.Ripe = [];
window.Ripe = {};
for (const name of ["init", "identify", "group", "track", "page"]) {
  window.Ripe[name] = async (...values) => { calls.push([name, ...values]); };
}
for (const [name, ...values] of early) window.Ripe[name](...values);
}
"""
RAMEN_JS = """
{
const early = window._ramen;
window.received = window.received || {};
const calls = window.received.Ramen = [];
window._ramen = {};
for (const name of ["boot", "ready", "identify", "group", "track", "page", "reset", "ask"]) {
  window._ramen[name] = (...values) => { calls.push([name, ...values]); };
}
for (const [name, ...values] of early) window._ramen[name](...values);
}
"""


def find_destination(slug: str) -> Destination | None:
    return {RIPE.slug: RIPE, RAMEN.slug: RAMEN}.get(slug)


def mappings(connection_id: str, destination: Destination) -> tuple[Mapping, ...]:
    return tuple(
        Mapping(
            id=MappingId(f"map_{connection_id}_{action.slug}"),
            connection_id=ConnectionId(connection_id),
            name=action.label,
            action=action.slug,
            trigger=action.trigger,
            fields=action.default_mapping(),
            enabled=True,
        )
        for action in destination.actions
    )


def ripe(connection_id: str = "con_ripe", **changes: Any) -> Connection:
    settings = {"apiKey": "ripe-key"}
    return msgspec.structs.replace(
        Connection(
            id=ConnectionId(connection_id),
            source_id=SourceId("src_shop"),
            destination=RIPE.slug,
            name="Ripe",
            enabled=True,
            settings=settings,
            mappings=mappings(connection_id, RIPE),
        ),
        **changes,
    )


def ramen(connection_id: str = "con_ramen", **changes: Any) -> Connection:
    return msgspec.structs.replace(
        Connection(
            id=ConnectionId(connection_id),
            source_id=SourceId("src_shop"),
            destination=RAMEN.slug,
            name="Ramen",
            enabled=True,
            settings={"organization_id": "org_1", "apiKey": "ramen-secret"},
        ),
        **changes,
    )


def shop(*connections: Connection, version: int = 1, **changes: Any) -> Workspace:
    source = Source(
        id=SourceId("src_shop"), slug="shop", name="Shop", kind="web", write_keys=(WRITE_KEY,)
    )
    return Workspace(
        version=version,
        sources=(msgspec.structs.replace(source, **changes),),
        connections=connections,
    )


class Town:
    """Everything on one port, with what was received.

    Attributes:
        requests: Method and path of each request, in order.
        events: The body of each message that a page sent, with the path it came to.
        pages: HTML by path.
        silent: Paths that are never answered until the town is closed.
    """

    def __init__(self, cdn: Cdn) -> None:
        self.cdn = cdn
        self.origin = ""
        self.requests: list[tuple[str, str]] = []
        self.events: list[tuple[str, JsonObject]] = []
        self.pages: dict[str, str] = {}
        self.missing: set[str] = set()
        self.silent: set[str] = set()
        self.closing = asyncio.Event()
        self.arrived = asyncio.Condition()

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer a request."""
        path = scope["path"]
        self.requests.append((scope["method"], path))
        if path in self.silent:
            await self.closing.wait()
        if self.cdn.handles(path) and path not in self.missing:
            await self.cdn(scope, receive, send)
            return
        status, kind, body = 200, b"text/html; charset=utf-8", b""
        if scope["method"] == "POST":
            await self._record(path, receive)
        elif path in self.pages:
            body = self.pages[path].encode()
        elif path.endswith("/sdk.umd.js") and path not in self.missing:
            kind, body = b"text/javascript", RIPE_SDK.encode()
        elif path.endswith("/ramen.js") and path not in self.missing:
            kind, body = b"text/javascript", RAMEN_JS.encode()
        else:
            status = 404
        headers = [(b"content-type", kind), (b"access-control-allow-origin", b"*")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _record(
        self, path: str, receive: Callable[[], Awaitable[MutableMapping[str, Any]]]
    ) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        async with self.arrived:
            self.events.append((path, json.loads(body)))
            self.arrived.notify_all()

    async def received(self, count: int, *, at: str = "", seconds: float = 10) -> list[JsonObject]:
        """Return what was sent to paths that end so, once there is as much."""

        def found() -> list[JsonObject]:
            return [body for path, body in self.events if path.endswith(at)]

        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(found()) >= count)
        return found()


@pytest.fixture
def feed() -> WorkspaceFeed:
    return WorkspaceFeed(shop(ripe(), ramen()))


@pytest.fixture
def cdn(feed: WorkspaceFeed, tmp_path: Path) -> Cdn:
    return Cdn(
        feed,
        find_destination,
        routing_rule=lambda _: '["=","event",{"value":"Secret"}]',
        assets_dir=ASSETS_DIR,
        kept_dir=tmp_path / "cdn",
        path_prefix="site",
    )


@pytest.fixture
async def town(cdn: Cdn) -> AsyncIterator[Town]:
    town = Town(cdn)
    config = uvicorn.Config(
        town, host="127.0.0.1", port=0, log_level="critical", ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it.
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    town.origin = f"http://127.0.0.1:{port}"
    yield town
    town.closing.set()
    server.should_exit = True
    server.force_exit = True
    await serving
