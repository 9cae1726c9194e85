"""Makes an event's body out of a message: ids, times, address, defaults. Pure.

The journal keeps what was sent; every reader stamps it again and gets the same.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

import msgspec

from crossdock.base.json import JsonObject
from crossdock.events.event import EventType
from crossdock.events.id_text import id_text

# Beyond these, a number of a client's timestamp is taken for milliseconds: as seconds it would
# lie after the year 5138.
_SECONDS_MAX = 10**11
_ID_KEYS = ("messageId", "userId", "anonymousId", "groupId", "previousId")
_OBJECT_KEYS = ("properties", "traits", "context", "integrations")


class Stamps(msgspec.Struct, frozen=True, kw_only=True):
    """What all events of one request have in common.

    Attributes:
        received_at: When the request arrived.
        sent_at: When the client says it sent it, by the client's clock; None if it does not say.
        ip: What `context.ip` becomes; empty for none.
        direct_ip: The same for an event that says `context.direct: true`.
        user_agent: What `context.userAgent` becomes; empty for none.
        context: The batch's, merged under each event's own.
        integrations: The batch's, merged under each event's own.
    """

    received_at: dt.datetime
    sent_at: dt.datetime | None
    ip: str
    direct_ip: str
    user_agent: str
    context: JsonObject
    integrations: JsonObject


def stamped(
    message: JsonObject, *, event_type: EventType, made_message_id: str | None, stamps: Stamps
) -> JsonObject:
    """Return the event's body.

    Args:
        message: As sent, decoded, and accepted. It is not changed.
        event_type: Which of the six.
        made_message_id: The id made at the door, if the message came without one.
        stamps: What its request adds.
    """
    body = {key: value for key, value in message.items() if key != "writeKey"}
    for key in _ID_KEYS:
        if key in body:
            _set_id(body, key)
    for key in _OBJECT_KEYS:
        if key in body and not isinstance(body[key], dict):
            # null, and the [] that PHP sends for an empty object.
            del body[key]
    if made_message_id is not None:
        body["messageId"] = made_message_id
    body["type"] = event_type.value
    body["context"] = _context(body.get("context"), stamps)
    body["integrations"] = {**stamps.integrations, **body.get("integrations", {})}
    body["version"] = 2
    _set_times(body, stamps)
    return body


def find_moment(value: object) -> dt.datetime | None:
    """Return the moment that a client means, in UTC, or None if it cannot be told.

    ISO 8601; without a zone it is UTC. Some libraries send seconds or milliseconds since 1970.
    """
    try:
        if isinstance(value, str):
            moment = dt.datetime.fromisoformat(value)
            return (
                moment.replace(tzinfo=dt.UTC)
                if moment.tzinfo is None
                else moment.astimezone(dt.UTC)
            )
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value if abs(value) < _SECONDS_MAX else value / 1000
            return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (ValueError, OverflowError, OSError):
        # Not a date, or one that no calendar has.
        return None
    return None


# All events of a request have one moment in common, and every reader asks for it again.
@functools.lru_cache(maxsize=1024)
def iso(moment: dt.datetime) -> str:
    """Return a moment in UTC as events show it: `2030-01-01T12:00:00.000Z`."""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def without_wide_integers(value: Any) -> Any:
    """Return the JSON value with integers beyond 64 bits as floats, or null beyond a double.

    JavaScript would have read them so; msgspec cannot write them.
    """
    if isinstance(value, dict):
        return {key: without_wide_integers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_wide_integers(inner) for inner in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        try:
            return float(value)
        except OverflowError:
            return None
    return value


def _set_id(body: JsonObject, key: str) -> None:
    value = body[key]
    if value is None or value == "":
        del body[key]
    elif not isinstance(value, str):
        # An id that this type of call has no use for, and that is not one, stays as sent.
        body[key] = id_text(value) or value


def _context(own: JsonObject | None, stamps: Stamps) -> JsonObject:
    context = {**stamps.context, **(own or {})}
    ip = stamps.direct_ip if context.get("direct") is True else stamps.ip
    if ip and "ip" not in context:
        context["ip"] = ip
    if stamps.user_agent and "userAgent" not in context:
        context["userAgent"] = stamps.user_agent
    return context


def _set_times(body: JsonObject, stamps: Stamps) -> None:
    received_at = stamps.received_at
    original = find_moment(body.get("timestamp"))
    sent_at = find_moment(body.get("sentAt")) or stamps.sent_at
    corrected = original
    if original is not None and sent_at is not None:
        try:
            corrected = received_at - (sent_at - original)
        except OverflowError:
            corrected = received_at
    if "timestamp" in body:
        # What cannot be read is kept as sent, where a person can see it.
        body["originalTimestamp"] = body["timestamp"] if original is None else iso(original)
    if sent_at is not None:
        body["sentAt"] = iso(sent_at)
    body["receivedAt"] = iso(received_at)
    body["timestamp"] = iso(corrected or received_at)
