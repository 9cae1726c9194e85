"""Listens for requests, and stops to in time: uvicorn, with bounds, and ended our way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from crossdock.base import logs
from crossdock.base.clock import Clock
from crossdock.base.settings import ServerSettings
from crossdock.wire import BoundedProtocol

# Enough for a burst of browsers that arrive while the loop is busy with one group commit.
_BACKLOG_CONNECTIONS = 4096
_KEEP_ALIVE_SECONDS = 65
# Who is still sending a request when the server stops has been told nothing: they send it again.
_HALF_REQUEST_SECONDS_MAX = 1.0

log = logs.logger("server")


class _Uvicorn(uvicorn.Server):
    """Uvicorn, but signals are ours: it would raise them again after its own shutdown."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Quiet:
    """Takes it for no error that a request is cut off when the server stops."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Whoever cancelled this has closed the connection before, and nothing runs after it.
        with contextlib.suppress(asyncio.CancelledError):
            await self._app(scope, receive, send)


class HttpServer:
    """Hands requests to an app. `start` it once, and `close` it.

    Args:
        app: Who answers.
        settings: Proxies that are trusted, and the certificate.
        clock: Waits.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings, clock: Clock) -> None:
        self._clock = clock
        self._server = _Uvicorn(
            uvicorn.Config(
                _Quiet(app),
                http=BoundedProtocol,
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=True,
                # An empty list would mean uvicorn's own default.
                forwarded_allow_ips=list(settings.trusted_proxies) or ["none"],
                backlog=_BACKLOG_CONNECTIONS,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
            )
        )

    async def start(self, listener: socket.socket) -> asyncio.Task[None]:
        """Return the task that serves, once it does; a task that is done says that it cannot.

        Args:
            listener: Bound; it is closed at the end.
        """
        self._serving = asyncio.create_task(
            self._server.serve(sockets=[listener]), name="serve http"
        )
        while not (self._server.started or self._serving.done()):
            await self._clock.sleep(0.01)
        return self._serving

    async def close(self, seconds_max: float) -> None:
        """Take no more requests; return when every one is answered, or cut off.

        Args:
            seconds_max: How long to wait for those that are being answered.
        """
        server, serving = self._server, self._serving
        server.should_exit = True
        half_seconds_max = min(_HALF_REQUEST_SECONDS_MAX, seconds_max)
        await asyncio.wait([serving], timeout=half_seconds_max)
        connections: set[Any] = {*server.server_state.connections}
        for connection in connections:
            if connection.cycle is None or connection.cycle.more_body:
                connection.transport.abort()
        await asyncio.wait([serving], timeout=seconds_max - half_seconds_max)
        if serving.done():
            return
        log.warning(
            "Requests were cut off: the time to stop was up.",
            requests=len(server.server_state.tasks),
        )
        for connection in connections:
            connection.transport.abort()
        # Their connections are told first: then nobody tries to answer.
        await self._clock.sleep(0.01)
        server.force_exit = True
        for task in list(server.server_state.tasks):
            task.cancel()
        await asyncio.wait([serving])
