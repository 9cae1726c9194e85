"""Who may use the management API, and how much they may send. In front of everything else."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock.admin_token import FAILURES_MAX, Refusal
from crossdock.base import json
from crossdock.base.errors import CrossdockError
from crossdock.control import report
from crossdock.control.accounts import Accounts
from crossdock.control.answers import error_response, problem_response
from crossdock.control.caller import check_page, find_caller
from crossdock.control.parts import Caller, Parts
from crossdock.control.permissions import OPEN, check_role, is_recorded, path_of
from crossdock.people import Role
from crossdock.workspace import Deed

BODY_BYTES_MAX = 4 * 1024 * 1024
# Of those who are nobody yet: an e-mail and a password.
OPEN_BODY_BYTES_MAX = 16 * 1024

_VERBS = {"POST": "created", "DELETE": "deleted"}
_YAML_PATHS = ("/workspace/plan", "/workspace/apply")


class Access:
    """Lets requests of those through who may make them, with a body that is bounded and sound.

    Args:
        app: What is behind it.
        parts: Of the API.
        accounts: Know who may come in.
    """

    def __init__(self, app: ASGIApp, parts: Parts, accounts: Accounts) -> None:
        self._app = app
        self._parts = parts
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that may not be made; pass on every other."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            caller = await self._caller(connection)
            if isinstance(caller, Refusal):
                await self._refuse(caller, scope, receive, send)
                return
            check_page(connection, self._parts, caller)
            if caller is not None:
                check_role(caller.role, scope["method"], path_of(scope))
        except CrossdockError as error:
            await problem_response(error)(scope, receive, send)
            return
        if caller is not None:
            caller.may_still = functools.partial(self._may_still, connection, caller.role)
        inner: Scope = {**scope, "state": {**scope.get("state", {}), "caller": caller}}
        await self._pass_on(inner, receive, _Recorded(send, inner, self._parts, caller))

    async def _caller(self, connection: HTTPConnection) -> Caller | Refusal | None:
        """Return who it is; None where nobody needs to be anybody."""
        if (connection.scope["method"], path_of(connection.scope)) in OPEN:
            # Whoever is signed in may still ask as themselves, to change their password.
            found = await self._found(connection) if connection.cookies else None
            return found if isinstance(found, Caller) else None
        return await self._found(connection)

    async def _found(self, connection: HTTPConnection) -> Caller | Refusal:
        return await asyncio.to_thread(find_caller, connection, self._parts, self._accounts)

    async def _may_still(self, connection: HTTPConnection, role: Role) -> bool:
        found = await self._found(connection)
        return isinstance(found, Caller) and found.role == role

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal is Refusal.TOO_MANY_WRONG:
            wait_seconds = self._parts.admin_token.wait_seconds(scope)
            response = error_response(
                429,
                "too_many_wrong_tokens",
                f"Too many requests from this address had a wrong token (more than {FAILURES_MAX} "
                "in a minute).",
                f"Send the right token, which is taken at once. Wait {wait_seconds} seconds before "
                "you try another.",
                headers={"retry-after": str(wait_seconds)},
            )
        else:
            response = error_response(
                401,
                "unauthorized",
                "The request has no token or session, or one that is wrong or has ended.",
                "Sign in; or send the header `Authorization: Bearer <token>` with an API token, or "
                "with the admin token, which the server printed at its first start and keeps in "
                "its data directory.",
                headers={"www-authenticate": "Bearer"},
            )
        await response(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_open = scope["state"]["caller"] is None
        bytes_max = OPEN_BODY_BYTES_MAX if is_open else BODY_BYTES_MAX
        try:
            body = await _read(receive, bytes_max)
        except ClientDisconnect:
            # Half a request is no request: nobody waits for an answer either.
            return
        if body is None:
            response = error_response(
                413,
                "body_too_long",
                f"The body is longer than {bytes_max} bytes.",
                "Send less at once.",
            )
            await response(scope, receive, send)
            return
        content_type = b"application/json"
        if scope["path"].endswith(_YAML_PATHS):
            content_type = b"application/yaml"
        elif body:
            try:
                json.decode(body)
            except json.NotJson as error:
                response = error_response(
                    400,
                    "not_json",
                    f"The body is not JSON: {error}.",
                    "Send one JSON object in UTF-8.",
                )
                await response(scope, receive, send)
                return
        # Routing writes what it found into this very scope, where `_Recorded` looks.
        headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        # `curl -d` says that everything is a form. What it is, was just found out.
        scope["headers"] = [*headers, (b"content-type", content_type)]
        await self._app(scope, _Replay(body, receive), send)


class _Recorded:
    """Tells the audit log of a change, before its answer, unless whoever made it has told already.

    Most are told more exactly where they are made: with what was before, and what is after.
    """

    def __init__(self, send: Send, scope: Scope, parts: Parts, caller: Caller | None) -> None:
        self._send = send
        self._scope = scope
        self._parts = parts
        self._caller = caller

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("cache-control", "no-store")
            if self._is_untold(message["status"]):
                await self._tell()
        await self._send(message)

    def _is_untold(self, status: int) -> bool:
        caller = self._caller
        return (
            caller is not None
            and not caller.has_told
            and status < 400  # noqa: PLR2004 - it went well.
            and is_recorded(self._scope["method"], path_of(self._scope))
        )

    async def _tell(self) -> None:
        assert self._caller is not None  # noqa: S101 - else it is not untold.
        deed = deed_of(
            self._scope["method"], path_of(self._scope), self._scope.get("path_params", {})
        )
        try:
            await asyncio.to_thread(
                self._parts.store.audit.write, deed, by=self._caller.name, by_id=self._caller.id
            )
        except CrossdockError as error:
            # It is done, and to say otherwise would be wrong.
            report.not_recorded(error)


def deed_of(method: str, path: str, parameters: Mapping[str, object]) -> Deed:
    """Return what a request did, as far as its path tells: `POST /destinations/dst_1/pause`.

    It is about what the first parameter names; what stands behind that is what was done.
    """
    values = [str(value) for value in parameters.values()]
    segments = [segment for segment in path.split("/") if segment]
    if values and values[0] in segments:
        kind = next(iter(parameters)).removesuffix("_id")
        rest = segments[segments.index(values[0]) + 1 :]
    else:
        kind, rest = segments[0].removesuffix("s"), segments[1:]
    words = [segment.replace("-", " ") for segment in rest if segment not in values]
    if method != "POST" or not words:
        words.append(_VERBS.get(method, "changed"))
    return Deed(
        kind={"destination": "connection"}.get(kind, kind),
        change=" ".join(words),
        id=values[0] if values else "",
        path=path,
    )


class _Replay:
    """Gives the body that was read to whoever reads it next, then goes on listening."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        message: Message = {"type": "http.request", "body": self._body, "more_body": False}
        self._body = None
        return message


async def _read(receive: Receive, bytes_max: int) -> bytes | None:
    """Return the body, or None if it is too long.

    Raises:
        ClientDisconnect: The client went away before it was complete.
    """
    chunks: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        length += len(chunk)
        if length > bytes_max:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
