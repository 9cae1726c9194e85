"""What the ledger needs of the journal, which lies above it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from typing import Protocol, TypeVar

from crossdock.events import ConnectionId, Envelope, Outcome

Item_co = TypeVar("Item_co", covariant=True)


class Followed(Protocol[Item_co]):
    """One message of a stream."""

    @property
    def sequence(self) -> int:
        """Its place."""

    @property
    def size_bytes(self) -> int:
        """How much there is to decode."""

    def items(self) -> Sequence[Item_co]:
        """Return what it holds."""


class Progress(Protocol):
    """How far everyone is."""

    @property
    def events_at(self) -> int:
        """Place of the last accepted request; 0 if none is left to be read."""

    @property
    def outcomes_at(self) -> int:
        """Place of the last outcomes; 0 if none are left to be read."""

    @property
    def unrouted(self) -> int:
        """Accepted requests that are not routed yet."""

    @property
    def deliveries_by_connection(self) -> Mapping[ConnectionId, int]:
        """Deliveries that are not finished."""


class LedgerJournal(Protocol):
    """What the ledger needs of the journal."""

    def follow_events(self, after: int, /) -> AsyncGenerator[Sequence[Followed[Envelope]], None]:
        """Yield accepted requests behind a place, in order, for ever."""

    def follow_outcomes(self, after: int, /) -> AsyncGenerator[Sequence[Followed[Outcome]], None]:
        """Yield outcomes behind a place, in order, for ever."""

    def followed(self, sequence: int, /) -> None:
        """Note that events up to this place are recorded."""

    def progress(self) -> Coroutine[None, None, Progress]:
        """Return how far everyone is."""
