"""Deliveries in the journal: one queue for each connection, read in order.

A finished delivery is gone from the stream. So a reader that is made anew begins with the oldest
unfinished one, and order needs no second store: not over a restart, and not when the connection to
NATS broke and messages were lost on the way. Such a reader's own state need not survive anything,
and is kept in memory.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from crossdock.base.clock import Clock
from crossdock.events import ConnectionId, Delivery
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.connection import Connection, raise_if_cancelled
from crossdock.pipeline.journal.streams import DELIVERIES, DELIVERIES_SUBJECT

_FETCH_MESSAGES_MAX = 128
_FETCH_SECONDS = 2.0
_RETRY_SECONDS = 0.2
# Nobody else reads what this reader has, and what it does not finish comes again when it is made
# anew; until then nothing must come twice, or out of order.
_ACKNOWLEDGE_SECONDS = 365 * 86_400.0
# A cluster outlives us: it forgets the reader of a connection that nobody sends for any more.
_INACTIVE_SECONDS = 3600.0

_decode = msgspec.msgpack.Decoder(Delivery).decode
encode_delivery = msgspec.msgpack.Encoder().encode


def delivery_subject(connection_id: ConnectionId) -> str:
    """Return the subject of a connection's deliveries."""
    return f"{DELIVERIES_SUBJECT}.{connection_id}"


def append_id_of(delivery: Delivery) -> str:
    """Return what the journal knows a delivery by; one that is sent again is another one."""
    return f"{delivery.id}-{delivery.attempts}" if delivery.attempts else delivery.id


class DeliveryMessage:
    """A delivery on its way.

    Attributes:
        delivery: What to send.
        made_at: When it was stored, UTC.
        size_bytes: How large it is.
    """

    def __init__(self, delivery: Delivery, message: Msg, made_at: dt.datetime) -> None:
        self.delivery = delivery
        self.made_at = made_at
        self.size_bytes = len(message.data)
        self._message = message

    async def done(self) -> None:
        """Finish it: it was delivered or given up, and its outcome is stored."""
        await self._message.ack()


class DeliveryReader:
    """Reads the deliveries of one connection, oldest unfinished first. There is one at a time.

    Args:
        connection: To NATS.
        connection_id: Whose deliveries.
        clock: Waits while NATS is away.
    """

    def __init__(self, connection: Connection, connection_id: ConnectionId, clock: Clock) -> None:
        self._connection = connection
        self._id = connection_id
        self._clock = clock
        self._subscription: JetStreamContext.PullSubscription | None = None
        self._connects = 0
        self._read = 0

    async def next(self, count_max: int) -> Sequence[DeliveryMessage]:
        """Return what comes next; nothing if nothing comes for two seconds.

        After trouble the reader is made anew: what was handed out and not finished comes again,
        before anything new.
        """
        try:
            if self._subscription is None or self._connects != self._connection.connects:
                await self._open()
            messages = await self._fetched(min(count_max, _FETCH_MESSAGES_MAX))
            raise_if_cancelled()
        except (NatsError, OSError, TimeoutError) as error:
            raise_if_cancelled()
            report.reading_failed(self._id, error)
            await self._drop()
            await self._clock.sleep(_RETRY_SECONDS)
            return []
        found: list[DeliveryMessage] = []
        for message in messages:
            metadata = message.metadata
            self._read += 1
            if metadata.sequence.consumer != self._read:
                # One was lost on the way. Those behind it must not overtake it.
                report.reading_lost_a_message(self._id)
                await self._drop()
                break
            try:
                delivery = _decode(message.data)
            except (msgspec.DecodeError, UnicodeDecodeError):
                report.message_is_unreadable(DELIVERIES, metadata.sequence.stream)
                await message.term()
                continue
            found.append(DeliveryMessage(delivery, message, metadata.timestamp))
        return found

    async def close(self) -> None:
        """Read no more."""
        await self._drop()
        with contextlib.suppress(NatsError, OSError, TimeoutError):
            await self._connection.jetstream.delete_consumer(DELIVERIES, self._id)

    async def _open(self) -> None:
        await self._drop()
        self._connects = self._connection.connects
        jetstream = self._connection.jetstream
        with contextlib.suppress(NotFoundError):
            await jetstream.delete_consumer(DELIVERIES, self._id)
        await jetstream.add_consumer(
            DELIVERIES,
            api.ConsumerConfig(
                durable_name=self._id,
                filter_subject=delivery_subject(self._id),
                deliver_policy=api.DeliverPolicy.ALL,
                ack_policy=api.AckPolicy.EXPLICIT,
                ack_wait=_ACKNOWLEDGE_SECONDS,
                max_ack_pending=-1,
                inactive_threshold=_INACTIVE_SECONDS,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._read = 0
        self._subscription = await jetstream.pull_subscribe_bind(
            durable=self._id, stream=DELIVERIES
        )

    async def _drop(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            with contextlib.suppress(NatsError, OSError):
                await subscription.unsubscribe()

    async def _fetched(self, count: int) -> list[Msg]:
        assert self._subscription is not None  # noqa: S101 - opened before.
        try:
            return await self._subscription.fetch(count, timeout=_FETCH_SECONDS)
        except TimeoutError:
            return []


async def connections_with_deliveries(jetstream: JetStreamContext) -> dict[ConnectionId, int]:
    """Return how many unfinished deliveries each connection has that has any."""
    return await connections_in(jetstream, DELIVERIES, DELIVERIES_SUBJECT)


async def connections_in(
    jetstream: JetStreamContext, stream: str, subject: str
) -> dict[ConnectionId, int]:
    """Return how many messages of each connection a stream holds."""
    state = (await jetstream.stream_info(stream, subjects_filter=f"{subject}.>")).state
    return {
        ConnectionId(name.removeprefix(f"{subject}.")): count
        for name, count in (state.subjects or {}).items()
    }
