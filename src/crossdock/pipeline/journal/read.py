"""Durable readers of events: everything in order, and again what was not finished.

A consumer of NATS brings what its reader lost only after a while, and meanwhile goes on with what
is new: one person's events would overtake each other. So a reader that begins, or whose connection
broke, gets another consumer, which begins with the first message that is not finished. While it
takes the place of the one before, a third keeps the place, so that a crash in between forgets
nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from crossdock.base.clock import Clock
from crossdock.events import Event, Outcome
from crossdock.events.envelope import decode_envelopes
from crossdock.events.unfold import message_count, unfold
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.connection import Connection, raise_if_cancelled
from crossdock.pipeline.journal.streams import EVENTS, EVENTS_SUBJECT

# A group commit can hold thousands of events; stamping them all at once would keep the event loop
# from those who wait for an answer. And where the disk is fast it holds a single one; what follows
# from it costs whoever reads a commit of its own, so what lies there already comes together.
_BATCH_EVENTS_MAX = 200
_FETCH_MESSAGES = 32
_FETCH_SECONDS = 2.0
_RETRY_SECONDS = 0.2
# Until its reader gets another consumer, nothing is to come twice, or out of order.
_ACKNOWLEDGE_SECONDS = 365 * 86_400.0
# What keeps a reader's place while its consumer is replaced has the reader's name and this.
_KEEPER = "-place"


class Place:
    """How far a reader is in the stream, as far as this process knows."""

    def __init__(self) -> None:
        self._handed_out = 0
        self._unfinished: dict[int, None] = {}

    @property
    def finished(self) -> int:
        """The last message up to which everything is finished; 0 if none is known."""
        return next(iter(self._unfinished), self._handed_out + 1) - 1

    def hand_out(self, sequence: int) -> None:
        """Note that a message is with the reader."""
        self._handed_out = sequence
        self._unfinished[sequence] = None

    def finish(self, sequence: int) -> bool:
        """Note that a message is finished; return whether it was with the reader."""
        if sequence not in self._unfinished:
            return False
        del self._unfinished[sequence]
        return True

    def begin_again(self) -> None:
        """Take back what is not finished."""
        self._handed_out = self.finished
        self._unfinished.clear()


class EventBatch:
    """Some events: of several journal messages, or a part of a large one.

    End each batch with `done`. A journal message is finished when all batches that have a part of
    it are; until then a crash brings all of it again.

    Attributes:
        events: In the order accepted.
        discards: Outcomes of messages that were refused at the door, to be recorded.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.discards: list[Outcome] = []
        self._parts: list[_MessageProgress] = []

    @property
    def size(self) -> int:
        """How much there is to do."""
        return len(self.events) + len(self.discards)

    def add(
        self,
        events: list[Event],
        discards: list[Outcome],
        progress: _MessageProgress,
        *,
        is_last: bool,
    ) -> None:
        """Take in a part of a journal message.

        Args:
            events: Accepted ones.
            discards: Refused ones.
            progress: Of the message.
            is_last: Whether nothing of the message follows.
        """
        self.events += events
        self.discards += discards
        self._parts.append(progress)
        progress.part_is_taken(is_last=is_last)

    async def done(self) -> None:
        """Say that everything that follows from these events is stored."""
        for part in self._parts:
            await part.part_is_done()


class _MessageProgress:
    """How much of a journal message was handed out, and how much of that is done."""

    def __init__(self, message: Msg, place: Place) -> None:
        self._message = message
        self._place = place
        self._open_parts = 0
        self._is_handed_out = False

    def parts(self) -> Iterator[tuple[list[Event], list[Outcome]]]:
        """Yield what the message holds, few at a time."""
        return event_lists(self._message.data, self._message.metadata.sequence.stream)

    def part_is_taken(self, *, is_last: bool) -> None:
        self._open_parts += 1
        self._is_handed_out = is_last

    async def part_is_done(self) -> None:
        self._open_parts -= 1
        sequence = self._message.metadata.sequence.stream
        if self._is_handed_out and not self._open_parts and self._place.finish(sequence):
            await self._message.ack()


async def open_reader(jetstream: JetStreamContext, reader: str) -> None:
    """Make the durable reader of events, so that nothing is removed before it has read it."""
    names = (reader, reader + _KEEPER)
    if all([await _floor(jetstream, name) is None for name in names]):
        await jetstream.add_consumer(EVENTS, _consumer(reader, after=0))


async def event_batches(
    connection: Connection, reader: str, place: Place, clock: Clock
) -> AsyncGenerator[EventBatch, None]:
    """Yield events, oldest unfinished first, and wait for more; ends only when closed."""
    async with contextlib.aclosing(_fetches(connection, reader, place, clock)) as fetches:
        async for messages in fetches:
            for batch in _batches([_MessageProgress(message, place) for message in messages]):
                yield batch


def _batches(messages: list[_MessageProgress]) -> Iterator[EventBatch]:
    """Yield what the messages hold, in order, in batches that are neither large nor many."""
    batch = EventBatch()
    for message in messages:
        parts = message.parts()
        # One that cannot be read is finished with the others.
        part: tuple[list[Event], list[Outcome]] | None = next(parts, ([], []))
        while part is not None:
            events, discards = part
            if batch.size and batch.size + len(events) + len(discards) > _BATCH_EVENTS_MAX:
                yield batch
                batch = EventBatch()
            # Looked for before this part is handed out, so that its `done` can be the last word.
            part = next(parts, None)
            batch.add(events, discards, message, is_last=part is None)
    yield batch


def event_lists(data: bytes, sequence: int) -> Iterator[tuple[list[Event], list[Outcome]]]:
    """Yield what one journal message holds, few at a time: events, and what was refused."""
    try:
        envelopes = decode_envelopes(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        report.message_is_unreadable(EVENTS, sequence)
        return
    index = 0
    events: list[Event] = []
    discards: list[Outcome] = []
    for envelope in envelopes:
        for item in unfold(envelope, sequence=sequence, first_index=index):
            if isinstance(item, Event):
                events.append(item)
            else:
                discards.append(item)
            if len(events) + len(discards) >= _BATCH_EVENTS_MAX:
                yield events, discards
                events, discards = [], []
        index += message_count(envelope)
    if events or discards:
        yield events, discards


async def _fetches(
    connection: Connection, reader: str, place: Place, clock: Clock
) -> AsyncGenerator[list[Msg], None]:
    """Yield what lies there, some messages at a time."""
    while True:
        try:
            place.begin_again()
            connects = connection.connects
            async with _subscription(connection.jetstream, reader, place.finished) as subscription:
                count = 0
                # What was on its way to us when the connection broke comes to nobody but a new
                # consumer.
                while connects == connection.connects:
                    messages = await _fetched(subscription)
                    for message in messages:
                        count += 1
                        if message.metadata.sequence.consumer != count:
                            raise ConnectionResetError
                        place.hand_out(message.metadata.sequence.stream)
                    if messages:
                        yield messages
        except (NatsError, OSError, TimeoutError) as error:
            raise_if_cancelled()
            report.reading_failed(reader, error)
            await clock.sleep(_RETRY_SECONDS)


@contextlib.asynccontextmanager
async def _subscription(
    jetstream: JetStreamContext, reader: str, finished: int
) -> AsyncGenerator[JetStreamContext.PullSubscription, None]:
    await _renew(jetstream, reader, finished)
    subscription = await jetstream.pull_subscribe_bind(durable=reader, stream=EVENTS)
    try:
        yield subscription
    finally:
        with contextlib.suppress(NatsError, OSError):
            await subscription.unsubscribe()


async def _renew(jetstream: JetStreamContext, reader: str, finished: int) -> None:
    """Give the reader a consumer that begins with the first message that is not finished.

    Args:
        jetstream: Where the stream is.
        reader: Its name.
        finished: What this process knows to be finished: NATS may have forgotten the last of it.
    """
    keeper = reader + _KEEPER
    own, kept = await _floor(jetstream, reader), await _floor(jetstream, keeper)
    after = max(finished, own or 0, kept or 0)
    if own is not None:
        if kept is not None:
            await jetstream.delete_consumer(EVENTS, keeper)
        await jetstream.add_consumer(EVENTS, _consumer(keeper, after=after))
        await jetstream.delete_consumer(EVENTS, reader)
    await jetstream.add_consumer(EVENTS, _consumer(reader, after=after))
    if own is not None or kept is not None:
        await jetstream.delete_consumer(EVENTS, keeper)


async def _floor(jetstream: JetStreamContext, name: str) -> int | None:
    try:
        consumer = await jetstream.consumer_info(EVENTS, name)
    except NotFoundError:
        return None
    return consumer.ack_floor.stream_seq if consumer.ack_floor else 0


def _consumer(name: str, *, after: int) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        durable_name=name,
        filter_subject=EVENTS_SUBJECT,
        deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=after + 1,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=_ACKNOWLEDGE_SECONDS,
        max_ack_pending=-1,
    )


async def _fetched(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    try:
        messages = await subscription.fetch(_FETCH_MESSAGES, timeout=_FETCH_SECONDS)
    except TimeoutError:
        messages = []
    raise_if_cancelled()
    return messages
