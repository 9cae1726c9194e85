"""Entries as they are written, for whoever watches."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Sequence

from crossdock.ledger import report
from crossdock.ledger.entries import Entry

ENTRIES_WAITING_MAX = 1_000
"""Who is further behind gets the newest, and is told how many were left out before them."""

TAILS_MAX = 32
"""Each costs the pipeline's event loop a little."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TailWanted:
    """Which entries; None means all. A user is found by a userId or an anonymousId."""

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
            )
        ) and (self.user_id is None or self.user_id in (entry.user_id, entry.anonymous_id))


@dataclasses.dataclass(frozen=True, slots=True)
class Missed:
    """So many entries were left out here, because they came faster than they were taken."""

    count: int


@dataclasses.dataclass(slots=True)
class _Watcher:
    """Whoever watches: what they want, what waits for them, and how much had no room."""

    wanted: TailWanted
    waiting: asyncio.Queue[Entry | None]
    missed_count: int = 0

    def tell(self, entries: Sequence[Entry]) -> int:
        """Let the entries wait for them; return how many had to make room for newer ones."""
        for entry in entries:
            self.waiting.put_nowait(entry)
        left_out_count = max(0, self.waiting.qsize() - ENTRIES_WAITING_MAX)
        for _ in range(left_out_count):
            self.waiting.get_nowait()
        self.missed_count += left_out_count
        return left_out_count


class Tails:
    """Everyone who watches. Belongs to the event loop."""

    def __init__(self) -> None:
        self._watchers: list[_Watcher] = []
        self._is_ended = False

    def has_room(self) -> bool:
        """Return whether one more may watch."""
        return len(self._watchers) < TAILS_MAX and not self._is_ended

    def publish(self, entries: Sequence[Entry]) -> None:
        """Tell everyone who wants to know."""
        for watcher in self._watchers:
            wanted = [entry for entry in entries if watcher.wanted.takes(entry)]
            report.tail_missed(watcher.tell(wanted))

    async def watch(
        self, wanted: TailWanted, *, heartbeat_seconds: float
    ) -> AsyncGenerator[Entry | Missed | None, None]:
        """Yield entries as they are written; None when nothing was for a while."""
        if not self.has_room():
            return
        watcher = _Watcher(wanted, asyncio.Queue())
        self._watchers.append(watcher)
        try:
            while True:
                try:
                    entry = await asyncio.wait_for(watcher.waiting.get(), heartbeat_seconds)
                except TimeoutError:
                    yield None
                    continue
                if entry is None:
                    return
                if watcher.missed_count:
                    missed_count, watcher.missed_count = watcher.missed_count, 0
                    yield Missed(missed_count)
                yield entry
        finally:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

    def end(self) -> None:
        """End every watch, and each that begins from now on: the server is stopping."""
        self._is_ended = True
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            while not watcher.waiting.empty():
                watcher.waiting.get_nowait()
            watcher.waiting.put_nowait(None)
