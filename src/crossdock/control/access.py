"""Who may use the management API, and how much they may send. In front of everything else."""

from __future__ import annotations

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock.admin_token import FAILURES_MAX, AdminToken, Refusal
from crossdock.base import json
from crossdock.control.answers import error_response

BODY_BYTES_MAX = 4 * 1024 * 1024

_YAML_PATHS = ("/workspace/plan", "/workspace/apply")


class Access:
    """Lets requests with the right token through, with a body that is bounded and sound.

    Args:
        app: What is behind it.
        admin_token: Knows who carries the token.
    """

    def __init__(self, app: ASGIApp, admin_token: AdminToken) -> None:
        self._app = app
        self._admin_token = admin_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that may not be made; pass on every other."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._admin_token.refusal(scope)
        if refusal is Refusal.TOO_MANY_WRONG:
            wait_seconds = self._admin_token.wait_seconds(scope)
            response = error_response(
                429,
                "too_many_wrong_tokens",
                f"Too many requests from this address had a wrong token (more than {FAILURES_MAX} "
                "in a minute).",
                f"Send the right token, which is taken at once. Wait {wait_seconds} seconds before "
                "you try another.",
                headers={"retry-after": str(wait_seconds)},
            )
            await response(scope, receive, send)
            return
        if refusal is not None:
            response = error_response(
                401,
                "unauthorized",
                "The request has no token, or a wrong one.",
                "Send the header `Authorization: Bearer <admin token>`; the server printed the "
                "token at its first start and keeps it in its data directory.",
                headers={"www-authenticate": "Bearer"},
            )
            await response(scope, receive, send)
            return
        await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive)
        except ClientDisconnect:
            # Half a request is no request: nobody waits for an answer either.
            return
        if body is None:
            response = error_response(
                413,
                "body_too_long",
                f"The body is longer than {BODY_BYTES_MAX} bytes.",
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
        headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        # `curl -d` says that everything is a form. What it is, was just found out.
        inner: Scope = {**scope, "headers": [*headers, (b"content-type", content_type)]}
        await self._app(inner, _Replay(body, receive), send)


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


async def _read(receive: Receive) -> bytes | None:
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
        if length > BODY_BYTES_MAX:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
