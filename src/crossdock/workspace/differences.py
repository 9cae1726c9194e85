"""What differs between two versions of the workspace, in words that may be shown: no secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from crossdock.base import json
from crossdock.base.json import JsonObject
from crossdock.kit import Destination
from crossdock.workspace.model import (
    Computation,
    Connection,
    Filter,
    Mapping,
    Source,
    Workspace,
)
from crossdock.workspace.yaml_computations import exported_outputs

FindDestination = Callable[[str], Destination | None]
"""Returns the destination of that slug, or None if it is not installed."""

Kind = Literal["source", "connection", "mapping", "filter", "audience", "computed_trait"]

HIDDEN = "•••"
HIDDEN_AND_CHANGED = "••• (changed)"
_PLURAL: dict[Kind, str] = {
    "source": "sources",
    "connection": "connections",
    "mapping": "mappings",
    "filter": "filters",
    "audience": "audiences",
    "computed_trait": "computedTraits",
}


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference.

    Attributes:
        kind: Of what.
        change: `reordered` speaks of the parts of the object, or of the workspace's sources.
        id: The object's; empty for the workspace.
        path: For people: `demo/actions-ripe/Track event`.
        before: What it was: everything of what was deleted, of what changed only that. Secrets
            are hidden.
        after: What it is now, likewise.
    """

    kind: Kind
    change: Literal["created", "changed", "deleted", "reordered"]
    id: str
    path: str
    before: JsonObject | None = None
    after: JsonObject | None = None


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    id: str
    parent_id: str
    path: str
    fields: JsonObject
    # In place of those in `fields`, which hold ids: a plan's are made up anew when it is applied.
    shown: JsonObject = {}
    destination: str = ""


def differences(
    before: Workspace, after: Workspace, find_destination: FindDestination
) -> list[Change]:
    """Return what differs: deletions, then the rest in the order of `after`.

    Objects are the same if their ids are. Versions and moments do not count.
    """
    old = {part.id: part for part in _parts(before)}
    new = {part.id: part for part in _parts(after)}
    changes = [
        Change(
            kind=part.kind,
            change="deleted",
            id=part.id,
            path=part.path,
            before=_shown(part, find_destination),
        )
        for part in old.values()
        if part.id not in new
    ]
    for part in new.values():
        was = old.get(part.id)
        if was is None:
            changes.append(
                Change(
                    kind=part.kind,
                    change="created",
                    id=part.id,
                    path=part.path,
                    after=_shown(part, find_destination),
                )
            )
        elif changed := _changed_fields(was, part, find_destination):
            changes.append(changed)
    return [*changes, *_reordered(old, new)]


def is_secret(destination: Destination | None, key: str) -> bool:
    """Return whether a setting must not be shown; what nobody describes must not either."""
    setting = next((s for s in destination.settings if s.key == key), None) if destination else None
    return setting is None or setting.secret


def _parts(workspace: Workspace) -> Iterator[_Part]:
    for source in workspace.sources:
        yield _Part(
            kind="source", id=source.id, parent_id="", path=source.slug, fields=_of_source(source)
        )
    for connection in workspace.connections:
        source_slug = workspace.sources_by_id[connection.source_id].slug
        path = f"{source_slug}/{connection.slug}"
        yield _Part(
            kind="connection",
            id=connection.id,
            parent_id=connection.source_id,
            path=path,
            fields=_of_connection(connection),
            destination=connection.destination,
        )
        for mapping in connection.mappings:
            yield _Part(
                kind="mapping",
                id=mapping.id,
                parent_id=connection.id,
                path=f"{path}/{mapping.name}",
                fields=_of_mapping(mapping),
            )
        for one in connection.filters:
            yield _Part(
                kind="filter",
                id=one.id,
                parent_id=connection.id,
                path=f"{path}/{one.title}",
                fields=_of_filter(one),
            )
    for computation in workspace.computations:
        yield _Part(
            kind=computation.kind,
            id=computation.id,
            parent_id="",
            path=computation.key,
            fields=_of_computation(computation),
            shown={"destinations": exported_outputs(computation, workspace)},
        )


def _of_source(source: Source) -> JsonObject:
    return {
        "slug": source.slug,
        "name": source.name,
        "type": source.type,
        "enabled": source.enabled,
        "writeKeys": list(source.write_keys),
        "isStrict": source.is_strict,
    }


def _of_connection(connection: Connection) -> JsonObject:
    return {
        "sourceId": connection.source_id,
        "slug": connection.slug,
        "destination": connection.destination,
        "name": connection.name,
        "enabled": connection.enabled,
    } | {f"settings.{key}": value for key, value in connection.settings.items()}


def _of_mapping(mapping: Mapping) -> JsonObject:
    return {
        "name": mapping.name,
        "action": mapping.action,
        "trigger": mapping.trigger,
        "enabled": mapping.enabled,
        "fields": mapping.fields,
    }


def _of_computation(one: Computation) -> JsonObject:
    return {
        "name": one.name,
        "key": one.key,
        "description": one.description,
        "definition": one.definition,
        "about": one.subject,
        "withAnonymous": one.with_anonymous,
        "enabled": one.enabled,
        "destinations": msgspec.to_builtins(one.outputs),
    }


def _of_filter(one: Filter) -> JsonObject:
    return {
        "title": one.title,
        "description": one.description,
        "if": one.condition,
        "actions": [
            {key: value for key, value in msgspec.to_builtins(action).items() if value is not None}
            for action in one.actions
        ],
        "enabled": one.enabled,
    }


def _shown(part: _Part, find_destination: FindDestination) -> JsonObject:
    if part.kind != "connection":
        return {**part.fields, **part.shown}
    destination = find_destination(part.destination)
    return {
        key: HIDDEN
        if key.startswith("settings.") and is_secret(destination, key.removeprefix("settings."))
        else value
        for key, value in part.fields.items()
    }


def _changed_fields(was: _Part, part: _Part, find_destination: FindDestination) -> Change | None:
    keys = [
        key
        for key in {**was.fields, **part.fields}
        # As text, since 1, 1.0 and True are equal to Python.
        if (key in was.fields, json.encode(was.fields.get(key)))
        != (key in part.fields, json.encode(part.fields.get(key)))
    ]
    if not keys:
        return None
    before, after = _shown(was, find_destination), _shown(part, find_destination)
    return Change(
        kind=part.kind,
        change="changed",
        id=part.id,
        path=part.path,
        before={key: before[key] for key in keys if key in before},
        after={
            key: HIDDEN_AND_CHANGED if after[key] == before.get(key) == HIDDEN else after[key]
            for key in keys
            if key in after
        },
    )


def _reordered(old: dict[str, _Part], new: dict[str, _Part]) -> list[Change]:
    """Return a change for each list whose survivors stand in another order than before."""
    lists = {(part.parent_id, part.kind): None for part in new.values()}
    changes = []
    for parent_id, kind in lists:
        was = [
            p for p in old.values() if (p.parent_id, p.kind) == (parent_id, kind) and p.id in new
        ]
        now = [
            p for p in new.values() if (p.parent_id, p.kind) == (parent_id, kind) and p.id in old
        ]
        kept = {p.id for p in was} & {p.id for p in now}
        before = [p.id for p in was if p.id in kept]
        after = [p.id for p in now if p.id in kept]
        if before != after:
            parent = new.get(parent_id)
            names = {p.id: p.path.rsplit("/", 1)[-1] for p in now}
            changes.append(
                Change(
                    kind=parent.kind if parent else kind,
                    change="reordered",
                    id=parent_id,
                    path=parent.path if parent else "",
                    before={_PLURAL[kind]: [names[part_id] for part_id in before]},
                    after={_PLURAL[kind]: [names[part_id] for part_id in after]},
                )
            )
    return changes
