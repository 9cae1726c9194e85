"""Questions of people, in SQL: one SELECT, of so many rows, and nothing else.

It runs in a transaction that can only read, in a database that reaches no file and no host. How
long it may take is its caller's business.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import duckdb

from crossdock.audiences.history.report import NotAQuestion

_TEXT_CHARACTERS_MAX = 100_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was found.

    Attributes:
        columns: Their names.
        types: Their types, as DuckDB calls them.
        rows: At most as many as were asked for.
        has_more: There are more.
    """

    columns: Sequence[str]
    types: Sequence[str]
    rows: Sequence[Sequence[object]]
    has_more: bool


def answer(cursor: duckdb.DuckDBPyConnection, *, text: str, rows_max: int) -> Table:
    """Return what a SELECT finds.

    Raises:
        NotAQuestion: It is not one, or DuckDB does not understand it.
        duckdb.InterruptException: Somebody interrupted it.
    """
    try:
        _check(text)
        # Names of the product's own tables come first: no event's name can hide them.
        cursor.execute("SET search_path = 'main,warehouse'")
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        cursor.execute(text)
        rows = cursor.fetchmany(rows_max + 1)
        description = cursor.description or []
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise NotAQuestion(
            f"The database does not answer this: {_first_lines(error)}.",
            do='Correct the SQL; "SHOW ALL TABLES" names the tables there are.',
        ) from error
    return Table(
        columns=[column[0] for column in description],
        types=[str(column[1]) for column in description],
        rows=rows[:rows_max],
        has_more=len(rows) > rows_max,
    )


def _check(text: str) -> None:
    if len(text) > _TEXT_CHARACTERS_MAX:
        raise NotAQuestion(
            f"The SQL has {len(text)} characters; {_TEXT_CHARACTERS_MAX} are allowed.",
            do="Ask something shorter.",
        )
    found = duckdb.extract_statements(text)
    if len(found) != 1 or found[0].type not in _QUESTIONS:
        raise NotAQuestion(
            "This is not one SELECT.",
            do="Send a single SELECT (or DESCRIBE, SHOW, EXPLAIN); the history cannot be changed.",
        )


_QUESTIONS = (
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
)


def _first_lines(error: duckdb.Error) -> str:
    return str(error).strip().rstrip(".")[:1_000]
