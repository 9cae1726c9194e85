"""Sources, destinations, subscriptions and filters as the API gives them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec
from pydantic import Field

from crossdock.base.json import JsonObject
from crossdock.catalog import Catalog
from crossdock.control.answers import Pagination, Request_, Shape
from crossdock.control.catalog_shapes import (
    DestinationMetadata,
    SourceMetadata,
    destination_metadata,
    source_metadata,
    unknown_destination_metadata,
)
from crossdock.workspace import Connection, Filter, FilterAction, Mapping, Source
from crossdock.workspace.differences import is_secret
from crossdock.workspace.source_types import SOURCE_TYPES, find_source_type


class SourceSettings(Shape):
    """What can be set for a source."""

    is_strict: bool


class SourceShape(Shape):
    """A source."""

    id: str
    slug: str
    name: str
    metadata: SourceMetadata
    workspace_id: str
    enabled: bool
    write_keys: list[str]
    settings: SourceSettings
    labels: list[Any] = Field(default_factory=list)
    neutral_script_url: str | None = None


class SecretState(Shape):
    """What is told about a secret."""

    is_set: bool


class DestinationShape(Shape):
    """A destination: set up by an owner for one source. Secrets are null; see `secretSettings`."""

    id: str
    slug: str
    name: str
    enabled: bool
    metadata: DestinationMetadata
    source_id: str
    settings: dict[str, Any]
    secret_settings: dict[str, SecretState]


class SubscriptionShape(Shape):
    """A mapping: `trigger` says which events an action takes, `settings` what is made of them."""

    id: str
    name: str
    action_id: str
    action_slug: str
    destination_id: str
    enabled: bool
    settings: JsonObject
    trigger: str


class FilterActionShape(Request_):
    """What a filter does to an event."""

    type: Literal["SAMPLE", "DROP", "DROP_PROPERTIES", "ALLOW_PROPERTIES"]
    fields: dict[str, list[str]] | None = None
    percent: float | None = None
    path: str | None = None

    def to_model(self) -> FilterAction:
        """Return it as the workspace has it."""
        return FilterAction(
            type=self.type, fields=self.fields, percent=self.percent, path=self.path
        )


class FilterShape(Shape):
    """What a destination is not to receive."""

    id: str
    source_id: str
    destination_id: str
    if_: str = Field(alias="if")
    actions: list[FilterActionShape]
    title: str
    description: str
    enabled: bool
    created_at: dt.datetime
    updated_at: dt.datetime


class SourceAnswer(Shape):
    """One source."""

    source: SourceShape


class SourcesAnswer(Shape):
    """A page of sources."""

    sources: list[SourceShape]
    pagination: Pagination


class DestinationAnswer(Shape):
    """One destination."""

    destination: DestinationShape


class DestinationsAnswer(Shape):
    """A page of destinations."""

    destinations: list[DestinationShape]
    pagination: Pagination


def source_shape(
    source: Source, *, workspace_id: str, neutral_script_url: str | None = None
) -> SourceShape:
    """Return the source as the API gives it."""
    return SourceShape(
        id=source.id,
        slug=source.slug,
        name=source.name,
        metadata=source_metadata(find_source_type(source.type) or SOURCE_TYPES[0]),
        workspace_id=workspace_id,
        enabled=source.enabled,
        write_keys=list(source.write_keys),
        settings=SourceSettings(is_strict=source.is_strict),
        neutral_script_url=neutral_script_url,
    )


def destination_shape(connection: Connection, catalog: Catalog) -> DestinationShape:
    """Return the connection as the API gives it, without secrets."""
    destination = catalog.find(connection.destination)
    settings: dict[str, Any] = {}
    secrets: dict[str, SecretState] = {}
    for setting in destination.settings if destination else ():
        if setting.secret:
            settings[setting.key] = None
            secrets[setting.key] = SecretState(is_set=bool(connection.settings.get(setting.key)))
    for key, value in connection.settings.items():
        if is_secret(destination, key):
            settings[key] = None
            secrets[key] = SecretState(is_set=bool(value))
        else:
            settings[key] = value
    return DestinationShape(
        id=connection.id,
        slug=connection.slug,
        name=connection.name,
        enabled=connection.enabled,
        metadata=destination_metadata(destination)
        if destination
        else unknown_destination_metadata(connection.destination),
        source_id=connection.source_id,
        settings=settings,
        secret_settings=secrets,
    )


def subscription_shape(mapping: Mapping, connection: Connection) -> SubscriptionShape:
    """Return the mapping as the API gives it."""
    return SubscriptionShape(
        id=mapping.id,
        name=mapping.name,
        action_id=f"{connection.destination}:{mapping.action}",
        action_slug=mapping.action,
        destination_id=connection.id,
        enabled=mapping.enabled,
        settings=mapping.fields,
        trigger=mapping.trigger,
    )


def filter_shape(one: Filter, connection: Connection) -> FilterShape:
    """Return the filter as the API gives it."""
    return FilterShape.model_validate(
        {
            "id": one.id,
            "source_id": connection.source_id,
            "destination_id": connection.id,
            "if": one.condition,
            "actions": msgspec.to_builtins(one.actions, builtin_types=(tuple,)),
            "title": one.title,
            "description": one.description,
            "enabled": one.enabled,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        }
    )
