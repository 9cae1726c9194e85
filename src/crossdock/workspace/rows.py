"""A workspace as rows of the tables, and back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingOf
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection as Database
from sqlalchemy import Table, delete, insert, select, update

from crossdock.base import json
from crossdock.workspace import tables
from crossdock.workspace.model import (
    Computation,
    Connection,
    Filter,
    FilterAction,
    Mapping,
    Output,
    Source,
    Workspace,
)
from crossdock.workspace.secret_box import SecretBox

Row = dict[str, Any]
_T = TypeVar("_T")

# A row names its parent, so parents are written first and removed last.
_TABLES = (
    tables.sources,
    tables.connections,
    tables.mappings,
    tables.filters,
    tables.computations,
    tables.retired_keys,
)


def read_rows(database: Database, *, version: int, box: SecretBox) -> Workspace:
    """Return the workspace that the tables hold.

    Raises:
        KeyProblem: The settings were sealed with another key.
    """
    mappings = _grouped(database, tables.mappings, _mapping)
    filters = _grouped(database, tables.filters, _filter)
    return Workspace(
        version=version,
        sources=tuple(_source(row) for row in _ordered(database, tables.sources)),
        connections=tuple(
            Connection(
                id=row["id"],
                source_id=row["source_id"],
                slug=row["slug"],
                destination=row["destination"],
                name=row["name"],
                enabled=row["enabled"],
                settings=box.unseal(row["sealed_settings"]),
                mappings=tuple(mappings[row["id"]]),
                filters=tuple(filters[row["id"]]),
                version=row["version"],
            )
            for row in _ordered(database, tables.connections)
        ),
        computations=tuple(_computation(row) for row in _ordered(database, tables.computations)),
        retired_keys=tuple(row["id"] for row in _ordered(database, tables.retired_keys)),
    )


def write_rows(database: Database, before: Workspace, after: Workspace, *, box: SecretBox) -> None:
    """Make the tables hold `after`, touching only the rows in which it differs from `before`."""
    rows_before, rows_after = _rows_by_table(before), _rows_by_table(after)
    for table in reversed(_TABLES):
        gone = rows_before[table.name].keys() - rows_after[table.name].keys()
        if gone:
            database.execute(delete(table).where(table.c.id.in_(gone)))
    for table in _TABLES:
        old_rows = rows_before[table.name]
        for row_id, row in rows_after[table.name].items():
            if row_id not in old_rows:
                database.execute(insert(table).values(_sealed(row, box)))
            elif row != old_rows[row_id]:
                database.execute(
                    update(table).where(table.c.id == row_id).values(_sealed(row, box))
                )


def _ordered(database: Database, table: Table) -> Iterable[MappingOf[Any, Any]]:
    return database.execute(select(table).order_by(table.c.position)).mappings()


def _grouped(
    database: Database, table: Table, build: Callable[[MappingOf[Any, Any]], _T]
) -> defaultdict[str, list[_T]]:
    by_connection_id: defaultdict[str, list[_T]] = defaultdict(list)
    for row in _ordered(database, table):
        by_connection_id[row["connection_id"]].append(build(row))
    return by_connection_id


def _source(row: MappingOf[Any, Any]) -> Source:
    return Source(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        kind=row["kind"],
        type=row["type"],
        enabled=row["enabled"],
        write_keys=tuple(json.decode(row["write_keys"])),
        is_strict=row["is_strict"],
        version=row["version"],
    )


def _mapping(row: MappingOf[Any, Any]) -> Mapping:
    return Mapping(
        id=row["id"],
        connection_id=row["connection_id"],
        name=row["name"],
        action=row["action"],
        trigger=row["trigger"],
        fields=json.decode(row["fields"]),
        enabled=row["enabled"],
        version=row["version"],
    )


def _filter(row: MappingOf[Any, Any]) -> Filter:
    return Filter(
        id=row["id"],
        connection_id=row["connection_id"],
        title=row["title"],
        description=row["description"],
        condition=row["condition"],
        actions=msgspec.convert(json.decode(row["actions"]), tuple[FilterAction, ...]),
        enabled=row["enabled"],
        created_at=row["created_at"].replace(tzinfo=dt.UTC),
        updated_at=row["updated_at"].replace(tzinfo=dt.UTC),
        version=row["version"],
    )


def _computation(row: MappingOf[Any, Any]) -> Computation:
    return Computation(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        key=row["key"],
        definition=row["definition"],
        description=row["description"],
        subject=row["subject"],
        with_anonymous=row["with_anonymous"],
        enabled=row["enabled"],
        outputs=msgspec.convert(json.decode(row["outputs"]), tuple[Output, ...]),
        created_at=row["created_at"].replace(tzinfo=dt.UTC),
        updated_at=row["updated_at"].replace(tzinfo=dt.UTC),
        version=row["version"],
    )


def _rows_by_table(workspace: Workspace) -> dict[str, dict[str, Row]]:
    connections = workspace.connections
    return {
        "sources": _by_id(_source_row(source) for source in workspace.sources),
        "connections": _by_id(_connection_row(connection) for connection in connections),
        "mappings": _by_id(*(map(_mapping_row, connection.mappings) for connection in connections)),
        "filters": _by_id(*(map(_filter_row, connection.filters) for connection in connections)),
        "computations": _by_id(map(_computation_row, workspace.computations)),
        "retired_keys": _by_id({"id": key} for key in workspace.retired_keys),
    }


def _by_id(*groups: Iterable[Row]) -> dict[str, Row]:
    return {
        row["id"]: {**row, "position": position}
        for group in groups
        for position, row in enumerate(group)
    }


def _source_row(source: Source) -> Row:
    return {
        "id": source.id,
        "slug": source.slug,
        "name": source.name,
        "kind": source.kind,
        "type": source.type,
        "enabled": source.enabled,
        "write_keys": json.encode(source.write_keys).decode(),
        "is_strict": source.is_strict,
        "version": source.version,
    }


def _connection_row(connection: Connection) -> Row:
    return {
        "id": connection.id,
        "source_id": connection.source_id,
        "slug": connection.slug,
        "destination": connection.destination,
        "name": connection.name,
        "enabled": connection.enabled,
        # As text, since 1, 1.0 and True are equal to Python; sealed only when it is written, since
        # sealing the same twice gives two results.
        "settings": json.encode(connection.settings).decode(),
        "version": connection.version,
    }


def _mapping_row(mapping: Mapping) -> Row:
    return {
        "id": mapping.id,
        "connection_id": mapping.connection_id,
        "name": mapping.name,
        "action": mapping.action,
        "trigger": mapping.trigger,
        "fields": json.encode(mapping.fields).decode(),
        "enabled": mapping.enabled,
        "version": mapping.version,
    }


def _filter_row(one: Filter) -> Row:
    return {
        "id": one.id,
        "connection_id": one.connection_id,
        "title": one.title,
        "description": one.description,
        "condition": one.condition,
        "actions": json.encode(one.actions).decode(),
        "enabled": one.enabled,
        "created_at": one.created_at.astimezone(dt.UTC).replace(tzinfo=None),
        "updated_at": one.updated_at.astimezone(dt.UTC).replace(tzinfo=None),
        "version": one.version,
    }


def _computation_row(one: Computation) -> Row:
    return {
        "id": one.id,
        "kind": one.kind,
        "name": one.name,
        "key": one.key,
        "definition": one.definition,
        "description": one.description,
        "subject": one.subject,
        "with_anonymous": one.with_anonymous,
        "enabled": one.enabled,
        "outputs": json.encode(one.outputs).decode(),
        "created_at": one.created_at.astimezone(dt.UTC).replace(tzinfo=None),
        "updated_at": one.updated_at.astimezone(dt.UTC).replace(tzinfo=None),
        "version": one.version,
    }


def _sealed(row: Row, box: SecretBox) -> Row:
    if "settings" not in row:
        return row
    settings = json.decode(row["settings"])
    return {key: value for key, value in row.items() if key != "settings"} | {
        "sealed_settings": box.seal(settings)
    }
