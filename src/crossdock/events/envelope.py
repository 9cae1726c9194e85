"""An envelope: one accepted request as it lies in the journal.

The body is kept as it was sent, so that the door has little to do and no key is lost. Everything
that the door knew and the body does not say stands around it; `unfold` makes events of both, and
makes the same events each time.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from crossdock.events.event import EventType, SourceId


class Envelope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One request of which at least one event was accepted.

    New fields go to the end, with a default: the journal holds envelopes of older versions.

    Attributes:
        received_at: When, UTC; the same for all its events.
        source_id: Whose write key it carried.
        type: What the path said the one event is; None for a batch.
        is_from_client: The source is a browser or an app, so the sender's address is a person's.
        ip: The sender's address; empty if unknown.
        user_agent: The sender's, where the body cannot say it (the pixel); empty otherwise.
        message_ids_by_index: The ids made for those messages that came without.
        discards_by_index: The codes of those messages that were not accepted.
        body: JSON in UTF-8, decompressed.
    """

    received_at: dt.datetime
    source_id: SourceId
    type: EventType | None
    is_from_client: bool
    ip: str
    user_agent: str
    message_ids_by_index: dict[int, str]
    discards_by_index: dict[int, str]
    body: bytes


# What stands around the body, and what one id or one code takes with its index.
_HEADER_BYTES = 200
_ID_BYTES = 56
_CODE_BYTES = 32

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Envelope])


def envelope_bytes(envelope: Envelope) -> int:
    """Return what the envelope takes in a journal message; an estimate that is rather too large."""
    return (
        _HEADER_BYTES
        + len(envelope.body)
        + 2 * len(envelope.user_agent)
        + _ID_BYTES * len(envelope.message_ids_by_index)
        + _CODE_BYTES * len(envelope.discards_by_index)
    )


def encode_envelopes(envelopes: list[Envelope]) -> bytes:
    """Return the envelopes as one journal message."""
    return _encoder.encode(envelopes)


def decode_envelopes(data: bytes) -> list[Envelope]:
    """Return the envelopes of one journal message.

    Raises:
        ValueError: The message was not written by us.
    """
    return _decoder.decode(data)
