"""What people ask about audiences and computed traits."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import duckdb
import msgspec

from crossdock.audiences.engine import scopes
from crossdock.audiences.engine.definitions import Program, Programs
from crossdock.audiences.engine.scopes import run
from crossdock.audiences.history.people import at
from crossdock.duck import statements

_SQL = statements(__package__, "questions.sql")

State = Literal["disabled", "computing", "live", "failed"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who is in, or has a value.

    Attributes:
        subject_id: Number of the profile or account.
        value: Of a computed trait; True in an audience.
        since: When they came in, or got the value; None in a preview.
        group_id: Of an account.
    """

    subject_id: int
    value: object
    since: dt.datetime | None = None
    group_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a definition would give now.

    Attributes:
        size: How many are in, or have a value.
        total: Of how many.
        sample: Some of them.
    """

    size: int
    total: int
    sample: Sequence[Member]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """How far somebody is told.

    Attributes:
        total: How many were to be told at first.
        told: How many of these were.
        waiting: What is to be told now, later changes included.
        finished_at: When all of the first were told.
    """

    total: int
    told: int
    waiting: int
    started_at: dt.datetime
    finished_at: dt.datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with a definition.

    Attributes:
        size: How many are in, or have a value.
        computed_at: When it was computed over everybody.
        syncs: By connection.
    """

    state: State
    size: int = 0
    computed_at: dt.datetime | None = None
    syncs: Mapping[str, Sync] = dataclasses.field(default_factory=dict)


def preview(
    cursor: duckdb.DuckDBPyConnection,
    programs: Programs,
    program: Program,
    now: dt.datetime,
    *,
    sample_max: int,
) -> Preview:
    """Return what a definition would give now; the same SQL that computes it later."""
    cursor.begin()
    try:
        scopes.begin_results(cursor)
        relations = scopes.everything(cursor, programs).relations_for(program, ())
        cursor.execute(
            f"CREATE OR REPLACE TEMP TABLE previewed AS {program.sql(relations)}",
            program.compiled.bind(now),
        )
        total, size = cursor.execute("SELECT count(*), count(value) FROM previewed").fetchall()[0]
        rows = cursor.execute(
            "SELECT subject_id, value FROM previewed WHERE value IS NOT NULL "
            "ORDER BY subject_id DESC LIMIT $limit",
            {"limit": sample_max},
        ).fetchall()
        members = [Member(subject_id=row[0], value=msgspec.json.decode(row[1])) for row in rows]
        sample = _named(cursor, members, program.computation.subject)
    finally:
        cursor.rollback()
    return Preview(size=size, total=total, sample=sample)


def members(  # noqa: PLR0913 - what is asked for, each by its name.
    cursor: duckdb.DuckDBPyConnection,
    definition_id: str,
    subject: str,
    *,
    after: int,
    limit: int,
    text: str | None = None,
) -> list[Member]:
    """Return who is in, in the order of their numbers, behind one of them.

    With a text, only those of whom an identifier begins so.
    """
    rows = run(
        cursor,
        _SQL["members"],
        id=definition_id,
        after=after,
        limit=limit,
        text=text or None,
        is_of_users=subject == "users",
    )
    found = [
        Member(subject_id=row[0], value=msgspec.json.decode(row[1]), since=at(row[2]))
        for row in rows
    ]
    return _named(cursor, found, subject)


def standings(
    cursor: duckdb.DuckDBPyConnection, programs: Programs, failed: Collection[str]
) -> dict[str, Standing]:
    """Return how it stands with every definition."""
    sizes = dict(run(cursor, _SQL["sizes"]))
    computed = {row[0]: row[1:] for row in run(cursor, _SQL["computed"])}
    syncs: dict[str, dict[str, Sync]] = {}
    for definition_id, connection_id, total, started, finished, waiting, first in run(
        cursor, _SQL["syncs"]
    ):
        syncs.setdefault(definition_id, {})[connection_id] = Sync(
            total=total,
            told=total - first,
            waiting=waiting,
            started_at=at(started),
            finished_at=None if finished is None else at(finished),
        )
    found: dict[str, Standing] = {}
    for definition_id, one in programs.computations.items():
        program = programs.by_id.get(definition_id)
        revision, computed_us = computed.get(definition_id, (None, None))
        state: State = "live"
        if not one.enabled:
            state = "disabled"
        elif program is None or definition_id in failed:
            state = "failed"
        elif revision != program.revision:
            state = "computing"
        found[definition_id] = Standing(
            state=state,
            size=sizes.get(definition_id, 0),
            computed_at=None if computed_us is None else at(computed_us),
            syncs=syncs.get(definition_id, {}),
        )
    return found


def of_subject(
    cursor: duckdb.DuckDBPyConnection, subject_id: int
) -> list[tuple[str, object, dt.datetime]]:
    """Return the definitions in which a profile or an account is, its value, and since when."""
    return [
        (row[0], msgspec.json.decode(row[1]), at(row[2]))
        for row in run(cursor, _SQL["of_subject"], id=subject_id)
    ]


def _named(cursor: duckdb.DuckDBPyConnection, found: list[Member], subject: str) -> list[Member]:
    if subject == "users" or not found:
        return found
    names = dict(run(cursor, _SQL["groups"], ids=[one.subject_id for one in found]))
    return [dataclasses.replace(one, group_id=names.get(one.subject_id)) for one in found]
