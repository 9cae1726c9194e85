"""Sources and their write keys."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from crossdock.base.ids import new_secret
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
from crossdock.control.shapes import (
    DestinationsAnswer,
    SourceAnswer,
    SourcesAnswer,
    SourceShape,
    destination_shape,
    source_shape,
)
from crossdock.events import SourceId
from crossdock.workspace import NotFound, Refused, Source, Workspace, edits
from crossdock.workspace.source_types import SOURCE_TYPES, SourceType, find_source_type

router = APIRouter(tags=["Sources"])


class SourceSettingsInput(Request_):
    """What can be set for a source.

    `isStrict`: answer 401 and 400 to what cannot be right, instead of Segment's 200.
    """

    is_strict: bool | None = None


class CreateSource(Request_):
    """A new source. `writeKeys` takes over keys that pages already have; else one is made."""

    slug: str
    metadata_id: str = Field(default="javascript", description="From `/catalog/sources`.")
    enabled: bool = True
    name: str | None = None
    settings: SourceSettingsInput | None = None
    write_keys: list[str] | None = None


class UpdateSource(Request_):
    """What changes; what is left out stays."""

    name: str | None = None
    slug: str | None = None
    enabled: bool | None = None
    settings: SourceSettingsInput | None = None


class NewWriteKey(Request_):
    """A write key of one's own; else one is made."""

    write_key: str | None = None


class WriteKeyShape(Shape):
    """A write key. `lastUsedAt` is null if nothing came with it since `knownSince`."""

    write_key: str
    is_current: bool
    last_used_at: dt.datetime | None


class WriteKeysAnswer(Shape):
    """The write keys of a source, the current one first."""

    write_keys: list[WriteKeyShape]
    known_since: dt.datetime


@router.get("/sources")
def list_sources(
    request: Request, parts: Here, paging: Annotated[Paging, Depends()]
) -> Data[SourcesAnswer]:
    """List the sources."""
    sources, pagination = paging.page(parts.store.load().sources)
    shapes = [_shape(source, parts, request) for source in sources]
    return Data(data=SourcesAnswer(sources=shapes, pagination=pagination))


@router.post("/sources")
def create_source(
    request: Request, response: Response, body: CreateSource, parts: Here
) -> Data[SourceAnswer]:
    """Create a source, with a write key."""
    source_type = _source_type(body.metadata_id)
    source = Source(
        id=SourceId(parts.ids.new("src")),
        slug=body.slug,
        name=body.name if body.name is not None else body.slug,
        kind=source_type.kind,
        type=source_type.id,
        enabled=body.enabled,
        write_keys=tuple(body.write_keys) if body.write_keys is not None else (new_secret(),),
        is_strict=bool(body.settings and body.settings.is_strict),
    )
    after = parts.change(lambda workspace: edits.with_source(workspace, source))
    return _answer(after, source.id, parts, request, response)


@router.get("/sources/{source_id}")
def read_source(
    source_id: str, request: Request, response: Response, parts: Here
) -> Data[SourceAnswer]:
    """Return a source."""
    return _answer(parts.store.load(), source_id, parts, request, response)


@router.patch("/sources/{source_id}")
def update_source(  # noqa: PLR0913, PLR0917 - FastAPI hands over one by one.
    source_id: str,
    request: Request,
    response: Response,
    body: UpdateSource,
    parts: Here,
    if_match: IfMatch = None,
) -> Data[SourceAnswer]:
    """Change a source."""
    version = expected_version(if_match)

    def decide(workspace: Workspace) -> Workspace:
        source = edits.find_source(workspace, source_id)
        edits.expect_version(source, version)
        is_strict = body.settings.is_strict if body.settings else None
        changed = msgspec.structs.replace(
            source,
            name=source.name if body.name is None else body.name,
            slug=source.slug if body.slug is None else body.slug,
            enabled=source.enabled if body.enabled is None else body.enabled,
            is_strict=source.is_strict if is_strict is None else is_strict,
        )
        return edits.with_source(workspace, changed)

    return _answer(parts.change(decide), source_id, parts, request, response)


@router.delete("/sources/{source_id}")
def delete_source(source_id: str, parts: Here, if_match: IfMatch = None) -> Data[Status]:
    """Delete a source and its destinations. What it still sends is discarded from now on."""
    version = expected_version(if_match)

    def decide(workspace: Workspace) -> Workspace:
        edits.expect_version(edits.find_source(workspace, source_id), version)
        return edits.without_source(workspace, source_id)

    parts.change(decide)
    return Data(data=Status())


@router.get("/sources/{source_id}/writekeys")
def list_write_keys(source_id: str, parts: Here) -> Data[WriteKeysAnswer]:
    """List the write keys of a source, with when each was last used."""
    source = edits.find_source(parts.store.load(), source_id)
    keys = [
        WriteKeyShape(
            write_key=key, is_current=index == 0, last_used_at=parts.key_use.find_last(key)
        )
        for index, key in enumerate(source.write_keys)
    ]
    return Data(data=WriteKeysAnswer(write_keys=keys, known_since=parts.key_use.since))


@router.post("/sources/{source_id}/writekey")
def add_write_key(
    source_id: str,
    request: Request,
    response: Response,
    parts: Here,
    body: NewWriteKey | None = None,
) -> Data[SourceAnswer]:
    """Add a write key. It becomes the current one; the others go on working until removed."""
    new_key = body.write_key if body and body.write_key is not None else new_secret()

    def decide(workspace: Workspace) -> Workspace:
        source = edits.find_source(workspace, source_id)
        keys = (new_key, *source.write_keys)
        return edits.with_source(workspace, msgspec.structs.replace(source, write_keys=keys))

    return _answer(parts.change(decide), source_id, parts, request, response)


@router.delete("/sources/{source_id}/writekey/{write_key}")
def remove_write_key(source_id: str, write_key: str, parts: Here) -> Data[Status]:
    """Remove a write key. What is sent with it is discarded from now on."""

    def decide(workspace: Workspace) -> Workspace:
        source = edits.find_source(workspace, source_id)
        if write_key not in source.write_keys:
            raise NotFound(
                f'The source "{source.slug}" has no write key "{write_key}".',
                do="Load the source to see which it has.",
            )
        keys = tuple(key for key in source.write_keys if key != write_key)
        return edits.with_source(workspace, msgspec.structs.replace(source, write_keys=keys))

    parts.change(decide)
    return Data(data=Status())


@router.get("/sources/{source_id}/connected-destinations")
def list_connected_destinations(
    source_id: str, parts: Here, paging: Annotated[Paging, Depends()]
) -> Data[DestinationsAnswer]:
    """List the destinations of a source."""
    workspace = parts.store.load()
    source = edits.find_source(workspace, source_id)
    connections, pagination = paging.page(workspace.connections_by_source_id.get(source.id, ()))
    shapes = [destination_shape(connection, parts.catalog) for connection in connections]
    return Data(data=DestinationsAnswer(destinations=shapes, pagination=pagination))


def _source_type(metadata_id: str) -> SourceType:
    source_type = find_source_type(metadata_id)
    if source_type is None:
        raise Refused(
            f'There is no type of source "{metadata_id}".',
            do=f"Use one of the catalog: {', '.join(known.id for known in SOURCE_TYPES)}.",
            reason="unknown_source_type",
            field="metadataId",
        )
    return source_type


def _answer(
    workspace: Workspace, source_id: str, parts: Parts, request: Request, response: Response
) -> Data[SourceAnswer]:
    source = edits.find_source(workspace, source_id)
    give_etag(response, source.version)
    return Data(data=SourceAnswer(source=_shape(source, parts, request)))


def _shape(source: Source, parts: Parts, request: Request) -> SourceShape:
    return source_shape(
        source,
        workspace_id=parts.store.identity.id,
        neutral_script_url=parts.neutral_script_url(parts.base_url(request), source),
    )
