"""The workspace as one YAML file, for people to read, keep under version control and change.

Everything goes by its slug or name instead of an id. A secret is never written: `{secret: keep}`
stands for the one that is stored.
"""

from __future__ import annotations

from typing import Any

import msgspec

from crossdock.workspace.differences import FindDestination, is_secret
from crossdock.workspace.model import Connection, Filter, Source, Workspace
from crossdock.workspace.yaml_computations import export_computations
from crossdock.workspace.yaml_text import dump_yaml

FORMAT = 1
"""What `version` says at the top of the file."""

KEEP = {"secret": "keep"}


def export_yaml(workspace: Workspace, find_destination: FindDestination) -> str:
    """Return the file; applying it changes nothing."""
    return dump_yaml(
        {
            "version": FORMAT,
            "sources": {
                source.slug: _source(
                    source,
                    workspace.connections_by_source_id.get(source.id, ()),
                    find_destination,
                )
                for source in workspace.sources
            },
            **export_computations(workspace),
        }
    )


def _source(
    source: Source, connections: tuple[Connection, ...], find_destination: FindDestination
) -> dict[str, Any]:
    return {
        "name": source.name,
        "type": source.type,
        "enabled": source.enabled,
        **({"strict": True} if source.is_strict else {}),
        "writeKeys": list(source.write_keys),
        "destinations": {
            connection.slug: _connection(connection, find_destination) for connection in connections
        },
    }


def _connection(connection: Connection, find_destination: FindDestination) -> dict[str, Any]:
    destination = find_destination(connection.destination)
    return {
        "destination": connection.destination,
        "name": connection.name,
        "enabled": connection.enabled,
        "settings": {
            key: KEEP if is_secret(destination, key) else value
            for key, value in connection.settings.items()
        },
        "mappings": {
            mapping.name: {
                "action": mapping.action,
                "trigger": mapping.trigger,
                "enabled": mapping.enabled,
                "fields": mapping.fields,
            }
            for mapping in connection.mappings
        },
        **(
            {"filters": {one.title: _filter(one) for one in connection.filters}}
            if connection.filters
            else {}
        ),
    }


def _filter(one: Filter) -> dict[str, Any]:
    return {
        **({"description": one.description} if one.description else {}),
        "if": one.condition,
        "enabled": one.enabled,
        "actions": [
            {key: value for key, value in msgspec.to_builtins(action).items() if value is not None}
            for action in one.actions
        ],
    }
