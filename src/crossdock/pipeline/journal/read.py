"""Durable readers of events: what is not finished comes again, to whoever reads by that name."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api

from crossdock.base.clock import Clock
from crossdock.events import Event, Outcome
from crossdock.events.envelope import decode_envelopes
from crossdock.events.unfold import message_count, unfold
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.connection import Connection, raise_if_cancelled
from crossdock.pipeline.journal.settings import JournalSettings
from crossdock.pipeline.journal.streams import EVENTS, EVENTS_SUBJECT

# A group commit can hold thousands of events; stamping them all at once would keep the event loop
# from those who wait for an answer. And where the disk is fast it holds a single one; what follows
# from it costs whoever reads a commit of its own, so what lies there already comes together.
_BATCH_EVENTS_MAX = 200
_FETCH_MESSAGES = 32
_FETCH_SECONDS = 2.0
_RETRY_SECONDS = 0.2
# Someone who holds a message for so long has forgotten it.
_HOLD_SECONDS_MAX = 600.0


class Held:
    """Messages that a reader has and has not finished; NATS is told now and then that it lives."""

    def __init__(self, clock: Clock, *, every_seconds: float) -> None:
        self._clock = clock
        self._every_seconds = every_seconds
        self._held_by_id: dict[int, tuple[Msg, float]] = {}

    def add(self, message: Msg) -> None:
        """Keep NATS from giving the message to another reader."""
        # A message has no hash; while it is held here, its address is its own.
        self._held_by_id[id(message)] = (message, self._clock.monotonic_seconds())

    def remove(self, message: Msg) -> bool:
        """Return whether the message was held; it no longer is."""
        return self._held_by_id.pop(id(message), None) is not None

    async def run(self) -> None:
        """Tell NATS, until cancelled."""
        while True:
            await self._clock.sleep(self._every_seconds)
            now = self._clock.monotonic_seconds()
            for message, since in list(self._held_by_id.values()):
                if now - since > _HOLD_SECONDS_MAX:
                    self.remove(message)
                elif now - since >= self._every_seconds:
                    with contextlib.suppress(NatsError, OSError):
                        await message.in_progress()
                    raise_if_cancelled()


class EventBatch:
    """Some events: of several journal messages, or a part of a large one.

    End each batch with `done` or `later`. A journal message is finished when all batches that have
    a part of it are; until then a crash brings all of it again.

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

    async def later(self, seconds: float = 1.0) -> None:
        """Ask for the whole journal messages again, after a while."""
        for part in self._parts:
            await part.bring_again(seconds)


class _MessageProgress:
    """How much of a journal message was handed out, and how much of that is done.

    Attributes:
        is_handed_out: Whether all of it is in batches.
    """

    def __init__(self, message: Msg, held: Held) -> None:
        self._message = message
        self._held = held
        self._open_parts = 0
        self.is_handed_out = False

    def parts(self) -> Iterator[tuple[list[Event], list[Outcome]]]:
        """Yield what the message holds, few at a time."""
        return event_lists(self._message.data, self._message.metadata.sequence.stream)

    def part_is_taken(self, *, is_last: bool) -> None:
        self._open_parts += 1
        self.is_handed_out = is_last

    async def part_is_done(self) -> None:
        self._open_parts -= 1
        if self.is_handed_out and not self._open_parts and self._held.remove(self._message):
            await self._message.ack()

    async def bring_again(self, seconds: float) -> None:
        if self._held.remove(self._message):
            await self._message.nak(delay=seconds)


async def open_reader(jetstream: JetStreamContext, reader: str, settings: JournalSettings) -> None:
    """Make the durable reader of events, so that nothing is removed before it has read it."""
    await jetstream.add_consumer(EVENTS, _consumer(reader, EVENTS_SUBJECT, settings))


async def event_batches(
    connection: Connection, reader: str, held: Held, clock: Clock
) -> AsyncGenerator[EventBatch, None]:
    """Yield events, oldest unfinished first, and wait for more; ends only when closed."""
    async with contextlib.aclosing(_fetches(connection, reader, held, clock)) as fetches:
        async for messages in fetches:
            fetched = [_MessageProgress(message, held) for message in messages]
            try:
                for batch in _batches(fetched):
                    yield batch
            finally:
                # Whoever reads next need not wait for what was not handed out.
                for message in fetched:
                    if not message.is_handed_out:
                        with contextlib.suppress(NatsError, OSError):
                            await message.bring_again(0)


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


def _consumer(reader: str, subject: str, settings: JournalSettings) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        durable_name=reader,
        filter_subject=subject,
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=settings.acknowledge_seconds_max,
        max_ack_pending=-1,
    )


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
    connection: Connection, reader: str, held: Held, clock: Clock
) -> AsyncGenerator[list[Msg], None]:
    """Yield what lies there, some messages at a time; they are held until someone removes them."""
    while True:
        try:
            async with _subscription(connection, EVENTS, reader) as subscription:
                while True:
                    messages = await _fetched(subscription)
                    for message in messages:
                        held.add(message)
                    if messages:
                        yield messages
        except (NatsError, OSError, TimeoutError) as error:
            raise_if_cancelled()
            report.reading_failed(reader, error)
            await clock.sleep(_RETRY_SECONDS)


@contextlib.asynccontextmanager
async def _subscription(
    connection: Connection, stream: str, reader: str
) -> AsyncGenerator[JetStreamContext.PullSubscription, None]:
    subscription = await connection.jetstream.pull_subscribe_bind(durable=reader, stream=stream)
    try:
        yield subscription
    finally:
        with contextlib.suppress(NatsError, OSError):
            await subscription.unsubscribe()


async def _fetched(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    try:
        return await subscription.fetch(_FETCH_MESSAGES, timeout=_FETCH_SECONDS)
    except TimeoutError:
        raise_if_cancelled()
        return []
