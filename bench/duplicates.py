"""Telling new messageIds from repeated ones, at so many ids a day for eight days.

    python bench/duplicates.py [--ids-a-day N] [--days N]

Every id is new, which is the usual and the expensive case: nothing says no before every generation
was asked. 10 million ids a day take about a quarter of an hour and 3 GB of disk.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import tempfile
import time
from pathlib import Path

from crossdock.base.clock import FakeClock
from crossdock.events import Event, EventType, MessageId, Offset, SourceId
from crossdock.pipeline.route import Claims

BATCH = 200
DAY_SECONDS = 86_400


def events(first: int, now: dt.datetime) -> list[Event]:
    """Return a batch of events whose ids no other batch has."""
    return [
        Event(
            offset=Offset(first, index),
            source_id=SourceId("src_1"),
            type=EventType.TRACK,
            message_id=MessageId(f"ajs-next-{first + index}-0123-4567-89ab-cdef01234567"),
            received_at=now,
            body={},
        )
        for index in range(BATCH)
    ]


def memory_mb() -> int:
    """Return what the process holds, files that are mapped included."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def disk_mb(folder: Path) -> int:
    """Return what lies in the folder."""
    return sum(path.stat().st_size for path in folder.glob("*/*")) // 1024**2


async def fill(folder: Path, *, ids_a_day: int, days: int) -> None:
    """Claim ids, and say after each day what it took."""
    clock = FakeClock(dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    claims = Claims(folder, clock=clock, days_max=7)
    before_mb = memory_mb()
    for day in range(days):
        spent_seconds = worst_seconds = 0.0
        cpu_seconds = time.process_time()
        for first in range(day * ids_a_day, (day + 1) * ids_a_day, BATCH):
            batch = events(first, clock.now())
            began = time.perf_counter()
            firsts = await claims.claim(batch)
            took = time.perf_counter() - began
            assert not any(firsts)
            spent_seconds += took
            worst_seconds = max(worst_seconds, took)
            clock.advance(BATCH * DAY_SECONDS / ids_a_day)
        cpu_us = (time.process_time() - cpu_seconds) / ids_a_day * 1e6
        print(
            f"day {day + 1}: {ids_a_day / spent_seconds:,.0f} ids/s, {cpu_us:.1f} µs of CPU an id, "
            f"slowest batch {worst_seconds * 1000:.0f} ms, memory {memory_mb() - before_mb} MB, "
            f"disk {disk_mb(folder)} MB",
            flush=True,
        )
    claims.close()


def main() -> None:
    """Fill a store in the system's temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ids-a-day", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(fill(Path(folder) / "ids", ids_a_day=asked.ids_a_day, days=asked.days))


if __name__ == "__main__":
    main()
