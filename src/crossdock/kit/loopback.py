"""A vendor on this machine, for the tests of a destination: a real server, not a mock.

```python
async with Loopback(lambda asked: Reply(status=429)) as vendor, vendor.client() as client:
    await perform(client.with_label("Pigeonhole"), call(endpoint=vendor.url))
assert vendor.received[0].json() == {...}
```
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import msgspec
from aiohttp import web

from crossdock.base import json
from crossdock.base.clock import Clock, SystemClock
from crossdock.kit.http import HttpClient, HttpLimits


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A request that the vendor was sent.

    Attributes:
        path: With its query.
        headers: Looked up without regard to case.
        peer: Address and port of who asked; the same for requests on one connection.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    peer: str = ""

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.decode(self.body)


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor answers."""

    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""


Answering = Callable[[Received], Reply | Awaitable[Reply]]


class Loopback:
    """A vendor on a free port of 127.0.0.1. An async context manager.

    Args:
        answering: What to answer to a request, at once or when it is ready; None answers 200.
    """

    def __init__(self, answering: Answering | None = None) -> None:
        self._answering = answering or (lambda _: Reply())
        self._runner = web.ServerRunner(
            web.Server(self._handle, access_log=None),
            shutdown_timeout=0.1,
        )
        self.received: list[Received] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{self.endpoint}"

    @property
    def endpoint(self) -> str:
        """Its host and port, as the list of allowed addresses takes them."""
        return f"127.0.0.1:{self.port}"

    def client(self, *, clock: Clock | None = None, limits: HttpLimits | None = None) -> HttpClient:
        """Return a client that may reach this vendor and nothing else that is not public."""
        return HttpClient(
            clock=clock or SystemClock(), allowed_addresses=[self.endpoint], limits=limits
        )

    async def __aenter__(self) -> Self:
        """Start to listen."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, and cut off who is still waiting for an answer."""
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        """Record the request and answer it."""
        received = Received(
            method=request.method,
            path=request.path_qs,
            headers=request.headers,
            body=await request.read(),
            peer=str(request.transport and request.transport.get_extra_info("peername")),
        )
        self.received.append(received)
        reply = self._answering(received)
        if not isinstance(reply, Reply):
            reply = await reply
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)
