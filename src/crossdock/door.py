"""The one ASGI app that the server runs: hands each request to the part whose path it is."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Mapping
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%2333508f'/%3E"
    "%3Cpath d='M4 5h8M4 11h8M6 3l4 10' stroke='white' stroke-width='1.6'/%3E%3C/svg%3E"
)

_HOME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Crossdock</title>
ICON
<style>
  :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
  body { max-width: 40rem; margin: 4rem auto; padding: 0 1.25rem }
  code { font-size: .9em }
  li { margin: .4rem 0 }
</style>
<h1>Crossdock is running</h1>
<p>It takes events at this address. What to do next:</p>
<ul>
DEMO  <li>Send an event: <code>POST /v1/track</code> with a write key.</li>
  <li>Change sources, destinations and mappings through <code>/api/v1</code>, with the admin token
      that the first start printed; <code>/api/v1/openapi.json</code> describes it.</li>
  <li>Or as a file: <code>crossdock export workspace.yaml</code>, edit it,
      <code>crossdock apply workspace.yaml</code>. The next page load has the change.</li>
  <li>Look around in the <a href="sandbox/ripe/">Ripe</a> and <a href="sandbox/ramen/">Ramen</a>
      stand-ins. User name: any; password: the admin token.</li>
</ul>
</html>
""".replace("ICON", f'<link rel="icon" href="{_ICON}">')


_DEMO = """\
  <li>Click around in the <a href="demo/">demo shop</a> and see what arrives.</li>
"""


class PathApp(Protocol):
    """An ASGI app that knows its own paths."""

    def handles(self, path: str) -> bool:
        """Return whether a request for this path is its."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""


class BrowserApp(PathApp, Protocol):
    """What serves browsers, and knows the neutral names of everything."""

    def tracking_path(self, path: str) -> str:
        """Return the path under which the collector knows this one; mostly the same."""


class Door:
    """Where every request comes in.

    Args:
        collector: The tracking API; asked first, as nearly every request is its.
        cdn: What browsers load.
        apps_by_path: Mounted apps: `/api/v1`, `/sandbox`, `/demo`.
        has_demo: Whether `/` leads to the demo shop.
        admin_token: Opens `/metrics` to other machines.
        readiness: Returns, for each part that has to work, whether it does.
    """

    def __init__(  # noqa: PLR0913 - parts of the system, each by name.
        self,
        *,
        collector: PathApp,
        cdn: BrowserApp,
        apps_by_path: Mapping[str, ASGIApp],
        has_demo: bool,
        admin_token: str,
        readiness: Callable[[], Mapping[str, bool]],
    ) -> None:
        self._collector = collector
        self._cdn = cdn
        self._apps_by_path = apps_by_path
        self._has_demo = has_demo
        self._admin_token = admin_token
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on one request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if self._collector.handles(path):
            await self._collector(scope, receive, send)
        elif self._cdn.handles(path):
            await self._cdn(scope, receive, send)
        elif (tracking := self._cdn.tracking_path(path)) != path and self._collector.handles(
            tracking
        ):
            await self._collector({**scope, "path": tracking}, receive, send)
        else:
            await self._elsewhere(scope, receive, send)

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        for mount, app in self._apps_by_path.items():
            if path == mount or path.startswith(f"{mount}/"):
                root = scope.get("root_path", "") + mount
                await app({**scope, "root_path": root}, receive, send)
                return
        await self._own_page(scope)(scope, receive, send)

    def _own_page(self, scope: Scope) -> Response:
        match scope["path"]:
            case "/":
                return HTMLResponse(_HOME.replace("DEMO", _DEMO if self._has_demo else ""))
            case "/healthz":
                return JSONResponse({"status": "ok"})
            case "/readyz":
                parts = dict(self._readiness())
                is_ready = all(parts.values())
                status = "ready" if is_ready else "not_ready"
                return JSONResponse(
                    {"status": status, "parts": parts}, status_code=200 if is_ready else 503
                )
            case "/metrics":
                return self._metrics(scope)
            case _:
                return JSONResponse(
                    {
                        "success": False,
                        "code": "not_found",
                        "message": "There is nothing at this path. Events go to /v1/…, the "
                        "management API is at /api/v1.",
                    },
                    status_code=404,
                )

    def _metrics(self, scope: Scope) -> Response:
        headers = dict(scope["headers"])
        given = headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        is_owner = hmac.compare_digest(given, self._admin_token.encode())
        if not (is_owner or _is_this_machine(scope, headers)):
            return JSONResponse(
                {
                    "success": False,
                    "code": "unauthorized",
                    "message": "Metrics are open to this machine only. Send the admin token as "
                    "`Authorization: Bearer …`.",
                },
                status_code=401,
            )
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _is_this_machine(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Return whether the request came from this machine, and not through a proxy on it."""
    if b"x-forwarded-for" in headers or b"forwarded" in headers:
        return False
    client = scope.get("client")
    try:
        return client is not None and ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
