"""The names that events, properties and traits have had, for who writes a definition."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import duckdb

from crossdock.audiences.history.people import at
from crossdock.duck import statements

_SQL = statements(__package__, "vocabulary.sql")
_EVENT_OF_TABLE = {"pages": "Page Viewed", "screens": "Screen Viewed"}
# What the history adds to pages and screens, whose calls have their name beside the properties.
_NAME_OF_EVENT = {"Page Viewed": "page_name", "Screen Viewed": "screen_name"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A property or trait.

    Attributes:
        path: As the language of definitions writes it.
        kind: What its values are: `number`, `text`, `boolean` or `date`.
    """

    path: str
    kind: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EventName:
    """An event, and what its properties are called."""

    name: str
    count: int
    last_at: dt.datetime
    properties: Sequence[Name]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Everything that has a name."""

    events: Sequence[EventName]
    traits: Sequence[Name]
    account_traits: Sequence[Name]
    context: Sequence[Name]


def vocabulary(
    cursor: duckdb.DuckDBPyConnection, *, without_source_id: str, events_max: int
) -> Vocabulary:
    """Return the names there have been, the most frequent events first."""
    by_table: dict[str, list[Name]] = {}
    cursor.execute(_SQL["paths"])
    for table, event, pointer, kind in cursor.fetchall():
        origin = f"track:{event}" if event is not None else _EVENT_OF_TABLE.get(table, table)
        key = origin if event is not None or origin == table else f"track:{origin}"
        by_table.setdefault(key, []).append(Name(path=_path(pointer), kind=_kind(kind)))
    cursor.execute(
        _SQL["event_names"], {"without_source_id": without_source_id, "limit": events_max}
    )
    return Vocabulary(
        events=[
            EventName(
                name=name, count=count, last_at=at(last_us), properties=_properties(name, by_table)
            )
            for name, count, last_us in cursor.fetchall()
        ],
        traits=by_table.get("identifies", []),
        account_traits=by_table.get("groups", []),
        context=by_table.get("context", []),
    )


def _properties(event: str, by_table: dict[str, list[Name]]) -> list[Name]:
    found = by_table.get(f"track:{event}", [])
    own = _NAME_OF_EVENT.get(event)
    if own is None or any(one.path == own for one in found):
        return found
    return [Name(path=own, kind="text"), *found]


def _path(pointer: str) -> str:
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    return ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in keys)


def _kind(duckdb_type: str) -> str:
    known = {"BIGINT": "number", "DOUBLE": "number", "BOOLEAN": "boolean", "TIMESTAMP": "date"}
    return known.get(duckdb_type, "text")
