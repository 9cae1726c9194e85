"""What send is made of: the ports it needs, and its bounds."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from typing import Protocol

from crossdock.base.chance import Chance
from crossdock.base.clock import Clock
from crossdock.events import ConnectionId, DeadLetter, Outcome
from crossdock.kit import Destination, Http
from crossdock.pipeline.send.gate import GateLimits
from crossdock.pipeline.send.lane import DeliveryMessage, LaneLimits
from crossdock.pipeline.send.pauses import Pauses
from crossdock.pipeline.send.retry import RetryLimits
from crossdock.workspace import WorkspaceFeed


class DeliveryReader(Protocol):
    """Reads the deliveries of one connection, in order, from the oldest that is not finished."""

    async def next(self, count_max: int, /) -> Sequence[DeliveryMessage]:
        """Return what comes next; nothing if nothing comes for a while.

        When the journal was away it begins anew: what was handed out and not finished comes again,
        before anything new.
        """

    async def close(self) -> None:
        """Read no more. What is not finished is there for the next reader."""


class SendJournal(Protocol):
    """What send needs of the journal. Each method may raise; send then tries again."""

    def delivery_reader(self, connection_id: ConnectionId, /) -> DeliveryReader:
        """Return the only reader of this connection's deliveries."""

    async def connections_with_deliveries(self) -> Collection[ConnectionId]:
        """Return every connection that has a delivery which is not finished."""

    def recent_outcomes(self) -> AsyncGenerator[Sequence[Outcome], None]:
        """Yield the outcomes that were stored last, oldest first; those before may be missing."""

    async def append_outcomes(self, outcomes: Sequence[Outcome], /) -> None:
        """Return once they are durable."""

    async def append_dead_letter(self, letter: DeadLetter, /) -> None:
        """Return once it is durable. The same delivery and attempt are stored once."""


class WayOut(Protocol):
    """What send needs of the kit's HTTP client."""

    def with_label(self, vendor: str, /) -> Http:
        """Return the way out for one vendor, who is called so in messages."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SendLimits:
    """Bounds, for each connection.

    Attributes:
        lane: How much of it is in memory.
        gate: How often it is asked.
        retry: How patient to be.
        attempt_seconds_max: How long one attempt may take, whatever the destination does.
        batches_max: Attempts at a time where the destination takes batches: what arrives meanwhile
            makes the next one.
        batch_bytes_max: Size of the payloads of one attempt, as the journal has them. 1 MB is what
            nginx takes unless it is told otherwise.
    """

    lane: LaneLimits = dataclasses.field(default_factory=LaneLimits)
    gate: GateLimits = dataclasses.field(default_factory=GateLimits)
    retry: RetryLimits = dataclasses.field(default_factory=RetryLimits)
    attempt_seconds_max: float = 30.0
    batches_max: int = 4
    batch_bytes_max: int = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SendParts:
    """What the sender of each connection is given.

    Attributes:
        journal: Where deliveries come from and outcomes go.
        feed: What is configured.
        destinations_by_slug: All that are installed.
        http: The way out.
        clock: Stamps outcomes, and waits.
        chance: Spreads retries.
        pauses: Which connections send nothing at the moment.
        limits: Bounds.
        is_forgotten: Whether what somebody did up to a moment is to be forgotten.
    """

    journal: SendJournal
    feed: WorkspaceFeed
    destinations_by_slug: Mapping[str, Destination]
    http: WayOut
    clock: Clock
    chance: Chance
    pauses: Pauses
    limits: SendLimits
    is_forgotten: Callable[[str, dt.datetime], bool] = lambda _person, _received_at: False
