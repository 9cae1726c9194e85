"""What can be asked of the ledger."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping, Sequence

import duckdb
import msgspec

from crossdock.duck import statements
from crossdock.events import Step
from crossdock.events.dead_letter import DEAD_LETTER_DISCARDED
from crossdock.ledger.entries import RECEIVED, Entry, hash_of, microseconds

_SQL = statements(__package__, "queries.sql")
_FIELDS = Entry.__struct_fields__
_COLUMNS = ", ".join(_FIELDS)
# An event with so many outcomes is in a loop; a person reads the first hundred.
_TRACE_ENTRIES_MAX = 2_000
# What an overview answers is held in memory, and read by a person: the largest groups come first.
COUNTS_MAX = 20_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries; None means all. Moments are aware; `until` is not included."""

    source_id: str | None = None
    connection_id: str | None = None
    step: str | None = None
    reason: str | None = None
    event_name: str | None = None
    event_type: str | None = None
    user_id: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    cursor: str | None = None
    limit: int = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and what to ask for the next ones; None if there are none."""

    entries: Sequence[Entry]
    next_cursor: str | None


class Overview(enum.StrEnum):
    """The six steps of a delivery overview."""

    SUCCESSFULLY_RECEIVED = "successfully-received"
    FAILED_ON_INGEST = "failed-on-ingest"
    FILTERED_AT_SOURCE = "filtered-at-source"
    FILTERED_AT_DESTINATION = "filtered-at-destination"
    FAILED_DELIVERY = "failed-delivery"
    SUCCESSFUL_DELIVERY = "successful-delivery"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many there were in one stretch of time.

    Attributes:
        group: By what was asked for: column to value.
        time_us: Beginning of the stretch, microseconds since 1970.
        count: How many events, or deliveries.
        retry_count: How many attempts were not the first.
    """

    group: Mapping[str, str | None]
    time_us: int
    count: int
    retry_count: int


@dataclasses.dataclass(frozen=True, slots=True)
class Counts:
    """What was counted, the largest groups first, and whether that is all of it."""

    counted: Sequence[Counted]
    is_whole: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long attempts took, and how many were not the first; seconds are None without any."""

    attempt_count: int
    retry_count: int
    median_seconds: float | None
    p95_seconds: float | None


_ENTRIES = "count(*)"
# A delivery may be said to have failed more than once: rejected, then dead. There are few of them:
# to tell which are distinct takes ten times as long as to count.
_FAILED_DELIVERIES = (
    "count(DISTINCT subject_hash::UBIGINT * 4294967296 + hash(event_sequence) % 4294967296)"
)

_FAILED = ", ".join(
    f"'{step}'"
    for step in (Step.REJECTED, Step.DISCARDED, Step.FAILED, Step.DEAD, Step.NEEDS_ATTENTION)
)

_IS_NOT_BY_HAND = f"reason <> '{DEAD_LETTER_DISCARDED}'"

_OVERVIEWS = {
    Overview.SUCCESSFULLY_RECEIVED: (_ENTRIES, f"step = '{RECEIVED}'"),
    Overview.FAILED_ON_INGEST: (
        _ENTRIES,
        f"step = '{Step.DISCARDED}' AND connection_id IS NULL",
    ),
    Overview.FILTERED_AT_SOURCE: (
        _ENTRIES,
        f"step IN ('{Step.DUPLICATE}', '{Step.FILTERED}') AND connection_id IS NULL",
    ),
    Overview.FILTERED_AT_DESTINATION: (
        _ENTRIES,
        f"step IN ('{Step.DUPLICATE}', '{Step.FILTERED}') AND connection_id IS NOT NULL",
    ),
    Overview.FAILED_DELIVERY: (
        _FAILED_DELIVERIES,
        f"step IN ({_FAILED}) AND connection_id IS NOT NULL AND {_IS_NOT_BY_HAND}",
    ),
    Overview.SUCCESSFUL_DELIVERY: (_ENTRIES, f"step = '{Step.DELIVERED}'"),
}

GROUPS = ("event_name", "event_type", "reason", "mapping_id", "connection_id", "source_id")
"""What an overview can be split by."""


def trace(cursor: duckdb.DuckDBPyConnection, message_id: str) -> list[Entry]:
    """Return the life of the events of a messageId: one event after the other, oldest first."""
    message_hash = hash_of(message_id)
    cursor.execute(
        _SQL["find_message"], {"message_hash": message_hash, "limit": _TRACE_ENTRIES_MAX}
    )
    sequences = [row[0] for row in cursor.fetchall()]
    if not sequences:
        return []
    cursor.execute(
        _SQL["trace"].format(columns=_COLUMNS),
        {
            "sequences": sequences,
            # Blocks outside are skipped without a look.
            "first": min(sequences),
            "last": max(sequences),
            "message_hash": message_hash,
            "message_id": message_id,
            "limit": _TRACE_ENTRIES_MAX,
        },
    )
    return [_entry(row) for row in cursor.fetchall()]


def search(cursor: duckdb.DuckDBPyConnection, wanted: Wanted) -> Page:
    """Return the latest entries that are wanted, newest first.

    Raises:
        ValueError: The cursor is not one of ours.
    """
    conditions, parameters = _conditions(wanted)
    if wanted.cursor is not None:
        conditions.append(
            "(happened_us, stream, sequence, position) < ($us, $stream, $sequence, $position)"
        )
        parameters |= _place_of(wanted.cursor)
    # One more than a page, to know whether there is another.
    cursor.execute(
        _SQL["search"].format(columns=_COLUMNS, conditions=" AND ".join(conditions)),
        parameters | {"limit": wanted.limit + 1},
    )
    entries = [_entry(row) for row in cursor.fetchall()]
    has_more = len(entries) > wanted.limit
    entries = entries[: wanted.limit]
    return Page(entries, _cursor_behind(entries[-1]) if has_more else None)


def overview(  # noqa: PLR0913 - what is asked, where, and how much of it.
    cursor: duckdb.DuckDBPyConnection,
    step: Overview,
    wanted: Wanted,
    *,
    grain_seconds: int,
    group_by: Sequence[str],
    counts_max: int = COUNTS_MAX,
) -> Counts:
    """Return how many events or deliveries got to a step, by time.

    Each group is there as a whole or not at all.

    Args:
        cursor: Where to ask.
        step: Which of the six.
        wanted: Which entries; its `step`, `cursor` and `limit` do not count.
        grain_seconds: How long each stretch of time is.
        group_by: Some of `GROUPS`.
        counts_max: How many counts there is room for.

    Raises:
        ValueError: It cannot be split so.
    """
    if not set(group_by) <= set(GROUPS):
        raise ValueError(group_by)
    number, which = _OVERVIEWS[step]
    conditions, parameters = _conditions(dataclasses.replace(wanted, step=None))
    cursor.execute(
        _SQL["overview"].format(
            groups="".join(f"{group}, " for group in group_by),
            partition=f"PARTITION BY {', '.join(group_by)}" if group_by else "",
            number=number,
            grain_us=grain_seconds * 1_000_000,
            conditions=" AND ".join([which, *conditions]),
        ),
        # One more than there is room for, to know whether that is all.
        parameters | {"limit": counts_max + 1},
    )
    width = len(group_by)
    counted = [
        Counted(
            group=dict(zip(group_by, row[:width], strict=True)),
            time_us=row[width],
            count=row[width + 1],
            retry_count=row[width + 2] or 0,
        )
        for row in cursor.fetchall()
    ]
    if len(counted) <= counts_max:
        return Counts(counted, is_whole=True)
    cut_off = counted[-1].group
    return Counts([one for one in counted if one.group != cut_off], is_whole=False)


def durations(cursor: duckdb.DuckDBPyConnection, wanted: Wanted) -> Durations:
    """Return how long attempts took; `step`, `cursor` and `limit` of `wanted` do not count."""
    conditions, parameters = _conditions(dataclasses.replace(wanted, step=None))
    cursor.execute(_SQL["durations"].format(conditions=" AND ".join(conditions)), parameters)
    count, retries, median, p95 = cursor.fetchall()[0]
    return Durations(
        attempt_count=count, retry_count=retries, median_seconds=median, p95_seconds=p95
    )


def _conditions(wanted: Wanted) -> tuple[list[str], dict[str, object]]:
    """Return SQL and its parameters; only what is asked for, so that DuckDB can skip blocks."""
    parameters: dict[str, object] = {
        column: value
        for column in (
            "source_id",
            "connection_id",
            "step",
            "reason",
            "event_name",
            "event_type",
        )
        if (value := getattr(wanted, column)) is not None
    }
    conditions = ["true", *(f"{column} = ${column}" for column in parameters)]
    if wanted.user_id is not None:
        parameters |= {"user_id": wanted.user_id, "person_hash": hash_of(wanted.user_id)}
        # Outcomes do not name the user; the event that they are about does. Few messages of the
        # journal hold any of the user's, and which is quickly found.
        conditions += [_SQL["in_messages_of_user"], _SQL["about_user"]]
    if wanted.since is not None:
        parameters["since_us"] = microseconds(wanted.since)
        conditions.append("happened_us >= $since_us")
    if wanted.until is not None:
        parameters["until_us"] = microseconds(wanted.until)
        conditions.append("happened_us < $until_us")
    return conditions, parameters


def _entry(row: Sequence[object]) -> Entry:
    return msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Entry)


def _cursor_behind(entry: Entry) -> str:
    place = (entry.happened_us, entry.stream, entry.sequence, entry.position)
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def _place_of(cursor: str) -> dict[str, object]:
    try:
        place = msgspec.json.decode(
            base64.b64decode(cursor, altchars=b"-_", validate=True), type=tuple[int, int, int, int]
        )
    except (binascii.Error, msgspec.DecodeError) as error:
        raise ValueError(cursor) from error
    if not all(0 <= number < 2**63 for number in place):
        raise ValueError(cursor)
    return dict(zip(("us", "stream", "sequence", "position"), place, strict=True))
