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

from crossdock.audiences.history.rows import hash_of
from crossdock.audiences.identity import Identifier, Mark
from crossdock.audiences.identity.identifiers import GROUP_ID
from crossdock.base.json import JsonObject
from crossdock.duck import statements

_SQL = statements(__package__, "people.sql")
_decode_marks = msgspec.json.Decoder(dict[str, Mark]).decode
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# DuckDB's last moment lies beyond it.
_LAST_US = 253_402_300_799_999_999
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


def find(cursor: Cursor, identifier: Identifier) -> Found | None:
    """Return who is known by an identifier."""
    if identifier.type == GROUP_ID:
        rows = _rows(cursor, "account", group_id=identifier.value)
        return _account(rows[0]) if rows else None
    rows = _rows(
        cursor, "find", hash=hash_of(identifier), type=identifier.type, value=identifier.value
    )
    return load(cursor, rows[0][0]) if rows else None


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


def identifiers(cursor: Cursor, profile_id: int) -> list[KnownBy]:
    """Return by what somebody is known, the first first."""
    return [
        KnownBy(
            identifier=Identifier(kind, value),
            first_seen_at=_at(us),
            source_id=source_id,
            message_id=message_id,
        )
        for kind, value, us, source_id, message_id in _rows(cursor, "identifiers", id=profile_id)
    ]


def events(  # noqa: PLR0913 - each is one thing to look for.
    cursor: Cursor,
    profile_id: int,
    *,
    limit: int,
    after: str | None = None,
    event_type: str | None = None,
    event_name: str | None = None,
) -> Page:
    """Return what somebody did, newest first.

    Raises:
        ValueError: `after` is not a cursor of ours.
    """
    us, sequence, index = _place(after) if after else (_LAST_US, _LAST_ID, 0)
    rows = _rows(
        cursor,
        "events",
        id=profile_id,
        us=us,
        sequence=sequence,
        index=index,
        type=event_type,
        event=event_name,
        limit=limit + 1,
    )
    next_cursor = _cursor(rows[limit - 1][:3]) if len(rows) > limit else None
    return Page(items=[_done(row) for row in rows[:limit]], next_cursor=next_cursor)


def span(cursor: Cursor, profile_id: int) -> tuple[int, dt.datetime | None, dt.datetime | None]:
    """Return how many events of somebody there are, and when the first and the last happened."""
    count, first_us, last_us = _rows(cursor, "count_events", id=profile_id)[0]
    if not count:
        return 0, None, None
    return count, _at(first_us), _at(last_us)


def merges(cursor: Cursor, profile_id: int) -> list[Merge]:
    """Return why others became this one, the first first."""
    return [
        Merge(
            merged_at=_at(us),
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
            since=_at(us),
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
    found = [load(cursor, row[0]) for row in rows[:limit]]
    return Page(items=[one for one in found if one is not None], next_cursor=next_cursor)


def search(cursor: Cursor, text: str | None, *, limit: int, after: str | None = None) -> Page:
    """Return people one of whose identifiers begins with the text, the newest first.

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


def _profile(row: Sequence[Any]) -> Found:
    profile_id, is_anonymous, created_us, updated_us, traits, marks = row
    return Found(
        id=profile_id,
        is_anonymous=is_anonymous,
        created_at=_at(created_us),
        updated_at=_at(updated_us),
        traits=msgspec.json.decode(traits),
        marks=_decode_marks(marks),
    )


def _account(row: Sequence[Any]) -> Found:
    account_id, group_id, created_us, updated_us, traits, marks = row
    return Found(
        id=account_id,
        group_id=group_id,
        created_at=_at(created_us),
        updated_at=_at(updated_us),
        traits=msgspec.json.decode(traits),
        marks=_decode_marks(marks),
    )


def _done(row: Sequence[Any]) -> Done:
    us, _, _, kind, name, message_id, source_id, *objects, user_id, anonymous_id, received_us = row
    properties, traits, context = (msgspec.json.decode(text or "{}") for text in objects)
    return Done(
        timestamp=_at(us),
        received_at=_at(received_us),
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


def _at(us: int) -> dt.datetime:
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
