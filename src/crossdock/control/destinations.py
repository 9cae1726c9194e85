"""Destinations: one of the catalog, set up for one source. The code says connection."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Response
from pydantic import Field

from crossdock.control.answers import (
    Data,
    IfMatch,
    Paging,
    Request_,
    Shape,
    Status,
    expected_version,
    give_etag,
)
from crossdock.control.parts import Here, Parts
from crossdock.control.shapes import DestinationAnswer, DestinationsAnswer, destination_shape
from crossdock.events import ConnectionId, SourceId
from crossdock.kit import DeliveryFailed, Destination
from crossdock.workspace import Connection, Refused, Workspace, edits
from crossdock.workspace.differences import is_secret

router = APIRouter(tags=["Destinations"])


class CreateDestination(Request_):
    """A destination of the catalog for a source. It starts with the catalog's presets."""

    source_id: str
    metadata_id: str
    settings: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = False
    name: str | None = None
    slug: str | None = None


class UpdateDestination(Request_):
    """What changes; what is left out stays.

    Settings are merged: null removes one, so that its default holds. A secret that is null or left
    out stays as it is stored; the empty text removes it.
    """

    name: str | None = None
    slug: str | None = None
    enabled: bool | None = None
    settings: dict[str, Any] | None = None


class SettingsToTry(Request_):
    """Settings to try instead of the stored ones, merged as an update merges them."""

    settings: dict[str, Any] = Field(default_factory=dict)


class SettingsTest(Shape):
    """How the vendor answered."""

    is_right: bool
    code: str
    what: str
    do: str
    status: int | None = None


class SettingsTestAnswer(Shape):
    """The result of a test."""

    test: SettingsTest


@router.get("/destinations")
def list_destinations(
    parts: Here, paging: Annotated[Paging, Depends()]
) -> Data[DestinationsAnswer]:
    """List the destinations of all sources."""
    connections, pagination = paging.page(parts.store.load().connections)
    shapes = [destination_shape(connection, parts.catalog) for connection in connections]
    return Data(data=DestinationsAnswer(destinations=shapes, pagination=pagination))


@router.post("/destinations")
def create_destination(
    response: Response, body: CreateDestination, parts: Here
) -> Data[DestinationAnswer]:
    """Connect a destination to a source."""
    made: list[ConnectionId] = []

    def decide(workspace: Workspace) -> Workspace:
        connection = new_connection(
            workspace,
            SourceId(body.source_id),
            parts,
            metadata_id=body.metadata_id,
            settings=body.settings,
            enabled=body.enabled,
            name=body.name,
            slug=body.slug,
        )
        made.append(connection.id)
        return edits.with_connection(workspace, connection)

    after = parts.change(decide)
    return _answer(after, made[-1], parts, response)


def new_connection(  # noqa: PLR0913 - what an owner says of it, each by name.
    workspace: Workspace,
    source_id: SourceId,
    parts: Parts,
    *,
    metadata_id: str,
    settings: dict[str, Any],
    enabled: bool,
    name: str | None = None,
    slug: str | None = None,
) -> Connection:
    """Return a destination of the catalog for a source, with the catalog's presets.

    Raises:
        Refused: The catalog has no such destination.
    """
    destination = _find_destination(parts, metadata_id)
    connection_id = ConnectionId(parts.ids.new("dst"))
    siblings = workspace.connections_by_source_id.get(source_id, ())
    taken = frozenset(connection.slug for connection in siblings)
    return Connection(
        id=connection_id,
        source_id=source_id,
        slug=edits.free_slug(destination.slug, taken) if slug is None else slug,
        destination=destination.slug,
        name=destination.name if name is None else name,
        enabled=enabled,
        settings=_merged({}, settings, destination),
        mappings=edits.preset_mappings(destination, connection_id, parts.ids),
    )


@router.get("/destinations/{destination_id}")
def read_destination(
    destination_id: str, response: Response, parts: Here
) -> Data[DestinationAnswer]:
    """Return a destination."""
    return _answer(parts.store.load(), destination_id, parts, response)


@router.patch("/destinations/{destination_id}")
def update_destination(
    destination_id: str,
    response: Response,
    body: UpdateDestination,
    parts: Here,
    if_match: IfMatch = None,
) -> Data[DestinationAnswer]:
    """Change a destination: its settings, its name, whether it is enabled."""
    version = expected_version(if_match)

    def decide(workspace: Workspace) -> Workspace:
        connection = edits.find_connection(workspace, destination_id)
        edits.expect_version(connection, version)
        changed = msgspec.structs.replace(
            connection,
            name=connection.name if body.name is None else body.name,
            slug=connection.slug if body.slug is None else body.slug,
            enabled=connection.enabled if body.enabled is None else body.enabled,
            settings=_merged(
                connection.settings,
                body.settings or {},
                parts.catalog.find(connection.destination),
            ),
        )
        return edits.with_connection(workspace, changed)

    return _answer(parts.change(decide), destination_id, parts, response)


@router.delete("/destinations/{destination_id}")
def delete_destination(destination_id: str, parts: Here, if_match: IfMatch = None) -> Data[Status]:
    """Delete a destination, its mappings and its filters."""
    version = expected_version(if_match)

    def decide(workspace: Workspace) -> Workspace:
        edits.expect_version(edits.find_connection(workspace, destination_id), version)
        return edits.without_connection(workspace, destination_id)

    parts.change(decide)
    return Data(data=Status())


@router.post("/destinations/{destination_id}/test")
async def try_settings(
    destination_id: str, parts: Here, body: SettingsToTry | None = None
) -> Data[SettingsTestAnswer]:
    """Ask the vendor whether the settings work. Nothing is stored."""
    workspace = await asyncio.to_thread(parts.store.load)
    connection = edits.find_connection(workspace, destination_id)
    destination = parts.catalog.find(connection.destination)
    if destination is None or destination.test_settings is None:
        raise Refused(
            f"{connection.name} has no way of trying its settings.",
            do="Enable it, send an event, and look at its outcomes.",
            reason="not_testable",
        )
    stored = _merged(connection.settings, body.settings if body else {}, destination)
    defaults = {setting.key: setting.default for setting in destination.settings}
    try:
        http = parts.http.with_label(destination.name)
        await destination.test_settings(http, {**defaults, **stored})
    except DeliveryFailed as error:
        test = SettingsTest(
            is_right=False, code=error.code, what=error.what, do=error.do, status=error.status
        )
    else:
        test = SettingsTest(
            is_right=True, code="ok", what=f"{destination.name} took the settings.", do=""
        )
    return Data(data=SettingsTestAnswer(test=test))


def _find_destination(parts: Parts, metadata_id: str) -> Destination:
    found = parts.catalog.by_catalog_id(metadata_id) or parts.catalog.find(metadata_id)
    if found is None:
        raise Refused(
            f'There is no destination "{metadata_id}" in the catalog.',
            do="Look into /catalog/destinations for its id or slug, or install the package that "
            "has it.",
            reason="unknown_destination",
            field="metadataId",
        )
    return found


def _merged(
    stored: Any,
    given: dict[str, Any],
    destination: Destination | None,
) -> dict[str, Any]:
    settings = dict(stored)
    for key, value in given.items():
        is_kept = value is None and is_secret(destination, key)
        if value == "" or (value is None and not is_kept):
            settings.pop(key, None)
        elif not is_kept:
            settings[key] = value
    return settings


def _answer(
    workspace: Workspace, connection_id: str, parts: Parts, response: Response
) -> Data[DestinationAnswer]:
    connection = edits.find_connection(workspace, connection_id)
    give_etag(response, connection.version)
    return Data(data=DestinationAnswer(destination=destination_shape(connection, parts.catalog)))
