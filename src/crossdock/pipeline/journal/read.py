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
# from those who wait for an answer.
_BATCH_EVENTS_MAX = 200
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
    """Some events of one journal message.

    End each batch with `done` or `later`. The journal message is finished when all its batches
    are; until then a crash brings all of them again.

    Attributes:
        events: In the order accepted.
        discards: Outcomes of messages that were refused at the door, to be recorded.
    """

    def __init__(
        self, events: list[Event], discards: list[Outcome], progress: _MessageProgress
    ) -> None:
        self.events = events
        self.discards = discards
        self._progress = progress

    async def done(self) -> None:
        """Say that everything that follows from these events is stored."""
        await self._progress.batch_is_done()

    async def later(self, seconds: float = 1.0) -> None:
        """Ask for the whole journal message again, after a while."""
        await self._progress.bring_again(seconds)


class _MessageProgress:
    def __init__(self, message: Msg, held: Held) -> None:
        self._message = message
        self._held = held
        self._open_batches = 0
        self._all_handed_out = False

    def batch_is_handed_out(self, *, is_last: bool) -> None:
        self._open_batches += 1
        self._all_handed_out = is_last

    async def batch_is_done(self) -> None:
        self._open_batches -= 1
        if self._all_handed_out and not self._open_batches:
            await self.finish()

    async def finish(self) -> None:
        if self._held.remove(self._message):
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
    async with contextlib.aclosing(
        _messages(connection, EVENTS, reader, held, clock, fetch_max=8)
    ) as messages:
        async for message in messages:
            progress = _MessageProgress(message, held)
            batches = event_lists(message.data, message.metadata.sequence.stream)
            following = next(batches, None)
            if following is None:
                await progress.finish()
            while following is not None:
                events, discards = following
                # Looked for before this one is handed out, so that its `done` can be the last word.
                following = next(batches, None)
                progress.batch_is_handed_out(is_last=following is None)
                try:
                    yield EventBatch(events, discards, progress)
                except GeneratorExit:
                    if following is not None:
                        await progress.bring_again(0)
                    raise


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


async def _messages(  # noqa: PLR0913 - private, and each is what it says.
    connection: Connection,
    stream: str,
    reader: str,
    held: Held,
    clock: Clock,
    *,
    fetch_max: int,
) -> AsyncGenerator[Msg, None]:
    taken: list[Msg] = []
    try:
        while True:
            try:
                async with _subscription(connection, stream, reader) as subscription:
                    while True:
                        taken = await _fetched(subscription, fetch_max)
                        for message in taken:
                            held.add(message)
                        while taken:
                            yield taken.pop(0)
            except (NatsError, OSError, TimeoutError) as error:
                raise_if_cancelled()
                report.reading_failed(reader, error)
                await clock.sleep(_RETRY_SECONDS)
    finally:
        # Whoever reads next need not wait for what was fetched and not handed out.
        for message in taken:
            if held.remove(message):
                with contextlib.suppress(NatsError, OSError):
                    await message.nak()


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


async def _fetched(subscription: JetStreamContext.PullSubscription, fetch_max: int) -> list[Msg]:
    try:
        return await subscription.fetch(fetch_max, timeout=_FETCH_SECONDS)
    except TimeoutError:
        raise_if_cancelled()
        return []
