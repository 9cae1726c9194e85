"""The loops: look at who was touched and whose time has come, and tell what changed.

Everything that writes runs in one thread of its own, on a connection of its own to the history's
file: a long first computation does not keep the history from taking events in.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import duckdb
import msgspec

from crossdock.audiences.engine import questions, report
from crossdock.audiences.engine.definitions import Programs, programs_of
from crossdock.audiences.engine.messages import Address, messages_of, requests_of, space_id_of
from crossdock.audiences.engine.outbox import Outbox, Pair, Portion
from crossdock.audiences.engine.pace import Paces
from crossdock.audiences.engine.port import EngineJournal
from crossdock.audiences.engine.questions import Member, Preview, Standing
from crossdock.audiences.engine.rounds import ProgramFailed
from crossdock.audiences.engine.sizes import Sizes
from crossdock.audiences.history import History, HistoryUnavailable
from crossdock.base.clock import Clock
from crossdock.base.errors import CrossdockError
from crossdock.events import ConnectionId, Envelope, SourceId
from crossdock.workspace import Computation, FindDestination, Workspace, WorkspaceFeed

Answer = TypeVar("Answer")

_RETRY_SECONDS = 1.0
_OPENING_SECONDS = 0.1
# A clock that is set forward is noticed this late at most.
_LOOK_SECONDS_MAX = 1.0
_LOOK_SECONDS_MIN = 0.01
_PORTION_CHANGES_MAX = 500
# A computation that the database did not take is tried again then: it may have been memory.
_FAILED_SECONDS = 60.0


class Engine:
    """Keeps audiences and computed traits up to date. `run` it in a task, and `close` it.

    Args:
        history: Where people and their events are, and where memberships are kept.
        journal: Where changes are told.
        feed: What is defined.
        clock: Says what time it is, and waits.
        find_destination: Returns the destination of a slug, for what events call it.
    """

    def __init__(
        self,
        history: History,
        *,
        journal: EngineJournal,
        feed: WorkspaceFeed,
        clock: Clock,
        find_destination: FindDestination,
    ) -> None:
        self._history = history
        self._journal = journal
        self._clock = clock
        self._find_destination = find_destination
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audiences")
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._paces = Paces(clock)
        self._sizes = Sizes(history, clock)
        self._failed_at: dict[str, float] = {}
        self._woken = asyncio.Event()
        self._to_tell = asyncio.Event()
        self._is_settled = False
        self._workspace = Workspace(version=0)
        self._programs = Programs()
        feed.subscribe(self._define)
        history.when_taken_in(self._woken.set)

    async def run(self) -> None:
        """Follow the history until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._compute())
            group.create_task(self._tell())

    async def catch_up(self) -> dt.datetime | None:
        """Do everything that is to be done now, and return when time changes something next.

        For who has no loop running; raises what the history or the journal raise.
        """
        next_at = await self._round()
        await self._tell_all()
        return next_at

    async def close(self) -> None:
        """End what is under way; it is done again at the next start."""
        if self._cursor is not None:
            self._cursor.interrupt()
        await asyncio.to_thread(self._thread.shutdown)

    @property
    def programs(self) -> Programs:
        """What is in force."""
        return self._programs

    async def preview(self, one: Computation, *, sample_max: int) -> Preview:
        """Return what a definition would give now.

        Raises:
            HistoryUnavailable: The history cannot be asked at the moment.
            HistoryBusy: It takes too long.
        """
        others = tuple(two for two in self._workspace.computations if two.id != one.id)
        enabled = msgspec.structs.replace(one, enabled=True)
        programs = programs_of(
            Workspace(version=self._workspace.version, computations=(*others, enabled))
        )
        return await self._history.ask(
            functools.partial(
                questions.preview,
                programs=programs,
                program=programs.by_id[one.id],
                now=self._clock.now(),
                sample_max=sample_max,
            )
        )

    async def members(
        self, one: Computation, *, after: int, limit: int, text: str | None = None
    ) -> Sequence[Member]:
        """Return who is in, behind a number; raises as `preview` does."""
        return await self._history.ask(
            functools.partial(
                questions.members,
                definition_id=one.id,
                subject=one.subject,
                after=after,
                limit=limit,
                text=text,
            )
        )

    async def standings(self) -> dict[str, Standing]:
        """Return how it stands with every definition; raises as `preview` does."""
        return await self._history.ask(
            functools.partial(
                questions.standings, programs=self._programs, failed=frozenset(self._failed_at)
            )
        )

    async def of_subject(self, subject_id: int) -> list[tuple[str, object, dt.datetime]]:
        """Return in what a profile or account is; raises as `preview` does."""
        return await self._history.ask(
            functools.partial(questions.of_subject, subject_id=subject_id)
        )

    async def recompute(self, definition_id: str) -> None:
        """Compute a definition over everybody again, soon."""
        self._failed_at.pop(definition_id, None)
        await self._in_thread(lambda outbox: outbox.recompute(definition_id))
        self._is_settled = False
        self._woken.set()

    def _define(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._programs = programs_of(workspace)
        self._is_settled = False
        self._woken.set()

    async def _compute(self) -> None:
        while True:
            self._woken.clear()
            try:
                next_at = await self._round()
            except HistoryUnavailable:
                # It says so itself, unless it has only just been started.
                await self._clock.sleep(_OPENING_SECONDS)
                continue
            except (duckdb.Error, CrossdockError) as error:
                report.round_failed(error, wait_seconds=_RETRY_SECONDS)
                self._is_settled = False
                await self._clock.sleep(_RETRY_SECONDS)
                continue
            await self._until(next_at)

    async def _until(self, next_at: dt.datetime | None) -> None:
        """Wait until somebody was touched, something is defined anew, or that moment has come.

        A moment that is over already has been looked at: who does not change then will not by
        looking again at once.
        """
        seconds = _LOOK_SECONDS_MAX
        if next_at is not None:
            left = (next_at - self._clock.now()).total_seconds()
            seconds = max(_LOOK_SECONDS_MIN, min(seconds, left))
        waking = asyncio.ensure_future(self._woken.wait())
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait([waking, sleeping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waking.cancel()
            sleeping.cancel()

    async def _round(self) -> dt.datetime | None:
        """Do everything that is to be done now, and return when time changes something next."""
        programs = self._programs
        if not self._is_settled:
            self._is_settled = True
            await self._in_thread(lambda outbox: outbox.drop_lost(programs))
            await self._settle(programs)
        while True:
            outdated = [
                one
                for one in await self._in_thread(lambda outbox: outbox.outdated(programs))
                if not self._is_given_up(one.id)
            ]
            if not outdated:
                break
            program = outdated[0]
            started_at = self._clock.monotonic_seconds()
            try:
                done = await self._in_thread(
                    lambda outbox, program=program: outbox.compute(  # type: ignore[misc] # Bound at once.
                        programs, program, self._clock.now()
                    )
                )
            except ProgramFailed as failed:
                await self._give_up(failed)
                continue
            seconds = self._clock.monotonic_seconds() - started_at
            report.computed(
                program.computation.key, seconds=seconds, changes=sum(done.changes.values())
            )
            self._failed_at.pop(program.id, None)
            await self._settle(programs)
        next_at = await self._follow(programs)
        await self._in_thread(lambda _: self._sizes.note(programs.computations))
        return next_at

    async def _follow(self, programs: Programs) -> dt.datetime | None:
        sound = [one for one in programs.ordered if one.id not in self._failed_at]
        started_at = self._clock.monotonic_seconds()
        try:
            done = await self._in_thread(
                lambda outbox: outbox.follow(programs, sound, self._clock.now())
            )
        except ProgramFailed as failed:
            await self._give_up(failed)
            self._woken.set()
            return None
        if done.changes:
            report.followed(
                {programs.by_id[one].computation.key: n for one, n in done.changes.items()},
                seconds=self._clock.monotonic_seconds() - started_at,
            )
            self._to_tell.set()
        return done.next_at

    async def _settle(self, programs: Programs) -> None:
        """Begin telling those who are to be told about what is computed."""
        outdated = {one.id for one in await self._in_thread(lambda box: box.outdated(programs))}
        wanted = {
            (one.id, output.connection_id)
            for one in programs.ordered
            if one.id not in outdated and one.id not in self._failed_at
            for output in one.computation.outputs
        }
        await self._in_thread(lambda box: box.settle(programs, wanted, self._clock.now()))
        self._to_tell.set()

    def _is_given_up(self, definition_id: str) -> bool:
        failed_at = self._failed_at.get(definition_id)
        return (
            failed_at is not None and self._clock.monotonic_seconds() - failed_at < _FAILED_SECONDS
        )

    async def _give_up(self, failed: ProgramFailed) -> None:
        program = failed.program
        report.definition_failed(program.computation.key, failed)
        self._failed_at[program.id] = self._clock.monotonic_seconds()
        # Its revision is not noted: it is computed anew when it is tried again.
        await self._in_thread(lambda box: box.recompute(program.id))

    async def _tell(self) -> None:
        while True:
            self._to_tell.clear()
            try:
                is_held_back = await self._tell_all()
            except HistoryUnavailable:
                await self._clock.sleep(_OPENING_SECONDS)
                continue
            except Exception as error:  # noqa: BLE001 - the journal may have room again; it waits.
                report.telling_failed(error, wait_seconds=_RETRY_SECONDS)
                await self._clock.sleep(_RETRY_SECONDS)
                continue
            if is_held_back:
                await self._clock.sleep(0.1)
            else:
                await self._to_tell.wait()

    async def _tell_all(self) -> bool:
        """Tell what may be told now; return whether something is held back by a pace."""
        while True:
            portions: list[Portion] = []
            programs = self._programs
            waiting = await self._in_thread(Outbox.waiting)
            report.waiting(sum(waiting.values()))
            for pair in waiting:
                portion = await self._next(programs, pair, waiting[pair])
                if portion is not None:
                    portions.append(portion)
            if not portions:
                return bool(self._tellable(programs, waiting))
            await self._put(programs, portions)
            await self._in_thread(
                lambda box, portions=portions: box.told(portions, self._clock.now())  # type: ignore[misc] # Bound at once.
            )

    def _tellable(self, programs: Programs, waiting: dict[Pair, int]) -> list[Pair]:
        return [pair for pair in waiting if programs.output(pair) is not None]

    async def _next(self, programs: Programs, pair: Pair, waiting: int) -> Portion | None:
        output = programs.output(pair)
        if output is None:
            return None
        allowed = self._paces.allowed(
            output.connection_id,
            output.per_second_max,
            wanted=min(waiting, _PORTION_CHANGES_MAX),
        )
        if allowed < 1:
            return None
        is_about_users = programs.by_id[pair[0]].computation.subject == "users"
        portion = await self._in_thread(
            lambda box: box.next(pair, limit=allowed, is_about_users=is_about_users)
        )
        if portion is not None:
            self._paces.given(output.connection_id, len(portion.changes))
        return portion

    async def _put(self, programs: Programs, portions: Sequence[Portion]) -> None:
        """Put changes into the journal, in order; return when they are on disk."""
        engage = self._workspace.engage_source
        if engage is None:
            return
        space_id = space_id_of(engage.id)
        stored: list[Awaitable[None]] = []
        for portion in portions:
            output = programs.output(portion.pair)
            connection = self._workspace.connections_by_id.get(ConnectionId(portion.pair[1]))
            if output is None or connection is None:
                continue
            computation = programs.by_id[portion.pair[0]].computation
            destination = self._find_destination(connection.destination)
            name = destination.name if destination else connection.destination
            address = Address(space_id, name)
            messages = [
                message
                for change in portion.changes
                for message in messages_of(change, computation, output, address)
            ]
            stored += [
                self._journal.append(self._envelope(engage.id, body))
                for body in requests_of(messages)
            ]
            report.told(computation.key, len(messages))
        await asyncio.gather(*stored)

    def _envelope(self, source_id: SourceId, body: bytes) -> Envelope:
        return Envelope(
            received_at=self._clock.now(),
            source_id=source_id,
            type=None,
            is_from_client=False,
            ip="",
            user_agent="",
            message_ids_by_index={},
            discards_by_index={},
            body=body,
        )

    async def _in_thread(self, work: Callable[[Outbox], Answer]) -> Answer:
        """Return what the work returns, done in the engine's thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._with_outbox, work
        )

    def _with_outbox(self, work: Callable[[Outbox], Answer]) -> Answer:
        cursor, quiet = self._history.connection()
        with contextlib.closing(cursor):
            self._cursor = cursor
            try:
                return work(Outbox(cursor, quiet))
            finally:
                self._cursor = None
