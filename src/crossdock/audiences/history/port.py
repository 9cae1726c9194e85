"""What the history needs of the pipeline."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Sequence
from typing import Protocol

from crossdock.events import Envelope, Event, Offset
from crossdock.ledger.port import Followed


class HistoryJournal(Protocol):
    """What the history needs of the journal."""

    def follow_events(self, after: int, /) -> AsyncGenerator[Sequence[Followed[Envelope]], None]:
        """Yield accepted requests behind a place, in order, for ever."""

    def followed(self, sequence: int, /, follower: str) -> None:
        """Note that events up to this place are recorded."""


class Duplicates(Protocol):
    """Knows which event first came with a messageId; the one answer for deliveries and history."""

    def claim(self, events: Sequence[Event], /) -> Coroutine[None, None, Sequence[Offset | None]]:
        """Return, for each event, which other came first with its id; None if it was this one."""
