"""Changes to a workspace as functions from one value to the next. They decide nothing about rules.

Each takes a workspace and returns another; `Store.change` runs them on the newest version and
writes what differs.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Protocol, TypeVar

import msgspec

from crossdock.base.ids import Ids
from crossdock.events import ConnectionId, MappingId, SourceId
from crossdock.kit import Destination
from crossdock.workspace.errors import ChangedMeanwhile, NotFound
from crossdock.workspace.model import (
    Computation,
    ComputationKind,
    Connection,
    Filter,
    Mapping,
    Source,
    Workspace,
)
from crossdock.workspace.source_types import ENGAGE

SLUG_CHARACTERS_MAX = 64
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")


class _Versioned(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...


_T = TypeVar("_T", bound=_Versioned)


def find_source(workspace: Workspace, source_id: str) -> Source:
    """Return the source.

    Raises:
        NotFound: There is none.
    """
    return _find(workspace.sources, source_id, "source")


def find_connection(workspace: Workspace, connection_id: str) -> Connection:
    """Return the connection.

    Raises:
        NotFound: There is none.
    """
    return _find(workspace.connections, connection_id, "destination")


def find_mapping(connection: Connection, mapping_id: str) -> Mapping:
    """Return the connection's mapping.

    Raises:
        NotFound: There is none.
    """
    return _find(connection.mappings, mapping_id, "subscription")


def find_filter(connection: Connection, filter_id: str) -> Filter:
    """Return the connection's filter.

    Raises:
        NotFound: There is none.
    """
    return _find(connection.filters, filter_id, "filter")


def expect_version(found: _Versioned, version: int | None) -> None:
    """Refuse to go on if the object is not the one that the asker looked at.

    Raises:
        ChangedMeanwhile: Its version is another; None expects nothing.
    """
    if version is not None and found.version != version:
        raise ChangedMeanwhile(
            f'"{found.id}" was changed by somebody else meanwhile: it is at version '
            f"{found.version}, and you looked at {version}.",
            do="Load it again, look at what changed, and make your change on top of that.",
            object_id=found.id,
        )


def with_source(workspace: Workspace, source: Source) -> Workspace:
    """Return the workspace with the source, new or in place of the one with its id."""
    return msgspec.structs.replace(workspace, sources=_put(workspace.sources, source))


def without_source(workspace: Workspace, source_id: str) -> Workspace:
    """Return the workspace without the source and its connections."""
    left = msgspec.structs.replace(
        workspace,
        sources=tuple(s for s in workspace.sources if s.id != source_id),
        connections=tuple(c for c in workspace.connections if c.source_id != source_id),
    )
    return without_lost_outputs(left)


def with_connection(workspace: Workspace, connection: Connection) -> Workspace:
    """Return the workspace with the connection, new or in place of the one with its id."""
    return msgspec.structs.replace(workspace, connections=_put(workspace.connections, connection))


def without_connection(workspace: Workspace, connection_id: str) -> Workspace:
    """Return the workspace without the connection; no audience tells it anything."""
    left = msgspec.structs.replace(
        workspace, connections=tuple(c for c in workspace.connections if c.id != connection_id)
    )
    return without_lost_outputs(left)


def without_lost_outputs(workspace: Workspace) -> Workspace:
    """Return the workspace in which nobody is told anything who is not there."""
    there = {connection.id for connection in workspace.connections}
    return msgspec.structs.replace(
        workspace,
        computations=tuple(
            msgspec.structs.replace(
                one, outputs=tuple(o for o in one.outputs if o.connection_id in there)
            )
            for one in workspace.computations
        ),
    )


def find_computation(workspace: Workspace, kind: ComputationKind, wanted_id: str) -> Computation:
    """Return the audience or computed trait.

    Raises:
        NotFound: There is none.
    """
    found = tuple(one for one in workspace.computations if one.kind == kind)
    return _find(found, wanted_id, kind.replace("_", " "))


def with_computation(workspace: Workspace, one: Computation) -> Workspace:
    """Return the workspace with it, new or in place of the one with its id."""
    return msgspec.structs.replace(workspace, computations=_put(workspace.computations, one))


def without_computation(workspace: Workspace, computation_id: str) -> Workspace:
    """Return the workspace without it; its key is retired."""
    kept = tuple(one for one in workspace.computations if one.id != computation_id)
    gone = [one.key for one in workspace.computations if one.id == computation_id]
    return msgspec.structs.replace(
        workspace,
        computations=kept,
        retired_keys=tuple(dict.fromkeys((*workspace.retired_keys, *gone))),
    )


def with_engage_source(workspace: Workspace, ids: Ids) -> Workspace:
    """Return the workspace with the source of audiences, made if there is none."""
    if workspace.engage_source is not None:
        return workspace
    source = Source(
        id=SourceId(ids.new("src")),
        slug=free_slug(ENGAGE.id, frozenset(source.slug for source in workspace.sources)),
        name=ENGAGE.name,
        kind=ENGAGE.kind,
        type=ENGAGE.id,
    )
    return with_source(workspace, source)


def key_of(name: str) -> str:
    """Return what traits and events call an audience of that name; empty without a letter."""
    return _NOT_IN_KEYS.sub("_", name.lower()).strip("_")


def with_mapping(connection: Connection, mapping: Mapping) -> Connection:
    """Return the connection with the mapping, new or in place of the one with its id."""
    return msgspec.structs.replace(connection, mappings=_put(connection.mappings, mapping))


def without_mapping(connection: Connection, mapping_id: str) -> Connection:
    """Return the connection without the mapping."""
    return msgspec.structs.replace(
        connection, mappings=tuple(m for m in connection.mappings if m.id != mapping_id)
    )


def with_filter(connection: Connection, one: Filter) -> Connection:
    """Return the connection with the filter, new or in place of the one with its id."""
    return msgspec.structs.replace(connection, filters=_put(connection.filters, one))


def without_filter(connection: Connection, filter_id: str) -> Connection:
    """Return the connection without the filter."""
    return msgspec.structs.replace(
        connection, filters=tuple(f for f in connection.filters if f.id != filter_id)
    )


def preset_mappings(
    destination: Destination, connection_id: ConnectionId, ids: Ids
) -> tuple[Mapping, ...]:
    """Return the mappings that a new connection starts with, enabled."""
    mappings = []
    for preset in destination.presets:
        action = destination.action(preset.action)
        if action is None:
            # The catalog refuses such a definition.
            raise ValueError(f"{destination.slug}: no action {preset.action}")
        mappings.append(
            Mapping(
                id=MappingId(ids.new("map")),
                connection_id=connection_id,
                name=preset.name,
                action=preset.action,
                trigger=preset.trigger,
                fields=action.default_mapping(),
                enabled=True,
            )
        )
    return tuple(mappings)


def copied_connection(
    original: Connection, copy_id: ConnectionId, ids: Ids, now: dt.datetime
) -> Connection:
    """Return a disabled copy with mappings and filters of its own, which differ only in id."""
    return msgspec.structs.replace(
        original,
        id=copy_id,
        enabled=False,
        version=0,
        mappings=tuple(
            msgspec.structs.replace(
                mapping, id=MappingId(ids.new("map")), connection_id=copy_id, version=0
            )
            for mapping in original.mappings
        ),
        filters=tuple(
            msgspec.structs.replace(
                one,
                id=ids.new("fil"),
                connection_id=copy_id,
                created_at=now,
                updated_at=now,
                version=0,
            )
            for one in original.filters
        ),
    )


def free_slug(wanted: str, taken: frozenset[str]) -> str:
    """Return the slug, or the first of `<slug>-2`, `<slug>-3`, … that is not taken."""
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        suffix = f"-{number}"
        slug = wanted[: SLUG_CHARACTERS_MAX - len(suffix)] + suffix
    return slug


def _find(objects: tuple[_T, ...], wanted_id: str, word: str) -> _T:
    for found in objects:
        if found.id == wanted_id:
            return found
    raise NotFound(
        f'There is no {word} with the id "{wanted_id}".',
        do=f"List the {word}s to see which there are; it may have been deleted.",
    )


def _put(objects: tuple[_T, ...], new: _T) -> tuple[_T, ...]:
    if any(old.id == new.id for old in objects):
        return tuple(new if old.id == new.id else old for old in objects)
    return (*objects, new)
