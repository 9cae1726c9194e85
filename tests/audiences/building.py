"""Events of people, a journal in memory, and a history that follows it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from pathlib import Path

import msgspec

from crossdock.audiences.history import History, HistorySettings
from crossdock.base.clock import SystemClock
from crossdock.events import Envelope, Event, EventType, MessageId, Offset, SourceId
from tests.ledger.builders import MemoryJournal, Message, QuickClock, batch, until

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)

__all__ = ["NOON", "EventJournal", "event", "followed", "message", "running", "until"]


def event(index: int = 0, *, kind: str = "track", **body: object) -> Event:
    """Return an accepted event."""
    return Event(
        offset=Offset(1, index),
        source_id=SourceId("shop"),
        type=EventType(kind),
        message_id=MessageId(f"m{index}"),
        received_at=NOON,
        body={"type": kind, "context": {}, **body},
    )


def message(message_id: str, *, kind: str = "track", **body: object) -> dict[str, object]:
    """Return a message as a client sends it."""
    named = {"event": "Order Completed"} if kind == "track" else {}
    return {"type": kind, "messageId": message_id, **named, **body}


class EventJournal:
    """The stream of events, for the history to follow."""

    def __init__(self) -> None:
        self._inner = MemoryJournal()
        self.followed_to: dict[str, int] = {}

    def put(self, *messages: Mapping[str, object], received_at: dt.datetime = NOON) -> int:
        """Add one request, and return its place."""
        self._inner.put(events=[batch(*messages, received_at=received_at)])
        return self._inner.state.events_at

    def follow_events(self, after: int) -> AsyncGenerator[Sequence[Message[Envelope]], None]:
        return self._inner.follow_events(after)

    def followed(self, sequence: int, follower: str) -> None:
        self.followed_to[follower] = sequence

    @property
    def last(self) -> int:
        """Place of the last request."""
        return self._inner.state.events_at


class Firsts:
    """Knows which messageIds came before, in memory."""

    def __init__(self) -> None:
        self._offsets: dict[tuple[str, str], Offset] = {}

    async def claim(self, events: Sequence[Event]) -> list[Offset | None]:
        found: list[Offset | None] = []
        for one in events:
            first = self._offsets.setdefault((one.source_id, one.message_id), one.offset)
            found.append(None if first == one.offset else first)
        return found


@contextlib.asynccontextmanager
async def running(
    path: Path,
    journal: EventJournal,
    *,
    settings: HistorySettings | None = None,
    firsts: Firsts | None = None,
) -> AsyncIterator[History]:
    """A history that follows the journal while the block runs, and has read all of it."""
    history = History(
        path,
        journal=journal,
        duplicates=firsts or Firsts(),
        clock=QuickClock(),
        settings=settings,
    )
    await history.open()
    task = asyncio.create_task(history.run())
    try:
        await followed(history, journal)
        yield history
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await history.close()


async def followed(history: History, journal: EventJournal) -> None:
    """Wait until the history has read everything."""
    clock = SystemClock()
    async with asyncio.timeout(20):
        while min(history.taken_to, journal.followed_to.get("history", 0)) < journal.last:
            await clock.sleep(0.005)


def encoded(value: object) -> str:
    """Return JSON."""
    return msgspec.json.encode(value).decode()
