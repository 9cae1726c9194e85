"""Questions about one profile or account, and looking for them."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import msgspec

from crossdock.audiences.history.rows import hash_of, microseconds
from crossdock.audiences.identity import Identifier, Mark
from crossdock.audiences.identity.identifiers import GROUP_ID
from crossdock.base.json import JsonObject
from crossdock.duck import statements

_SQL = statements(__package__, "people.sql")
_decode_marks = msgspec.json.Decoder(dict[str, Mark]).decode
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# DuckDB's last moment lies beyond it.
_LAST_US = 253_402_300_799_999_999
_FIRST_US = -62_135_596_800_000_000
_LAST_ID = 2**62

Cursor = duckdb.DuckDBPyConnection


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A profile or an account.

    Attributes:
        id: The number of the profile or account.
        created_at: When its first event was accepted.
        updated_at: When something was learned last.
        traits: What is known.
        marks: By which event time, and from which source, by trait.
        is_anonymous: Whether it is known by nothing but browsers; of an account False.
        group_id: Of an account.
    """

    id: int
    created_at: dt.datetime
    updated_at: dt.datetime
    traits: JsonObject
    marks: Mapping[str, Mark]
    is_anonymous: bool = False
    group_id: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownBy:
    """One identifier of somebody, and which event said it first."""

    identifier: Identifier
    first_seen_at: dt.datetime
    source_id: str
    message_id: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One event of somebody."""

    timestamp: dt.datetime
    received_at: dt.datetime
    type: str
    event: str | None
    message_id: str
    source_id: str
    user_id: str | None
    anonymous_id: str | None
    properties: JsonObject
    traits: JsonObject
    context: JsonObject


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Somebody turned out to be somebody else, and by which identifiers of which event."""

    merged_at: dt.datetime
    winner_id: int
    loser_id: int
    source_id: str
    message_id: str
    identifiers: Sequence[Identifier]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Somebody belongs to an account."""

    account_id: int
    group_id: str
    since: dt.datetime
    traits: JsonObject


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of many; `next_cursor` leads to the others."""

    items: Sequence[Any]
    next_cursor: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events of somebody; None means all.

    Attributes:
        include: Only those of these names.
        exclude: None of these names.
        since: Those that happened at this moment or after it.
        until: Those that happened before this moment.
        cursor: Those behind a page.
    """

    include: Sequence[str] | None = None
    exclude: Sequence[str] | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    cursor: str | None = None


def find(cursor: Cursor, identifier: Identifier) -> Found | None:
    """Return who is known by an identifier."""
    if identifier.type == GROUP_ID:
        rows = _rows(cursor, "account", group_id=identifier.value)
        return _account(rows[0]) if rows else None
    profile_id = find_number(cursor, identifier)
    return None if profile_id is None else load(cursor, profile_id)


def find_number(cursor: Cursor, identifier: Identifier) -> int | None:
    """Return the number of the profile that is known by an identifier."""
    rows = _rows(
        cursor, "find", hash=hash_of(identifier), type=identifier.type, value=identifier.value
    )
    return rows[0][0] if rows else None


def load(cursor: Cursor, profile_id: int) -> Found | None:
    """Return a profile by its number, also where it became another."""
    for _ in range(2):
        rows = _rows(cursor, "profile", id=profile_id)
        if rows:
            return _profile(rows[0])
        winners = _rows(cursor, "winner", id=profile_id)
        if not winners:
            return None
        profile_id = winners[0][0]
    return None


def load_all(cursor: Cursor, profile_ids: Sequence[int]) -> dict[int, Found]:
    """Return profiles by their numbers, also those that became others; one question for all."""
    return {row[0]: _profile(row[1:]) for row in _rows(cursor, "profiles", ids=[*profile_ids])}


def identifiers(cursor: Cursor, profile_id: int) -> list[KnownBy]:
    """Return by what somebody is known, the first first."""
    return [_known_by(row) for row in _rows(cursor, "identifiers", id=profile_id)]


def identifiers_of(cursor: Cursor, profile_ids: Sequence[int]) -> dict[int, list[KnownBy]]:
    """Return by what some are known, the first first; one question for all."""
    found: dict[int, list[KnownBy]] = {one: [] for one in profile_ids}
    for profile_id, *row in _rows(cursor, "identifiers_of", ids=[*profile_ids]):
        found[profile_id].append(_known_by(row))
    return found


def events(cursor: Cursor, profile_id: int, *, limit: int, wanted: Wanted | None = None) -> Page:
    """Return what somebody did, newest first.

    Raises:
        ValueError: The cursor is not one of ours.
    """
    wanted = wanted or Wanted()
    until_us = _LAST_US if wanted.until is None else microseconds(wanted.until)
    us, sequence, index = _place(wanted.cursor) if wanted.cursor else (until_us, 0, 0)
    rows = _rows(
        cursor,
        "events",
        id=profile_id,
        us=us,
        sequence=sequence,
        index=index,
        since_us=_FIRST_US if wanted.since is None else microseconds(wanted.since),
        include=wanted.include,
        exclude=wanted.exclude,
        limit=limit + 1,
    )
    next_cursor = _cursor(rows[limit - 1][:3]) if len(rows) > limit else None
    return Page(items=[_done(row) for row in rows[:limit]], next_cursor=next_cursor)


def span(cursor: Cursor, profile_id: int) -> tuple[int, dt.datetime | None, dt.datetime | None]:
    """Return how many events of somebody there are, and when the first and the last happened."""
    count, first_us, last_us = _rows(cursor, "count_events", id=profile_id)[0]
    if not count:
        return 0, None, None
    return count, at(first_us), at(last_us)


def merges(cursor: Cursor, profile_id: int) -> list[Merge]:
    """Return why others became this one, the first first."""
    return [
        Merge(
            merged_at=at(us),
            winner_id=winner_id,
            loser_id=loser_id,
            source_id=source_id,
            message_id=message_id,
            identifiers=msgspec.json.decode(used, type=list[Identifier]),
        )
        for us, winner_id, loser_id, source_id, message_id, used in _rows(
            cursor, "merges", id=profile_id
        )
    ]


def groups(cursor: Cursor, profile_id: int) -> list[Link]:
    """Return the accounts that somebody belongs to."""
    return [
        Link(
            account_id=account_id,
            group_id=group_id,
            since=at(us),
            traits=msgspec.json.decode(traits),
        )
        for account_id, group_id, us, traits in _rows(cursor, "groups", id=profile_id)
    ]


def members(cursor: Cursor, account_id: int, *, limit: int, after: str | None = None) -> Page:
    """Return the profiles that belong to an account.

    Raises:
        ValueError: `after` is not a cursor of ours.
    """
    after_id = _number(after) if after else 0
    rows = _rows(cursor, "members", id=account_id, after=after_id, limit=limit + 1)
    next_cursor = str(rows[limit - 1][0]) if len(rows) > limit else None
    found = load_all(cursor, [row[0] for row in rows[:limit]])
    items = [found[row[0]] for row in rows[:limit] if row[0] in found]
    return Page(items=items, next_cursor=next_cursor)


def search(cursor: Cursor, text: str | None, *, limit: int, after: str | None = None) -> Page:
    """Return people of whom an identifier or a trait begins with the text, the newest first.

    Raises:
        ValueError: `after` is not a cursor of ours.
    """
    before = _number(after) if after else _LAST_ID
    rows = _rows(cursor, "search", text=text or None, before=before, limit=limit + 1)
    next_cursor = str(rows[limit - 1][0]) if len(rows) > limit else None
    return Page(items=[_profile(row) for row in rows[:limit]], next_cursor=next_cursor)


def counts(cursor: Cursor) -> tuple[int, int]:
    """Return how many people there are, and how many of them are not anonymous."""
    total, known = _rows(cursor, "count_profiles")[0]
    return total, known


def _rows(cursor: Cursor, name: str, **parameters: object) -> list[Any]:
    cursor.execute(_SQL[name], parameters)
    return cursor.fetchall()


def _known_by(row: Sequence[Any]) -> KnownBy:
    kind, value, us, source_id, message_id = row
    return KnownBy(
        identifier=Identifier(kind, value),
        first_seen_at=at(us),
        source_id=source_id,
        message_id=message_id,
    )


def _profile(row: Sequence[Any]) -> Found:
    profile_id, is_anonymous, created_us, updated_us, traits, marks = row
    return Found(
        id=profile_id,
        is_anonymous=is_anonymous,
        created_at=at(created_us),
        updated_at=at(updated_us),
        traits=msgspec.json.decode(traits),
        marks=_decode_marks(marks),
    )


def _account(row: Sequence[Any]) -> Found:
    account_id, group_id, created_us, updated_us, traits, marks = row
    return Found(
        id=account_id,
        group_id=group_id,
        created_at=at(created_us),
        updated_at=at(updated_us),
        traits=msgspec.json.decode(traits),
        marks=_decode_marks(marks),
    )


def _done(row: Sequence[Any]) -> Done:
    us, _, _, kind, name, message_id, source_id, *objects, user_id, anonymous_id, received_us = row
    properties, traits, context = (msgspec.json.decode(text or "{}") for text in objects)
    return Done(
        timestamp=at(us),
        received_at=at(received_us),
        type=kind,
        event=name,
        message_id=message_id,
        source_id=source_id,
        user_id=user_id,
        anonymous_id=anonymous_id,
        properties=properties,
        traits=traits,
        context=context,
    )


def at(us: int) -> dt.datetime:
    """Return the moment that lies so many microseconds after 1970."""
    return _EPOCH + dt.timedelta(microseconds=us)


def _cursor(place: Sequence[int]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def _place(cursor: str) -> tuple[int, int, int]:
    try:
        place = msgspec.json.decode(
            base64.b64decode(cursor, altchars=b"-_", validate=True), type=tuple[int, int, int]
        )
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise ValueError(cursor) from error
    if not all(-(2**62) <= number < 2**63 for number in place):
        raise ValueError(cursor)
    return place


def _number(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:  # noqa: PLR2004 - 63 bits.
        raise ValueError(cursor)
    return int(cursor)
