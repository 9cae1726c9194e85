"""A history in DuckDB, as the language reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb

from crossdock.audiences.language import Compiled
from crossdock.base import json
from tests.audiences.naive import World

TABLES = """
    CREATE OR REPLACE TABLE events (
        profile_id BIGINT, message_id VARCHAR, type VARCHAR, event VARCHAR, timestamp TIMESTAMP,
        properties JSON, context JSON, source VARCHAR, is_anonymous BOOLEAN
    );
    CREATE OR REPLACE TABLE profiles (profile_id BIGINT, traits JSON, is_anonymous BOOLEAN);
    CREATE OR REPLACE TABLE accounts (account_id BIGINT, traits JSON);
    CREATE OR REPLACE TABLE members (account_id BIGINT, profile_id BIGINT);
"""


class History:
    """A DuckDB in memory."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def close(self) -> None:
        self.connection.close()

    def hold(self, world: World) -> None:
        """Replace all there is."""
        self.connection.execute(TABLES)
        for table, rows in self._rows(world):
            if rows:
                marks = ", ".join("(" + ", ".join("?" for _ in row) + ")" for row in rows)
                values = [value for row in rows for value in row]
                self.connection.execute(f"INSERT INTO {table} VALUES {marks}", values)  # noqa: S608 - our names.

    def _rows(self, world: World) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
        def text(value: object) -> str:
            return json.encode(value).decode()

        yield (
            "events",
            [
                (
                    *(e.profile_id, e.message_id, e.type, e.event),
                    *(e.timestamp.replace(tzinfo=None), text(e.properties), text(e.context)),
                    *(e.source, False),
                )
                for e in world.events
            ],
        )
        yield "profiles", [(p.id, text(p.traits), p.is_anonymous) for p in world.profiles]
        yield "accounts", [(a.id, text(a.traits)) for a in world.accounts]
        yield "members", list(world.members)

    def ask(
        self, compiled: Compiled, now: dt.datetime
    ) -> dict[int, tuple[object, dt.datetime | None]]:
        """Return the result and the next moment, by id."""
        rows = self.connection.execute(compiled.sql, compiled.bind(now)).fetchall()
        return {row[0]: (row[1], row[2].replace(tzinfo=dt.UTC) if row[2] else None) for row in rows}
