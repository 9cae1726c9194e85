"""What time it is, and waiting. A parameter everywhere, so that a test decides."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> dt.datetime:
        """Return this moment, aware, in UTC."""

    def monotonic_seconds(self) -> float:
        """Return seconds since some fixed moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> dt.datetime:
        """Return this moment, aware, in UTC."""
        return dt.datetime.now(dt.UTC)  # noqa: TID251 - this is the module that the ban points to.

    def monotonic_seconds(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)  # noqa: TID251 - this is the module that the ban points to.


class FakeClock:
    """A clock that stands still until it is told to move; sleepers wake in order.

    Args:
        now: The moment it starts at, aware.
    """

    def __init__(self, now: dt.datetime) -> None:
        self._now = now
        self._elapsed_seconds = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> dt.datetime:
        """Return the moment it was set to."""
        return self._now

    def monotonic_seconds(self) -> float:
        """Return how far it was moved."""
        return self._elapsed_seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has moved the clock far enough."""
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._elapsed_seconds + seconds, woken))
        await woken

    def advance(self, seconds: float) -> None:
        """Move the clock and wake everyone whose time has come."""
        self._elapsed_seconds += seconds
        self._now += dt.timedelta(seconds=seconds)
        due = sorted(
            (sleeper for sleeper in self._sleepers if sleeper[0] <= self._elapsed_seconds),
            key=lambda sleeper: sleeper[0],
        )
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper not in due]
        for _, woken in due:
            if not woken.done():
                woken.set_result(None)
