"""Who may use the management API, and how much they may send. In front of everything else."""

from __future__ import annotations

import hmac
from collections import OrderedDict

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crossdock.base import json
from crossdock.base.clock import Clock
from crossdock.control import report
from crossdock.control.answers import error_response

BODY_BYTES_MAX = 4 * 1024 * 1024
# Slow enough that guessing a token is hopeless, quick enough that a person who pasted the wrong one
# three times is not kept waiting.
FAILURES_MAX = 10
FAILURES_WINDOW_SECONDS = 60.0
# Each address is a few bytes; beyond this the oldest is forgotten.
ADDRESSES_MAX = 10_000

_YAML_PATHS = ("/workspace/plan", "/workspace/apply")


class Access:
    """Lets requests with the right token through, with a body that is bounded and sound.

    Args:
        app: What is behind it.
        admin_token: The token.
        clock: For counting wrong tokens.
    """

    def __init__(self, app: ASGIApp, admin_token: str, clock: Clock) -> None:
        self._app = app
        self._token = admin_token.encode()
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that may not be made; pass on every other."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = scope["client"][0] if scope.get("client") else ""
        wait_seconds = self._wait_seconds(address)
        if wait_seconds > 0:
            response = error_response(
                429,
                "too_many_wrong_tokens",
                f"Too many requests from this address had a wrong token (more than {FAILURES_MAX} "
                "in a minute).",
                f"Wait {wait_seconds} seconds, then try again with the right token.",
                headers={"retry-after": str(wait_seconds)},
            )
            await response(scope, receive, send)
            return
        if not self._is_right(scope):
            self._note_failure(address)
            report.wrong_token()
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

    def _is_right(self, scope: Scope) -> bool:
        given = next((v for name, v in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = given.partition(b" ")
        is_same = hmac.compare_digest(token.strip(), self._token)
        return is_same and scheme.lower() == b"bearer"

    def _wait_seconds(self, address: str) -> int:
        failures = self._failures.get(address, [])
        since = self._clock.monotonic_seconds() - FAILURES_WINDOW_SECONDS
        recent = [at for at in failures if at > since]
        if len(recent) < FAILURES_MAX:
            return 0
        return max(1, round(recent[-FAILURES_MAX] - since))

    def _note_failure(self, address: str) -> None:
        failures = self._failures.pop(address, [])
        self._failures[address] = [*failures, self._clock.monotonic_seconds()][-FAILURES_MAX:]
        if len(self._failures) > ADDRESSES_MAX:
            self._failures.popitem(last=False)


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
