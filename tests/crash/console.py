"""The management API of a server that may be down, or be killed while it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import urllib3

from tests.running import ADMIN_TOKEN, RunningServer

T = TypeVar("T")

_AGAIN_SECONDS = 0.2
# Longer than a fault lasts, however busy the machine is.
_PATIENCE_SECONDS = 180.0
_NO_ANSWER = (AssertionError, OSError, urllib3.exceptions.HTTPError)


class Console:
    """Asks, and asks again.

    Args:
        server: Whom.
    """

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    async def ask(self, method: str, path: str, json: object = None) -> dict[str, Any] | None:
        """Return the answer; None while the server is down or does not know."""
        try:
            answer: dict[str, Any] = await asyncio.to_thread(self._server.api, method, path, json)
        except _NO_ANSWER:
            return None
        return answer or {}

    async def insist(self, method: str, path: str, json: object = None) -> dict[str, Any]:
        """Ask until it is answered; for what can be asked twice.

        Raises:
            AssertionError: It was refused, or nobody answers for longer than a fault lasts.
        """
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            try:
                return await asyncio.to_thread(self._server.api, method, path, json) or {}
            except _NO_ANSWER as error:
                if asyncio.get_running_loop().time() > give_up_at:
                    raise AssertionError(f"{method} {path} is not answered: {error}") from error
            await asyncio.sleep(_AGAIN_SECONDS)

    async def until_found(
        self, path: str, json: object, look: Callable[[], Awaitable[T | None]]
    ) -> T:
        """Make something, and return it when it is found: the answer may be lost.

        Raises:
            AssertionError: It cannot be made.
        """
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            found = await look()
            if found is not None:
                return found
            try:
                await asyncio.to_thread(self._server.api, "POST", path, json)
            except _NO_ANSWER as error:
                if asyncio.get_running_loop().time() > give_up_at:
                    raise AssertionError(f"{path} is not made: {error}") from error

    async def remove(self, path: str) -> None:
        """Delete until it is gone: the answer to the first try may be lost."""
        while True:
            if await self._status("DELETE", path) in {200, 204, 404}:
                return
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _status(self, method: str, path: str) -> int | None:
        headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
        try:
            answer = await asyncio.to_thread(
                self._server.request, method, f"/api/v1{path}", headers=headers
            )
        except _NO_ANSWER:
            return None
        return answer.status
