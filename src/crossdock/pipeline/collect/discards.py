"""Records messages that were refused where no event of the same request was accepted.

Where one was, the envelope carries the refusals along. Here nothing goes to the journal with the
request, and a sender with a wrong write key must not slow the others down: outcomes are written in
the background, at a bounded pace, and beyond it only counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from crossdock.base.clock import Clock
from crossdock.base.errors import CrossdockError
from crossdock.events import Outcome
from crossdock.pipeline.collect import report
from crossdock.pipeline.collect.pace import Pace

_WRITE_SECONDS = 0.1


class OutcomeStore(Protocol):
    """Where outcomes go; the journal is one."""

    async def append_outcomes(self, new: Sequence[Outcome]) -> None:
        """Store outcomes."""


class DiscardLog:
    """Writes refusals down, a little later.

    Args:
        store: Where to.
        clock: Waits.
        per_second_max: How many are written; the rest is counted.
    """

    def __init__(self, store: OutcomeStore, clock: Clock, *, per_second_max: int) -> None:
        self._store = store
        self._clock = clock
        self._pace = Pace(clock, per_second_max=per_second_max)
        self._waiting: list[Outcome] = []
        self._writer: asyncio.Task[None] | None = None

    def has_room(self) -> bool:
        """Return whether one more is written, and count it either way."""
        if self._pace.allows():
            return True
        report.discard_is_not_recorded()
        return False

    def add(self, outcome: Outcome) -> None:
        """Write it within moments."""
        self._waiting.append(outcome)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="collect: discards")

    async def close(self) -> None:
        """Wait until all are written."""
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        while self._waiting:
            await self._clock.sleep(_WRITE_SECONDS)
            outcomes, self._waiting = self._waiting, []
            try:
                await self._store.append_outcomes(outcomes)
            except CrossdockError as error:
                report.recording_failed(error, len(outcomes))
