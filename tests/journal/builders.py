"""Makes what the journal's tests put into it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from crossdock.base.clock import SystemClock
from crossdock.events import (
    ConnectionId,
    Delivery,
    Envelope,
    Event,
    EventType,
    MappingId,
    MessageId,
    Offset,
    Outcome,
    SourceId,
    Step,
)
from crossdock.pipeline.journal import Journal, JournalSettings

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
SMALL = JournalSettings(
    events_bytes_max=64 * 1024**2,
    deliveries_bytes_max=64 * 1024**2,
    outcomes_bytes_max=16 * 1024**2,
    dead_letters_bytes_max=16 * 1024**2,
    disk_reserve_bytes=1024**2,
    trim_seconds=0.1,
)


@asynccontextmanager
async def opened(
    folder: Path | None = None, *, settings: JournalSettings = SMALL, nats_url: str | None = None
) -> AsyncIterator[Journal]:
    """Run a journal, with a NATS server of its own unless a URL is given."""
    with tempfile.TemporaryDirectory() as fresh:
        journal = Journal(
            folder or Path(fresh), clock=SystemClock(), nats_url=nats_url, settings=settings
        )
        await journal.open()
        try:
            yield journal
        finally:
            await journal.close()


def track(message_id: str, **more: object) -> dict[str, object]:
    """Return a message that is accepted."""
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": "ann",
        "messageId": message_id,
        **more,
    }


def envelope(*messages: dict[str, object], source: str = "shop") -> Envelope:
    """Return an accepted batch."""
    return Envelope(
        received_at=NOON,
        source_id=SourceId(source),
        type=None,
        is_from_client=True,
        ip="203.0.113.7",
        user_agent="",
        message_ids_by_index={},
        discards_by_index={},
        body=msgspec.json.encode({"batch": messages}),
    )


def delivery(delivery_id: str, connection: str = "ripe", *, sequence: int = 1) -> Delivery:
    """Return a delivery of an event that came in one group with all of that sequence."""
    return Delivery(
        id=delivery_id,
        offset=Offset(sequence, 0),
        source_id=SourceId("shop"),
        connection_id=ConnectionId(connection),
        mapping_id=MappingId("map"),
        action="track",
        message_id=MessageId(delivery_id),
        event_type=EventType.TRACK,
        event_name="Order Completed",
        person="u:ann",
        received_at=NOON,
        payload={"total": 12.5},
        workspace_version=1,
    )


def outcome(message_id: str, *, source: str = "shop", connection: str | None = None) -> Outcome:
    """Return an outcome."""
    return Outcome(
        at=NOON,
        step=Step.DELIVERED,
        source_id=SourceId(source),
        connection_id=ConnectionId(connection) if connection else None,
        message_id=MessageId(message_id),
    )


async def next_events(journal: Journal, count: int, *, reader: str = "route") -> list[Event]:
    """Return that many events, and finish them."""
    found: list[Event] = []
    batches = journal.events(reader)
    async for batch in batches:
        found += batch.events
        await batch.done()
        if len(found) >= count:
            break
    await batches.aclose()
    return found
