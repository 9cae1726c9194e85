"""Destination filters: what a destination is not to receive. Segment's paths say `destination`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Response
from pydantic import Field

from crossdock.base.json import JsonObject
from crossdock.control.answers import (
    Data,
    IfMatch,
    Pagination,
    Paging,
    Request_,
    Shape,
    Status,
    expected_version,
    give_etag,
)
from crossdock.control.parts import Here
from crossdock.control.shapes import FilterActionShape, FilterShape, filter_shape
from crossdock.events import ConnectionId
from crossdock.workspace import Filter, RefusedTogether, Workspace, edits, filter_rules

router = APIRouter(tags=["Destination filters"])


class CreateFilter(Request_):
    """A new filter. `sourceId` and `destinationId` may be told again, as Segment's clients do."""

    if_: str = Field(alias="if", description="FQL.")
    actions: list[FilterActionShape]
    title: str
    description: str = ""
    enabled: bool = True
    source_id: str | None = None
    destination_id: str | None = None


class UpdateFilter(Request_):
    """What changes; what is left out stays."""

    if_: str | None = Field(default=None, alias="if")
    actions: list[FilterActionShape] | None = None
    title: str | None = None
    description: str | None = None
    enabled: bool | None = None


class PreviewedFilter(Request_):
    """The filter to try."""

    if_: str = Field(alias="if")
    actions: list[FilterActionShape]


class PreviewFilter(Request_):
    """A filter, and an event to try it on."""

    filter: PreviewedFilter
    payload: JsonObject


class FilterAnswer(Shape):
    """One filter."""

    filter: FilterShape


class FiltersAnswer(Shape):
    """A page of filters."""

    filters: list[FilterShape]
    pagination: Pagination


class PreviewAnswer(Shape):
    """The event as it was, and as it is after the filter; null if it is dropped."""

    input_payload: JsonObject
    result: JsonObject | None


@router.post("/destination/filters/preview")
def preview_filter(body: PreviewFilter, parts: Here) -> Data[PreviewAnswer]:
    """Try a filter on an event. Nothing is stored."""
    now = parts.clock.now()
    one = Filter(
        id="preview",
        connection_id=ConnectionId(""),
        title="preview",
        condition=body.filter.if_,
        actions=tuple(action.to_model() for action in body.filter.actions),
        created_at=now,
        updated_at=now,
    )
    problems = list(filter_rules.problems(one))
    if problems:
        raise RefusedTogether(problems)
    return Data(
        data=PreviewAnswer(
            input_payload=body.payload, result=parts.preview_filter(one, body.payload)
        )
    )


@router.get("/destination/{destination_id}/filters")
def list_filters(
    destination_id: str, parts: Here, paging: Annotated[Paging, Depends()]
) -> Data[FiltersAnswer]:
    """List the filters of a destination."""
    connection = edits.find_connection(parts.store.load(), destination_id)
    filters, pagination = paging.page(connection.filters)
    shapes = [filter_shape(one, connection) for one in filters]
    return Data(data=FiltersAnswer(filters=shapes, pagination=pagination))


@router.post("/destination/{destination_id}/filters")
def create_filter(
    destination_id: str, response: Response, body: CreateFilter, parts: Here
) -> Data[FilterAnswer]:
    """Add a filter."""
    filter_id = parts.ids.new("fil")
    now = parts.clock.now()

    def decide(workspace: Workspace) -> Workspace:
        connection = edits.find_connection(workspace, destination_id)
        one = Filter(
            id=filter_id,
            connection_id=connection.id,
            title=body.title,
            description=body.description,
            condition=body.if_,
            actions=tuple(action.to_model() for action in body.actions),
            enabled=body.enabled,
            created_at=now,
            updated_at=now,
        )
        return edits.with_connection(workspace, edits.with_filter(connection, one))

    return _answer(parts.change(decide), destination_id, filter_id, response)


@router.get("/destination/{destination_id}/filters/{filter_id}")
def read_filter(
    destination_id: str, filter_id: str, response: Response, parts: Here
) -> Data[FilterAnswer]:
    """Return a filter."""
    return _answer(parts.store.load(), destination_id, filter_id, response)


@router.patch("/destination/{destination_id}/filters/{filter_id}")
def update_filter(  # noqa: PLR0913, PLR0917 - FastAPI hands over one by one.
    destination_id: str,
    filter_id: str,
    response: Response,
    body: UpdateFilter,
    parts: Here,
    if_match: IfMatch = None,
) -> Data[FilterAnswer]:
    """Change a filter."""
    version = expected_version(if_match)

    def decide(workspace: Workspace) -> Workspace:
        connection = edits.find_connection(workspace, destination_id)
        one = edits.find_filter(connection, filter_id)
        edits.expect_version(one, version)
        actions = one.actions
        if body.actions is not None:
            actions = tuple(action.to_model() for action in body.actions)
        changed = msgspec.structs.replace(
            one,
            title=one.title if body.title is None else body.title,
            description=one.description if body.description is None else body.description,
            condition=one.condition if body.if_ is None else body.if_,
            actions=actions,
            enabled=one.enabled if body.enabled is None else body.enabled,
        )
        return edits.with_connection(workspace, edits.with_filter(connection, changed))

    return _answer(parts.change(decide), destination_id, filter_id, response)


@router.delete("/destination/{destination_id}/filters/{filter_id}")
def delete_filter(
    destination_id: str, filter_id: str, parts: Here, if_match: IfMatch = None
) -> Data[Status]:
    """Delete a filter."""
    version = expected_version(if_match)

    def decide(workspace: Workspace) -> Workspace:
        connection = edits.find_connection(workspace, destination_id)
        edits.expect_version(edits.find_filter(connection, filter_id), version)
        return edits.with_connection(workspace, edits.without_filter(connection, filter_id))

    parts.change(decide)
    return Data(data=Status())


def _answer(
    workspace: Workspace, destination_id: str, filter_id: str, response: Response
) -> Data[FilterAnswer]:
    connection = edits.find_connection(workspace, destination_id)
    one = edits.find_filter(connection, filter_id)
    give_etag(response, one.version)
    return Data(data=FilterAnswer(filter=filter_shape(one, connection)))
