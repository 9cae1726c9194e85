"""The tables that one round reads: everything, or what those who are looked at did."""

# ruff: noqa: S608 - only names of our own are put in; the rest are parameters.

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

import duckdb

from crossdock.audiences.engine.definitions import Program, Programs
from crossdock.audiences.language import Relations
from crossdock.audiences.language.compiled import Subject
from crossdock.base import json
from crossdock.duck import statements

_SQL = statements(__package__, "scopes.sql")
_EVERYTHING = Relations("main.events", "main.profiles", "main.accounts", "main.members")
# What few definitions look at is read only for these: the column, its name there, its type, and
# what says so in their SQL. JSON is most of what an event is made of, and message ids, by which
# those of one moment are in order, are like nothing else.
_COLUMNS_AT_NEED = (
    ("properties", "properties", "JSON", ".properties"),
    ("context", "context", "JSON", ".context"),
    ("message_id", "message_id", "VARCHAR", "ORDER BY"),
    ("type", "type", "VARCHAR", ".type"),
    ("source_id", "source", "VARCHAR", ".source"),
)


def run(cursor: duckdb.DuckDBPyConnection, sql: str, **parameters: Any) -> list[Any]:
    """Return what a statement answers. Only the parameters that it names are handed over."""
    used = {name: value for name, value in parameters.items() if f"${name}" in sql}
    cursor.execute(sql, used)
    return cursor.fetchall()


def begin_results(cursor: duckdb.DuckDBPyConnection) -> None:
    """Make the table of what the programs of a round find, empty."""
    run(cursor, _SQL["begin_results"])


class Scope:
    """What the programs of one round read. Its tables are temporary, and of one connection.

    Args:
        cursor: In a transaction.
        programs: All there are.
        relations: The tables, without what is computed.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, programs: Programs, relations: Relations
    ) -> None:
        self._cursor = cursor
        self._relations = relations
        self._by_key = {one.key: one for one in programs.computations.values()}

    def relations_for(self, program: Program, done: Collection[str]) -> Relations:
        """Return the tables for a program, with what it reads of others among the traits.

        Args:
            program: Whose.
            done: The definitions whose results of this round stand in `results` already.
        """
        if not program.reads:
            return self._relations
        read = [self._by_key[key] for key in sorted(program.reads)]
        run(
            self._cursor,
            _SQL["engage_keys"],
            ids=[one.id for one in read],
            keys=[one.key for one in read],
        )
        others = [one.id for one in read if one.id not in done]
        run(self._cursor, _SQL["values_now"], others=others)
        overlaid = {}
        # People and accounts are numbered apart: one's results say nothing about the others.
        for subject, name in (("users", "profiles"), ("accounts", "accounts")):
            about = [one for one in read if one.subject == subject]
            if not about:
                continue
            base = getattr(self._relations, name)
            run(
                self._cursor,
                _SQL[f"overlay_{name}"].replace("{base}", base),
                ids=[one.id for one in about],
                outside=json.encode(
                    {one.key: False for one in about if one.kind == "audience"}
                ).decode(),
            )
            overlaid[name] = f"overlaid_{name}"
        return dataclasses.replace(self._relations, **overlaid)


def everything(cursor: duckdb.DuckDBPyConnection, programs: Programs) -> Scope:
    """Return the whole history."""
    return Scope(cursor, programs, _EVERYTHING)


def of_subjects(
    cursor: duckdb.DuckDBPyConnection,
    programs: Programs,
    affected: Sequence[Program],
    subject: Subject,
) -> Scope:
    """Return what the subjects of this round did, as far as the affected programs look at it."""
    kind = "user" if subject == "users" else "account"
    run(cursor, _SQL[f"{kind}_raws"])
    run(cursor, _SQL["scope_profiles"])
    names = sorted({name for one in affected for name in one.compiled.event_names})
    sql = "\n".join(one.compiled.sql for one in affected)
    columns = ", ".join(
        f"{f'rows.{column}' if sign in sql else f'CAST(NULL AS {kind})'} AS {name}"
        for column, name, kind, sign in _COLUMNS_AT_NEED
    )
    run(
        cursor,
        "CREATE OR REPLACE TEMP TABLE scope_events AS "
        f"SELECT raws.target_id AS profile_id, rows.event, rows.timestamp, {columns} "
        "FROM event_rows AS rows JOIN raws ON raws.raw_id = rows.profile_id "
        "WHERE rows.event IN (SELECT unnest($names))",
        names=names,
    )
    if subject == "users":
        # Who belongs where is little, next to what people do.
        return Scope(
            cursor,
            programs,
            dataclasses.replace(_EVERYTHING, events="scope_events", profiles="scope_profiles"),
        )
    run(cursor, _SQL["scope_accounts"])
    run(cursor, _SQL["scope_members"])
    relations = Relations("scope_events", "scope_profiles", "scope_accounts", "scope_members")
    return Scope(cursor, programs, relations)
