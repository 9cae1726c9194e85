"""Makes events of an envelope, and outcomes of those messages in it that were refused."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossdock.base import json
from crossdock.events.accept import EVENT_TYPES
from crossdock.events.discard import DISCARDS_BY_CODE, Discard
from crossdock.events.envelope import Envelope
from crossdock.events.event import Event, MessageId, Offset
from crossdock.events.outcome import Outcome, Step
from crossdock.events.parse import decode_batch
from crossdock.events.stamp import Stamps, find_moment, stamped, without_wide_integers


def unfold(envelope: Envelope, *, sequence: int, first_index: int) -> Iterator[Event | Outcome]:
    """Yield each message as the event it is, or as the outcome of having been refused.

    The same envelope at the same place gives the same events. A message that cannot be read,
    although it was accepted, is an outcome too: it must not stop those behind it.

    Args:
        envelope: From the journal.
        sequence: Number of the journal message it lies in.
        first_index: Index of its first message in that journal message. Refused messages are
            counted too.
    """
    try:
        contents, stamps = _contents(envelope)
    except (ValueError, RecursionError):
        unreadable = refused(
            envelope, Discard.EVENT_NOT_JSON, message_id="", event_type="", name=None
        )
        yield msgspec.structs.replace(unreadable, id=f"{sequence}-{first_index}-unreadable")
        return
    may_have_long_numbers = _has_long_number(envelope.body)
    for index, data in enumerate(contents):
        discard_code = envelope.discards_by_index.get(index)
        if discard_code is not None:
            discard = DISCARDS_BY_CODE.get(discard_code, Discard.EVENT_NOT_JSON)
            outcome_id = f"{sequence}-{first_index + index}-door"
            yield _refused_message(envelope, data, discard, outcome_id)
            continue
        try:
            message = json.decode(bytes(data))
            event_type = envelope.type or EVENT_TYPES[message["type"]]
            body = stamped(
                message,
                event_type=event_type,
                made_message_id=envelope.message_ids_by_index.get(index),
                stamps=stamps,
            )
            if may_have_long_numbers and _has_long_number(data):
                # Only now, when ids are text: widened, they would be others.
                body = without_wide_integers(body)
            event = Event(
                offset=Offset(sequence, first_index + index),
                source_id=envelope.source_id,
                type=event_type,
                message_id=MessageId(body["messageId"]),
                received_at=envelope.received_at,
                body=body,
            )
        except (ValueError, LookupError, TypeError, AttributeError):
            outcome_id = f"{sequence}-{first_index + index}-unreadable"
            yield _refused_message(envelope, data, Discard.EVENT_NOT_JSON, outcome_id)
            continue
        yield event


def message_count(envelope: Envelope) -> int:
    """Return how many messages the envelope holds, refused ones included."""
    if envelope.type is not None:
        return 1
    try:
        return len(decode_batch(envelope.body).batch)
    except (ValueError, RecursionError):
        return 1


def refused(
    envelope: Envelope, discard: Discard, *, message_id: str, event_type: str, name: str | None
) -> Outcome:
    """Return the outcome of a message that was not accepted."""
    return Outcome(
        at=envelope.received_at,
        step=Step.DISCARDED,
        reason=discard.reason,
        what=discard.what,
        do=discard.do,
        source_id=envelope.source_id,
        message_id=MessageId(message_id),
        event_type=event_type,
        event_name=name,
    )


def _contents(envelope: Envelope) -> tuple[list[bytes] | list[msgspec.Raw], Stamps]:
    contents: list[bytes] | list[msgspec.Raw] = [envelope.body]
    sent_at: object = None
    context: object = None
    integrations: object = None
    if envelope.type is None:
        batch = decode_batch(envelope.body)
        contents = batch.batch
        sent_at, context, integrations = batch.sentAt, batch.context, batch.integrations
        if _has_long_number(envelope.body):
            context = without_wide_integers(context)
            integrations = without_wide_integers(integrations)
    return contents, Stamps(
        received_at=envelope.received_at,
        sent_at=find_moment(sent_at),
        ip=envelope.ip if envelope.is_from_client else "",
        direct_ip=envelope.ip,
        user_agent=envelope.user_agent,
        context=context if isinstance(context, dict) else {},
        integrations=integrations if isinstance(integrations, dict) else {},
    )


_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
# 2**63 has 19 digits.
_LONG_NUMBER = b"0" * 19


def _has_long_number(data: bytes | msgspec.Raw) -> bool:
    return _LONG_NUMBER in bytes(data).translate(_DIGITS_AS_ZERO)


def _refused_message(
    envelope: Envelope, data: bytes | msgspec.Raw, discard: Discard, outcome_id: str
) -> Outcome:
    try:
        message = json.decode(bytes(data))
    except json.NotJson:
        message = None
    if not isinstance(message, dict):
        message = {}
    message_id, kind = message.get("messageId"), message.get("type")
    name = message.get("event") or message.get("name")
    outcome = refused(
        envelope,
        discard,
        message_id=message_id[:100] if isinstance(message_id, str) else "",
        event_type=envelope.type or (kind[:20] if isinstance(kind, str) else ""),
        name=name[:200] if isinstance(name, str) else None,
    )
    return msgspec.structs.replace(outcome, id=outcome_id)
