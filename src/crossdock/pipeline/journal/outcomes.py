"""Outcomes in the journal: one message holds those of one group commit."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence

import msgspec
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from crossdock.events import ConnectionId, Outcome, SourceId
from crossdock.pipeline.journal.streams import OUTCOMES

# How far back one question looks, and how many messages are asked for at a time.
_MESSAGES_MAX = 2_000
_FETCH_MESSAGES = 50

# Between an outcome and the finish of its delivery lie seconds at most. Waits are longer, but of
# those there are fewer.
_RECENT_BYTES_MAX = 64 * 1024**2

OUTCOME_BYTES = 600
"""What one outcome takes at most, but for its texts; for sharing group commits out."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[Outcome]]).decode


# One call's outcomes cannot be shared out over group commits; a message has at most a megabyte on a
# NATS server as it comes.
_GROUP_BYTES_MAX = 256 * 1024


def portions(new: Sequence[Outcome]) -> Iterator[tuple[list[Outcome], int]]:
    """Yield the outcomes in order, in portions that one journal message can hold, with their size.

    The size is an estimate, in bytes, that is rather too large: what NATS does not take would be
    tried again and again, and whatever is behind it would wait.
    """
    portion: list[Outcome] = []
    portion_bytes = 0
    for outcome in new:
        size_bytes = _size_bytes(outcome)
        if portion and portion_bytes + size_bytes > _GROUP_BYTES_MAX:
            yield portion, portion_bytes
            portion, portion_bytes = [], 0
        portion.append(outcome)
        portion_bytes += size_bytes
    if portion:
        yield portion, portion_bytes


def _size_bytes(outcome: Outcome) -> int:
    texts = (
        outcome.payload,
        outcome.request,
        outcome.answer,
        outcome.what,
        outcome.do,
        outcome.event_name,
        outcome.message_id,
    )
    # Whether a text is ASCII is known without a look at it.
    return OUTCOME_BYTES + sum(
        len(text) if text.isascii() else len(text.encode()) for text in texts if text
    )


def encode_outcomes(groups: list[Sequence[Outcome]]) -> bytes:
    """Return the outcomes as one journal message."""
    return _encode(groups)


def decode_outcomes(data: bytes) -> list[Outcome]:
    """Return the outcomes of one journal message, oldest first.

    Raises:
        ValueError: The message was not written by us.
    """
    return [outcome for group in _decode(data) for outcome in group]


async def recent_range(jetstream: JetStreamContext) -> tuple[int, int]:
    """Return the places after which, and up to which, the last outcomes lie: some megabytes."""
    state = (await jetstream.stream_info(OUTCOMES)).state
    if not state.messages:
        return state.last_seq, state.last_seq
    share = min(1.0, _RECENT_BYTES_MAX / max(state.bytes, 1))
    return state.last_seq - math.ceil(state.messages * share), state.last_seq


async def latest_outcomes(
    jetstream: JetStreamContext,
    limit: int,
    *,
    source_id: SourceId | None,
    connection_id: ConnectionId | None,
) -> list[Outcome]:
    """Return the last outcomes, newest first.

    At most 2,000 journal messages are looked at: where outcomes of this source or connection are
    rare, there may be older ones.
    """
    state = (await jetstream.stream_info(OUTCOMES)).state
    found: list[Outcome] = []
    sequence = state.last_seq
    oldest = max(state.first_seq, state.last_seq - _MESSAGES_MAX + 1, 1)
    while sequence >= oldest and len(found) < limit:
        sequences = range(sequence, max(sequence - _FETCH_MESSAGES, oldest - 1), -1)
        messages = await asyncio.gather(*(_outcomes_at(jetstream, number) for number in sequences))
        found.extend(
            outcome
            for outcomes in messages
            for outcome in outcomes
            if (source_id is None or outcome.source_id == source_id)
            and (connection_id is None or outcome.connection_id == connection_id)
        )
        sequence = sequences[-1] - 1
    return found[:limit]


async def _outcomes_at(jetstream: JetStreamContext, sequence: int) -> list[Outcome]:
    try:
        message = await jetstream.get_msg(OUTCOMES, sequence, direct=True)
        groups = _decode(message.data or b"")
    except (NatsError, msgspec.DecodeError, UnicodeDecodeError):
        # It grew too old while we were looking.
        return []
    return [outcome for group in reversed(groups) for outcome in reversed(group)]
