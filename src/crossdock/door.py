"""The one ASGI app that the server runs: hands each request to the part whose path it is."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock.admin_token import AdminToken, Refusal
from crossdock.base.problems import Problem

_PROXY_HEADERS = (
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-real-ip",
    b"forwarded",
    b"via",
)
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
SANDBOX</ul>
</html>
""".replace("ICON", f'<link rel="icon" href="{_ICON}">')


_DEMO = """\
  <li>Click around in the <a href="demo/">demo shop</a> and see what arrives.</li>
"""


_SANDBOX = """\
  <li>Look around in the <a href="sandbox/ripe/">Ripe</a> and <a href="sandbox/ramen/">Ramen</a>
      stand-ins. User name: any; password: the admin token.</li>
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
        has_sandbox: Whether `/` leads to the stand-ins for Ripe and Ramen.
        admin_token: Opens `/metrics` to other machines.
        readiness: Returns, for each part that has to work, whether it does.
        problems: Returns what is wrong now.
        is_published: There is a public URL, and so most likely a proxy on this machine, whose
            requests look like this machine's own: then `/metrics` wants the token from everybody.
    """

    def __init__(  # noqa: PLR0913 - parts of the system, each by name.
        self,
        *,
        collector: PathApp,
        cdn: BrowserApp,
        apps_by_path: Mapping[str, ASGIApp],
        has_demo: bool,
        has_sandbox: bool = False,
        admin_token: AdminToken,
        readiness: Callable[[], Mapping[str, bool]],
        problems: Callable[[], Sequence[Problem]],
        is_published: bool = False,
    ) -> None:
        self._collector = collector
        self._cdn = cdn
        self._apps_by_path = apps_by_path
        self._home = _HOME.replace("DEMO", _DEMO if has_demo else "").replace(
            "SANDBOX", _SANDBOX if has_sandbox else ""
        )
        self._admin_token = admin_token
        self._readiness = readiness
        self._problems = problems
        self._is_published = is_published

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
                return HTMLResponse(self._home)
            case "/healthz":
                return JSONResponse({"status": "ok"})
            case "/readyz":
                return readiness_answer(self._readiness(), self._problems())
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
        is_open = not self._is_published and _is_this_machine(scope)
        if not is_open and (refusal := self._admin_token.refusal(scope)) is not None:
            if refusal is Refusal.TOO_MANY_WRONG:
                return JSONResponse(
                    {
                        "success": False,
                        "code": "too_many_wrong_tokens",
                        "message": "Too many requests from this address had a wrong token. Wait a "
                        "minute before you try another.",
                    },
                    status_code=429,
                    headers={"retry-after": "60"},
                )
            return JSONResponse(
                {
                    "success": False,
                    "code": "unauthorized",
                    "message": "Metrics are open to this machine alone, while the server has "
                    "no public URL. Send the admin token as `Authorization: Bearer …`.",
                },
                status_code=401,
            )
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class ClosedDoor:
    """Answers every request while the server cannot even be started, with why.

    Args:
        problems: Returns what is wrong.
    """

    def __init__(self, problems: Callable[[], Sequence[Problem]]) -> None:
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        await self._answer(scope["path"])(scope, receive, send)

    def _answer(self, path: str) -> Response:
        problems = self._problems()
        if path == "/healthz":
            return JSONResponse({"status": "ok"})
        if path == "/readyz" or not problems:
            return readiness_answer({"door": False, "journal": False}, problems)
        return JSONResponse(
            {
                "success": False,
                "code": problems[0].code,
                "message": f"The server cannot be started yet. {problems[0].what}",
            },
            status_code=503,
            headers={"retry-after": "10", "access-control-allow-origin": "*"},
        )


def readiness_answer(parts: Mapping[str, bool], problems: Sequence[Problem]) -> Response:
    """Return the answer to `GET /readyz`: 200 while events can be accepted, else 503, and why."""
    reasons = [_told(problem) for problem in problems if problem.refuses_events]
    is_ready = all(parts.values()) and not reasons
    return JSONResponse(
        {
            "status": "ready" if is_ready else "not_ready",
            "parts": dict(parts),
            "reasons": reasons,
            "warnings": [_told(problem) for problem in problems if not problem.refuses_events],
        },
        status_code=200 if is_ready else 503,
        headers={"cache-control": "no-store"},
    )


def _told(problem: Problem) -> dict[str, str]:
    told = {"code": problem.code, "what": problem.what, "do": problem.do}
    return {**told, "destinationId": problem.about} if problem.about else told


def _is_this_machine(scope: Scope) -> bool:
    """Return whether the request came from this machine, and neither through a proxy on it.

    A proxy that adds nothing about itself still passes on by what name it was asked, unless it is
    told to write another; then it needs `--public-url`, and so it is known. A page elsewhere whose
    name was made to lead to this machine is told by its name as well.
    """
    headers = dict(scope["headers"])
    if any(name in headers for name in _PROXY_HEADERS):
        return False
    name = _named(headers.get(b"host", b""))
    client = scope.get("client")
    return client is not None and is_loopback(client[0]) and is_loopback(name)


def is_loopback(name: str) -> bool:
    """Return whether a host's name or address is this machine's alone."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _named(host: bytes) -> str:
    try:
        return urlsplit(f"//{host.decode('latin-1')}").hostname or ""
    except ValueError:
        return ""
