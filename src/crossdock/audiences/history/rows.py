"""What is written into the history, as types. Times are microseconds since 1970."""

from __future__ import annotations

import datetime as dt
import hashlib

import msgspec

from crossdock.audiences.identity import Identifier, Traits
from crossdock.base.json import JsonObject
from crossdock.events import Event, EventType
from crossdock.events.stamp import find_moment

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
# DuckDB's calendar is longer than any event's; ours ends where Python's does.
_NAMES = {EventType.PAGE: "Page Viewed", EventType.SCREEN: "Screen Viewed"}


class EventRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event; `event` is what audiences call it."""

    sequence: int
    index: int
    profile_id: int | None
    source_id: str
    message_id: str
    type: str
    event: str | None
    us: int
    received_us: int
    sent_us: int | None
    original_us: int | None
    user_id: str | None
    anonymous_id: str | None
    group_id: str | None
    previous_id: str | None
    category: str | None
    properties: JsonObject | None
    traits: JsonObject | None
    context: JsonObject


class IdentifierRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """By what somebody is known, and since which event."""

    hash: int
    profile_id: int
    type: str
    value: str
    us: int
    source_id: str
    message_id: str


class ProfileRow(msgspec.Struct, kw_only=True):
    """Somebody, while some events are taken in."""

    profile_id: int
    is_anonymous: bool
    created_us: int
    traits: Traits
    merges: int = 0
    is_new: bool = False
    is_changed: bool = False


class AccountRow(msgspec.Struct, kw_only=True):
    """A group, while some events are taken in."""

    account_id: int
    group_id: str
    created_us: int
    traits: Traits
    is_new: bool = False
    is_changed: bool = False


class MergeRow(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody turned out to be another."""

    us: int
    winner_id: int
    loser_id: int
    source_id: str
    message_id: str
    identifiers: list[Identifier]


def event_row(event: Event, profile_id: int | None) -> EventRow:
    """Return the row of an event."""
    body = event.body
    received_us = microseconds(event.received_at)
    properties = body.get("properties")
    name = body.get("name")
    if event.type in _NAMES:
        properties = {**(properties or {})}
        if isinstance(name, str):
            properties[f"{event.type.value}_name"] = name
    return EventRow(
        sequence=event.offset.sequence,
        index=event.offset.index,
        profile_id=profile_id,
        source_id=event.source_id,
        message_id=event.message_id,
        type=event.type.value,
        event=_NAMES.get(event.type) or (event.name if event.type is EventType.TRACK else None),
        us=_us(body.get("timestamp")) or received_us,
        received_us=received_us,
        sent_us=_us(body.get("sentAt")),
        original_us=_us(body.get("originalTimestamp")),
        user_id=_text(body.get("userId")),
        anonymous_id=_text(body.get("anonymousId")),
        group_id=_text(body.get("groupId")),
        previous_id=_text(body.get("previousId")),
        category=_text(body.get("category")),
        properties=properties if isinstance(properties, dict) else None,
        traits=traits if isinstance(traits := body.get("traits"), dict) else None,
        context=body["context"],
    )


def hash_of(identifier: Identifier) -> int:
    """Return 64 bits of an identifier; quicker to look through than texts."""
    named = f"{identifier.type}\0{identifier.value}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(named, digest_size=8).digest())


def microseconds(moment: dt.datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def _us(value: object) -> int | None:
    moment = find_moment(value)
    return None if moment is None else microseconds(moment)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
