"""The journal: what the stages of the pipeline store and read."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import shutil
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from pathlib import Path

from nats.errors import Error as NatsError
from nats.js.kv import KeyValue

from crossdock.base.clock import Clock
from crossdock.base.ids import new_secret
from crossdock.base.problems import Problem
from crossdock.events import (
    ConnectionId,
    DeadLetter,
    Delivery,
    Envelope,
    Event,
    Notice,
    Outcome,
    Pause,
    Replay,
    SourceId,
)
from crossdock.events.delivery import mapped
from crossdock.events.envelope import decode_envelopes, encode_envelopes, envelope_bytes
from crossdock.pipeline.journal import (
    dead_letters,
    follow,
    history,
    outcomes,
    pauses,
    read,
    replays,
    report,
    streams,
)
from crossdock.pipeline.journal.append import GroupCommit, append_until_stored
from crossdock.pipeline.journal.bundles import bundled
from crossdock.pipeline.journal.connection import Connection, Message, answered, raise_if_cancelled
from crossdock.pipeline.journal.dead_letters import DeadLetters
from crossdock.pipeline.journal.deliveries import DeliveryReader, unfinished_by_connection
from crossdock.pipeline.journal.errors import (
    JournalError,
    JournalNotStarted,
    JournalUnavailable,
)
from crossdock.pipeline.journal.notices import NoticeBoard
from crossdock.pipeline.journal.partly import Partly
from crossdock.pipeline.journal.places import Places
from crossdock.pipeline.journal.server import NatsChild
from crossdock.pipeline.journal.settings import JournalSettings
from crossdock.pipeline.journal.trim import trim_events
from crossdock.pipeline.journal.watch import Watch

EVENT_READERS = ("route",)
"""Who reads every event; the stream keeps what one of them has not finished."""

# The largest request and what surrounds it; a server that takes less cannot hold it.
_PAYLOAD_BYTES_MIN = 640 * 1024
_PAYLOAD_RESERVE_BYTES = 4 * 1024
_MESSAGES_AT_ONCE = 500
# Storing together costs NATS 5 ms however many there are, one behind the other 0.1 ms each.
_TOGETHER_MIN = 32
# Between two restarts of a child that has stopped to store.
_CURE_SECONDS_MIN = 15.0
# A stop has answered its senders before; what is not stored by then is done again after a start.
_CLOSE_SECONDS_MAX = 5.0


class Journal:
    """The durable log between the stages, on NATS JetStream.

    Args:
        folder: Where a NATS server of our own keeps its files.
        clock: Measures and waits.
        nats_url: An existing server or cluster (several URLs with commas); None runs one as a
            child process.
        settings: Sizes and times.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        nats_url: str | None = None,
        settings: JournalSettings | None = None,
    ) -> None:
        self._settings = settings or JournalSettings()
        self._clock = clock
        self._url = nats_url
        self._folder = folder
        self._child = (
            NatsChild(folder, store_bytes_max=streams.store_bytes(self._settings), clock=clock)
            if nats_url is None
            else None
        )
        self._connection = Connection(
            clock,
            disk=folder if nats_url is None else None,
            disk_reserve_bytes=self._settings.disk_reserve_bytes,
        )
        self._places_by_reader: dict[str, read.Place] = {}
        self._board = NoticeBoard(clock)
        self._partly = Partly()
        self._watch = Watch(
            self._connection, folder if nats_url is None else None, self._settings, clock
        )
        # What another's server loses, its operator sees to.
        self._places = Places(folder, self._append_empty, clock) if nats_url is None else None
        self._tasks: list[asyncio.Task[None]] = []
        self._last_cure_at = -_CURE_SECONDS_MIN
        self._followed_to: dict[str, int] = {}

    @property
    def is_ready(self) -> bool:
        """Whether there is a connection at the moment."""
        return self._connection.is_up

    @property
    def child_process_id(self) -> int | None:
        """Process id of our own NATS server; None if there is none."""
        return self._child.process_id if self._child is not None else None

    @property
    def waiting_bytes(self) -> int:
        """What was given to `append` and is not on disk yet."""
        return self._events.waiting_bytes

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong now."""
        yield from self._watch.problems()
        if self._places is not None:
            yield from self._places.problems()

    async def open(self) -> None:
        """Start the server if it is ours, connect, and make the streams.

        Raises:
            JournalNotStarted: The message says what an operator can do.
        """
        try:
            if self._child is not None:
                await self._child.start()
            await self._open_streams()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Store what waits, disconnect, and end the server if it is ours."""
        if self._tasks:
            with contextlib.suppress(NatsError, OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS_MAX):
                    await self._store_what_waits()
        running = set(self._tasks)
        while running:
            # Again and again: see `raise_if_cancelled`.
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=0.5)
        await self._connection.close()
        if self._child is not None:
            await self._child.stop()

    async def _store_what_waits(self) -> None:
        await self._events.drain()
        await self._outcomes.drain()
        with contextlib.suppress(NatsError, OSError):
            await self._board.write(self._bucket, self._connection.jetstream)
            await self._partly.write(self._partly_bucket)
        await self._note_places()

    def append(self, envelope: Envelope) -> asyncio.Future[None]:
        """Return what is done when the request is on disk, or fails with a `JournalError`.

        Raises:
            JournalBusy: Too much is waiting already.
        """
        return self._events.append(envelope, size_bytes=envelope_bytes(envelope))

    def events(self, reader: str) -> AsyncGenerator[read.EventBatch, None]:
        """Yield events in batches, from where the reader of that name was; see `EventBatch`."""
        place = self._places_by_reader.setdefault(reader, read.Place())
        return read.event_batches(self._connection, reader, place, self._clock)

    async def append_deliveries(self, new: Sequence[Delivery]) -> None:
        """Store deliveries in order, and the outcome `mapped` of each.

        The same that the journal has already are stored once. That every delivery has its outcome
        is what the balance rests on, so it is done here, for whoever makes deliveries.

        One after the other: after a crash the same event may be decided by another version of the
        workspace, and a delivery that was told of and is not made then would be missed for ever.
        One that was made and not told of ends all the same, and that is told.

        Raises:
            JournalError: Some may be stored and some not: try again with the same.
        """
        at = self._clock.now()
        await self._append_bundled(new)
        await self.append_outcomes([mapped(delivery, at=at) for delivery in new])

    def delivery_reader(self, connection_id: ConnectionId) -> DeliveryReader:
        """Return the only reader of a connection's deliveries."""
        return DeliveryReader(self._connection, connection_id, self._partly, self._clock)

    async def connections_with_deliveries(self) -> Mapping[ConnectionId, int]:
        """Return how many unfinished deliveries each connection has that has any.

        Raises:
            JournalUnavailable: It does not answer.
        """
        return self._partly.left_of(
            await answered(unfinished_by_connection(self._connection.jetstream))
        )

    async def append_outcomes(self, new: Sequence[Outcome]) -> None:
        """Store outcomes.

        Raises:
            JournalError: They may or may not be stored.
        """
        await asyncio.gather(
            *(
                self._outcomes.append(portion, size_bytes=size_bytes)
                for portion, size_bytes in outcomes.portions(new)
            )
        )

    def follow_events(self, after: int) -> AsyncGenerator[list[follow.Followed[Envelope]], None]:
        """Yield accepted requests that lie behind the place `after`, in order, for ever.

        Whoever follows keeps the place, and calls `followed` when it is stored.
        """
        return follow.followed(
            self._connection, streams.EVENTS, after, decode_envelopes, self._clock
        )

    def follow_outcomes(self, after: int) -> AsyncGenerator[list[follow.Followed[Outcome]], None]:
        """Yield outcomes that lie behind the place `after`, in order, for ever."""
        return follow.followed(
            self._connection, streams.OUTCOMES, after, outcomes.decode_outcomes, self._clock
        )

    async def recent_outcomes(self) -> AsyncGenerator[list[Outcome], None]:
        """Yield the outcomes that were stored last, oldest first. May raise any error."""
        after, last = await outcomes.recent_range(self._connection.jetstream)
        if after == last:
            return
        async with contextlib.aclosing(self.follow_outcomes(after)) as following:
            async for messages in following:
                for message in messages:
                    yield message.items()
                    # Decoding megabytes must not keep anyone else waiting.
                    await self._clock.sleep(0)
                    if message.sequence >= last:
                        return

    def followed(self, sequence: int, follower: str = "ledger") -> None:
        """Note that a follower has recorded events up to this place.

        What all followers have recorded may be removed when it is old.
        """
        self._followed_to[follower] = sequence

    async def progress(self) -> follow.Progress:
        """Return how far everyone is.

        Raises:
            JournalUnavailable: It does not answer.
        """
        return await answered(
            follow.progress(
                self._connection.jetstream, EVENT_READERS[0], self._partly, self._clock.now()
            )
        )

    async def latest_outcomes(
        self,
        limit: int,
        source_id: SourceId | None = None,
        connection_id: ConnectionId | None = None,
    ) -> list[Outcome]:
        """Return the last outcomes, newest first.

        Raises:
            JournalUnavailable: It does not answer.
        """
        return await answered(
            outcomes.latest_outcomes(
                self._connection.jetstream,
                limit,
                source_id=source_id,
                connection_id=connection_id,
            )
        )

    async def find_range(self, start_at: dt.datetime, end_at: dt.datetime) -> tuple[int, int]:
        """Return the first and last sequence that can hold events accepted in a time range.

        Raises:
            JournalUnavailable: It does not answer.
        """
        return await answered(history.find_range(self._connection.jetstream, start_at, end_at))

    def events_between(self, first: int, last: int) -> AsyncGenerator[list[Event], None]:
        """Yield the events of these journal messages that are still there. May raise any error."""
        return history.events_between(self._connection.jetstream, first, last)

    async def save_replay(self, replay: Replay) -> None:
        """Return once the replay, and how far it is, is durable.

        Raises:
            JournalUnavailable: It may or may not be.
        """
        await answered(replays.save_replay(self._replays, replay))

    async def replays(self) -> list[Replay]:
        """Return every replay of the last 30 days, the oldest first.

        Raises:
            JournalUnavailable: It does not answer.
        """
        return await answered(replays.load_replays(self._replays, self._connection.jetstream))

    def report_notice(self, notice: Notice) -> bool:
        """Count a plugin's notice; return whether it was taken."""
        return self._board.report(notice)

    async def notices(self) -> list[Notice]:
        """Return every notice, the last seen first.

        Raises:
            JournalUnavailable: It does not answer.
        """
        return await answered(self._board.all(self._bucket, self._connection.jetstream))

    async def append_dead_letter(self, letter: DeadLetter) -> None:
        """Store a dead letter; the same delivery and attempt are stored once.

        Raises:
            JournalError: It may or may not be stored.
        """
        await append_until_stored(
            self._connection.append,
            dead_letters.dead_letter_subject(letter.delivery.connection_id),
            dead_letters.encode_dead_letter(letter),
            stream=streams.DEAD_LETTERS,
            append_id=letter.outcome.id,
            settings=self._settings,
            clock=self._clock,
        )

    @property
    def dead_letters(self) -> DeadLetters:
        """Deliveries that were given up."""
        return DeadLetters(
            self._connection.jetstream, self._append_bundled, self.append_outcomes, self._clock
        )

    async def pauses(self) -> list[Pause]:
        """Return the connections that send nothing until someone acts; raises as above."""
        return await answered(pauses.all_pauses(self._pauses, self._connection.jetstream))

    async def store_pause(self, connection_id: ConnectionId, pause: Pause | None) -> None:
        """Store that a connection is paused, or that it is not; raises as above."""
        await answered(pauses.store_pause(self._pauses, connection_id, pause))

    async def _open_streams(self) -> None:
        await self._connection.open(
            self._child.url if self._child is not None else self._url or "",
            token=self._child.token if self._child is not None else None,
        )
        settings = self._fitting_settings()
        jetstream = self._connection.jetstream
        try:
            await streams.open_streams(jetstream, settings)
            if self._places is not None:
                await self._places.look(jetstream)
            for reader in EVENT_READERS:
                await read.open_reader(jetstream, reader)
            self._bucket: KeyValue = await jetstream.key_value(streams.NOTICES)
            self._replays: KeyValue = await jetstream.key_value(streams.REPLAYS)
            self._pauses: KeyValue = await jetstream.key_value(streams.PAUSES)
            self._partly_bucket: KeyValue = await jetstream.key_value(streams.PARTLY)
            await self._partly.load(self._partly_bucket, jetstream)
        except (NatsError, OSError, TimeoutError) as error:
            raise JournalNotStarted(
                f"NATS refused a stream or a reader: {error}.",
                do="Check its JetStream limits and permissions.",
            ) from error
        self._events = GroupCommit(
            self._connection.append,
            encode_envelopes,
            stream=streams.EVENTS,
            subject=streams.EVENTS_SUBJECT,
            settings=settings,
            clock=self._clock,
            when_given_up=self._cure,
        )
        self._outcomes = GroupCommit(
            self._connection.append,
            outcomes.encode_outcomes,
            stream=streams.OUTCOMES,
            subject=streams.OUTCOMES_SUBJECT,
            settings=settings,
            clock=self._clock,
            when_given_up=self._cure,
        )
        self._run("events", self._events.run())
        self._run("outcomes", self._outcomes.run())
        self._run("notices", self._board.run(self._bucket, jetstream))
        self._run("partly", self._partly.run(self._partly_bucket, self._clock))
        self._run("trim", self._again_and_again("trim", settings, self._trim))
        self._run("watch", self._again_and_again("watch", settings, self._look))

    def _run(self, name: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=f"journal: {name}")
        task.add_done_callback(_note_death)
        self._tasks.append(task)

    def _fitting_settings(self) -> JournalSettings:
        payload_bytes = self._connection.max_payload_bytes - _PAYLOAD_RESERVE_BYTES
        if payload_bytes < _PAYLOAD_BYTES_MIN:
            raise JournalNotStarted(
                f"NATS takes messages of at most {self._connection.max_payload_bytes} bytes.",
                do="Set its max_payload to 1MB or more; 8MB is best.",
            )
        return dataclasses.replace(
            self._settings,
            group_bytes_max=min(self._settings.group_bytes_max, payload_bytes),
        )

    async def _append_bundled(self, new: Sequence[Delivery]) -> None:
        """Store deliveries in order."""
        messages = bundled(new)
        for start in range(0, len(messages), _MESSAGES_AT_ONCE):
            await self._append_together(messages[start : start + _MESSAGES_AT_ONCE])

    async def _append_together(self, messages: Sequence[Message]) -> None:
        """Store messages of deliveries in order, even if the connection breaks in the middle."""
        try:
            seconds_max = self._settings.attempt_seconds_max
            if len(messages) < _TOGETHER_MIN:
                is_stored = await self._connection.append_in_line(
                    messages, stream=streams.DELIVERIES, seconds_max=seconds_max
                )
            else:
                is_stored = await self._connection.append_together(
                    messages,
                    stream=streams.DELIVERIES,
                    batch_id=new_secret(16),
                    seconds_max=seconds_max,
                )
        except JournalUnavailable as error:
            raise_if_cancelled()
            report.append_is_tried_again(streams.DELIVERIES, error.__cause__ or error)
            is_stored = False
        if not is_stored:
            raise_if_cancelled()
            for message in messages:
                await self._append_bundle(message)

    async def _append_bundle(self, message: Message) -> None:
        await append_until_stored(
            self._connection.append,
            message.subject,
            message.data,
            stream=streams.DELIVERIES,
            append_id=message.append_id,
            settings=self._settings,
            clock=self._clock,
        )

    async def _again_and_again(
        self,
        name: str,
        settings: JournalSettings,
        work: Callable[[JournalSettings], Awaitable[None]],
    ) -> None:
        while True:
            await self._clock.sleep(settings.trim_seconds)
            try:
                await work(settings)
            except (JournalError, NatsError, OSError, TimeoutError) as error:
                report.background_failed(name, error)
            raise_if_cancelled()

    async def _trim(self, settings: JournalSettings) -> None:
        await trim_events(
            self._connection.jetstream,
            settings,
            clock=self._clock,
            bytes_max=await self._events_bytes_max(settings),
            followed_to=min(self._followed_to.values(), default=None),
            removing=self._places.removing if self._places is not None else _no_place,
        )

    async def _look(self, _: JournalSettings) -> None:
        await self._watch.look(EVENT_READERS[0])
        if self._places is not None:
            await self._places.look(self._connection.jetstream)

    async def _note_places(self) -> None:
        if self._places is not None and self._connection.is_up:
            with contextlib.suppress(JournalError, NatsError, OSError, TimeoutError):
                async with asyncio.timeout(self._settings.attempt_seconds_max):
                    await self._places.look(self._connection.jetstream)

    async def _append_empty(self, stream: str) -> None:
        """Store a message of nothing, for which readers of the stream do nothing."""
        await append_until_stored(
            self._connection.append,
            streams.EVENTS_SUBJECT if stream == streams.EVENTS else streams.OUTCOMES_SUBJECT,
            encode_envelopes([]) if stream == streams.EVENTS else outcomes.encode_outcomes([]),
            stream=stream,
            append_id=new_secret(16),
            settings=self._settings,
            clock=self._clock,
        )

    async def _events_bytes_max(self, settings: JournalSettings) -> int:
        if self._child is None:
            return settings.events_bytes_max
        # Where the disk is smaller than the bound, history makes room before appends are refused.
        free_bytes = shutil.disk_usage(self._folder).free
        held_bytes = (await self._connection.jetstream.stream_info(streams.EVENTS)).state.bytes
        spare_bytes = free_bytes - 2 * settings.disk_reserve_bytes
        return max(0, min(settings.events_bytes_max, held_bytes + spare_bytes))

    async def _cure(self) -> None:
        """Restart our server if it is connected and yet does not store.

        A NATS server that met a full disk stays so, even when there is room again.
        """
        now = self._clock.monotonic_seconds()
        if (
            self._child is not None
            and self._connection.is_up
            and self._connection.has_room()
            and now - self._last_cure_at >= _CURE_SECONDS_MIN
        ):
            self._last_cure_at = now
            await self._child.restart()


def _no_place(_stream: str, _before_sequence: int) -> None:
    """Note nothing."""


def _note_death(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        report.background_died(task.get_name(), error)
