"""Deliveries in the journal: one queue for each connection, read in order.

A finished bundle is gone from the stream; see `bundles`. So a reader that is made anew begins with
the oldest unfinished one, and order needs no second store: not over a restart, and not when the
connection to NATS broke and messages were lost on the way. Such a reader's own state need not
survive anything, and is kept in memory; what is done of an unfinished bundle is in `partly`.
"""

from __future__ import annotations

import collections
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
from crossdock.pipeline.journal.bundles import (
    bundle_subjects,
    contents,
    count_by_connection,
    decode_delivery,
    former_subject,
)
from crossdock.pipeline.journal.connection import Connection, raise_if_cancelled
from crossdock.pipeline.journal.partly import Bundle, Partly, Place
from crossdock.pipeline.journal.streams import DELIVERIES, DELIVERIES_SUBJECT

_FETCH_MESSAGES_MAX = 128
_FETCH_SECONDS = 2.0
_RETRY_SECONDS = 0.2
# Nobody else reads what this reader has, and what it does not finish comes again when it is made
# anew; until then nothing must come twice, or out of order.
_ACKNOWLEDGE_SECONDS = 365 * 86_400.0
# A cluster outlives us: it forgets the reader of a connection that nobody sends for any more.
_INACTIVE_SECONDS = 3600.0


class _BundleMessage:
    """A journal message on its way, and the bundle in it."""

    def __init__(
        self, message: Msg, bundle: Bundle, connection_id: ConnectionId, partly: Partly
    ) -> None:
        self.bundle = bundle
        self._message = message
        self._id = connection_id
        self._partly = partly

    async def done(self, index: int) -> None:
        """Finish one delivery, and the message with the last."""
        if self._partly.is_done(self._id, self.bundle, index):
            await self.finish()

    async def finish(self) -> None:
        """Finish the message: all in it is done."""
        await self._message.ack()
        self._partly.forget(self._id, self.bundle)


class DeliveryMessage:
    """A delivery on its way.

    Attributes:
        delivery: What to send.
        made_at: When it was stored, UTC.
        size_bytes: How large it is.
        place: Where it lies; the same when it is read again.
    """

    def __init__(
        self, delivery: Delivery, message: _BundleMessage, index: int, size_bytes: int
    ) -> None:
        self.delivery = delivery
        self.size_bytes = size_bytes
        self._message = message
        self._index = index

    @property
    def made_at(self) -> dt.datetime:  # noqa: D102 - see above.
        return self._message.bundle.place.stored_at

    @property
    def place(self) -> int:  # noqa: D102 - see above.
        return self._message.bundle.place.sequence

    async def done(self) -> None:
        """Finish it: it was delivered or given up, and its outcome is stored."""
        await self._message.done(self._index)


class DeliveryReader:
    """Reads the deliveries of one connection, oldest unfinished first. There is one at a time.

    Args:
        connection: To NATS.
        connection_id: Whose deliveries.
        partly: What is done of bundles that are not finished.
        clock: Waits while NATS is away.
    """

    def __init__(
        self, connection: Connection, connection_id: ConnectionId, partly: Partly, clock: Clock
    ) -> None:
        self._connection = connection
        self._id = connection_id
        self._partly = partly
        self._clock = clock
        self._subscription: JetStreamContext.PullSubscription | None = None
        self._connects = 0
        self._read = 0
        # What was read and not asked for yet: a bundle can hold more than there is room for.
        self._ahead: collections.deque[tuple[_BundleMessage, int, bytes | msgspec.Raw]] = (
            collections.deque()
        )
        self._bundle_count_max = 1

    async def next(self, count_max: int) -> Sequence[DeliveryMessage]:
        """Return what comes next; nothing if nothing comes for two seconds.

        After trouble the reader is made anew: what was handed out and not finished comes again,
        before anything new.
        """
        try:
            if self._subscription is None or self._connects != self._connection.connects:
                await self._open()
            if not self._ahead:
                await self._read_ahead(count_max)
        except (NatsError, OSError, TimeoutError) as error:
            raise_if_cancelled()
            report.reading_failed(self._id, error)
            await self._drop()
            await self._clock.sleep(_RETRY_SECONDS)
            return []
        found: list[DeliveryMessage] = []
        while self._ahead and len(found) < count_max:
            message, index, data = self._ahead.popleft()
            try:
                delivery = decode_delivery(data)
            except (msgspec.DecodeError, UnicodeDecodeError):
                report.message_is_unreadable(DELIVERIES, message.bundle.place.sequence)
                # If the journal does not hear of it, it is finished when the message comes again.
                with contextlib.suppress(NatsError, OSError):
                    await message.done(index)
                continue
            found.append(DeliveryMessage(delivery, message, index, len(memoryview(data))))
        return found

    async def _read_ahead(self, count_max: int) -> None:
        """Read so many messages that they hold about as many deliveries."""
        wanted = max(1, min(count_max // self._bundle_count_max, _FETCH_MESSAGES_MAX))
        messages = await self._fetched(wanted)
        raise_if_cancelled()
        counts: list[int] = []
        for message in messages:
            metadata = message.metadata
            self._read += 1
            if metadata.sequence.consumer != self._read:
                # One was lost on the way. Those behind it must not overtake it.
                report.reading_lost_a_message(self._id)
                await self._close_subscription()
                break
            try:
                items = contents(message.subject, message.data)
            except (msgspec.DecodeError, UnicodeDecodeError):
                report.message_is_unreadable(DELIVERIES, metadata.sequence.stream)
                await message.term()
                continue
            counts.append(len(items))
            place = Place(metadata.sequence.stream, metadata.timestamp)
            bundle = self._partly.bundle(self._id, place, len(items))
            read = _BundleMessage(message, bundle, self._id, self._partly)
            if not bundle.left:
                # The journal did not hear of its finish.
                await read.finish()
            self._ahead.extend(
                (read, index, data) for index, data in enumerate(items) if index in bundle.left
            )
        self._bundle_count_max = max(counts, default=self._bundle_count_max)

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
                filter_subjects=await self._subjects(),
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

    async def _subjects(self) -> list[str]:
        """Return where this connection's deliveries lie; one is quicker for NATS than two."""
        former = former_subject(self._id)
        state = await self._connection.jetstream.stream_info(DELIVERIES, subjects_filter=former)
        of_bundles = bundle_subjects(self._id)
        return [former, of_bundles] if state.state.subjects else [of_bundles]

    async def _drop(self) -> None:
        """Begin anew the next time."""
        self._ahead.clear()
        await self._close_subscription()

    async def _close_subscription(self) -> None:
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


async def unfinished_by_connection(
    jetstream: JetStreamContext,
) -> dict[ConnectionId, int]:
    """Return how many deliveries of each connection lie in bundles that are not finished."""
    info = await jetstream.stream_info(DELIVERIES, subjects_filter=f"{DELIVERIES_SUBJECT}.>")
    return count_by_connection(info.state.subjects or {})
