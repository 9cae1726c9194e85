"""Reads a request's body: which messages are in it, and which of them are accepted.

What a body may hold and what becomes of it:

- a byte order mark is dropped;
- half of a surrogate pair (browsers send it when a script cuts a string inside an emoji) becomes
  U+FFFD;
- NUL characters and unknown keys are kept; of a key given twice the last one counts;
- bytes that are not UTF-8, numbers beyond a double (1e999) and nesting deeper than 64 levels are
  refused, for the message they stand in;
- integers beyond 64 bits are kept here and become floats when the event is read; as an id they
  become their digits.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

import msgspec

from crossdock.base import json
from crossdock.base.errors import CrossdockError
from crossdock.events.accept import find_discard
from crossdock.events.discard import Discard
from crossdock.events.event import EventType
from crossdock.events.id_text import id_text
from crossdock.events.limits import MessageLimits


class BadRequest(CrossdockError):
    """A whole request cannot be read; the sender must change it before sending it again."""

    code = "invalid_request"


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message of a request, as a verdict names it.

    Attributes:
        discard: Why it is not accepted; None if it is.
        message_id: As it will arrive; empty if it came without.
        type: As sent, or as the path says.
        name: Of a track call its `event`, otherwise `name`; None if it has none.
    """

    discard: Discard | None
    message_id: str
    type: str
    name: str | None


class Parsed(msgspec.Struct, gc=False):
    """A request that could be read.

    Attributes:
        body: What to keep: as sent, without byte order mark and halves of surrogate pairs.
        write_key: From the body; empty if it names none.
        messages: Every message; the body's order.
    """

    body: bytes
    write_key: str
    messages: list[Message]


class BatchBody(msgspec.Struct):
    """A batch, its messages still undecoded, so that a broken one does not take the others."""

    batch: list[msgspec.Raw]
    writeKey: Any = None  # noqa: N815 - the wire's name.
    sentAt: Any = None  # noqa: N815 - the wire's name.
    context: Any = None
    integrations: Any = None


decode_batch = msgspec.json.Decoder(BatchBody).decode

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_MESSAGE = Message(None, "", "", None)


def parse_single(
    body: bytes,
    event_type: EventType,
    limits: MessageLimits,
    suppressed: Container[str] = frozenset(),
) -> Parsed:
    """Return the one message of a body; that of a suppressed user is discarded.

    Raises:
        BadRequest: It is too large, or not JSON.
    """
    if len(body) > limits.event_bytes_max:
        raise too_large("event", len(body), limits.event_bytes_max)
    try:
        message = json.decode(body)
    except json.NotJson:
        body = _repaired(body)
        message = _decoded_or_refused(body)
    if not isinstance(message, dict):
        raise BadRequest(
            "The body is not a JSON object.",
            do='Send one event as an object, such as {"userId":"u1","event":"Order Completed"}.',
        )
    discard = find_discard(message, event_type, limits) or _suppression(message, suppressed)
    return Parsed(body, _text(message.get("writeKey")), [_message(message, event_type, discard)])


def parse_batch(
    body: bytes, limits: MessageLimits, suppressed: Container[str] = frozenset()
) -> Parsed:
    """Return the messages of a batch; those of suppressed users are discarded.

    Raises:
        BadRequest: The batch as a whole is too large, not JSON, or not a batch.
    """
    if len(body) > limits.batch_bytes_max:
        raise too_large("batch", len(body), limits.batch_bytes_max)
    try:
        batch = decode_batch(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = _repaired(body)
        batch = _batch_or_refused(body)
    if len(batch.batch) > limits.batch_events_max:
        raise BadRequest(
            f"The batch holds {len(batch.batch)} events; at most {limits.batch_events_max} are "
            "accepted.",
            do="Send it in several requests.",
        )
    for key, value in (("context", batch.context), ("integrations", batch.integrations)):
        if not (value is None or isinstance(value, dict) or value == []):
            raise BadRequest(f'The batch\'s "{key}" is not an object.', do="Send an object.")
        if json.depth_exceeds(value, json.DEPTH_MAX):
            raise BadRequest(f'The batch\'s "{key}" is nested too deep.', do="Send a flatter one.")
    write_key = _text(batch.writeKey)
    messages: list[Message] = []
    for raw in batch.batch:
        message = _batched(bytes(raw), limits)
        if isinstance(message, Discard):
            messages.append(Message(message, "", "", None))
            continue
        # Analytics.js repeats the write key in each event; some senders give it only there.
        write_key = write_key or _text(message.get("writeKey"))
        discard = find_discard(message, None, limits) or _suppression(message, suppressed)
        messages.append(_message(message, None, discard))
    return Parsed(body, write_key, messages)


def too_large(kind: str, size_bytes: int, bytes_max: int) -> BadRequest:
    """Return the answer to a body that is too large."""
    return BadRequest(
        f"The {kind} has {size_bytes:,} bytes; at most {bytes_max:,} are accepted.",
        do="Send fewer or shorter properties."
        if kind == "event"
        else "Send it in several requests.",
    )


def _batched(data: bytes, limits: MessageLimits) -> json.JsonObject | Discard:
    if len(data) > limits.event_bytes_max:
        return Discard.EVENT_TOO_LARGE
    try:
        message = json.decode(data)
    except json.NotJson:
        return Discard.EVENT_NOT_JSON
    return message if isinstance(message, dict) else Discard.EVENT_NOT_OBJECT


def _suppression(message: json.JsonObject, suppressed: Container[str]) -> Discard | None:
    return Discard.USER_SUPPRESSED if id_text(message.get("userId")) in suppressed else None


def _message(message: json.JsonObject, kind: EventType | None, discard: Discard | None) -> Message:
    message_id = id_text(message.get("messageId"))
    if discard is None and message_id:
        return Message(None, message_id, kind or message["type"], None)
    if discard is None:
        return _NO_MESSAGE
    return Message(
        discard,
        message_id,
        kind or _text(message.get("type")),
        _text(message.get("event") or message.get("name")) or None,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _decoded_or_refused(body: bytes) -> object:
    try:
        return json.decode(body)
    except json.NotJson as error:
        raise _not_json(error) from error


def _batch_or_refused(body: bytes) -> BatchBody:
    try:
        return decode_batch(body)
    except msgspec.ValidationError as error:
        raise BadRequest(
            f"The body is not a batch: {error}.",
            do='Send an object with a list of events in "batch".',
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from error


def _not_json(error: Exception) -> BadRequest:
    return BadRequest(f"The body is not JSON: {error}.", do="Send JSON in UTF-8.")


# An escape is consumed whole, so that a backslash that stands for itself is not misread.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|.)",
    re.DOTALL,
)


def _repaired(body: bytes) -> bytes:
    body = body.removeprefix(_BYTE_ORDER_MARK)
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], body)
