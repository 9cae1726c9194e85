"""From a stream of events to the SQL of its rows: which count now, and when that changes."""

# ruff: noqa: S608 - only names and whole numbers of our own are put in; the rest are parameters.

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from crossdock.audiences.language import tree
from crossdock.audiences.language.check import window_of
from crossdock.audiences.language.conditions import Truth, after_now, earliest
from crossdock.audiences.language.parameters import NOW, Parameters


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a stream, as SQL that can stand in FROM.

    Its columns are `id` (whom they belong to), `moment`, `message_id`, `x` (what the reducer looks
    at), `keep` (whether the row counts now), and `next_at` (when that may change).

    Attributes:
        sql: A SELECT.
        always_kept: Whether `keep` is true in every row.
        moves: Whether `next_at` is ever something.
        trailing: If a row counts from its moment on for a fixed time, and nothing else moves it,
            that time.
    """

    sql: str
    always_kept: bool
    moves: bool
    trailing: tree.Duration | None

    @property
    def only_kept(self) -> str:
        """The end of an aggregate that takes no other rows."""
        return "" if self.always_kept else " FILTER (WHERE keep)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of a stream come from, and whose they are.

    Attributes:
        alias: Of the event.
        id: SQL of the profile or account, nothing within a sequence.
        source: The FROM clause.
        parent: Alias of the event before it in a sequence.
        condition: How a `where` of the stream becomes SQL.
    """

    alias: str
    id: str | None
    source: str
    parent: str | None
    condition: Callable[[tree.Condition], Truth]


def rows_of(
    stream: tree.Stream,
    argument: str | None,
    place: Place,
    parameters: Parameters,
    *,
    with_past: bool,
) -> Rows:
    """Return the rows of a stream.

    Args:
        stream: Checked.
        argument: SQL of what the reducer looks at.
        place: Where they come from.
        parameters: Takes the values of the definition.
        with_past: Whether rows that time has taken out for good are wanted too, not kept.
    """
    event = place.alias
    static = [] if stream.kind == "entity" else [f"{event}.event = {parameters.name(stream.name)}"]
    if place.parent:
        static.append(f"{event}.profile_id = {place.parent}.profile_id")
        # Strictly later: an event is no sequence with itself.
        static.append(f"{event}.timestamp > {place.parent}.timestamp")
    moving: list[Truth] = []
    for one in stream.filters:
        truth = _filter(one, place, parameters)
        if truth is None:
            continue
        if truth.next_at:
            moving.append(truth)
        else:
            static.append(truth.sql)
    return _windowed(stream, argument, place, static, moving, with_past=with_past)


def _filter(one: tree.Filter, place: Place, parameters: Parameters) -> Truth | None:
    event = place.alias
    match one:
        case tree.Where(condition):
            return place.condition(condition)
        case tree.Sources(excluded):
            names = ", ".join(parameters.name(source) for source in excluded)
            return Truth(f"coalesce({event}.source NOT IN ({names}), TRUE)")
        case tree.Within(duration, of_parent=True):
            return Truth(f"{event}.timestamp <= {_later(f'{place.parent}.timestamp', duration)}")
        case tree.Between(start, end, of_parent=True):
            after = f"{event}.timestamp >= {_later(f'{place.parent}.timestamp', start)}"
            before = f"{event}.timestamp <= {_later(f'{place.parent}.timestamp', end)}"
            return Truth(f"({after} AND {before})")
        case tree.Within() | tree.Between() | tree.ExpiresAfter():
            return None
        case _:
            assert_never(one)


def _later(moment: str, duration: tree.Duration) -> str:
    return f"{moment} + INTERVAL {duration.seconds} SECOND"


def _windowed(  # noqa: PLR0913 - the parts of one SELECT.
    stream: tree.Stream,
    argument: str | None,
    place: Place,
    static: list[str],
    moving: Sequence[Truth],
    *,
    with_past: bool,
) -> Rows:
    at = f"{place.alias}.timestamp"
    window = window_of(stream)
    kept = [one.sql for one in moving]
    turns = [one.next_at for one in moving]
    trailing = None
    match window:
        case tree.Within(duration):
            in_window = f"{at} > {NOW} - INTERVAL {duration.seconds} SECOND"
            (kept if with_past else static).append(in_window)
            turns.append(after_now(_later(at, duration)))
            trailing = None if moving else duration
        case tree.Between(start, end):
            in_window = f"{at} > {NOW} - INTERVAL {end.seconds} SECOND"
            (kept if with_past else static).append(in_window)
            kept.append(f"{at} <= {NOW} - INTERVAL {start.seconds} SECOND")
            turns += [after_now(_later(at, start)), after_now(_later(at, end))]
        case _:
            pass
    next_at = earliest(turns)
    sql = (
        f"SELECT {f'{place.id} AS id, ' if place.id else ''}"
        f"{at} AS moment, {place.alias}.message_id AS message_id, {argument or 'NULL'} AS x, "
        f"{' AND '.join(kept) or 'TRUE'} AS keep, "
        f"{next_at or 'CAST(NULL AS TIMESTAMP)'} AS next_at "
        f"FROM {place.source}{' WHERE ' if static else ''}{' AND '.join(static)}"
    )
    if isinstance(window, tree.ExpiresAfter):
        return Rows(_session(sql, window.duration), always_kept=False, moves=True, trailing=None)
    return Rows(sql, always_kept=not kept, moves=next_at is not None, trailing=trailing)


def _session(rows: str, duration: tree.Duration) -> str:
    """Keep the rows of the last session, if it goes on; a pause of the full time ends one."""
    length = f"INTERVAL {duration.seconds} SECOND"
    paired = (
        "SELECT *, lead(moment) OVER (PARTITION BY id ORDER BY moment, message_id) AS following "
        f"FROM ({rows})"
    )
    bounded = (
        f"SELECT *, max(CASE WHEN following >= moment + {length} THEN moment END) "
        "OVER (PARTITION BY id) AS pause_at, "
        f"max(moment) OVER (PARTITION BY id) + {length} AS end_at FROM ({paired})"
    )
    return (
        "SELECT id, moment, message_id, x, "
        f"(pause_at IS NULL OR moment > pause_at) AND end_at > {NOW} AS keep, "
        f"{after_now('end_at')} AS next_at FROM ({bounded})"
    )
