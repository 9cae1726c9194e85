"""From a checked tree to one SELECT: the same for the whole history, a preview and a micro-batch.

Each stream becomes a common table expression with one row for each profile that has events of that
name; the name comes first, so that JSON is read of those events only. A second event of a sequence
is a correlated subquery within the first.
"""

# ruff: noqa: S608 - only names and whole numbers of our own are put in; the rest are parameters.

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from crossdock.audiences.language import tree
from crossdock.audiences.language.compiled import Compiled, Relations, Subject
from crossdock.audiences.language.conditions import Conditions, Truth
from crossdock.audiences.language.operands import Operand, fixed
from crossdock.audiences.language.parameters import Parameters
from crossdock.audiences.language.paths import keys_of, pointer_of
from crossdock.audiences.language.reducers import grouped, value_of
from crossdock.audiences.language.streams import Place, rows_of

# The names of pages and screens, as Segment's conditions call them, and the type that has them.
_CALL_NAMES = {"page_name": "page", "screen_name": "screen"}


def compile_members(
    node: tree.Condition,
    *,
    subject: Subject,
    with_anonymous: bool,
    relations: Relations,
) -> Compiled:
    """Return the SQL of who is in an audience."""
    query = _Query(relations.quoted(), with_anonymous=with_anonymous)
    level = _Level(subject)
    truth = query.conditions(level).truth(node)
    return query.finished(level, f"{truth.sql}", "member", "FALSE", truth.next_at)


def compile_values(
    node: tree.Reduced,
    *,
    subject: Subject,
    with_anonymous: bool,
    relations: Relations,
) -> Compiled:
    """Return the SQL of a computed trait's values."""
    query = _Query(relations.quoted(), with_anonymous=with_anonymous)
    level = _Level(subject)
    name = query.joined(node, level, None, with_past=node.reducer in ("count", "unique_count"))
    value = _json_of(node, f"{name}.v")
    next_at = f"{name}.next_at" if name in query.moving else None
    return query.finished(level, value, "value", "NULL", next_at)


def _json_of(node: tree.Reduced, value: str) -> str:
    if node.reducer in ("first", "last"):
        return f"CAST({value} AS JSON)"
    is_number = node.value_type == "number" or (
        node.reducer not in ("mode", "unique") and node.value_type is None
    )
    if not is_number or node.reducer == "unique":
        return f"to_json({value})"
    # A whole number has no ".0"; what is not finite is no JSON.
    return (
        f"CASE WHEN NOT isfinite(CAST({value} AS DOUBLE)) THEN NULL "
        f"WHEN {value} = trunc({value}) AND abs({value}) < 9e15 "
        f"THEN to_json(CAST({value} AS BIGINT)) ELSE to_json({value}) END"
    )


@dataclass(slots=True)
class _Level:
    """Whom a condition is about, and the tables that it needs beside theirs."""

    subject: Subject
    joins: dict[str, None] = field(default_factory=dict)

    @property
    def alias(self) -> Literal["p", "a"]:
        return "p" if self.subject == "users" else "a"

    @property
    def id(self) -> str:
        return "p.profile_id" if self.subject == "users" else "a.account_id"


class _Query:
    """The SQL of one definition while it is made."""

    def __init__(self, relations: Relations, *, with_anonymous: bool) -> None:
        self.parameters = Parameters()
        self.moving: set[str] = set()
        self._relations = relations
        self._with_anonymous = with_anonymous
        self._tables: dict[str, str] = {}
        self._event_names: set[str] = set()
        self._trait_keys: set[str] = set()
        self._account_trait_keys: set[str] = set()
        self._reads_members = False

    def conditions(self, level: _Level) -> Conditions:
        """Return what makes conditions about a profile or an account SQL."""

        def operand(node: tree.Scalar, comparison: tree.Compare | None) -> Operand:
            if isinstance(node, tree.Reduced):
                name = self.joined(node, level, comparison, with_past=False)
                return _reduced(node, name, moves=name in self.moving)
            return self._simple(node, level, ())

        return Conditions(self.parameters, operand, lambda node: self._members(node, level))

    def _simple(self, node: tree.Scalar, level: _Level, events: tuple[str, ...]) -> Operand:
        """Return a value of a profile, or of an event; the last of the events is the nearest."""
        match node:
            case tree.Fixed(value):
                return fixed(value, self.parameters)
            case tree.Trait(path):
                keys = self._trait_keys if level.subject == "users" else self._account_trait_keys
                keys.add(keys_of(path)[0])
                return self._raw(f"{level.alias}.traits", path)
            case tree.Context(path):
                return self._raw(f"{events[-1]}.context", path)
            case tree.Property(path, of_parent):
                return self._property(events[-2] if of_parent else events[-1], path)
            case _:
                raise ValueError("a stream has no place of its own here")

    def _property(self, event: str, path: str) -> Operand:
        given = self._raw(f"{event}.properties", path)
        call = _CALL_NAMES.get(path)
        if call is None:
            return given
        name = self._raw(f"{event}.properties", "name").sql
        named = f"CASE WHEN {event}.type = '{call}' THEN {name} END"
        return Operand(f"coalesce({given.sql}, {named})", "raw")

    def _raw(self, column: str, path: str) -> Operand:
        pointer = self.parameters.name(pointer_of(path))
        raw = f"nullif(CAST(json_extract({column}, {pointer}) AS VARCHAR), 'null')"
        return Operand(raw, "raw", as_text=f"json_extract_string({column}, {pointer})")

    def joined(
        self,
        node: tree.Reduced,
        level: _Level,
        comparison: tree.Compare | None,
        *,
        with_past: bool,
    ) -> str:
        """Return the name of the table that has the value for each id, joined to the level."""
        rows = rows_of(
            node.stream,
            self._argument(node, level, ("e",)),
            self._place(node, level),
            self.parameters,
            with_past=with_past,
        )
        name = self._table(grouped(node, rows, comparison), level)
        if rows.moves:
            self.moving.add(name)
        return name

    def _table(self, sql: str, level: _Level) -> str:
        name = self._tables.setdefault(sql, f"t{len(self._tables)}")
        level.joins[name] = None
        return name

    def _argument(self, node: tree.Reduced, level: _Level, events: tuple[str, ...]) -> str | None:
        if node.argument is None:
            return None
        return self._simple(node.argument, level, events).sql

    def _place(self, node: tree.Reduced, level: _Level) -> Place:
        """Return where the rows of a stream come from that stands alone."""
        stream = node.stream
        source = f"{self._relations.events} AS e"
        if stream.kind == "entity":
            self._reads_members = True
            self._account_trait_keys |= _property_keys(node)
            source = self._entities()
        else:
            self._event_names.add(stream.name)
        key = "e.profile_id"
        if level.subject == "accounts":
            self._reads_members = True
            key = "m.account_id"
            source += f" JOIN {self._relations.members} AS m ON m.profile_id = e.profile_id"
        if any(isinstance(one, tree.Trait) for one in tree.walk(node)):
            relations = self._relations
            table = relations.profiles if level.subject == "users" else relations.accounts
            source += f" JOIN {table} AS {level.alias} ON {level.id} = {key}"
        where = Conditions(
            self.parameters,
            lambda one, _: self._in_event(one, level, ("e",)),
            lambda one: self._members(one, level),
        )
        return Place("e", key, source, None, where.truth)

    def _entities(self) -> str:
        """Return the accounts of each profile, in the shape of events."""
        return (
            "(SELECT of.profile_id, one.traits AS properties, CAST(NULL AS TIMESTAMP) AS timestamp,"
            " CAST(one.account_id AS VARCHAR) AS message_id, CAST(NULL AS VARCHAR) AS type,"
            f" CAST(NULL AS JSON) AS context FROM {self._relations.members} AS of"
            f" JOIN {self._relations.accounts} AS one ON one.account_id = of.account_id) AS e"
        )

    def _in_event(self, node: tree.Scalar, level: _Level, events: tuple[str, ...]) -> Operand:
        if not isinstance(node, tree.Reduced):
            return self._simple(node, level, events)
        self._event_names.add(node.stream.name)
        alias = f"e{len(events)}"
        both = (*events, alias)
        where = Conditions(
            self.parameters,
            lambda one, _: self._simple(one, level, both),
            lambda one: self._members(one, level),
        )
        source = f"{self._relations.events} AS {alias}"
        place = Place(alias, None, source, events[-1], where.truth)
        argument = self._argument(node, level, both)
        rows = rows_of(node.stream, argument, place, self.parameters, with_past=False)
        value = _reduced_sql(node, f"(SELECT {value_of(node, rows)} FROM ({rows.sql}))")
        next_at = f"(SELECT min(next_at) FROM ({rows.sql}))" if rows.moves else None
        return Operand(value, _kind(node), next_at)

    def _members(self, node: tree.Members, accounts: _Level) -> Truth:
        """Return ANY or ALL: a table with an answer for each account that has members."""
        self._reads_members = True
        level = _Level("users")
        truth = self.conditions(level).truth(node.part)
        aggregate = "bool_or" if node.quantifier == "ANY" else "bool_and"
        source = (
            f"{self._relations.members} AS m JOIN {self._relations.profiles} AS p "
            f"ON p.profile_id = m.profile_id{_joins(level)}"
        )
        anonymous = "" if self._with_anonymous else " WHERE NOT p.is_anonymous"
        sql = (
            f"SELECT m.account_id AS id, {aggregate}({truth.sql}) AS v, "
            f"min({truth.next_at or 'CAST(NULL AS TIMESTAMP)'}) AS next_at "
            f"FROM {source}{anonymous} GROUP BY m.account_id"
        )
        name = self._table(sql, accounts)
        # An account without members fulfils neither: it is about users, and there are none.
        return Truth(f"coalesce({name}.v, FALSE)", f"{name}.next_at" if truth.next_at else None)

    def finished(
        self, level: _Level, result: str, name: str, nobody: str, next_at: str | None
    ) -> Compiled:
        """Return the whole SELECT, with the value of those who are left out."""
        relation = self._relations.profiles
        id_name = "profile_id"
        if level.subject == "accounts":
            relation, id_name = self._relations.accounts, "account_id"
        moment = next_at or "CAST(NULL AS TIMESTAMP)"
        if level.subject == "users" and not self._with_anonymous:
            result = f"CASE WHEN p.is_anonymous THEN {nobody} ELSE {result} END"
            moment = f"CASE WHEN NOT p.is_anonymous THEN {moment} END"
        tables = ", ".join(f"{table} AS ({sql})" for sql, table in self._tables.items())
        sql = (
            f"{f'WITH {tables} ' if tables else ''}"
            f"SELECT {level.id} AS {id_name}, {result} AS {name}, {moment} AS next_at "
            f"FROM {relation} AS {level.alias}{_joins(level)}"
        )
        return Compiled(
            sql=sql,
            subject=level.subject,
            parameters=self.parameters.values,
            event_names=frozenset(self._event_names),
            trait_keys=frozenset(self._trait_keys),
            account_trait_keys=frozenset(self._account_trait_keys),
            is_windowed=next_at is not None,
            reads_members=self._reads_members,
        )


def _property_keys(node: tree.Reduced) -> set[str]:
    return {keys_of(one.path)[0] for one in tree.walk(node) if isinstance(one, tree.Property)}


def _joins(level: _Level) -> str:
    return "".join(f" LEFT JOIN {name} ON {name}.id = {level.id}" for name in level.joins)


def _kind(node: tree.Reduced) -> Literal["raw", "number", "text"]:
    if node.reducer in ("first", "last"):
        return "raw"
    if node.reducer in ("mode", "unique"):
        return "number" if node.value_type == "number" else "text"
    return "text" if node.value_type == "string" and node.reducer != "unique_count" else "number"


def _reduced_sql(node: tree.Reduced, value: str) -> str:
    # Nothing was counted where there is no row; of nothing there is no sum.
    return f"coalesce({value}, 0)" if node.reducer in ("count", "unique_count") else value


def _reduced(node: tree.Reduced, table: str, *, moves: bool) -> Operand:
    value = _reduced_sql(node, f"{table}.v")
    return Operand(value, _kind(node), f"{table}.next_at" if moves else None)
