"""Reads a stream for those who keep their own place, such as the ledger.

A durable reader's place lies in NATS, and what was read lies elsewhere: after a crash the two
disagree. The ledger stores both in one transaction, so it says itself where to go on, and each
message comes once and in order.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Generic, TypeVar

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api

from crossdock.base.clock import Clock
from crossdock.events import ConnectionId
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.connection import Connection, raise_if_cancelled
from crossdock.pipeline.journal.deliveries import unfinished_by_connection
from crossdock.pipeline.journal.partly import Partly
from crossdock.pipeline.journal.streams import EVENTS, OUTCOMES

Item = TypeVar("Item")

# A message can have megabytes: so many lie in memory at a time.
_FETCH_MESSAGES = 32
# Small ones are handed over together: whoever follows rests after each time, and 32 at a time were
# less than came.
_TOGETHER_BYTES = 4 * 1024**2
_TOGETHER_MESSAGES = 2048
_FETCH_SECONDS = 2.0
_RETRY_SECONDS = 0.2
# NATS removes the reader of a process that is gone.
_FORGOTTEN_SECONDS = 60.0


class Followed(Generic[Item]):
    """One message of a stream, not decoded yet, so that this can be done in another thread.

    Attributes:
        sequence: Its place.
        size_bytes: How much there is to decode.
    """

    def __init__(self, message: Msg, stream: str, decode: Callable[[bytes], list[Item]]) -> None:
        self.sequence = message.metadata.sequence.stream
        self.size_bytes = len(message.data)
        self._data = message.data
        self._stream = stream
        self._decode = decode

    def items(self) -> list[Item]:
        """Return what it holds; nothing if it cannot be read."""
        try:
            return self._decode(self._data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            report.message_is_unreadable(self._stream, self.sequence)
            return []


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far everyone is at one moment.

    Attributes:
        at: The moment.
        events_at: Place of the last accepted request; 0 if none is left to be read.
        outcomes_at: Place of the last outcomes; the same.
        unrouted: Accepted requests that are not routed yet.
        deliveries_by_connection: Deliveries that are not finished.
    """

    at: dt.datetime
    events_at: int
    outcomes_at: int
    unrouted: int
    deliveries_by_connection: Mapping[ConnectionId, int]


async def progress(
    jetstream: JetStreamContext, router: str, partly: Partly, now: dt.datetime
) -> Progress:
    """Return how far everyone is; `router` is the reader that makes deliveries of events."""
    reader = await jetstream.consumer_info(EVENTS, router)
    deliveries = partly.left_of(await unfinished_by_connection(jetstream))
    events = await jetstream.stream_info(EVENTS)
    outcomes = await jetstream.stream_info(OUTCOMES)
    return Progress(
        at=now,
        events_at=events.state.last_seq if events.state.messages else 0,
        outcomes_at=outcomes.state.last_seq if outcomes.state.messages else 0,
        unrouted=(reader.num_pending or 0) + (reader.num_ack_pending or 0),
        deliveries_by_connection=deliveries,
    )


async def followed(
    connection: Connection,
    stream: str,
    after: int,
    decode: Callable[[bytes], list[Item]],
    clock: Clock,
) -> AsyncGenerator[list[Followed[Item]], None]:
    """Yield the messages behind `after`, in order, and wait for more; ends only when closed."""
    while True:
        try:
            async with _reader(connection, stream, after) as subscription:
                count = 0
                while True:
                    messages = await _fetched(subscription)
                    for message in messages:
                        count += 1
                        if message.metadata.sequence.consumer != count:
                            # Lost on its way to us; nobody brings it again but a new reader.
                            raise ConnectionResetError
                    if messages:
                        yield [Followed(message, stream, decode) for message in messages]
                        after = messages[-1].metadata.sequence.stream
        except (NatsError, OSError, TimeoutError) as error:
            raise_if_cancelled()
            report.reading_failed("ledger", error)
            await clock.sleep(_RETRY_SECONDS)


@contextlib.asynccontextmanager
async def _reader(
    connection: Connection, stream: str, after: int
) -> AsyncGenerator[JetStreamContext.PullSubscription, None]:
    jetstream = connection.jetstream
    last = (await jetstream.stream_info(stream)).state.last_seq
    made = await jetstream.add_consumer(
        stream,
        api.ConsumerConfig(
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            # A stream that was made anew begins at 1 again.
            opt_start_seq=after + 1 if after <= last else 1,
            ack_policy=api.AckPolicy.NONE,
            inactive_threshold=_FORGOTTEN_SECONDS,
            mem_storage=True,
            num_replicas=1,
        ),
    )
    subscription = await jetstream.pull_subscribe_bind(consumer=made.name, stream=stream)
    try:
        yield subscription
    finally:
        with contextlib.suppress(NatsError, OSError):
            await subscription.unsubscribe()
            await jetstream.delete_consumer(stream, made.name)


async def _fetched(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    """Return what is there, up to the bounds; wait for something if nothing is."""
    messages: list[Msg] = []
    size_bytes = 0
    while True:
        last = await _fetched_once(subscription)
        messages += last
        size_bytes += sum(len(message.data) for message in last)
        is_enough = size_bytes >= _TOGETHER_BYTES or len(messages) >= _TOGETHER_MESSAGES
        # Asking when nothing is there would wait.
        if is_enough or not last or not last[-1].metadata.num_pending:
            return messages


async def _fetched_once(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    try:
        return await subscription.fetch(_FETCH_MESSAGES, timeout=_FETCH_SECONDS)
    except TimeoutError:
        raise_if_cancelled()
        return []
