"""What a replay needs of others: the journal, and who knows duplicates."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Sequence
from typing import Protocol

from crossdock.events import ConnectionId, Delivery, Event, Offset, Outcome, Replay, SourceId


class ReplayJournal(Protocol):
    """What a replay needs of the journal. Each method may raise; it then tries again."""

    async def find_range(self, start_at: dt.datetime, end_at: dt.datetime, /) -> tuple[int, int]:
        """Return the first and last sequence that can hold events of a time range."""

    def events_between(self, first: int, last: int, /) -> AsyncGenerator[list[Event], None]:
        """Yield the events of these journal messages, in order."""

    async def append_deliveries(self, deliveries: Sequence[Delivery], /) -> None:
        """Return once they are durable. A delivery whose id is there already is left out.

        That each was made is told afterwards: it may raise in between.
        """

    async def append_outcomes(self, outcomes: Sequence[Outcome], /) -> None:
        """Return once they are durable."""

    async def latest_outcomes(
        self,
        limit: int,
        source_id: SourceId | None = None,
        connection_id: ConnectionId | None = None,
    ) -> Sequence[Outcome]:
        """Return the last outcomes, newest first."""

    async def save_replay(self, replay: Replay, /) -> None:
        """Return once it is durable."""

    async def replays(self) -> Sequence[Replay]:
        """Return every replay, the oldest first."""


class FirstFinder(Protocol):
    """Knows which event came first with an id."""

    def find(self, events: Sequence[Event], /) -> Awaitable[Sequence[Offset | None]]:
        """Return, for each, which other came first with its messageId; None if it was this one."""
