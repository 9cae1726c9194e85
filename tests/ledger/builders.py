"""A journal in memory for the ledger to follow, and what lies in it."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from typing_extensions import override

from crossdock.base.clock import SystemClock
from crossdock.events import (
    ConnectionId,
    Envelope,
    Event,
    MappingId,
    MessageId,
    Outcome,
    SourceId,
    Step,
)
from crossdock.events.unfold import unfold
from crossdock.ledger import Ledger, LedgerSettings

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
Item = TypeVar("Item")
# The test that puts something in may run in another thread than the ledger.
_LOOK_SECONDS = 0.01


@dataclasses.dataclass(frozen=True)
class Message(Generic[Item]):
    """One message of a stream."""

    sequence: int
    held: Sequence[Item]
    size_bytes: int = 1000

    def items(self) -> Sequence[Item]:
        return self.held


@dataclasses.dataclass
class Progress:
    """How far everyone is."""

    events_at: int = 0
    outcomes_at: int = 0
    unrouted: int = 0
    deliveries_by_connection: Mapping[ConnectionId, int] = dataclasses.field(default_factory=dict)


class MemoryJournal:
    """Two streams. What is put in lies behind what was there before."""

    def __init__(self) -> None:
        self.events: list[Message[Envelope]] = []
        self.outcomes: list[Message[Outcome]] = []
        self.state = Progress()
        self.followed_to: int | None = None

    def put(self, *, events: Sequence[Envelope] = (), outcomes: Sequence[Outcome] = ()) -> None:
        """Add one message to each stream for which there is something."""
        if events:
            self.state.events_at += 1
            self.events.append(Message(self.state.events_at, events))
        if outcomes:
            self.state.outcomes_at += 1
            self.outcomes.append(Message(self.state.outcomes_at, outcomes))

    def follow_events(self, after: int) -> AsyncGenerator[Sequence[Message[Envelope]], None]:
        return self._follow(self.events, after)

    def follow_outcomes(self, after: int) -> AsyncGenerator[Sequence[Message[Outcome]], None]:
        return self._follow(self.outcomes, after)

    async def events_between(self, first: int, last: int) -> AsyncGenerator[list[Event], None]:
        for message in self.events:
            if first <= message.sequence <= last:
                index = 0
                for envelope in message.held:
                    found = list(unfold(envelope, sequence=message.sequence, first_index=index))
                    yield [each for each in found if isinstance(each, Event)]
                    index += len(found)

    def followed(self, sequence: int) -> None:
        self.followed_to = sequence

    async def progress(self) -> Progress:
        return dataclasses.replace(self.state)

    async def _follow(
        self, stream: list[Message[Item]], after: int
    ) -> AsyncGenerator[Sequence[Message[Item]], None]:
        while True:
            behind = [message for message in stream if message.sequence > after]
            if behind:
                yield behind
                after = behind[-1].sequence
                continue
            await asyncio.sleep(_LOOK_SECONDS)


class QuickClock(SystemClock):
    """The time of this machine, but nobody waits for longer than a moment."""

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.01))


@asynccontextmanager
async def running(
    path: Path, journal: MemoryJournal, settings: LedgerSettings | None = None
) -> AsyncGenerator[Ledger, None]:
    """A ledger that follows the journal while the block runs."""
    ledger = Ledger(path, journal=journal, clock=QuickClock(), settings=settings)
    await ledger.open()
    task = asyncio.create_task(ledger.run())
    try:
        yield ledger
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await ledger.close()


async def until(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is true, or fail after ten seconds."""
    async with asyncio.timeout(10):
        while True:
            if await check():
                return
            await asyncio.sleep(_LOOK_SECONDS)


async def caught_up(ledger: Ledger) -> None:
    """Wait until the ledger has read everything."""
    async with asyncio.timeout(20):
        while True:
            if (await ledger.balance()).is_settled:
                return


def event(message_id: str, **more: object) -> dict[str, object]:
    """Return a message that is accepted."""
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": "ann",
        "messageId": message_id,
        **more,
    }


def batch(*messages: Mapping[str, object], **more: object) -> Envelope:
    """Return an accepted batch."""
    envelope = Envelope(
        received_at=NOON,
        source_id=SourceId("shop"),
        type=None,
        is_from_client=True,
        ip="",
        user_agent="",
        message_ids_by_index={},
        discards_by_index={},
        body=msgspec.json.encode({"batch": messages}),
    )
    return msgspec.structs.replace(envelope, **more)


def outcome(outcome_id: str, step: Step = Step.MAPPED, **more: object) -> Outcome:
    """Return an outcome of mapping `map` of connection `ripe`."""
    plain = Outcome(
        at=NOON + dt.timedelta(seconds=1),
        step=step,
        source_id=SourceId("shop"),
        connection_id=ConnectionId("ripe"),
        mapping_id=MappingId("map"),
        message_id=MessageId("m1"),
        event_type="track",
        event_name="Order Completed",
        id=outcome_id,
    )
    return msgspec.structs.replace(plain, **more)


def delivered(delivery_id: str, *, attempt: int = 1, step: Step = Step.DELIVERED) -> Outcome:
    """Return the outcome of an attempt."""
    return outcome(f"{delivery_id}-{attempt}", step, attempt=attempt, status=200)
