"""A running engine notices at once that the clock was set, though it would wait for longer."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from crossdock.base.clock import SystemClock
from crossdock.events import ConnectionId
from crossdock.workspace import Output
from tests.audiences.engaging import Scene, SetClock, computation

PIGEON = Output(connection_id=ConnectionId("dst_pigeon"))
RECENT = "event('Order Completed').within(30 days).count() >= 1"


class WallClock(SetClock):
    """A clock that is set, beside one that only goes on."""

    def monotonic_seconds(self) -> float:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        return SystemClock().monotonic_seconds()


@pytest.mark.timeout(120)
async def test_a_running_engine_follows_a_clock_that_is_set_forward_and_back(
    tmp_path: Path,
) -> None:
    one = Scene(tmp_path)
    one.clock = WallClock()
    await one.open()
    one.did("ada", "Order Completed")
    one.define(computation("recent", RECENT, outputs=[PIGEON]))
    running = asyncio.create_task(one.engine.run())
    told: list[tuple[str, object]] = [("ada", True)]
    try:
        await until_told(one, told)
        for days, value in ((31, False), (-31, True), (31, False)):
            one.clock.moment += dt.timedelta(days=days)
            told.append(("ada", value))
            await until_told(one, told)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await one.close()


async def until_told(one: Scene, expected: list[tuple[str, object]]) -> None:
    """Wait until that was told."""
    clock = SystemClock()
    async with asyncio.timeout(20):
        while one.told("recent") != expected:
            await clock.sleep(0.01)
