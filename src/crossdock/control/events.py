"""Events themselves, as the journal still has them: the latest of a source, and one by its id."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here, Parts
from crossdock.events import Event, Offset, Step
from crossdock.ledger import Entry, Wanted
from crossdock.ledger.entries import RECEIVED
from crossdock.workspace import NotFound, edits

router = APIRouter(tags=["Ledger"])

LIMIT_MAX = 100
_PAGES_MAX = 4
"""So many pages of what a destination was told are looked through for those of one audience."""


class EventShape(Shape):
    """An event as triggers and mappings see it."""

    source_id: str
    message_id: str
    received_at: dt.datetime
    type: str
    name: str | None
    event: dict[str, Any]


class EventAnswer(Shape):
    """One event."""

    event: EventShape


class EventsAnswer(Shape):
    """The latest events of a source, newest first."""

    events: list[EventShape]


@router.get("/sources/{source_id}/events")
async def list_source_events(  # noqa: PLR0913 - each is one thing to look for.
    source_id: str,
    parts: Here,
    *,
    event_type: Annotated[str | None, Query(alias="eventType")] = None,
    event_name: Annotated[str | None, Query(alias="eventName")] = None,
    destination_id: Annotated[
        str | None,
        Query(alias="destinationId", description="Only what became a payload for it."),
    ] = None,
    computation_id: Annotated[
        str | None,
        Query(
            alias="computationId",
            description="Only what tells of this audience or computed trait, among the latest "
            f"{LIMIT_MAX * _PAGES_MAX} for the destination.",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 20,
) -> Data[EventsAnswer]:
    """Return the latest events of a source; what the journal has no longer is left out."""
    source = edits.find_source(parts.store.load(), source_id)
    if destination_id is not None:
        told = await _told(parts, source.id, destination_id, computation_id, limit)
        return Data(data=EventsAnswer(events=[_shape(event) for event in told]))
    page = await parts.ledger.search(
        Wanted(
            source_id=source.id,
            step=RECEIVED,
            event_type=event_type,
            event_name=event_name,
            limit=limit,
        )
    )
    events = await _read(parts, page.entries)
    return Data(
        data=EventsAnswer(
            events=[_shape(events[one.offset]) for one in page.entries if one.offset in events]
        )
    )


@router.get("/events/{message_id:path}")
async def read_event(
    message_id: str,
    parts: Here,
    source_id: Annotated[str | None, Query(alias="sourceId")] = None,
) -> Data[EventAnswer]:
    """Return an event by its messageId; the first, if several carried it."""
    received = [
        entry
        for entry in await parts.ledger.trace(message_id)
        if entry.step == RECEIVED and source_id in {None, entry.source_id}
    ]
    if not received:
        raise NotFound(
            f'The ledger knows no event with the messageId "{message_id[:100]}".',
            do="Check the id; what was just sent shows within a second.",
        )
    events = await _read(parts, received[:1])
    if not events:
        raise NotFound(
            "The event itself is gone: the journal keeps events for a shorter time than the ledger "
            "keeps what became of them.",
            do="Look at its trace, which is still there.",
        )
    return Data(data=EventAnswer(event=_shape(next(iter(events.values())))))


async def _told(
    parts: Parts, source_id: str, destination_id: str, computation_id: str | None, limit: int
) -> list[Event]:
    """Return the latest events that became a payload for a destination, newest first."""
    found: dict[Offset, Event] = {}
    # The first look is at few: with one audience for the destination, they are all of it.
    wanted = Wanted(
        source_id=source_id, connection_id=destination_id, step=Step.MAPPED, limit=limit
    )
    for _ in range(1 + _PAGES_MAX):
        page = await parts.ledger.search(wanted)
        events = await _read(parts, page.entries)
        for entry in page.entries:
            event = events.get(entry.offset)
            if event is not None and computation_id in {None, _computation_of(event)}:
                # One event may become several payloads.
                found.setdefault(entry.offset, event)
        if len(found) >= limit or page.next_cursor is None:
            break
        wanted = dataclasses.replace(wanted, cursor=page.next_cursor, limit=LIMIT_MAX)
    return list(found.values())[:limit]


def _computation_of(event: Event) -> object:
    """Return the id of what the event tells of, as Engage names it; None if it tells of nothing."""
    context = event.body.get("context")
    personas = context.get("personas") if isinstance(context, Mapping) else None
    return personas.get("computation_id") if isinstance(personas, Mapping) else None


async def _read(parts: Parts, entries: Sequence[Entry]) -> Mapping[Offset, Event]:
    """Return those of the events that the journal has, by their place."""
    wanted = {entry.offset for entry in entries}
    found: dict[Offset, Event] = {}
    for sequence in {offset.sequence for offset in wanted}:
        last = max(offset for offset in wanted if offset.sequence == sequence)
        async with contextlib.aclosing(parts.events_between(sequence, sequence)) as lists:
            async for events in lists:
                found.update((one.offset, one) for one in events if one.offset in wanted)
                # A message of the journal may hold thousands, and unfolding them takes a while.
                if events and events[-1].offset >= last:
                    break
    return found


def _shape(event: Event) -> EventShape:
    return EventShape(
        source_id=event.source_id,
        message_id=event.message_id,
        received_at=event.received_at,
        type=event.type,
        name=event.name,
        event=event.body,
    )
