"""Follows the journal and writes down what became of every event; answers questions about it.

It is never in the way: it reads the journal at its own pace, from its own place, and writes in a
thread of its own. If it cannot write, events wait for it in the journal as long as there is room;
then they go unrecorded, and `missed` counts them.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import duckdb

from crossdock.base.clock import Clock
from crossdock.base.problems import Problem
from crossdock.duck import DuckFile, portions, rest_seconds
from crossdock.ledger import problems, queries, report
from crossdock.ledger.balance import Balance, draw_up, written_off
from crossdock.ledger.entries import Entry, Stream, microseconds, moment
from crossdock.ledger.port import LedgerJournal
from crossdock.ledger.portions import PORTION_BYTES_MAX, add_events, add_outcomes
from crossdock.ledger.queries import Counts, Durations, Overview, Page, Wanted
from crossdock.ledger.report import LedgerBusy, LedgerUnavailable
from crossdock.ledger.store import Store
from crossdock.ledger.tail import Missed, Tails, TailWanted
from crossdock.ledger.volumes import Volume, last_received, volumes

Answer = TypeVar("Answer")

# One commit is one fsync: four a second keep an entry no longer than a person needs to look it up.
_PAUSE_SECONDS = 0.25
# The busier the machine, the longer a write takes, and the longer the ledger rests: at full load
# the pipeline has the processor, and the ledger catches up afterwards.
_REST = 2.0
_KEEP_SECONDS = 60.0
_BALANCE_SECONDS = 15.0
_ANSWER_SECONDS_MAX = 30.0
_HEARTBEAT_SECONDS = 15.0
# A message holds what arrived within some milliseconds: this is minutes at full load.
_BEHIND_MESSAGES_ALARM = 20_000
_LOOK_SECONDS = 0.3
# Something moves at nearly every look: a balance is not waited for any longer.
_MOVING_LOOKS_MAX = 10
# Nothing moves, and yet something is missing. A delivery that has ended is finished in the journal
# a little later; where the word of that is lost, it takes the journal ten seconds to ask again.
_STILL_LOOKS_MIN = 40


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """What an operator decides about the ledger.

    Attributes:
        age_days_max: How long entries are kept.
        bytes_max: How much disk they may take; the oldest make room.
        memory_bytes_max: What the database may use.
    """

    age_days_max: int = 30
    bytes_max: int = 10 * 1024**3
    memory_bytes_max: int = 256 * 1024**2


class Ledger:
    """What became of every event. `open` it, `run` it in a task, and `close` it.

    Args:
        path: The file.
        journal: What is followed.
        clock: Waits, and says what is too old.
        settings: How much is kept.
    """

    def __init__(
        self,
        path: Path,
        *,
        journal: LedgerJournal,
        clock: Clock,
        settings: LedgerSettings | None = None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._settings = settings or LedgerSettings()
        self._file: DuckFile[Store] = DuckFile(
            path,
            make=lambda: Store(path, memory_bytes_max=self._settings.memory_bytes_max),
            clock=clock,
            report=report,
            unavailable=LedgerUnavailable,
            busy=LedgerBusy,
            name="ledger",
        )
        self._tails = Tails()
        self._is_behind = self._differs = False

    async def open(self) -> None:
        """Open the file. One that cannot be read is set aside, and a new one begun.

        Raises:
            duckdb.Error: The file cannot be opened, nor another in its place.
        """
        await self._file.open()

    async def close(self) -> None:
        """End every tail, and write everything into the file."""
        self._tails.end()
        await self._file.close()

    def end_tails(self) -> None:
        """End every tail, and each that begins from now on: the server is stopping."""
        self._tails.end()

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        await self._file.keep_running(
            self._follow_events, self._follow_outcomes, self._keep_bounds, self._show_balance
        )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong now; the pipeline goes on all the same."""
        if self._file.has_failed:
            yield problems.FAILING
        if self._is_behind:
            yield problems.BEHIND
        if self._differs:
            yield problems.DIFFERS

    async def trace(self, message_id: str) -> Sequence[Entry]:
        """Return the life of the events of a messageId, oldest first; nothing if there is none.

        Raises:
            LedgerUnavailable: It cannot be asked at the moment.
            LedgerBusy: It takes too long.
        """
        return await self._ask(lambda cursor: queries.trace(cursor, message_id))

    async def search(self, wanted: Wanted) -> Page:
        """Return the latest entries that are wanted, newest first.

        Raises:
            ValueError: The cursor is not one of ours.
            LedgerUnavailable: It cannot be asked at the moment.
            LedgerBusy: It takes too long.
        """
        return await self._ask(lambda cursor: queries.search(cursor, wanted))

    async def overview(
        self, step: Overview, wanted: Wanted, *, grain_seconds: int, group_by: Sequence[str]
    ) -> Counts:
        """Return how many events or deliveries got to a step, by time; see `queries.overview`.

        Raises:
            LedgerUnavailable: It cannot be asked at the moment.
            LedgerBusy: It takes too long.
        """
        return await self._ask(
            lambda cursor: queries.overview(
                cursor, step, wanted, grain_seconds=grain_seconds, group_by=group_by
            )
        )

    async def forget_people(
        self,
        *,
        user_ids: Collection[str],
        anonymous_ids: Collection[str],
        before: dt.datetime,
        is_last: bool,
    ) -> None:
        """Remove what people did up to a moment from the entries; the counts stay.

        The last time, what lies in the journal is read first, however far behind the ledger is: it
        would be written down afterwards.

        Args:
            user_ids: Who.
            anonymous_ids: Of their browsers.
            before: What was accepted up to this moment.
            is_last: Also remove who they were; then what is written about it later is not found.

        Raises:
            LedgerUnavailable: It cannot be asked at the moment.
            JournalUnavailable: The journal does not answer.
        """
        if is_last:
            await self._caught_up()
        forget = functools.partial(
            self._file.store.forget_people,
            user_ids=[*user_ids],
            anonymous_ids=[*anonymous_ids],
            before_us=microseconds(before),
            is_last=is_last,
        )
        await self._file.write(forget)

    async def volumes(
        self, since: dt.datetime, until: dt.datetime, *, grain_seconds: int
    ) -> Sequence[Volume]:
        """Return what each source sent, by time; raises as above."""
        return await self._ask(
            lambda cursor: volumes(cursor, since, until, grain_seconds=grain_seconds)
        )

    async def last_received(self, source_ids: Sequence[str]) -> Mapping[str, dt.datetime]:
        """Return when the last event of each came, for those that sent any; raises as above."""
        return await self._ask(lambda cursor: last_received(cursor, source_ids))

    async def durations(self, wanted: Wanted) -> Durations:
        """Return how long attempts took; see `queries.durations`.

        Raises:
            LedgerUnavailable: It cannot be asked at the moment.
            LedgerBusy: It takes too long.
        """
        return await self._ask(lambda cursor: queries.durations(cursor, wanted))

    def tail(self, wanted: TailWanted) -> AsyncGenerator[Entry | Missed | None, None]:
        """Yield entries as they are written; None now and then, so that nobody hangs up.

        Whoever reads too slowly is told how many were left out. It ends when the server stops.
        """
        return self._tails.watch(wanted, heartbeat_seconds=_HEARTBEAT_SECONDS)

    async def balance(self) -> Balance:
        """Return the balance.

        While things move, no two looks fit together; so this looks until nothing has moved and all
        is read, or says after some seconds that it is not settled.

        Raises:
            LedgerUnavailable: It cannot be asked at the moment.
            JournalUnavailable: The journal does not answer.
        """
        before: object = None
        looks = still_looks = 0
        while True:
            balance, now = await self._look()
            still_looks = still_looks + 1 if now == before else 0
            if (balance.is_settled and balance.holds) or still_looks >= _STILL_LOOKS_MIN:
                break
            if looks - still_looks >= _MOVING_LOOKS_MAX:
                balance, _ = await self._look(is_moving=True)
                break
            before = now
            looks += 1
            await self._clock.sleep(_LOOK_SECONDS)
        if balance.is_settled and self._has_gap():
            await self._file.write(
                functools.partial(self._file.store.write_off, written_off(balance))
            )
            report.written_off(balance)
            balance, _ = await self._look()
        self._differs = not balance.holds
        report.balance_drawn_up(balance)
        return balance

    def missed(self) -> Mapping[Stream, int]:
        """Return how many messages were gone before the ledger had read them."""
        return {stream: place.missed for stream, place in self._file.store.places.items()}

    def _has_gap(self) -> bool:
        """Return whether something was missed that the balance has not been told of."""
        return any(place.missed > place.written_off for place in self._file.store.places.values())

    async def _caught_up(self) -> None:
        """Wait until everything was read that lies in the journal now."""
        progress = await self._journal.progress()
        lasts = {Stream.EVENTS: progress.events_at, Stream.OUTCOMES: progress.outcomes_at}
        while any(self._file.store.places[one].sequence < last for one, last in lasts.items()):
            await self._clock.sleep(_LOOK_SECONDS)

    async def _look(self, *, is_moving: bool = False) -> tuple[Balance, object]:
        progress = await self._journal.progress()
        store = self._file.store
        places = {stream: place.sequence for stream, place in store.places.items()}
        is_settled = not is_moving and (
            not progress.unrouted
            and places[Stream.EVENTS] >= progress.events_at
            and places[Stream.OUTCOMES] >= progress.outcomes_at
        )
        balance = draw_up(
            store.counts,
            unfinished_by_connection={**progress.deliveries_by_connection},
            is_settled=is_settled,
        )
        return balance, (balance, places)

    async def _follow_events(self) -> None:
        store = self._file.store
        after = store.places[Stream.EVENTS].sequence
        self._journal.followed(after)
        async with contextlib.aclosing(self._journal.follow_events(after)) as following:
            async for messages in following:
                size_bytes = sum(message.size_bytes for message in messages)
                for portion in portions(messages, bytes_max=PORTION_BYTES_MAX):
                    write = functools.partial(add_events, store, portion)
                    await self._write_down(Stream.EVENTS, write, size_bytes)
                    self._journal.followed(portion[-1].sequence)

    async def _follow_outcomes(self) -> None:
        store = self._file.store
        after = store.places[Stream.OUTCOMES].sequence
        async with contextlib.aclosing(self._journal.follow_outcomes(after)) as following:
            async for messages in following:
                size_bytes = sum(message.size_bytes for message in messages)
                for portion in portions(messages, bytes_max=PORTION_BYTES_MAX):
                    write = functools.partial(add_outcomes, store, portion)
                    await self._write_down(Stream.OUTCOMES, write, size_bytes)

    async def _write_down(
        self, stream: Stream, write: Callable[[], Sequence[Entry]], size_bytes: int
    ) -> None:
        """Write a part of so much, and rest."""
        started_at = self._clock.monotonic_seconds()
        entries = await self._file.write(write)
        seconds = self._clock.monotonic_seconds() - started_at
        self._file.has_written()
        report.written(stream.name.lower(), rows=len(entries), seconds=seconds)
        self._tails.publish(entries)
        last_at = moment(entries[-1].happened_us) if entries else self._clock.now()
        age_seconds = (self._clock.now() - last_at).total_seconds()
        rest = rest_seconds(seconds * _REST, size_bytes=size_bytes, age_seconds=age_seconds)
        await self._clock.sleep(max(_PAUSE_SECONDS, rest))

    async def _keep_bounds(self) -> None:
        while True:
            oldest_at = self._clock.now() - dt.timedelta(days=self._settings.age_days_max)
            forget = functools.partial(
                self._file.store.forget,
                before_us=microseconds(oldest_at),
                bytes_max=self._settings.bytes_max,
            )
            size_bytes = await self._file.write(forget)
            report.kept(size_bytes)
            await self._clock.sleep(_KEEP_SECONDS)

    async def _show_balance(self) -> None:
        while True:
            await self._clock.sleep(_BALANCE_SECONDS)
            try:
                progress = await self._journal.progress()
                await self.balance()
            except (duckdb.Error, ExceptionGroup):
                raise
            except Exception as error:  # noqa: BLE001 - the journal may come back.
                report.journal_refused(error)
                continue
            places = self._file.store.places
            lasts = {Stream.EVENTS: progress.events_at, Stream.OUTCOMES: progress.outcomes_at}
            behind = {one: max(0, last - places[one].sequence) for one, last in lasts.items()}
            report.behind({one.name.lower(): count for one, count in behind.items()})
            alarm_from = _BEHIND_MESSAGES_ALARM // 2 if self._is_behind else _BEHIND_MESSAGES_ALARM
            self._is_behind = max(behind.values()) > alarm_from

    async def _ask(self, question: Callable[[duckdb.DuckDBPyConnection], Answer]) -> Answer:
        try:
            return await self._file.ask(question, seconds_max=_ANSWER_SECONDS_MAX)
        except duckdb.Error as error:
            raise LedgerUnavailable from error
