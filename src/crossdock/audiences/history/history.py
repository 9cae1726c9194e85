"""Follows the journal, takes every event into the history once, and answers questions about it.

It is never in the way: it reads the journal at its own pace, from its own place, and writes in a
thread of its own. If it cannot write, events wait for it in the journal as long as there is room.

An event whose messageId came before is left out, by the same knowledge by which `route` does not
deliver it again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import duckdb

from crossdock.audiences.history import people, report, sql
from crossdock.audiences.history.people import Found
from crossdock.audiences.history.port import Duplicates, HistoryJournal
from crossdock.audiences.history.report import HistoryBusy, HistoryUnavailable
from crossdock.audiences.history.rows import microseconds
from crossdock.audiences.history.store import Store
from crossdock.audiences.identity import Identifier, Limits
from crossdock.base.clock import Clock
from crossdock.duck import DuckFile, Turns, portions, rest_seconds
from crossdock.events import Envelope, Event, SourceId
from crossdock.events.unfold import message_count, unfold
from crossdock.ledger.port import Followed

Answer = TypeVar("Answer")

_FOLLOWER = "history"
# One commit is one fsync. Audiences are computed after each: this is most of their delay.
_PAUSE_SECONDS = 0.1
# The busier the machine, the longer a write takes, and the longer the history rests.
_REST = 1.0
_RETRY_SECONDS = 1.0
_KEEP_SECONDS = 60.0
_ANSWER_SECONDS_MAX = 30.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """What an operator decides about the history.

    Attributes:
        age_days_max: How long events are kept.
        bytes_max: How much disk the file may take; the oldest events make room.
        memory_bytes_max: What the database may use.
        limits: How many identifiers one person can have.
    """

    age_days_max: int = 400
    bytes_max: int = 20 * 1024**3
    memory_bytes_max: int = 512 * 1024**2
    limits: Limits = dataclasses.field(default_factory=Limits)


class History:
    """Everything that people did. `open` it, `run` it in a task, and `close` it.

    Args:
        path: The file.
        journal: What is followed.
        duplicates: Knows which events came before.
        clock: Waits, and says what is too old.
        settings: How much is kept.
        is_forgotten: Whether what somebody did up to a moment is to be forgotten.
        is_own: Whether a source tells what is in the history already: that of audiences.
    """

    def __init__(  # noqa: PLR0913 - parts of the system, each by name.
        self,
        path: Path,
        *,
        journal: HistoryJournal,
        duplicates: Duplicates,
        clock: Clock,
        settings: HistorySettings | None = None,
        is_forgotten: Callable[[str, dt.datetime], bool] = lambda _person, _received_at: False,
        is_own: Callable[[SourceId], bool] = lambda _source_id: False,
    ) -> None:
        self._is_own = is_own
        self._when_taken_in: list[Callable[[], object]] = []
        self._is_forgotten = is_forgotten
        self._journal = journal
        self._duplicates = duplicates
        self._clock = clock
        self._settings = settings or HistorySettings()
        self._file: DuckFile[Store] = DuckFile(
            path,
            make=lambda: Store(
                path,
                memory_bytes_max=self._settings.memory_bytes_max,
                limits=self._settings.limits,
            ),
            clock=clock,
            report=report,
            unavailable=HistoryUnavailable,
            busy=HistoryBusy,
            name="history",
        )
        # Somebody's long question does not keep a profile's page waiting.
        self._sql = ThreadPoolExecutor(1, thread_name_prefix="history-sql")

    async def open(self) -> None:
        """Open the file. One that cannot be read is set aside, and a new one begun.

        Raises:
            duckdb.Error: The file cannot be opened, nor another in its place.
        """
        await self._file.open()

    async def close(self) -> None:
        """Write everything into the file."""
        await self._file.close()
        self._sql.shutdown()

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        await self._file.keep_running(self._follow, self._keep_bounds)

    @property
    def taken_to(self) -> int:
        """Place of the last message of the journal that is in the history."""
        return self._file.store.place.sequence

    async def find(self, identifier: Identifier) -> Found | None:
        """Return who is known by an identifier, or None.

        Raises:
            HistoryUnavailable: It cannot be asked at the moment.
            HistoryBusy: It takes too long.
        """
        return await self.ask(lambda cursor: people.find(cursor, identifier))

    async def ask(
        self,
        question: Callable[[duckdb.DuckDBPyConnection], Answer],
        *,
        executor: ThreadPoolExecutor | None = None,
    ) -> Answer:
        """Return what a question of `people` finds, in a thread of its own; raises as `find` does.

        Args:
            question: Is given a cursor.
            executor: Where the answer must not wait for the questions of others.
        """
        return await self._file.ask(question, seconds_max=_ANSWER_SECONDS_MAX, executor=executor)

    def connection(self) -> tuple[duckdb.DuckDBPyConnection, Turns]:
        """Return a connection for another writer, and what it holds while it writes.

        Raises:
            HistoryUnavailable: The file is not open at the moment.
        """
        store = self._file.store
        return store.cursor(), store.quiet

    def when_taken_in(self, callback: Callable[[], object]) -> None:
        """Call back whenever somebody did something, or is to be looked at again."""
        self._when_taken_in.append(callback)

    async def browsers_of(self, user_id: str) -> Sequence[str]:
        """Return the anonymous ids of a user; raises as `find` does."""
        store = self._file.store
        return await self._file.write(lambda: store.browsers_of(user_id))

    async def forget_user(self, user_id: str, *, before: dt.datetime) -> None:
        """Remove a user's profile, and what they did up to that moment; raises as `find` does."""
        store, before_us = self._file.store, microseconds(before)
        await self._file.write(lambda: store.forget_user(user_id, before_us=before_us))

    async def query(self, text: str, *, rows_max: int, seconds_max: float) -> sql.Table:
        """Return what a SELECT finds, over `events`, `profiles` and the warehouse's tables.

        Raises:
            NotAQuestion: It is not one SELECT, or DuckDB does not understand it.
            HistoryUnavailable: It cannot be asked at the moment.
            HistoryBusy: It takes too long.
        """
        return await self._file.ask(
            functools.partial(sql.answer, text=text, rows_max=rows_max),
            seconds_max=seconds_max,
            executor=self._sql,
        )

    async def _follow(self) -> None:
        after = self._file.store.place.sequence
        self._journal.followed(after, _FOLLOWER)
        async with contextlib.aclosing(self._journal.follow_events(after)) as following:
            async for messages in following:
                size_bytes = sum(message.size_bytes for message in messages)
                for portion in portions(messages):
                    await self._take_in(portion, size_bytes)
                    self._journal.followed(portion[-1].sequence, _FOLLOWER)

    async def _take_in(self, messages: Sequence[Followed[Envelope]], size_bytes: int) -> None:
        """Take in a part of so much, and rest."""
        started_at = self._clock.monotonic_seconds()
        store = self._file.store
        events = await self._file.write(functools.partial(_events, messages))
        last_at = events[-1].received_at if events else self._clock.now()
        events = await self._new(events)
        first, last = messages[0].sequence, messages[-1].sequence
        # A stream that was made anew begins at 1 again.
        missed = max(0, first - store.place.sequence - 1)
        if missed:
            report.missed(missed)
        write = functools.partial(
            store.take_in, events, sequence=last, missed=store.place.missed + missed
        )
        changes = await self._file.write(write)
        seconds = self._clock.monotonic_seconds() - started_at
        report.taken_in(changes, seconds=seconds)
        for callback in self._when_taken_in:
            callback()
        age_seconds = (self._clock.now() - last_at).total_seconds()
        rest = rest_seconds(seconds * _REST, size_bytes=size_bytes, age_seconds=age_seconds)
        await self._clock.sleep(max(_PAUSE_SECONDS, rest))

    async def _new(self, events: list[Event]) -> list[Event]:
        while True:
            try:
                firsts = await self._duplicates.claim(events)
            except Exception as error:  # noqa: BLE001 - the disk may have room again; events wait.
                report.duplicates_unknown(error)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                return [
                    event
                    for event, first in zip(events, firsts, strict=True)
                    if first is None
                    and not self._is_own(event.source_id)
                    and not self._is_forgotten(event.person, event.received_at)
                ]

    async def _keep_bounds(self) -> None:
        while True:
            oldest_at = self._clock.now() - dt.timedelta(days=self._settings.age_days_max)
            forget = functools.partial(
                self._file.store.forget,
                before_us=microseconds(oldest_at),
                bytes_max=self._settings.bytes_max,
            )
            report.kept(await self._file.write(forget))
            await self._clock.sleep(_KEEP_SECONDS)


def _events(messages: Sequence[Followed[Envelope]]) -> list[Event]:
    events: list[Event] = []
    for message in messages:
        index = 0
        for envelope in message.items():
            unfolded = unfold(envelope, sequence=message.sequence, first_index=index)
            events.extend(item for item in unfolded if isinstance(item, Event))
            index += message_count(envelope)
    return events
