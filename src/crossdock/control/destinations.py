"""Destinations: one of the catalog, set up for one source. The code says connection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
from crossdock.kit import DeliveryFailed, Destination, NeedsAttention
from crossdock.workspace import Connection, Refused, Workspace, edits
from crossdock.workspace.differences import is_secret
from crossdock.workspace.rules import NAME_CHARACTERS_MAX

router = APIRouter(tags=["Destinations"])


class CreateDestination(Request_):
    """A destination of the catalog for a source.

    It starts with the catalog's presets; with `presets` only with those that are named there.
    """

    source_id: str
    metadata_id: str
    settings: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = False
    name: str | None = None
    slug: str | None = None
    presets: list[str] | None = None


class DuplicateDestination(Request_):
    """What the copy differs in; without a source it is for the same one."""

    name: str | None = None
    source_id: str | None = None


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
    _check_presets(_find_destination(parts, body.metadata_id), body.presets)

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
            presets=body.presets,
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
    presets: Sequence[str] | None = None,
) -> Connection:
    """Return a destination of the catalog for a source, with those presets; None is all.

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
        mappings=tuple(
            mapping
            for mapping in edits.preset_mappings(destination, connection_id, parts.ids)
            if presets is None or mapping.name in presets
        ),
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


@router.post("/destinations/{destination_id}/duplicate")
def duplicate_destination(
    destination_id: str, response: Response, body: DuplicateDestination, parts: Here
) -> Data[DestinationAnswer]:
    """Copy a destination with its secrets, mappings and filters. The copy is disabled."""
    copy_id = ConnectionId(parts.ids.new("dst"))
    now = parts.clock.now()

    def decide(workspace: Workspace) -> Workspace:
        original = edits.find_connection(workspace, destination_id)
        source_id = SourceId(body.source_id or original.source_id)
        siblings = workspace.connections_by_source_id.get(source_id, ())
        taken = frozenset(connection.slug for connection in siblings)
        copy = edits.copied_connection(original, copy_id, parts.ids, now)
        return edits.with_connection(
            workspace,
            msgspec.structs.replace(
                copy,
                source_id=source_id,
                slug=edits.free_slug(original.slug, taken),
                name=_copied(original.name) if body.name is None else body.name,
            ),
        )

    return _answer(parts.change(decide), copy_id, parts, response)


@router.post("/catalog/destinations/{metadata_id}/test", tags=["Catalog"])
async def try_new_settings(
    metadata_id: str, body: SettingsToTry, parts: Here
) -> Data[SettingsTestAnswer]:
    """Ask the vendor whether settings would work, before there is a destination with them."""
    destination = _find_destination(parts, metadata_id)
    return await _tried(parts, destination, _merged({}, body.settings, destination))


@router.post("/destinations/{destination_id}/test")
async def try_settings(
    destination_id: str, parts: Here, body: SettingsToTry | None = None
) -> Data[SettingsTestAnswer]:
    """Ask the vendor whether the settings work. Nothing is stored."""
    workspace = await asyncio.to_thread(parts.store.load)
    connection = edits.find_connection(workspace, destination_id)
    destination = parts.catalog.find(connection.destination)
    if destination is None:
        raise _untestable(connection.name)
    stored = _merged(connection.settings, body.settings if body else {}, destination)
    return await _tried(parts, destination, stored)


async def _tried(
    parts: Parts, destination: Destination, settings: dict[str, Any]
) -> Data[SettingsTestAnswer]:
    if destination.test_settings is None:
        raise _untestable(destination.name)
    defaults = {setting.key: setting.default for setting in destination.settings}
    all_settings = {**defaults, **settings}
    missing = [s for s in destination.settings if s.required and not all_settings[s.key]]
    if missing:
        test = SettingsTest(
            is_right=False,
            code="required_setting_missing",
            what=f'"{missing[0].label}" is empty.',
            do=f"Fill it in. {missing[0].help}",
        )
        return Data(data=SettingsTestAnswer(test=test))
    try:
        http = parts.http.with_label(destination.name)
        found = await destination.test_settings(http, all_settings)
    except DeliveryFailed as error:
        what, do = _why(error, destination)
        test = SettingsTest(is_right=False, code=error.code, what=what, do=do, status=error.status)
    else:
        what = found or f"{destination.name} took the settings."
        test = SettingsTest(is_right=True, code="ok", what=what, do="")
    return Data(data=SettingsTestAnswer(test=test))


def _why(error: DeliveryFailed, destination: Destination) -> tuple[str, str]:
    """Return what a failure means for settings; what is said of a delivery is of no use here."""
    for explanation in destination.explanations:
        if error.status and explanation.code.endswith(f"_{error.status}"):
            return explanation.what, explanation.do
    if isinstance(error, NeedsAttention):
        return error.what, error.do
    return error.what, "Check the address in the settings, and whether it is up; then test again."


def _copied(name: str) -> str:
    suffix = " (copy)"
    is_too_long = len(name) + len(suffix) > NAME_CHARACTERS_MAX
    return (f"{name[: NAME_CHARACTERS_MAX - len(suffix) - 1]}…" if is_too_long else name) + suffix


def _untestable(name: str) -> Refused:
    return Refused(
        f"{name} has no way of trying its settings.",
        do="Enable it, send an event, and look at its outcomes.",
        reason="not_testable",
    )


def _check_presets(destination: Destination, names: list[str] | None) -> None:
    known = [preset.name for preset in destination.presets]
    for name in names or ():
        if name not in known:
            raise Refused(
                f'{destination.name} has no preset "{name}".',
                do=f"Use one of its presets: {', '.join(known)}." if known else "Name none.",
                reason="unknown_preset",
                field="presets",
            )


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
