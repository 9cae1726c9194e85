"""The tables of Segment's warehouses, as views: made of what events hold, as it appears.

`tracks`, `identifies`, `users`, `pages`, `screens`, `groups`, `accounts`, `aliases`, and one table
for each event name, with its properties as columns. Names are in snake case, objects within objects
are flattened, and lists are JSON. Nothing is stored twice: a view reads what it is asked for.

Source: Segment's documentation of warehouse schemas.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from crossdock.audiences.history.rows import EventRow

TABLES_MAX = 1_000
"""Event names beyond these have no table of their own; they are in `tracks` all the same."""

COLUMNS_MAX = 500
"""Of one table; further keys are still in `properties`."""

_DEPTH_MAX = 3
_NAME_CHARACTERS_MAX = 100
_CONTEXT = "context"
_TRACK = "track:"
_TRAITS_OF = {"identify": "identifies", "group": "groups"}
_PROPERTIES_OF = {"page": "pages", "screen": "screens"}
_BESIDE = {"identifies": "users", "groups": "accounts"}
_FIXED = ("tracks", "identifies", "users", "pages", "screens", "groups", "accounts", "aliases")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
# As `snake_case`, for the names of events in SQL.
_SNAKE_CASE = (
    "lower(trim(regexp_replace(regexp_replace(event, '([a-z0-9])([A-Z])', '\\1_\\2', 'g'), "
    "'[^0-9a-zA-Z]+', '_', 'g'), '_'))"
)
_TYPES: Mapping[type, str] = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE"}

Key = tuple[str, tuple[str, ...], str]
"""A table, the keys that lead to a value, and its type."""


class Column(msgspec.Struct, frozen=True):
    """One column; several paths can lead to one of the same name.

    Attributes:
        table_name: The view, or `context` for what all have.
        event: The event's name, where the view is of one.
        column_name: In snake case.
        path: JSON pointer.
        type: DuckDB's.
    """

    table_name: str
    event: str | None
    column_name: str
    path: str
    type: str


class Widened(NamedTuple):
    """A column that turned out to hold more than its type."""

    table_name: str
    column_name: str
    type: str


class Warehouse:
    """Which tables and columns there are. Does not change; `learned` returns another.

    Args:
        columns: The rows of all columns.
    """

    def __init__(self, columns: Iterable[Sequence[str | None]]) -> None:
        self._columns: dict[str, dict[tuple[str, str], Column]] = {_CONTEXT: {}}
        self._table_by_event: dict[str, str] = {}
        # The types of what objects held, by whose columns they are and the keys that lead there.
        self._seen: dict[tuple[str, tuple[str, ...]], dict[str, set[str]]] = {}
        self.new_columns: list[Column] = []
        self.widened: list[Widened] = []
        for row in columns:
            self._keep(
                msgspec.convert(dict(zip(Column.__struct_fields__, row, strict=True)), Column)
            )

    def learned(self, rows: Sequence[EventRow]) -> Warehouse:
        """Return the warehouse that has a place for all that these events hold."""
        unseen: dict[Key, None] = {}
        for origin, value in _objects(rows):
            self._look(origin, value, (), unseen)
        if not unseen and not self.new_columns and not self.widened:
            return self
        learning = Warehouse(
            msgspec.structs.astuple(column)
            for columns in self._columns.values()
            for column in columns.values()
        )
        learning._seen = copy.deepcopy(self._seen)
        for key in unseen:
            learning._learn(key)
        return learning

    def views(self) -> Iterator[str]:
        """Yield the SQL that makes every view."""
        for table in _FIXED:
            yield self._view(table)
        for event, table in self._table_by_event.items():
            yield self._view(table, event)

    def changed_views(self) -> Iterator[str]:
        """Yield the SQL that makes those views that are not as they were."""
        changed = {column.table_name for column in [*self.new_columns]}
        changed |= {widened.table_name for widened in self.widened}
        if _CONTEXT in changed:
            yield from self.views()
            return
        for table in _FIXED:
            if table in changed or any(_BESIDE.get(one) == table for one in changed):
                yield self._view(table)
        for event, table in self._table_by_event.items():
            if table in changed:
                yield self._view(table, event)

    def _look(
        self,
        origin: str,
        value: Mapping[str, object],
        path: tuple[str, ...],
        unseen: dict[Key, None],
    ) -> None:
        """Note every key of an object that was not seen before. Events rarely have one."""
        seen = self._seen.get((origin, path))
        if seen is None:
            seen = {}
            if _is_event(origin) and not path:
                unseen[origin, path, ""] = None
        for name, inner in value.items():
            kinds = seen.get(name, ())
            if isinstance(inner, str):
                # A column of texts holds everything else too.
                kind = "VARCHAR" if "VARCHAR" in kinds or not _DATE.match(inner) else "TIMESTAMP"
            elif isinstance(inner, dict) and len(path) + 1 < _DEPTH_MAX:
                self._look(origin, inner, (*path, name), unseen)
                continue
            elif inner is None:
                continue
            else:
                kind = _TYPES.get(type(inner), "VARCHAR")
            if kind not in kinds:
                unseen[origin, (*path, name), kind] = None

    def _learn(self, key: Key) -> None:
        origin, path, kind = key
        seen = self._seen.setdefault((origin, path[:-1]), {})
        if path:
            seen.setdefault(path[-1], set()).add(kind)
        event = origin.removeprefix(_TRACK) if _is_event(origin) else None
        table = origin if event is None else self._table_of(event)
        if table is None:
            return
        if event is not None and event not in self._table_by_event:
            # It has a table without properties too, and may share one with another.
            self._add(Column(table, event, "", event, ""))
        if not path:
            return
        columns = self._columns.setdefault(table, {})
        prefix = "context_" if table == _CONTEXT else ""
        name = (prefix + snake_case("_".join(path)))[:_NAME_CHARACTERS_MAX]
        pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)
        if (name, pointer) in columns:
            self._widen(table, name, kind)
        elif len(columns) < COLUMNS_MAX and name:
            same = [column for (other, _), column in columns.items() if other == name]
            self._add(Column(table, event, name, pointer, same[0].type if same else kind))
            self._widen(table, name, kind)

    def _table_of(self, event: str) -> str | None:
        if event in self._table_by_event:
            return self._table_by_event[event]
        if len(self._table_by_event) >= TABLES_MAX:
            return None
        name = snake_case(event)[:_NAME_CHARACTERS_MAX] or "_"
        taken = {*_FIXED, _CONTEXT}
        if name in taken:
            name += "_"
        return name

    def _add(self, column: Column) -> None:
        self._keep(column)
        self.new_columns.append(column)

    def _keep(self, column: Column) -> None:
        columns = self._columns.setdefault(column.table_name, {})
        columns[column.column_name, column.path] = column
        if column.event is not None:
            self._table_by_event[column.event] = column.table_name

    def _widen(self, table: str, name: str, kind: str) -> None:
        columns = self._columns[table]
        for key, column in columns.items():
            if column.column_name != name or column.type in {kind, "VARCHAR"}:
                continue
            numbers = {"BIGINT", "DOUBLE"}
            wider = "DOUBLE" if {column.type, kind} == numbers else "VARCHAR"
            if column.type == "DOUBLE" and kind == "BIGINT":
                continue
            columns[key] = msgspec.structs.replace(column, type=wider)
            self.widened.append(Widened(table, name, wider))

    def _view(self, table: str, event: str | None = None) -> str:
        source = "traits" if table in {*_TRAITS_OF.values(), *_BESIDE.values()} else "properties"
        origin = {beside: own for own, beside in _BESIDE.items()}.get(table, table)
        own = _expressions(self._columns.get(origin, {}).values(), source)
        name = _quoted(table)
        if table in _BESIDE.values():
            return _latest_view(table, name, own)
        context = _expressions(self._columns[_CONTEXT].values(), "context")
        fixed = _fixed_columns(table, event)
        columns = {**own, **context, **fixed}
        shown = ", ".join(f"{sql} AS {_quoted(column)}" for column, sql in columns.items())
        return (
            f"CREATE OR REPLACE VIEW warehouse.{name} AS SELECT {shown} "  # noqa: S608 - quoted.
            f"FROM main.events WHERE {_condition(table, event, self._table_by_event)}"
        )


def snake_case(text: str) -> str:
    """Return a name as Segment's warehouses write it: `Order Completed` → `order_completed`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^0-9a-zA-Z]+", "_", parted).strip("_").lower()
    return f"_{name}" if name[:1].isdigit() else name


def _objects(rows: Iterable[EventRow]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield what has columns of its own, each with whose columns these are."""
    for row in rows:
        yield _CONTEXT, row.context
        if row.type == "track" and row.event is not None:
            yield _TRACK + row.event, row.properties or {}
        elif row.type in _PROPERTIES_OF:
            yield _PROPERTIES_OF[row.type], row.properties or {}
        elif row.type in _TRAITS_OF:
            yield _TRAITS_OF[row.type], row.traits or {}


def _is_event(origin: str) -> bool:
    return origin.startswith(_TRACK)


def _expressions(columns: Iterable[Column], source: str) -> dict[str, str]:
    """Return the SQL of each column, by name."""
    found: dict[str, list[str]] = {}
    for column in columns:
        if column.column_name:
            text = f"json_extract_string({source}, {_literal(column.path)})"
            sql = text if column.type == "VARCHAR" else f"try_cast({text} AS {column.type})"
            found.setdefault(column.column_name, []).append(sql)
    return {
        name: sqls[0] if len(sqls) == 1 else f"coalesce({', '.join(sqls)})"
        for name, sqls in found.items()
    }


def _fixed_columns(table: str, event: str | None) -> dict[str, str]:
    columns = {
        "id": "message_id",
        "received_at": "received_at",
        "sent_at": "sent_at",
        "timestamp": '"timestamp"',
        "original_timestamp": "original_timestamp",
        "user_id": "user_id",
        "anonymous_id": "anonymous_id",
        "profile_id": "profile_id",
        "source": "source",
    }
    if table == "tracks":
        columns |= {"event": _SNAKE_CASE, "event_text": "event"}
    if event is not None:
        columns |= {"event": _literal(table), "event_text": "event"}
    if table in _PROPERTIES_OF.values():
        columns |= {"name": f"json_extract_string(properties, '/{table[:-1]}_name')"}
        columns |= {"category": "category"}
    if table == "groups":
        columns |= {"group_id": "group_id"}
    if table == "aliases":
        columns |= {"previous_id": "previous_id"}
    return columns


def _condition(table: str, event: str | None, table_by_event: Mapping[str, str]) -> str:
    if event is not None:
        names = [name for name, own in table_by_event.items() if own == table]
        return f"type = 'track' AND event IN ({', '.join(_literal(name) for name in names)})"
    kinds = {own: kind for kind, own in (_TRAITS_OF | _PROPERTIES_OF).items()}
    kinds |= {"tracks": "track", "aliases": "alias"}
    return f"type = '{kinds[table]}'"


def _latest_view(table: str, name: str, own: Mapping[str, str]) -> str:
    """Return the view of what is known now: one row for each user or group."""
    if table == "users":
        ids = {"id": "known.value", "received_at": "rows.updated_at", "profile_id": "profile_id"}
        origin = (
            "main.profile_rows AS rows JOIN "
            "(SELECT profile_id, value FROM main.identifiers WHERE type = 'user_id') AS known "
            "USING (profile_id)"
        )
    else:
        ids = {"id": "rows.group_id", "received_at": "rows.updated_at"}
        origin = "main.account_rows AS rows"
    columns = ", ".join(f"{sql} AS {_quoted(key)}" for key, sql in {**own, **ids}.items())
    return f"CREATE OR REPLACE VIEW warehouse.{name} AS SELECT {columns} FROM {origin}"  # noqa: S608 - quoted.


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
