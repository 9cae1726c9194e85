"""The loops: look at who was touched and whose time has come, and tell what changed.

Rounds, first computations and telling each have a thread and connections to the history's file: a
long first computation keeps neither the history from taking events in nor others from changing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
from collections.abc import Awaitable, Callable, Sequence

import duckdb
import msgspec

from crossdock.audiences.engine import questions, report
from crossdock.audiences.engine.definitions import Programs, programs_of
from crossdock.audiences.engine.everybody import Everybody
from crossdock.audiences.engine.outbox import Outbox
from crossdock.audiences.engine.port import EngineJournal
from crossdock.audiences.engine.questions import Member, Preview, Standing
from crossdock.audiences.engine.rounds import Done, Meanwhile, ProgramFailed, Rounds
from crossdock.audiences.engine.sizes import Sizes
from crossdock.audiences.engine.telling import Teller
from crossdock.audiences.engine.workers import Aside, Worker
from crossdock.audiences.history import History, HistoryUnavailable
from crossdock.base.clock import Clock
from crossdock.base.errors import CrossdockError
from crossdock.duck import Turns
from crossdock.workspace import (
    Computation,
    FindDestination,
    Workspace,
    WorkspaceFeed,
)

_RETRY_SECONDS = 1.0
_OPENING_SECONDS = 0.1
# What nobody tells of is noticed this late at most.
_LOOK_SECONDS_MAX = 1.0
# A clock that is set by more than that is noticed after a step.
_STEP_SECONDS = 0.1
_SET_SECONDS = 0.5
_LOOK_SECONDS_MIN = 0.01
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
        self._clock = clock
        self._meanwhile = Meanwhile()
        self._follows = Worker(history, name="rounds")
        self._computes = Worker(history, name="everybody")
        self._aside = Aside(name="aside")
        self._tells = Worker(history, name="outbox")
        self._teller = Teller(
            self._tells,
            journal=journal,
            clock=clock,
            find_destination=find_destination,
            in_force=lambda: (self._workspace, self._programs),
        )
        self._sizes = Sizes(clock)
        self._failed_at: dict[str, float] = {}
        self._woken = asyncio.Event()
        self._to_compute = asyncio.Event()
        self._is_settled = False
        self._workspace = Workspace(version=0)
        self._programs = Programs()
        feed.subscribe(self._define)
        history.when_taken_in(self._woken.set)

    async def run(self) -> None:
        """Follow the history until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(self._follow_once))
            group.create_task(self._keep(self._compute_once))
            group.create_task(self._teller.run())

    async def catch_up(self) -> dt.datetime | None:
        """Do everything that is to be done now, and return when time changes something next.

        For who has no loop running; raises what the history or the journal raise.
        """
        while True:
            next_at = await self._follow()
            if not await self._compute_next():
                break
        await self._teller.tell_all()
        return next_at

    async def close(self) -> None:
        """End what is under way; it is done again at the next start."""
        for worker in (self._computes, self._follows, self._tells):
            await worker.close()
        self._aside.close()

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
        await self._follows.do(lambda *on: self._rounds(*on).recompute(definition_id))
        self._to_compute.set()

    def _define(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._programs = programs_of(workspace)
        self._is_settled = False
        self._woken.set()

    async def _keep(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do one step after the other until cancelled, whatever happens to the history."""
        while True:
            try:
                await step()
            except HistoryUnavailable:
                # It says so itself, unless it has only just been started.
                await self._clock.sleep(_OPENING_SECONDS)
            except (duckdb.Error, CrossdockError) as error:
                report.round_failed(error, wait_seconds=_RETRY_SECONDS)
                self._is_settled = False
                await self._clock.sleep(_RETRY_SECONDS)

    async def _follow_once(self) -> None:
        self._woken.clear()
        await self._until(await self._follow())

    async def _compute_once(self) -> None:
        self._to_compute.clear()
        while await self._compute_next():
            # Who was looked at meanwhile is looked at once more.
            self._woken.set()
        await self._to_compute.wait()

    async def _until(self, next_at: dt.datetime | None) -> None:
        """Wait until somebody was touched, something is defined anew, or that moment has come.

        A moment that is over already has been looked at: who does not change then will not by
        looking again at once.
        """
        began_at, began_seconds = self._clock.now(), self._clock.monotonic_seconds()
        seconds = _LOOK_SECONDS_MAX
        if next_at is not None:
            left = (next_at - began_at).total_seconds()
            seconds = max(_LOOK_SECONDS_MIN, min(seconds, left))
        waking = asyncio.ensure_future(self._woken.wait())
        try:
            while (left := began_seconds + seconds - self._clock.monotonic_seconds()) > 0:
                sleeping = asyncio.ensure_future(self._clock.sleep(min(left, _STEP_SECONDS)))
                try:
                    await asyncio.wait([waking, sleeping], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    sleeping.cancel()
                passed = self._clock.monotonic_seconds() - began_seconds
                told = (self._clock.now() - began_at).total_seconds()
                if waking.done() or abs(told - passed) > _SET_SECONDS:
                    return
        finally:
            waking.cancel()

    async def _follow(self) -> dt.datetime | None:
        """Look at who is to be looked at now, and return when time changes something next."""
        if not self._is_settled:
            self._is_settled = True
            await self._follows.do(lambda *on: self._rounds(*on).drop_lost(self._programs))
            await self._settle()
        while True:
            programs, now = self._programs, self._clock.now()
            started_at = self._clock.monotonic_seconds()
            try:
                done = await self._follows.do(
                    lambda *on, programs=programs, now=now: self._rounds(*on).follow(programs, now)
                )
            except ProgramFailed as failed:
                await self._give_up(failed)
                continue
            self._note(done, programs, started_at)
            if not done.has_more:
                known = programs.computations
                await self._follows.do(lambda *on, known=known: self._sizes.note(known, *on))
                return done.next_at

    def _note(self, done: Done, programs: Programs, started_at: float) -> None:
        if done.set_back_seconds:
            report.clock_set_back(done.set_back_seconds)
        if done.changes:
            report.followed(
                {programs.by_id[one].computation.key: n for one, n in done.changes.items()},
                seconds=self._clock.monotonic_seconds() - started_at,
            )
            self._teller.wake()
        if done.outdated:
            self._to_compute.set()

    async def _compute_next(self) -> bool:
        """Compute what is not as it is now, the first of it; return whether there was something."""
        programs = self._programs
        outdated = await self._follows.do(lambda *on: self._rounds(*on).outdated(programs))
        program = next((one for one in outdated if not self._is_given_up(one.id)), None)
        if program is None:
            return False
        started_at = self._clock.monotonic_seconds()
        try:
            done = await self._computes.do(
                lambda cursor, quiet: Everybody(
                    cursor, quiet, self._meanwhile, self._aside
                ).compute(programs, program, now=self._clock.now, in_force=lambda: self._programs)
            )
        except ProgramFailed as failed:
            await self._give_up(failed)
            return True
        if done is not None:
            if done.set_back_seconds:
                report.clock_set_back(done.set_back_seconds)
            report.computed(
                program.computation.key,
                seconds=self._clock.monotonic_seconds() - started_at,
                changes=sum(done.changes.values()),
            )
            self._failed_at.pop(program.id, None)
            self._sizes.look_soon()
            await self._settle()
        return True

    async def _settle(self) -> None:
        """Begin telling those who are to be told about what is computed."""
        await self._follows.do(self._settled)
        self._teller.wake()

    def _settled(self, cursor: duckdb.DuckDBPyConnection, quiet: Turns) -> None:
        # What is in force now, and not when it was asked for: the last to settle knows best.
        programs = self._programs
        outdated = {one.id for one in self._rounds(cursor, quiet).outdated(programs)}
        wanted = {
            (one.id, output.connection_id)
            for one in programs.ordered
            if one.id not in outdated
            for output in one.computation.outputs
        }
        Outbox(cursor, quiet).settle(programs, wanted, self._clock.now())

    def _rounds(self, cursor: duckdb.DuckDBPyConnection, quiet: Turns) -> Rounds:
        return Rounds(cursor, quiet, self._meanwhile)

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
        await self._follows.do(lambda *on: self._rounds(*on).recompute(program.id))
