"""How much each source sends."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence

import duckdb

from crossdock.duck import statements
from crossdock.ledger.entries import microseconds, moment

_SQL = statements(__package__, "volumes.sql")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What a source sent in one stretch of time.

    Attributes:
        source_id: The source.
        time_us: Beginning of the stretch, microseconds since 1970.
        received: Events that were accepted.
        discarded: Messages that were refused.
        last_received_us: When the last of those that were accepted came; None if none was.
    """

    source_id: str
    time_us: int
    received: int
    discarded: int
    last_received_us: int | None


def volumes(
    cursor: duckdb.DuckDBPyConnection,
    since: dt.datetime,
    until: dt.datetime,
    *,
    grain_seconds: int,
) -> list[Volume]:
    """Return what each source sent from one moment to another, oldest first.

    Args:
        cursor: Where to ask.
        since: Aware; included.
        until: Aware; not included.
        grain_seconds: How long each stretch of time is.
    """
    cursor.execute(
        _SQL["volumes"].format(grain_us=grain_seconds * 1_000_000),
        {"since_us": microseconds(since), "until_us": microseconds(until)},
    )
    return [
        Volume(
            source_id=source_id,
            time_us=time_us,
            received=received,
            discarded=discarded,
            last_received_us=last_received_us,
        )
        for source_id, time_us, received, discarded, last_received_us in cursor.fetchall()
    ]


def last_received(
    cursor: duckdb.DuckDBPyConnection, source_ids: Sequence[str]
) -> Mapping[str, dt.datetime]:
    """Return when the last event of each source came, for those of which the ledger has any."""
    cursor.execute(_SQL["last_received"], {"source_ids": list(source_ids)})
    return {source_id: moment(last_us) for source_id, last_us in cursor.fetchall()}
