"""Replays: events of a time range, decided once more for one connection.

A replay goes the way that an event goes, through the same `decide`, but reads history instead of
what is new, and gives its deliveries ids of their own. How far it is, is stored after each few
events. If the process ends in between, those few are decided again: their ids are the same, so the
journal leaves out what it still has, and what was attempted already is known by its outcome.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from typing import ClassVar

import msgspec

from crossdock.base.clock import Clock
from crossdock.base.errors import CrossdockError
from crossdock.base.ids import Ids
from crossdock.events import (
    ConnectionId,
    Delivery,
    Event,
    Offset,
    Outcome,
    Replay,
    ReplayState,
    SourceId,
)
from crossdock.events.delivery import mapped
from crossdock.pipeline.route import report
from crossdock.pipeline.route.decide import decide
from crossdock.pipeline.route.filters import Condition
from crossdock.pipeline.route.plan import ConnectionPlan, RoutePlan
from crossdock.pipeline.route.replay_port import FirstFinder, ReplayJournal

DUPLICATE = "duplicate"
REPLAY_FILTER = "replay_filter"
FORGOTTEN = "person_forgotten"

_RETRY_SECONDS = 1.0
# So many replays are under way at a time; the others wait for one of them to end.
_UNDER_WAY_MAX = 4
_EVENTS_AT_ONCE = 100
_PARTS_OF_A_SECOND = 10
# Where nothing is delivered, it is noted only so often how far a replay is.
_SAVE_SECONDS = 1.0
_OUTCOMES_LOOKED_AT = 5_000
_CLOCKS_APART_MAX = dt.timedelta(days=7)
# Whoever asks for all up to now looked at a clock of their own a moment ago.
_NOW_SECONDS = 60.0


class ReplayNotPossible(CrossdockError):
    """A replay cannot go on."""

    code: ClassVar[str] = "replay_not_possible"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOrder:
    """What is asked for; see `Replay`."""

    source_id: SourceId
    connection_id: ConnectionId
    start_at: dt.datetime
    end_at: dt.datetime
    filter: str = ""
    rate_per_second: float = 100.0
    is_dry_run: bool = False


class Replays:
    """Begins replays, and goes on with those that are not done. `run` it in a task.

    Args:
        journal: Where events are, deliveries go, and replays are kept.
        plan: Returns the workspace as it is now, compiled.
        compile_condition: The kit's.
        claims: Knows duplicates: they are not replayed.
        clock: Keeps the rate.
        ids: For what is new.
        is_forgotten: Whether what somebody did up to a moment is to be forgotten.
    """

    def __init__(  # noqa: PLR0913 - parts of the system, each by name.
        self,
        *,
        journal: ReplayJournal,
        plan: Callable[[], RoutePlan],
        compile_condition: Callable[[str], Condition],
        claims: FirstFinder,
        clock: Clock,
        ids: Ids,
        is_forgotten: Callable[[str, dt.datetime], bool] = lambda _person, _received_at: False,
    ) -> None:
        self._journal = journal
        self._is_forgotten = is_forgotten
        self._plan = plan
        self._compile_condition = compile_condition
        self._claims = claims
        self._clock = clock
        self._ids = ids
        self._running_by_id: dict[str, Replay] = {}
        self._tasks_by_id: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(_UNDER_WAY_MAX)

    async def run(self) -> None:
        """Go on with every replay that is not done; end with all of them when cancelled."""
        try:
            await self._resume()
            await asyncio.Event().wait()
        finally:
            await _cancelled(set(self._tasks_by_id.values()))

    async def begin(self, order: ReplayOrder, *, wait_seconds: float = 0.0) -> Replay:
        """Begin a replay, and return it as it is then.

        Args:
            order: What to replay.
            wait_seconds: For how long to wait for its end.

        Raises:
            CrossdockError: The filter is not FQL, or the journal does not answer.
        """
        if order.filter:
            self._compile_condition(order.filter)
        now = self._clock.now()
        end_at = min(order.end_at, now)
        # Up to now is up to the last there is, also where the journal has another clock.
        is_up_to_now = order.end_at >= now - dt.timedelta(seconds=_NOW_SECONDS)
        first, last = await self._journal.find_range(
            order.start_at, now + _CLOCKS_APART_MAX if is_up_to_now else end_at
        )
        replay = Replay(
            id=self._ids.new("rpl"),
            source_id=order.source_id,
            connection_id=order.connection_id,
            start_at=order.start_at,
            end_at=end_at,
            filter=order.filter,
            rate_per_second=order.rate_per_second,
            is_dry_run=order.is_dry_run,
            created_at=now,
            updated_at=now,
            first_sequence=first,
            last_sequence=last,
            next_offset=Offset(first, 0),
        )
        await self._journal.save_replay(replay)
        task = self._start(replay, is_resumed=False)
        if wait_seconds:
            await asyncio.wait([task], timeout=wait_seconds)
        found = await self.find(replay.id)
        return replay if found is None else found

    async def all(self) -> list[Replay]:
        """Return every replay, the newest first."""
        stored = await self._journal.replays()
        return [self._running_by_id.get(each.id, each) for each in reversed(stored)]

    async def find(self, replay_id: str) -> Replay | None:
        """Return the replay of that id as it is now, or None."""
        running = self._running_by_id.get(replay_id)
        if running is not None:
            return running
        return next((each for each in await self._journal.replays() if each.id == replay_id), None)

    async def cancel(self, replay_id: str) -> Replay | None:
        """End the replay if it is running, and return it; what it delivered stays delivered."""
        task = self._tasks_by_id.get(replay_id)
        if task is not None:
            await _cancelled({task})
        if replay_id in self._running_by_id:
            await self._end(replay_id, ReplayState.CANCELLED)
        return await self.find(replay_id)

    async def _resume(self) -> None:
        while True:
            try:
                stored = await self._journal.replays()
            except Exception as error:  # noqa: BLE001 - the journal may come back.
                report.journal_refused(error)
                await self._clock.sleep(_RETRY_SECONDS)
                continue
            for replay in stored:
                if replay.state is ReplayState.RUNNING and replay.id not in self._running_by_id:
                    self._start(replay, is_resumed=True)
            return

    def _start(self, replay: Replay, *, is_resumed: bool) -> asyncio.Task[None]:
        self._running_by_id[replay.id] = replay
        task = asyncio.create_task(self._replay(replay.id, is_resumed=is_resumed))
        self._tasks_by_id[replay.id] = task
        task.add_done_callback(lambda _: self._tasks_by_id.pop(replay.id, None))
        return task

    async def _replay(self, replay_id: str, *, is_resumed: bool) -> None:
        """Bring a replay to its end, however often the journal goes away."""
        is_dry_run = self._running_by_id[replay_id].is_dry_run
        async with contextlib.nullcontext() if is_dry_run else self._turns:
            while replay_id in self._running_by_id:
                try:
                    failure = await self._go_on(replay_id, is_resumed=is_resumed)
                    state = ReplayState.DONE if failure is None else ReplayState.FAILED
                    await self._end(replay_id, state, failure)
                except Exception as error:  # noqa: BLE001 - the journal may come back.
                    report.journal_refused(error)
                    is_resumed = True
                    await self._clock.sleep(_RETRY_SECONDS)

    async def _go_on(self, replay_id: str, *, is_resumed: bool) -> ReplayNotPossible | None:
        """Replay what is left; return why it cannot be, if so."""
        replay = self._running_by_id[replay_id]
        condition = self._compile_condition(replay.filter) if replay.filter else None
        # What was in the journal's hands may have been attempted, and be gone from it.
        done_ids = await self._attempted_ids(replay_id) if is_resumed else frozenset()
        saved_seconds = self._clock.monotonic_seconds()
        async with contextlib.aclosing(self._parts(replay)) as parts:
            async for events in parts:
                began_seconds = self._clock.monotonic_seconds()
                try:
                    replay, deliveries = await self._decided(replay, events, condition)
                except ReplayNotPossible as error:
                    return error
                new = [each for each in deliveries if each.id not in done_ids]
                is_writing = bool(new) and not replay.is_dry_run
                if len(new) < len(deliveries):
                    await self._tell_of(each for each in deliveries if each.id in done_ids)
                if is_writing:
                    await self._hand_over(new)
                self._running_by_id[replay_id] = replay
                now_seconds = self._clock.monotonic_seconds()
                if is_writing or now_seconds - saved_seconds >= _SAVE_SECONDS:
                    saved_seconds = now_seconds
                    await self._journal.save_replay(replay)
                if is_writing:
                    due_seconds = began_seconds + len(new) / replay.rate_per_second
                    await self._clock.sleep(max(0.0, due_seconds - now_seconds))
        return None

    async def _hand_over(self, new: Sequence[Delivery]) -> None:
        """Store deliveries, and the same again until the journal takes them.

        Not decided anew: their events may have had to make room by then, and deliveries that were
        stored would end without ever having been told of.
        """
        while True:
            try:
                await self._journal.append_deliveries(new)
            except Exception as error:  # noqa: BLE001 - the journal may come back.
                report.journal_refused(error)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                report.deliveries_replayed(len(new))
                return

    async def _tell_of(self, made: Iterable[Delivery]) -> None:
        """Tell that deliveries were made; a crash can have come in between."""
        at = self._clock.now()
        await self._journal.append_outcomes([mapped(each, at=at) for each in made])

    async def _parts(self, replay: Replay) -> AsyncGenerator[list[Event], None]:
        """Yield the events that are left, so few at a time that the rate can be kept."""
        size = min(_EVENTS_AT_ONCE, max(1, int(replay.rate_per_second / _PARTS_OF_A_SECOND)))
        if replay.is_dry_run:
            size = _EVENTS_AT_ONCE
        async with contextlib.aclosing(
            self._journal.events_between(replay.next_offset.sequence, replay.last_sequence)
        ) as lists:
            async for events in lists:
                left = [event for event in events if event.offset >= replay.next_offset]
                for start in range(0, len(left), size):
                    yield left[start : start + size]

    async def _attempted_ids(self, replay_id: str) -> frozenset[str]:
        """Return the ids of this replay's latest deliveries of which an outcome is known."""
        outcomes = await self._journal.latest_outcomes(
            _OUTCOMES_LOOKED_AT, connection_id=self._running_by_id[replay_id].connection_id
        )
        return frozenset(
            outcome.id.rpartition("-")[0] for outcome in outcomes if outcome.replay_id == replay_id
        )

    async def _decided(
        self, replay: Replay, events: Sequence[Event], condition: Condition | None
    ) -> tuple[Replay, list[Delivery]]:
        """Return the replay as it is after these events, and the deliveries they become."""
        plan = self._plan()
        connection = _connection(plan, replay)
        reasons = collections.Counter(replay.counts_by_reason)
        deliveries: list[Delivery] = []
        chosen = [
            event
            for event in events
            if event.source_id == replay.source_id
            and replay.start_at <= event.received_at < replay.end_at
        ]
        firsts = await self._claims.find(chosen) if chosen else []
        for event, first in zip(chosen, firsts, strict=True):
            if first is not None:
                reasons[DUPLICATE] += 1
            elif self._is_forgotten(event.person, event.received_at):
                # Not a delivery that is dropped later: word of it would hold what they did.
                reasons[FORGOTTEN] += 1
            elif condition is not None and not _matches(condition, event):
                reasons[REPLAY_FILTER] += 1
            else:
                for decided in decide(
                    event, connection, workspace_version=plan.version, now=self._clock.now()
                ):
                    if isinstance(decided, Outcome):
                        reasons[decided.reason] += 1
                    else:
                        deliveries.append(decided)
        after = msgspec.structs.replace(
            replay,
            updated_at=self._clock.now(),
            next_offset=Offset(events[-1].offset.sequence, events[-1].offset.index + 1),
            event_count=replay.event_count + len(chosen),
            delivery_count=replay.delivery_count + len(deliveries),
            counts_by_reason=dict(reasons),
        )
        return after, list(_marked(deliveries, replay))

    async def _end(
        self, replay_id: str, state: ReplayState, error: CrossdockError | None = None
    ) -> None:
        """Note the end of a replay, and have it no longer."""
        ended = msgspec.structs.replace(
            self._running_by_id[replay_id],
            state=state,
            what=error.what if error else "",
            do=error.do if error else "",
            updated_at=self._clock.now(),
        )
        await self._journal.save_replay(ended)
        self._running_by_id.pop(replay_id, None)
        report.replay_ended(ended)


async def _cancelled(running: set[asyncio.Task[None]]) -> None:
    """Return when they have ended. Again and again: nats-py can swallow a cancellation."""
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.5)


def _connection(plan: RoutePlan, replay: Replay) -> ConnectionPlan:
    for connection in plan.source(replay.source_id).to_send:
        if connection.connection.id == replay.connection_id:
            return connection
    raise ReplayNotPossible(
        "The connection was disabled or deleted while the replay was running.",
        do="Enable the connection, and replay the rest of the time range.",
    )


def _matches(condition: Condition, event: Event) -> bool:
    try:
        return condition.matches(event.body)
    except Exception:  # noqa: BLE001 - an event that a filter cannot read does not match it.
        return False


def _marked(deliveries: Sequence[Delivery], replay: Replay) -> Iterator[Delivery]:
    for delivery in deliveries:
        yield msgspec.structs.replace(
            delivery, id=f"replay-{replay.id}-{delivery.id}", replay_id=replay.id
        )
