"""Answers that go on for as long as somebody watches, and end when they may not any more."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from typing import TypeVar

from crossdock.control.parts import Parts

T = TypeVar("T")

# How often it is asked whether whoever watches may still come in: a look at the database.
_ASKED_EVERY_SECONDS = 2.0


async def while_allowed(found: AsyncGenerator[T, None], parts: Parts) -> AsyncGenerator[T, None]:
    """Yield what is found until the session or token of whoever asked has ended."""
    may_still = parts.who.may_still
    asked_at = parts.clock.monotonic_seconds()
    async with contextlib.aclosing(found):
        async for one in found:
            now = parts.clock.monotonic_seconds()
            if may_still is not None and now - asked_at >= _ASKED_EVERY_SECONDS:
                if not await may_still():
                    return
                asked_at = now
            yield one
