"""What went wrong in browsers and at the door, explained; and what became of the latest events."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query

from crossdock.catalog import Catalog
from crossdock.control.answers import Data, Pagination, Paging, Shape
from crossdock.control.parts import Here, NoticeSeen
from crossdock.events import ConnectionId, SourceId
from crossdock.kit import Destination, Explanation, Mode
from crossdock.workspace import Connection, Workspace, edits

router = APIRouter(tags=["Health"])

OUTCOMES_MAX = 1000

# What any destination can meet. Its own explanations come first.
_COMMON = (
    Explanation(
        code="script_failed",
        symptom="Nothing arrives at the vendor from some browsers.",
        what="The vendor's script could not be loaded in a visitor's browser.",
        do="Check the settings that name its address, whether the vendor is up, and the page's "
        "Content-Security-Policy; ad blockers of single visitors cause a few of these.",
    ),
    Explanation(
        code="vendor_snippet_found",
        symptom="The vendor's own snippet is on the page.",
        what="The page loads the vendor's script by itself as well.",
        do="Remove the vendor's snippet from the page: this destination loads it for you.",
    ),
    Explanation(
        code="old_analytics_js",
        symptom="Nothing arrives in device mode.",
        what="A page sends with an Analytics.js older than 2.0, which cannot load this plugin.",
        do="Put the source's current snippet on the page; it brings Analytics.js 2.0.",
    ),
)


class NoticeShape(Shape):
    """A problem, counted: what was seen, what it means, what to do."""

    code: str
    source_id: str
    destination_id: str | None
    detail: str
    symptom: str
    what: str
    do: str
    count: int
    first_at: dt.datetime
    last_at: dt.datetime


class NoticesAnswer(Shape):
    """A page of notices, latest first."""

    notices: list[NoticeShape]
    pagination: Pagination


class OutcomesAnswer(Shape):
    """The latest outcomes, newest first, in the words of the ledger."""

    outcomes: list[dict[str, Any]]


@router.get("/notices")
async def list_notices(parts: Here, paging: Annotated[Paging, Depends()]) -> Data[NoticesAnswer]:
    """List every notice."""
    workspace = await asyncio.to_thread(parts.store.load)
    seen = _latest_first(await parts.notices())
    shapes = [_notice(one, _connection_of(one, workspace), parts.catalog) for one in seen]
    page, pagination = paging.page(shapes)
    return Data(data=NoticesAnswer(notices=list(page), pagination=pagination))


@router.get("/destinations/{destination_id}/notices")
async def list_destination_notices(
    destination_id: str, parts: Here, paging: Annotated[Paging, Depends()]
) -> Data[NoticesAnswer]:
    """List the notices of a destination, with those of its source that concern device mode."""
    workspace = await asyncio.to_thread(parts.store.load)
    connection = edits.find_connection(workspace, destination_id)
    destination = parts.catalog.find(connection.destination)
    seen = _latest_first(await parts.notices())
    shapes = [
        _notice(one, connection, parts.catalog)
        for one in seen
        if one.connection_id == connection.id or _concerns(one, connection, destination)
    ]
    page, pagination = paging.page(shapes)
    return Data(data=NoticesAnswer(notices=list(page), pagination=pagination))


@router.get("/outcomes")
async def list_outcomes(
    parts: Here,
    source_id: Annotated[str | None, Query(alias="sourceId")] = None,
    destination_id: Annotated[str | None, Query(alias="destinationId")] = None,
    limit: Annotated[int, Query(ge=1, le=OUTCOMES_MAX)] = 100,
) -> Data[OutcomesAnswer]:
    """List what became of the latest events."""
    outcomes = await parts.latest_outcomes(
        limit,
        source_id=SourceId(source_id) if source_id else None,
        connection_id=ConnectionId(destination_id) if destination_id else None,
    )
    return Data(data=OutcomesAnswer(outcomes=[_outcome(one) for one in outcomes]))


def explanation_of(code: str, destination: Destination | None) -> Explanation:
    """Return what the code means for the destination."""
    own = destination.explanations if destination else ()
    for explanation in (*own, *_COMMON):
        if explanation.code == code:
            return explanation
    return Explanation(
        code=code,
        symptom="",
        what=f'The plugin reported "{code}", which nothing explains.',
        do="Look at the detail, and at the browser's console on the page it came from.",
    )


def _latest_first(seen: Any) -> list[NoticeSeen]:
    return sorted(seen, key=lambda one: one.last_at, reverse=True)


def _connection_of(one: NoticeSeen, workspace: Workspace) -> Connection | None:
    return workspace.connections_by_id.get(one.connection_id)


def _concerns(one: NoticeSeen, connection: Connection, destination: Destination | None) -> bool:
    is_sources = not one.connection_id and one.source_id == connection.source_id
    return is_sources and destination is not None and destination.mode is Mode.DEVICE


def _notice(one: NoticeSeen, connection: Connection | None, catalog: Catalog) -> NoticeShape:
    destination = catalog.find(connection.destination) if connection else None
    explanation = explanation_of(one.code, destination)
    return NoticeShape(
        code=one.code,
        source_id=one.source_id,
        destination_id=one.connection_id or None,
        detail=one.detail,
        symptom=explanation.symptom,
        what=explanation.what,
        do=explanation.do,
        count=one.count,
        first_at=one.first_at,
        last_at=one.last_at,
    )


def _outcome(one: msgspec.Struct) -> dict[str, Any]:
    return dict(_camel(msgspec.to_builtins(one)))


def _camel(outcome: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in outcome.items():
        # What the code calls a connection, the API calls a destination; a mapping, a subscription.
        name = {"connection_id": "destinationId", "mapping_id": "subscriptionId"}.get(key)
        first, *rest = key.split("_")
        yield name or first + "".join(word.capitalize() for word in rest), value
