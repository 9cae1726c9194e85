"""What the vendors and the shop share in speaking HTTP: bodies, refusals, scripts, access."""

from __future__ import annotations

import dataclasses
import importlib.resources
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import msgspec
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock.admin_token import AdminToken, Refusal, given_token
from crossdock.base import json
from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.sandbox.live import Live

# Twice what the tracking API takes for one event; nobody has a use for more.
BODY_BYTES_MAX = 64 * 1024

# Ids are typed in by people or made by libraries; none that is longer was meant.
ID_LENGTH_MAX = 512

ANY_ORIGIN = [
    Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "PATCH"],
        allow_headers=["authorization", "content-type", "ramen_api_key"],
        max_age=7200,
    )
]
"""For what pages anywhere call: the collecting halves of the vendors."""


class Refused(CrossdockError):
    """The vendor does not accept the request.

    Attributes:
        status: HTTP status.
        reason: Stable, lower_snake_case; what a program tells the cases apart by.
    """

    code: ClassVar[str] = "sandbox_refused"

    def __init__(self, status: int, reason: str, what: str, *, do: str) -> None:
        super().__init__(what, do=do)
        self.status = status
        self.reason = reason


def answer(
    content: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the content as a JSON response that nobody caches."""
    return Response(
        msgspec.json.encode(content),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store", **(headers or {})},
    )


async def answer_refusal(_request: Request, error: Exception) -> Response:
    """Return the refusal as JSON, in the shape that both vendors use."""
    if not isinstance(error, Refused):
        raise error
    body = {"reason": error.reason, "message": error.what, "do": error.do}
    return answer(body, status=error.status)


async def read_bytes(request: Request) -> bytes:
    """Return the body.

    Raises:
        Refused: 413, it is longer than `BODY_BYTES_MAX`. Nothing beyond the bound is kept.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise Refused(
                413,
                "too_large",
                f"The body is longer than {BODY_BYTES_MAX} bytes.",
                do="Send less in one call.",
            )
    return bytes(body)


async def read_object(request: Request) -> JsonObject:
    """Return the body, which must be a JSON object.

    Raises:
        Refused: 400 or 413.
    """
    try:
        value = json.decode(await read_bytes(request))
    except json.NotJson as error:
        raise Refused(
            400, "not_json", f"The body is not JSON: {error}.", do="Send JSON."
        ) from error
    if not isinstance(value, dict):
        raise Refused(400, "not_json", "The body is not a JSON object.", do="Send an object.")
    return value


def text_or_none(body: Mapping[str, object], name: str) -> str | None:
    """Return a text from a body; None if it is missing, null or empty. A number becomes text.

    Raises:
        Refused: 400, it is something else, or absurdly long.
    """
    value = body.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Refused(400, "wrong_type", f'"{name}" is not text.', do=f'Send "{name}" as text.')
    if len(value) > ID_LENGTH_MAX:
        raise Refused(
            400,
            "too_long",
            f'"{name}" is longer than {ID_LENGTH_MAX} characters.',
            do=f'Send a shorter "{name}".',
        )
    return value


def object_or_empty(body: Mapping[str, object], name: str) -> JsonObject:
    """Return an object from a body; `{}` if it is missing or not an object."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def live_response(live: Live, channel: str) -> Response:
    """Return the channel as a stream of server-sent events."""
    return StreamingResponse(
        live.stream(channel),
        media_type="text/event-stream",
        # nginx holds a stream back unless told not to.
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


def mounted_at(scope: Scope) -> str:
    """Return the part of the path that whoever mounted the app has dealt with already."""
    root_path: str = scope.get("root_path", "")
    return root_path if str(scope["path"]).startswith(root_path) else ""


def local_path(scope: Scope) -> str:
    """Return the path below where the app is mounted; empty without a slash at the end."""
    return str(scope["path"])[len(mounted_at(scope)) :]


def folder_redirect(scope: Scope) -> Response:
    """Send a request for a folder on to the same with a slash at the end.

    Everything in our pages is relative to their folder. The target is relative too: what a proxy in
    front cut off the path is not known here.
    """
    last_segment = str(scope["path"] or scope.get("root_path", "")).rsplit("/", 1)[-1]
    query = scope.get("query_string", b"").decode("latin-1")
    return RedirectResponse(f"{quote(last_segment)}/{'?' if query else ''}{query}", 307)


def style_response() -> Response:
    """Return the style sheet that all pages share."""
    text = importlib.resources.files("crossdock.sandbox").joinpath("look.css").read_text("utf-8")
    return Response(text, media_type="text/css", headers={"cache-control": "no-cache"})


class Scripts:
    """The browser halves, as the build left them.

    Args:
        assets_dir: The folder that the build writes, `web_assets`.
    """

    def __init__(self, assets_dir: Path) -> None:
        self._assets_dir = assets_dir / "sandbox"

    def response(self, name: str) -> Response:
        """Return one script, such as `ripe/sdk.js`; 503 if it was not built."""
        try:
            content = (self._assets_dir / name).read_bytes()
        except FileNotFoundError:
            return Response(
                f'"{name}" was not built. Run `make web`, then try again.\n',
                status_code=503,
                media_type="text/plain",
            )
        headers = {"cache-control": "no-cache", "access-control-allow-origin": "*"}
        return Response(content, media_type="text/javascript", headers=headers)


@dataclasses.dataclass(frozen=True, slots=True)
class Owner:
    """Who may see and change what the vendors keep.

    Attributes:
        token: Opens it, as bearer token or as the password of HTTP Basic.
        is_signed_in: Whether a request is of somebody who is signed in to the app, and whose role
            lets them do it.
    """

    token: AdminToken
    is_signed_in: Callable[[Scope], Awaitable[bool]]

    async def refusal(self, scope: Scope) -> Refusal | None:
        """Return why the request may not pass; None if it may."""
        has_token = bool(given_token(scope, takes_password=True))
        if not has_token and await self.is_signed_in(scope):
            return None
        return self.token.refusal(scope, takes_password=True)


def _is_from_elsewhere(headers: Headers) -> bool:
    """Return whether a page of another site made the request, through its reader's browser."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"none", "same-origin"}
    # Over plain http browsers say only whose page it is. What is no browser says nothing.
    origin = headers.get("origin")
    own_hosts = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    return origin is not None and origin.partition("//")[2] not in own_hosts


class OwnerOnly:
    """Lets only the owner see and change a vendor's workspace, and no other site on their behalf.

    Args:
        app: What is behind.
        owner: Who that is. None leaves the door open: right for a demo on one's own machine.
    """

    def __init__(self, app: ASGIApp, owner: Owner | None) -> None:
        self._app = app
        self._owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = await self._owner.refusal(scope) if self._owner else None
        if refusal is Refusal.TOO_MANY_WRONG:
            response = answer(
                {
                    "reason": "too_many_wrong_tokens",
                    "message": "Too many requests from this address had a wrong token.",
                    "do": "Sign in with the right one, or wait a minute before you try another.",
                },
                status=429,
                headers={"retry-after": "60"},
            )
            await response(scope, receive, send)
            return
        if refusal is not None:
            response = answer(
                {
                    "reason": "owner_only",
                    "message": "This is the owner's view of the sandbox.",
                    "do": "Sign in to the app, or with the admin token as password here.",
                },
                status=401,
                headers={"www-authenticate": 'Basic realm="sandbox", charset="UTF-8"'},
            )
            await response(scope, receive, send)
            return
        if scope["method"] not in {"GET", "HEAD"} and _is_from_elsewhere(headers):
            elsewhere = Refused(
                403,
                "another_site",
                "The request comes from a page of another site.",
                do="Use the sandbox's own page.",
            )
            response = await answer_refusal(Request(scope), elsewhere)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)
