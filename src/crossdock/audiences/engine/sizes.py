"""How large audiences were: one size an hour of each, for thirty days."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import duckdb

from crossdock.audiences.engine.scopes import run
from crossdock.audiences.history.people import at
from crossdock.base.clock import Clock
from crossdock.duck import Turns, statements, transaction

_SQL = statements(__package__, "sizes.sql")

DAYS_MAX = 30
"""How long sizes are kept: 720 rows a definition at most."""

# Whether one is lacking is a small question, but rounds come ten times a second.
_LOOK_SECONDS = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """How many were in, at the beginning of an hour, or when it was first computed in that hour."""

    at: dt.datetime
    size: int


class Sizes:
    """Notes the sizes, for the thread in which the engine writes.

    Args:
        clock: Says which hour it is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looked_at: float | None = None

    def look_soon(self) -> None:
        """See that the next round notes what was only now computed, as large as it is now."""
        self._looked_at = None

    def note(self, known: Collection[str], cursor: duckdb.DuckDBPyConnection, quiet: Turns) -> None:
        """Note what is lacking of this hour; forget all that is not of these definitions."""
        looked_at = self._clock.monotonic_seconds()
        if self._looked_at is not None and 0 <= looked_at - self._looked_at < _LOOK_SECONDS:
            return
        now = _naive(self._clock.now())
        hour = now.replace(minute=0, second=0, microsecond=0)
        with quiet:
            run(cursor, _SQL["create_sizes"])
            if run(cursor, _SQL["is_lacking"], hour=hour)[0][0]:
                with transaction(cursor):
                    run(cursor, _SQL["note"], hour=hour)
                    oldest = hour - dt.timedelta(days=DAYS_MAX)
                    run(cursor, _SQL["forget"], oldest=oldest, known=[*known])
        self._looked_at = looked_at


def sizes(
    cursor: duckdb.DuckDBPyConnection,
    *,
    since: dt.datetime,
    now: dt.datetime,
    definition_id: str | None = None,
) -> Mapping[str, Sequence[Size]]:
    """Return the sizes since a moment, oldest first; of one definition, or of all."""
    if not run(cursor, _SQL["is_there"])[0][0]:
        return {}
    found: dict[str, list[Size]] = {}
    for one, us, size in run(
        cursor, _SQL["sizes"], since=_naive(since), now=_naive(now), id=definition_id
    ):
        found.setdefault(one, []).append(Size(at(us), size))
    return found


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
