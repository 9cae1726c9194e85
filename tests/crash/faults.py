"""Makes the faults of a plan to a real server process, from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.crash.plan import Fault, FaultKind
from tests.crash.record import Happened, Record
from tests.crash.turned_clock import TurnedClock
from tests.running import RunningServer

_START_SECONDS_MAX = 150.0
# Turned by so much, a clock says that a retry has been going on for a day.
_GIVEN_UP_SECONDS = 86_400 / 2
# What stays free when the disk is "full": the journal keeps away from the very end by itself.
_LEFT_BYTES = 4 * 1024**2
_BLOCK_BYTES = 1024**2


class Faults:
    """Whoever does the damage.

    Args:
        server: What is damaged; it runs.
        clock: The one that it goes by.
        record: Where it is noted.
    """

    def __init__(self, server: RunningServer, clock: TurnedClock, record: Record) -> None:
        self._server = server
        self._clock = clock
        self._record = record

    async def make(self, fault: Fault) -> None:
        """Make one fault, and return when the server runs again."""
        began_at = time.monotonic()
        self._record.note(f"{fault.kind.value}, {fault.seconds:.1f} seconds")
        await self._make(fault)
        self._record.faults.append(Happened(fault.kind.value, began_at, time.monotonic()))
        self._record.note("the server runs")

    async def stop(self, what: str) -> None:
        """Ask the server to stop, and note how it did."""
        try:
            code = await asyncio.to_thread(self._server.stop)
        except subprocess.TimeoutExpired:
            # It was killed then.
            code = -signal.SIGKILL
        self._record.exit_codes.append((what, 0, code))

    async def _make(self, fault: Fault) -> None:
        make: dict[FaultKind, Callable[[float], Awaitable[None]]] = {
            FaultKind.KILL_SERVER: self._kill_server,
            FaultKind.KILL_JOURNAL: self._kill_journal,
            FaultKind.KILL_BOTH: self._kill_both,
            FaultKind.KILL_AT_START: self._kill_at_start,
            FaultKind.KILL_WITH_JOURNAL_STOPPED: self._kill_with_journal_stopped,
            FaultKind.STOP_SERVER: self._stop_server,
            FaultKind.STOP_JOURNAL: self._stop_journal,
            FaultKind.RESTART: self._restart,
            FaultKind.FILL_DISK: self._fill_disk,
        }
        if fault.kind is FaultKind.TURN_CLOCK:
            self._record.note(f"  to {fault.ahead_seconds / 3600:+.2f} hours")
            self._record.is_turned_by_days |= fault.ahead_seconds > _GIVEN_UP_SECONDS
            self._clock.turn(fault.ahead_seconds)
        else:
            await make[fault.kind](fault.seconds)

    async def _kill_server(self, _seconds: float) -> None:
        await self._kill()
        await self._start()

    async def _kill_journal(self, _seconds: float) -> None:
        self._server.kill_journal()

    async def _kill_both(self, seconds: float) -> None:
        self._server.kill_journal()
        await self._kill_server(seconds)

    async def _kill_at_start(self, seconds: float) -> None:
        await self._kill()
        starting = asyncio.create_task(asyncio.to_thread(self._server.start))
        await asyncio.wait([starting], timeout=seconds / 2)
        await self._kill()
        with contextlib.suppress(AssertionError):
            await starting
        await self._start()

    async def _kill_with_journal_stopped(self, seconds: float) -> None:
        for process_id in self._server.journal_process_ids():
            os.kill(process_id, signal.SIGSTOP)
        await asyncio.sleep(seconds / 4)
        await self._kill_server(seconds)

    async def _stop_server(self, seconds: float) -> None:
        await _stopped([self._server.process.pid], seconds)

    async def _stop_journal(self, seconds: float) -> None:
        await _stopped(self._server.journal_process_ids(), seconds)

    async def _restart(self, _seconds: float) -> None:
        await self.stop("SIGTERM under load")
        await self._start()

    async def _fill_disk(self, seconds: float) -> None:
        filler = self._server.data_dir / "filler"
        try:
            await asyncio.to_thread(_fill_up, filler)
            await asyncio.sleep(seconds)
        finally:
            filler.unlink(missing_ok=True)

    async def _kill(self) -> None:
        await asyncio.to_thread(self._server.stop, signal_number=signal.SIGKILL)

    async def _start(self) -> None:
        starting = asyncio.to_thread(self._server.start)
        await asyncio.wait_for(starting, _START_SECONDS_MAX)


async def _stopped(process_ids: list[int], seconds: float) -> None:
    for process_id in process_ids:
        os.kill(process_id, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        for process_id in process_ids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGCONT)


def _fill_up(filler: Path) -> None:
    block = bytes(_BLOCK_BYTES)
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while shutil.disk_usage(filler.parent).free > _LEFT_BYTES:
            file.write(block)
            file.flush()
