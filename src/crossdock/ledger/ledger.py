"""Follows the journal and writes down what became of every event; answers questions about it.

It is never in the way: it reads the journal at its own pace, from its own place, and writes in a
thread of its own. If it cannot write, events wait for it in the journal as long as there is room;
then they go unrecorded, and `missed` counts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import functools
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import duckdb

from crossdock.base.clock import Clock
from crossdock.base.problems import Problem
from crossdock.ledger import problems, queries, report
from crossdock.ledger.balance import Balance, draw_up, written_off
from crossdock.ledger.entries import Entry, Stream, microseconds
from crossdock.ledger.port import LedgerJournal
from crossdock.ledger.portions import add_events, add_outcomes, portions
from crossdock.ledger.queries import Counted, Durations, Overview, Page, Wanted
from crossdock.ledger.report import LedgerBusy, LedgerUnavailable
from crossdock.ledger.store import Store, is_broken
from crossdock.ledger.tail import Tails, TailWanted

Answer = TypeVar("Answer")

# One commit is one fsync: four a second keep an entry no longer than a person needs to look it up.
_PAUSE_SECONDS = 0.25
# The busier the machine, the longer a write takes, and the longer the ledger rests: at full load
# the pipeline has the processor, and the ledger catches up afterwards.
_REST = 2.0
_RETRY_SECONDS_MIN = 1.0
_RETRY_SECONDS_MAX = 30.0
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
        self._path = path
        self._journal = journal
        self._clock = clock
        self._settings = settings or LedgerSettings()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="ledger-writes")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="ledger-answers")
        self._store: Store | None = None
        self._tails = Tails()
        self._has_failed = self._is_behind = self._differs = False

    async def open(self) -> None:
        """Open the file. One that cannot be read is set aside, and a new one begun.

        Raises:
            duckdb.Error: The file cannot be opened, nor another in its place.
        """
        await self._write(self._open)

    async def close(self) -> None:
        """End every tail, and write everything into the file."""
        self._tails.end()
        await self._write(self._close)
        self._writer.shutdown()
        self._reader.shutdown()

    def end_tails(self) -> None:
        """End every tail, and each that begins from now on: the server is stopping."""
        self._tails.end()

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        wait_seconds = _RETRY_SECONDS_MIN
        while True:
            started_at = self._clock.monotonic_seconds()
            try:
                if self._store is None:
                    await self.open()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._follow_events(), name="ledger: events")
                    group.create_task(self._follow_outcomes(), name="ledger: outcomes")
                    group.create_task(self._keep_bounds(), name="ledger: bounds")
                    group.create_task(self._show_balance(), name="ledger: balance")
            except (ExceptionGroup, duckdb.Error, OSError) as error:
                # A full disk, mostly. A database that met one has to be opened again.
                if self._clock.monotonic_seconds() - started_at > _RETRY_SECONDS_MAX:
                    wait_seconds = _RETRY_SECONDS_MIN
                self._has_failed = True
                report.writing_failed(_first_of(error), wait_seconds=wait_seconds)
                with contextlib.suppress(duckdb.Error, OSError):
                    await self._write(self._close)
                    # It can be asked meanwhile, if it can be opened.
                    await self.open()
                await self._clock.sleep(wait_seconds)
                wait_seconds = min(wait_seconds * 2, _RETRY_SECONDS_MAX)

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong now; the pipeline goes on all the same."""
        if self._has_failed:
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
    ) -> Sequence[Counted]:
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

    async def durations(self, wanted: Wanted) -> Durations:
        """Return how long attempts took; see `queries.durations`.

        Raises:
            LedgerUnavailable: It cannot be asked at the moment.
            LedgerBusy: It takes too long.
        """
        return await self._ask(lambda cursor: queries.durations(cursor, wanted))

    def tail(self, wanted: TailWanted) -> AsyncGenerator[Entry | None, None]:
        """Yield entries as they are written; None now and then, so that nobody hangs up.

        It ends when the server stops, or when whoever reads is too slow.
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
            await self._write(functools.partial(self._opened().write_off, written_off(balance)))
            report.written_off(balance)
            balance, _ = await self._look()
        self._differs = not balance.holds
        report.balance_drawn_up(balance)
        return balance

    def missed(self) -> Mapping[Stream, int]:
        """Return how many messages were gone before the ledger had read them."""
        return {stream: place.missed for stream, place in self._opened().places.items()}

    def _has_gap(self) -> bool:
        """Return whether something was missed that the balance has not been told of."""
        return any(place.missed > place.written_off for place in self._opened().places.values())

    async def _look(self, *, is_moving: bool = False) -> tuple[Balance, object]:
        progress = await self._journal.progress()
        store = self._store
        if store is None:
            raise LedgerUnavailable
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
        store = self._opened()
        after = store.places[Stream.EVENTS].sequence
        self._journal.followed(after)
        async with contextlib.aclosing(self._journal.follow_events(after)) as following:
            async for messages in following:
                for portion in portions(messages):
                    await self._write_down(
                        Stream.EVENTS, functools.partial(add_events, store, portion)
                    )
                    self._journal.followed(portion[-1].sequence)

    async def _follow_outcomes(self) -> None:
        store = self._opened()
        after = store.places[Stream.OUTCOMES].sequence
        async with contextlib.aclosing(self._journal.follow_outcomes(after)) as following:
            async for messages in following:
                for portion in portions(messages):
                    await self._write_down(
                        Stream.OUTCOMES, functools.partial(add_outcomes, store, portion)
                    )

    async def _write_down(self, stream: Stream, write: Callable[[], Sequence[Entry]]) -> None:
        started_at = self._clock.monotonic_seconds()
        entries = await self._write(write)
        seconds = self._clock.monotonic_seconds() - started_at
        self._has_failed = False
        report.written(stream.name.lower(), rows=len(entries), seconds=seconds)
        self._tails.publish(entries)
        await self._clock.sleep(max(_PAUSE_SECONDS, seconds * _REST))

    async def _keep_bounds(self) -> None:
        while True:
            oldest_at = self._clock.now() - dt.timedelta(days=self._settings.age_days_max)
            forget = functools.partial(
                self._opened().forget,
                before_us=microseconds(oldest_at),
                bytes_max=self._settings.bytes_max,
            )
            size_bytes = await self._write(forget)
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
            places = self._opened().places
            lasts = {Stream.EVENTS: progress.events_at, Stream.OUTCOMES: progress.outcomes_at}
            behind = {one: max(0, last - places[one].sequence) for one, last in lasts.items()}
            report.behind({one.name.lower(): count for one, count in behind.items()})
            alarm_from = _BEHIND_MESSAGES_ALARM // 2 if self._is_behind else _BEHIND_MESSAGES_ALARM
            self._is_behind = max(behind.values()) > alarm_from

    def _opened(self) -> Store:
        if self._store is None:
            raise LedgerUnavailable
        return self._store

    def _open(self) -> None:
        memory_bytes_max = self._settings.memory_bytes_max
        try:
            self._store = Store(self._path, memory_bytes_max=memory_bytes_max)
        except (
            duckdb.InternalException,
            duckdb.SerializationException,
            duckdb.IOException,
        ) as error:
            # Not a full disk, and not another process that has it: what is in it is broken.
            if not is_broken(error):
                raise
            aside = self._path.with_suffix(f".broken-{self._clock.now():%Y%m%dT%H%M%S}")
            self._path.rename(aside)
            report.file_set_aside(str(aside), error)
            self._store = Store(self._path, memory_bytes_max=memory_bytes_max)

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()

    async def _write(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def _ask(self, question: Callable[[duckdb.DuckDBPyConnection], Answer]) -> Answer:
        if self._store is None:
            raise LedgerUnavailable
        try:
            cursor = self._store.cursor()
            with contextlib.closing(cursor):
                asked = asyncio.get_running_loop().run_in_executor(self._reader, question, cursor)
                done, _ = await asyncio.wait([asked], timeout=_ANSWER_SECONDS_MAX)
                if not done:
                    cursor.interrupt()
                    await asyncio.wait([asked])
                return await asked
        except duckdb.InterruptException as error:
            raise LedgerBusy(_ANSWER_SECONDS_MAX) from error
        except duckdb.Error as error:
            raise LedgerUnavailable from error


def _first_of(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
