"""The catalog: what can be connected, and what can send."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from crossdock.control.answers import Data, Paging, Shape
from crossdock.control.catalog_shapes import (
    DestinationMetadataAnswer,
    DestinationsCatalogAnswer,
    SourceMetadataAnswer,
    SourcesCatalogAnswer,
    destination_metadata,
    source_metadata,
)
from crossdock.control.parts import Here, Parts
from crossdock.kit import Destination
from crossdock.workspace import NotFound
from crossdock.workspace.source_types import SOURCE_TYPES, find_source_type

router = APIRouter(prefix="/catalog", tags=["Catalog"])


@router.get("/destinations")
def list_catalog_destinations(
    parts: Here, paging: Annotated[Paging, Depends()]
) -> Data[DestinationsCatalogAnswer]:
    """List the destinations that can be connected."""
    found, pagination = paging.page(list(parts.catalog))
    entries = [destination_metadata(destination) for destination in found]
    return Data(data=DestinationsCatalogAnswer(destinations_catalog=entries, pagination=pagination))


@router.get("/destinations/{metadata_id}")
def read_catalog_destination(metadata_id: str, parts: Here) -> Data[DestinationMetadataAnswer]:
    """Return a destination of the catalog, by its id or slug: settings, presets, every field."""
    found = _find(parts, metadata_id)
    return Data(data=DestinationMetadataAnswer(destination_metadata=destination_metadata(found)))


class SandboxSettingsAnswer(Shape):
    """Settings that lead to the sandbox vendor; null if there is none for this destination."""

    settings: dict[str, Any] | None


@router.get("/destinations/{metadata_id}/sandbox")
def read_sandbox_settings(
    metadata_id: str, request: Request, parts: Here
) -> Data[SandboxSettingsAnswer]:
    """Return the settings for those who have no account with the vendor yet."""
    found = _find(parts, metadata_id)
    settings = parts.sandbox_settings(parts.base_url(request), found.slug)
    return Data(data=SandboxSettingsAnswer(settings=settings))


@router.get("/sources")
def list_catalog_sources(paging: Annotated[Paging, Depends()]) -> Data[SourcesCatalogAnswer]:
    """List the types of source."""
    found, pagination = paging.page(SOURCE_TYPES)
    entries = [source_metadata(source_type) for source_type in found]
    return Data(data=SourcesCatalogAnswer(sources_catalog=entries, pagination=pagination))


@router.get("/sources/{metadata_id}")
def read_catalog_source(metadata_id: str) -> Data[SourceMetadataAnswer]:
    """Return a type of source."""
    found = find_source_type(metadata_id)
    if found is None:
        raise NotFound(
            f'There is no type of source "{metadata_id}".',
            do="List /catalog/sources to see which there are.",
        )
    return Data(data=SourceMetadataAnswer(source_metadata=source_metadata(found)))


def _find(parts: Parts, metadata_id: str) -> Destination:
    found = parts.catalog.by_catalog_id(metadata_id) or parts.catalog.find(metadata_id)
    if found is None:
        raise NotFound(
            f'There is no destination "{metadata_id}" in the catalog.',
            do="List /catalog/destinations to see which there are.",
        )
    return found
