"""Makes the ledger's rows of what lies in the journal. Pure.

An entry is one line in the life of an event: that it was received, or one outcome.
"""

from __future__ import annotations

import datetime as dt
import enum
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from crossdock.events import Envelope, EventType, Offset, Outcome, Step
from crossdock.events.accept import EVENT_TYPES
from crossdock.events.dead_letter import DISCARDED_SUFFIX, SENT_AGAIN_SUFFIX
from crossdock.events.id_text import id_text
from crossdock.events.parse import decode_batch

RECEIVED = "received"
"""The step of an entry that says that an event was accepted; all others are a `Step`."""


class Stream(enum.IntEnum):
    """Where an entry was read; its number is in the file."""

    EVENTS = 0
    OUTCOMES = 1


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One row. Times are microseconds since 1970, as DuckDB takes them fastest.

    Attributes:
        stream: Where it was read.
        sequence: In which message of that stream.
        position: Which of that message's entries it is, from 0.
        happened_us: When, UTC.
        step: `received`, or how an outcome names it.
        event_sequence: The event's place in the journal; 0 if it has none.
        event_index: The same.
        outcome_id: `Outcome.id`.
        subject_id: What the outcome is about: a delivery's id, or the outcome's own where there is
            no delivery. All outcomes of one delivery share it.
        message_hash: 32 bits of `message_id`: four bytes a row are quick to look through, forty
            are not.
        subject_hash: The same of `subject_id`.
        more: Everything else that the outcome says, as JSON: what is added to outcomes later is
            kept too.
    """

    stream: int
    sequence: int
    position: int
    happened_us: int
    step: str
    source_id: str = ""
    connection_id: str | None = None
    mapping_id: str | None = None
    message_id: str = ""
    event_type: str = ""
    event_name: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    event_sequence: int = 0
    event_index: int = 0
    outcome_id: str = ""
    subject_id: str = ""
    reason: str = ""
    attempt: int = 0
    status: int | None = None
    duration_seconds: float | None = None
    more: str | None = None
    message_hash: int = 0
    subject_hash: int = 0

    @property
    def offset(self) -> Offset:
        """The event's place in the journal."""
        return Offset(self.event_sequence, self.event_index)


class _Seen(msgspec.Struct, gc=False):
    """What the ledger keeps of a message; how it was sent is checked at the door."""

    messageId: Any = None  # noqa: N815 - the wire's name.
    type: Any = None
    event: Any = None
    name: Any = None
    userId: Any = None  # noqa: N815 - the wire's name.
    anonymousId: Any = None  # noqa: N815 - the wire's name.


_decode_seen = msgspec.json.Decoder(_Seen).decode
_encode_more = msgspec.json.Encoder().encode
_NAME_CHARACTERS_MAX = 500
# See `Delivery.id`.
_REPLAY_PREFIX = "replay-"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

# What has a column of its own, or is found out from the id.
_NOT_MORE = frozenset(
    {"at", "step", "reason", "source_id", "connection_id", "mapping_id", "message_id"}
    | {"event_type", "event_name", "attempt", "status", "duration_seconds", "id"}
)
_MORE = tuple(name for name in Outcome.__struct_fields__ if name not in _NOT_MORE)


def received(sequence: int, envelopes: Sequence[Envelope]) -> Iterator[Entry]:
    """Yield an entry for each event that was accepted in one journal message.

    What was refused within a batch is an outcome, which `route` records.
    """
    first_index = 0
    for envelope in envelopes:
        contents: Sequence[bytes | msgspec.Raw] = [envelope.body]
        if envelope.type is None:
            try:
                contents = decode_batch(envelope.body).batch
            except (ValueError, RecursionError):
                # As for `unfold`: then there is one message, which nobody can read.
                contents = [b""]
        received_us = microseconds(envelope.received_at)
        for index, data in enumerate(contents):
            if index not in envelope.discards_by_index:
                offset = Offset(sequence, first_index + index)
                yield _received(envelope, data, offset, index, received_us=received_us)
        first_index += len(contents)


def of_outcomes(sequence: int, outcomes: Sequence[Outcome]) -> Iterator[Entry]:
    """Yield an entry for each outcome of one journal message."""
    at, happened_us = _EPOCH, 0
    for position, outcome in enumerate(outcomes):
        if outcome.at != at:
            # Those of a batch have one moment in common.
            at, happened_us = outcome.at, microseconds(outcome.at)
        event_sequence, event_index = _offset(outcome.id)
        subject_id = _subject(outcome)
        more = {name: value for name in _MORE if (value := getattr(outcome, name))}
        yield Entry(
            stream=Stream.OUTCOMES,
            sequence=sequence,
            position=position,
            happened_us=happened_us,
            step=outcome.step,
            source_id=outcome.source_id,
            connection_id=outcome.connection_id,
            mapping_id=outcome.mapping_id,
            message_id=outcome.message_id,
            message_hash=hash_of(outcome.message_id),
            event_type=outcome.event_type,
            event_name=outcome.event_name,
            event_sequence=event_sequence,
            event_index=event_index,
            outcome_id=outcome.id,
            subject_id=subject_id,
            subject_hash=hash_of(subject_id),
            reason=outcome.reason,
            attempt=outcome.attempt,
            status=outcome.status,
            duration_seconds=outcome.duration_seconds,
            more=_encode_more(more).decode() if more else None,
        )


def is_from_route(entry: Entry) -> bool:
    """Return whether `route` found it: what `send` finds has the moment of an attempt."""
    return entry.outcome_id == entry.subject_id


def is_of_replay(entry: Entry) -> bool:
    """Return whether it is about a delivery that a replay made; see `Delivery.id`."""
    return entry.outcome_id.startswith(_REPLAY_PREFIX)


def is_of_delivery(entry: Entry) -> bool:
    """Return whether the entry is about a delivery."""
    return entry.step == Step.MAPPED or not is_from_route(entry)


def is_by_hand(entry: Entry) -> bool:
    """Return whether a person did it to a dead letter; see `Outcome.id`."""
    return entry.outcome_id.endswith((SENT_AGAIN_SUFFIX, DISCARDED_SUFFIX))


def hash_of(text: str) -> int:
    """Return 32 bits of a text; not DuckDB's own `hash`, which its next version may change."""
    return zlib.crc32(text.encode())


def microseconds(moment: dt.datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(us: int) -> dt.datetime:
    """Return the moment that lies so many microseconds after 1970."""
    return _EPOCH + us * _MICROSECOND


def _received(
    envelope: Envelope, data: bytes | msgspec.Raw, offset: Offset, index: int, *, received_us: int
) -> Entry:
    try:
        seen = _decode_seen(data)
    except (ValueError, RecursionError):
        seen = _Seen()
    message_id = envelope.message_ids_by_index.get(index) or _text(seen.messageId) or ""
    event_type = envelope.type or EVENT_TYPES.get(_text(seen.type) or "")
    name = seen.event if event_type is EventType.TRACK else seen.name
    return Entry(
        stream=Stream.EVENTS,
        sequence=offset.sequence,
        position=offset.index,
        happened_us=received_us,
        step=RECEIVED,
        source_id=envelope.source_id,
        message_id=message_id,
        message_hash=hash_of(message_id),
        event_type=event_type or "",
        event_name=name[:_NAME_CHARACTERS_MAX] if isinstance(name, str) else None,
        user_id=_text(seen.userId),
        anonymous_id=_text(seen.anonymousId),
        event_sequence=offset.sequence,
        event_index=offset.index,
    )


def _text(value: object) -> str | None:
    """Return an id as events carry it; nothing if it is none."""
    return id_text(value) or None


def _offset(outcome_id: str) -> tuple[int, int]:
    """Return which event an outcome is about; of a replay's delivery, the one that it is made of.

    Or it would be missing where an event is looked for, and where a person is forgotten.
    """
    if outcome_id.startswith(_REPLAY_PREFIX):
        # `replay-<id of the replay>-<id of the delivery>`
        outcome_id = outcome_id.removeprefix(_REPLAY_PREFIX).partition("-")[2]
    sequence, _, rest = outcome_id.partition("-")
    index, _, _ = rest.partition("-")
    if sequence.isdecimal() and index.isdecimal():
        return int(sequence), int(index)
    return 0, 0


def _subject(outcome: Outcome) -> str:
    """Return the id of the delivery, to which `send` adds the moment of the attempt."""
    if outcome.mapping_id and not outcome.id.endswith(f"-{outcome.mapping_id}"):
        return attempt_of(outcome.id).rpartition("-")[0]
    return outcome.id


def attempt_of(outcome_id: str) -> str:
    """Return the id of the attempt's outcome that a person has undone or confirmed by hand."""
    return outcome_id.removesuffix(SENT_AGAIN_SUFFIX).removesuffix(DISCARDED_SUFFIX)


def as_mapping(entry: Entry) -> Mapping[str, object]:
    """Return what the entry says, the rest of the outcome unpacked."""
    said: dict[str, object] = msgspec.to_builtins(entry)
    more = said.pop("more")
    return said | (msgspec.json.decode(more) if isinstance(more, str) else {})
