"""What an object is now that somebody else changed, for whoever wanted to change it as it was."""

from __future__ import annotations

from fastapi import Request, Response

from crossdock.base.json import JsonObject
from crossdock.control.answers import Conflict, Shape, problem_response
from crossdock.control.computation_shapes import computation_shape
from crossdock.control.computations import standings_of
from crossdock.control.parts import Parts, parts_of
from crossdock.control.shapes import (
    destination_shape,
    filter_shape,
    source_shape,
    subscription_shape,
)
from crossdock.workspace import ChangedMeanwhile

_EVENTS_LOOKED_AT = 50


async def answer_conflict(request: Request, error: Exception) -> Response:
    """Return the answer that says who changed it, when, and what it is now."""
    assert isinstance(error, ChangedMeanwhile)  # noqa: S101 - it is registered for these.
    return problem_response(error, await _conflict(parts_of(request), request, error.object_id))


async def _conflict(parts: Parts, request: Request, object_id: str) -> Conflict | None:
    """Return what is known; None if it was deleted, or nobody remembers who changed it."""
    found = _find(parts, request, object_id) or await _find_computation(parts, object_id)
    if found is None:
        return None
    shape, version = found
    # A pause is about the same connection, and changes nothing that somebody edits.
    events = parts.store.audit.events(limit=_EVENTS_LOOKED_AT, object_id=object_id)
    events = [event for event in events if event.version == version]
    if not events:
        return None
    # The change came first of what happened at its version.
    made = events[-1]
    current: JsonObject = shape.model_dump(mode="json", by_alias=True)
    return Conflict(changed_by=made.by, changed_at=made.at, etag=f'"{version}"', current=current)


def _find(parts: Parts, request: Request, object_id: str) -> tuple[Shape, int] | None:
    workspace = parts.store.load()
    for source in workspace.sources:
        if source.id == object_id:
            script_url = parts.neutral_script_url(parts.base_url(request), source)
            workspace_id = parts.store.identity.id
            return source_shape(
                source, workspace_id=workspace_id, neutral_script_url=script_url
            ), source.version
    for connection in workspace.connections:
        if connection.id == object_id:
            return destination_shape(connection, parts.catalog), connection.version
        for mapping in connection.mappings:
            if mapping.id == object_id:
                return subscription_shape(mapping, connection), mapping.version
        for one in connection.filters:
            if one.id == object_id:
                return filter_shape(one, connection), one.version
    return None


async def _find_computation(parts: Parts, object_id: str) -> tuple[Shape, int] | None:
    workspace = parts.store.load()
    for one in workspace.computations:
        if one.id == object_id:
            standing = (await standings_of(parts)).get(object_id)
            return computation_shape(one, workspace, standing), one.version
    return None
