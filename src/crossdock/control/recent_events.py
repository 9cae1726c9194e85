"""Recent events: whole, as mappings and triggers see them."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query

from crossdock.base.json import JsonObject
from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here, Parts
from crossdock.events import Event, Offset
from crossdock.ledger import Wanted
from crossdock.ledger.entries import RECEIVED
from crossdock.workspace import edits

router = APIRouter(tags=["Sources"])

# Each is looked up in the journal by itself.
LIMIT_MAX = 50


class RecentEvent(Shape):
    """An accepted event."""

    message_id: str
    received_at: dt.datetime
    type: str
    name: str | None
    event: JsonObject


class RecentEventsAnswer(Shape):
    """The newest first."""

    events: list[RecentEvent]


@router.get("/sources/{source_id}/recent-events")
async def list_recent_events(
    source_id: str,
    parts: Here,
    *,
    event_type: Annotated[str | None, Query(alias="eventType")] = None,
    event_name: Annotated[str | None, Query(alias="eventName")] = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 20,
) -> Data[RecentEventsAnswer]:
    """Return the latest events of a source. What the journal keeps no more is left out."""
    edits.find_source(await asyncio.to_thread(parts.store.load), source_id)
    page = await parts.ledger.search(
        Wanted(
            source_id=source_id,
            step=RECEIVED,
            event_type=event_type,
            event_name=event_name,
            limit=limit,
        )
    )
    found = await _events_by_offset([entry.offset for entry in page.entries], parts)
    events = [found[entry.offset] for entry in page.entries if entry.offset in found]
    return Data(data=RecentEventsAnswer(events=[_shape(event) for event in events]))


async def _events_by_offset(offsets: list[Offset], parts: Parts) -> dict[Offset, Event]:
    found: dict[Offset, Event] = {}

    async def read(sequence: int) -> None:
        async for events in parts.events_between(sequence, sequence):
            found.update((event.offset, event) for event in events)

    await asyncio.gather(*(read(sequence) for sequence in {each.sequence for each in offsets}))
    return found


def _shape(event: Event) -> RecentEvent:
    return RecentEvent(
        message_id=event.message_id,
        received_at=event.received_at,
        type=event.type,
        name=event.name,
        event=event.body,
    )
