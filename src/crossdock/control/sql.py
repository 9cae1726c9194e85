"""Questions in SQL over the history: `events`, `profiles`, and Segment's warehouse tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from crossdock.control.answers import Data, Request_, Shape
from crossdock.control.parts import Here
from crossdock.control.profiles import history_of

router = APIRouter(tags=["Profiles"])

ROWS_MAX = 10_000
SECONDS_MAX = 60


class SqlRequest(Request_):
    """One SELECT, and its bounds."""

    sql: str = Field(min_length=1)
    limit: int = Field(1_000, ge=1, le=ROWS_MAX)
    timeout_seconds: int = Field(30, ge=1, le=SECONDS_MAX)


class SqlAnswer(Shape):
    """A table; `hasMore` says that it was cut at the limit."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    has_more: bool


@router.post("/sql")
async def ask_in_sql(request: SqlRequest, parts: Here) -> Data[SqlAnswer]:
    """Answer one SELECT. It can only read, and reaches no file and no host."""
    table = await history_of(parts).query(
        request.sql, rows_max=request.limit, seconds_max=request.timeout_seconds
    )
    return Data(
        data=SqlAnswer(
            columns=[*table.columns],
            types=[*table.types],
            rows=[[_shown(value) for value in row] for row in table.rows],
            has_more=table.has_more,
        )
    )


def _shown(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _shown(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(inner) for inner in value]
    return str(value)
