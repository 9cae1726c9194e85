"""Entries as they are written, for whoever watches."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Sequence

from crossdock.ledger import report
from crossdock.ledger.entries import Entry

ENTRIES_WAITING_MAX = 1_000
"""Who is further behind is let go; it can ask the ledger for what it missed."""

TAILS_MAX = 32
"""Each costs the pipeline's event loop a little."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TailWanted:
    """Which entries; None means all."""

    source_id: str | None = None
    connection_id: str | None = None
    step: str | None = None
    event_name: str | None = None
    user_id: str | None = None

    def takes(self, entry: Entry) -> bool:
        """Return whether the entry is one of those."""
        return all(
            wanted is None or wanted == found
            for wanted, found in (
                (self.source_id, entry.source_id),
                (self.connection_id, entry.connection_id),
                (self.step, entry.step),
                (self.event_name, entry.event_name),
                (self.user_id, entry.user_id),
            )
        )


class Tails:
    """Everyone who watches. Belongs to the event loop."""

    def __init__(self) -> None:
        self._watchers: dict[asyncio.Queue[Entry | None], TailWanted] = {}
        self._is_ended = False

    def has_room(self) -> bool:
        """Return whether one more may watch."""
        return len(self._watchers) < TAILS_MAX and not self._is_ended

    def publish(self, entries: Sequence[Entry]) -> None:
        """Tell everyone who wants to know."""
        for queue, wanted in list(self._watchers.items()):
            for entry in entries:
                if not wanted.takes(entry):
                    continue
                if queue.full():
                    report.tail_let_go()
                    self._let_go(queue)
                    break
                queue.put_nowait(entry)

    async def watch(
        self, wanted: TailWanted, *, heartbeat_seconds: float
    ) -> AsyncGenerator[Entry | None, None]:
        """Yield entries as they are written; None when nothing was for a while."""
        queue: asyncio.Queue[Entry | None] = asyncio.Queue(ENTRIES_WAITING_MAX)
        if not self.has_room():
            return
        self._watchers[queue] = wanted
        try:
            while True:
                try:
                    entry = await asyncio.wait_for(queue.get(), heartbeat_seconds)
                except TimeoutError:
                    yield None
                    continue
                if entry is None:
                    return
                yield entry
        finally:
            self._watchers.pop(queue, None)

    def end(self) -> None:
        """End every watch, and each that begins from now on: the server is stopping."""
        self._is_ended = True
        for queue in list(self._watchers):
            self._let_go(queue)

    def _let_go(self, queue: asyncio.Queue[Entry | None]) -> None:
        self._watchers.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
