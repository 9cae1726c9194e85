"""Removes from the beginning of the stream of events what is over its bounds and finished.

`streams` says why JetStream's own limits do not do.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

from nats.js import JetStreamContext, api

from crossdock.base.clock import Clock
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.history import first_sequence_younger
from crossdock.pipeline.journal.settings import JournalSettings
from crossdock.pipeline.journal.streams import EVENTS

# Trimmed to this share of the bound, so that there is room for what arrives until the next time.
_FULL_SHARE = 0.9


# What a follower may keep the stream from removing even when the disk is short.
_FOLLOWER_BYTES_MAX = 64 * 1024**2


async def trim_events(  # noqa: PLR0913 - where, what time it is, and what bounds it.
    jetstream: JetStreamContext,
    settings: JournalSettings,
    *,
    clock: Clock,
    bytes_max: int,
    followed_to: int | None,
    removing: Callable[[str, int], None],
) -> None:
    """Remove the oldest events that are over the bounds, as far as every reader has finished them.

    Args:
        jetstream: Where the stream is.
        settings: How long events are kept.
        clock: What time it is.
        bytes_max: How large the stream may be at the moment.
        followed_to: The last message that those who keep their own place have recorded; None if
            nobody does. They are waited for while there is room, and left behind when there is not.
        removing: Told the stream and the first message that stays, before the others are removed.
    """
    state = (await jetstream.stream_info(EVENTS)).state
    readers = [
        reader
        for reader in await jetstream.consumers_info(EVENTS)
        if reader.config.durable_name and reader.config.ack_policy != api.AckPolicy.NONE
    ]
    for reader in readers:
        report.unread(reader.name, (reader.num_pending or 0) + (reader.num_ack_pending or 0))
    if not state.messages:
        return
    age_max = dt.timedelta(seconds=settings.events_age_seconds_max)
    keep_from = max(
        _first_within_bytes(state, int(bytes_max * _FULL_SHARE)),
        await first_sequence_younger(jetstream, age_max, now=clock.now()),
    )
    unfinished = min(
        (reader.ack_floor.stream_seq + 1 if reader.ack_floor else 0 for reader in readers),
        default=0,
    )
    report.held_back(
        EVENTS,
        [
            reader.name
            for reader in readers
            if state.bytes > bytes_max * _FULL_SHARE
            and (reader.ack_floor is None or reader.ack_floor.stream_seq < keep_from - 1)
        ],
    )
    keep_from = min(keep_from, unfinished)
    if followed_to is not None:
        keep_from = _kept_for_follower(keep_from, followed_to, state, bytes_max)
    if keep_from > state.first_seq:
        removing(EVENTS, keep_from)
        await jetstream.purge_stream(EVENTS, seq=keep_from)
        report.trimmed(EVENTS, before_sequence=keep_from)


def _kept_for_follower(
    keep_from: int, followed_to: int, state: api.StreamState, bytes_max: int
) -> int:
    behind = state.last_seq - followed_to
    behind_bytes = behind * state.bytes / state.messages
    report.follower_is_behind(messages=max(behind, 0))
    if state.bytes <= bytes_max or behind_bytes <= _FOLLOWER_BYTES_MAX:
        return min(keep_from, followed_to + 1)
    return keep_from


def _first_within_bytes(state: api.StreamState, bytes_max: int) -> int:
    excess_bytes = state.bytes - bytes_max
    if excess_bytes <= 0:
        return state.first_seq
    # Messages differ in size; what this misses, the next time finds.
    message_bytes = state.bytes / state.messages
    return min(state.first_seq + math.ceil(excess_bytes / message_bytes), state.last_seq + 1)
