"""Events that were read before, once more: by time, without a durable reader.

Nothing is remembered by the journal about who reads here, and nothing waits for them: what grows
too old meanwhile is gone.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator

from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from crossdock.events import Event
from crossdock.pipeline.journal.read import event_lists
from crossdock.pipeline.journal.streams import EVENTS

_READ_AHEAD_MESSAGES = 4
_PROBE_SECONDS = 30.0
# A minute more or less is nothing to the age of events.
_CLOCKS_AGREE = dt.timedelta(minutes=1)
# An event is accepted first and stored then, after at most as many attempts as fit into this.
_STORED_SECONDS_MAX = 60.0


async def first_sequence_since(jetstream: JetStreamContext, moment: dt.datetime) -> int:
    """Return the sequence of the first message of events stored at the moment or after it.

    One more than that of the last message if there is none yet.
    """
    return (await _probed(jetstream, moment))[0]


async def first_sequence_younger(
    jetstream: JetStreamContext, age: dt.timedelta, *, now: dt.datetime
) -> int:
    """Return the sequence of the first message of events that was stored less than an age ago.

    One more than that of the last message if there is none. What time it is, the server says whose
    clock stamped the messages: by ours, where that is ahead of its, new ones would be old.

    Args:
        jetstream: Where the stream is.
        age: How long ago.
        now: What time it is by our clock. If the server agrees, it is asked only once.
    """
    first, server_now = await _probed(jetstream, now - age)
    if abs(server_now - now) > _CLOCKS_AGREE:
        first, _ = await _probed(jetstream, server_now - age)
    return first


async def _probed(jetstream: JetStreamContext, moment: dt.datetime) -> tuple[int, dt.datetime]:
    # Only a consumer can turn a time into a place; this one is gone before it reads anything.
    probe = await jetstream.add_consumer(
        EVENTS,
        api.ConsumerConfig(
            deliver_policy=api.DeliverPolicy.BY_START_TIME,
            opt_start_time=moment,
            ack_policy=api.AckPolicy.NONE,
            inactive_threshold=_PROBE_SECONDS,
            mem_storage=True,
            num_replicas=1,
        ),
    )
    await jetstream.delete_consumer(EVENTS, probe.name)
    return probe.delivered.stream_seq + 1 if probe.delivered else 0, probe.created


async def find_range(
    jetstream: JetStreamContext, start_at: dt.datetime, end_at: dt.datetime
) -> tuple[int, int]:
    """Return the sequences of the first and last message that can hold events of a time range.

    The second is smaller than the first if there is none.

    Args:
        jetstream: Where the stream is.
        start_at: Events accepted from this moment on.
        end_at: Events accepted before this moment.
    """
    first = max(1, await first_sequence_since(jetstream, start_at))
    state = (await jetstream.stream_info(EVENTS)).state
    stored_by = end_at + dt.timedelta(seconds=_STORED_SECONDS_MAX)
    after = await first_sequence_since(jetstream, stored_by)
    return max(first, state.first_seq), min(state.last_seq, after - 1)


async def events_between(
    jetstream: JetStreamContext, first: int, last: int
) -> AsyncGenerator[list[Event], None]:
    """Yield the events of these messages, in order and few at a time. What is gone is left out."""
    sequence = first
    while sequence <= last:
        sequences = range(sequence, min(sequence + _READ_AHEAD_MESSAGES, last + 1))
        found = await asyncio.gather(*(_data_at(jetstream, number) for number in sequences))
        for number, data in zip(sequences, found, strict=True):
            for events, _ in event_lists(data, number) if data else ():
                if events:
                    yield events
        sequence = sequences.stop
        if not any(found):
            # Much may have been removed since the range was found.
            state = (await jetstream.stream_info(EVENTS)).state
            sequence, last = max(sequence, state.first_seq), min(last, state.last_seq)


async def _data_at(jetstream: JetStreamContext, sequence: int) -> bytes | None:
    try:
        return (await jetstream.get_msg(EVENTS, sequence, direct=True)).data
    except NotFoundError:
        return None
