"""The one ASGI app that the server runs: hands each request to the part whose path it is."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
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


class PageApp(Protocol):
    """The web app: it takes what nobody else has, if a person asks for it."""

    def handles(self, path: str, headers: Headers, method: str) -> bool:
        """Return whether a request is its."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""


class Door:
    """Where every request comes in.

    Args:
        collector: The tracking API; asked first, as nearly every request is its.
        cdn: What browsers load.
        apps_by_path: Mounted apps: `/api/v1`, `/sandbox`, `/demo`.
        web_app: Every page that a person opens and nobody else has.
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
        web_app: PageApp,
        admin_token: AdminToken,
        readiness: Callable[[], Mapping[str, bool]],
        problems: Callable[[], Sequence[Problem]],
        is_published: bool = False,
    ) -> None:
        self._collector = collector
        self._cdn = cdn
        self._apps_by_path = apps_by_path
        self._web_app = web_app
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
        own = self._own_answer(scope)
        if own is None and self._web_app.handles(path, Headers(scope=scope), scope["method"]):
            await self._web_app(scope, receive, send)
            return
        await (own or _nothing_here())(scope, receive, send)

    def _own_answer(self, scope: Scope) -> Response | None:
        match scope["path"]:
            case "/healthz":
                return JSONResponse({"status": "ok"})
            case "/readyz":
                return readiness_answer(self._readiness(), self._problems())
            case "/metrics":
                return self._metrics(scope)
            case _:
                return None

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


def _nothing_here() -> Response:
    return JSONResponse(
        {
            "success": False,
            "code": "not_found",
            "message": "There is nothing at this path. Events go to /v1/…, the management API is "
            "at /api/v1.",
        },
        status_code=404,
    )


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
