"""A replay gives a connection the events of a time range again: each once, at a bounded rate."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossdock.base.clock import FakeClock
from crossdock.base.errors import CrossdockError
from crossdock.base.ids import CountingIds
from crossdock.events import (
    ConnectionId,
    Delivery,
    Event,
    Offset,
    Outcome,
    Replay,
    ReplayState,
    SourceId,
    Step,
)
from crossdock.pipeline.route import Claims, ReplayOrder, Replays
from crossdock.pipeline.route.plan import RoutePlan, compile_plan
from crossdock.workspace import Connection, Workspace
from tests.route.builders import COMPILERS, connection, destination, event, mapping

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


class MemoryHistory:
    """A journal in memory: messages of events, and what replays leave in it."""

    def __init__(self) -> None:
        self.events_by_sequence: dict[int, list[Event]] = {}
        self.deliveries: list[Delivery] = []
        self.delivered_at: list[float] = []
        self.outcomes: list[Outcome] = []
        self.told: list[Outcome] = []
        self.saved: dict[str, Replay] = {}
        self.failures: list[str] = []
        self.clock = FakeClock(NOON + HOUR)
        self.clock_ahead = dt.timedelta()

    def fail_if_told(self, what: str) -> None:
        if what in self.failures:
            self.failures.remove(what)
            raise ConnectionError("the journal is away")

    async def find_range(self, start_at: dt.datetime, end_at: dt.datetime) -> tuple[int, int]:
        assert start_at < end_at
        # As NATS, by the moment at which it was stored, which its own clock told.
        stored = [
            sequence
            for sequence in self.events_by_sequence
            if self.clock.now() + self.clock_ahead < end_at + dt.timedelta(minutes=1)
        ]
        return 1, max(stored, default=0)

    async def events_between(self, first: int, last: int) -> AsyncGenerator[list[Event], None]:
        self.fail_if_told("events_between")
        for sequence in range(first, last + 1):
            if sequence in self.events_by_sequence:
                yield self.events_by_sequence[sequence]

    async def append_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        self.deliveries += deliveries
        self.delivered_at += [self.clock.monotonic_seconds()] * len(deliveries)
        self.fail_if_told("append_deliveries")

    async def append_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        self.told += outcomes

    async def latest_outcomes(
        self,
        limit: int,
        source_id: SourceId | None = None,
        connection_id: ConnectionId | None = None,
    ) -> Sequence[Outcome]:
        assert source_id is None
        assert connection_id == "con_1"
        return self.outcomes[:limit]

    async def save_replay(self, replay: Replay) -> None:
        self.fail_if_told("save_replay")
        self.saved[replay.id] = replay

    async def replays(self) -> Sequence[Replay]:
        return list(self.saved.values())


class Replaying:
    """Replays at work on a journal in memory."""

    def __init__(self, folder: Path) -> None:
        self.journal = MemoryHistory()
        self.clock = self.journal.clock
        self.claims = Claims(folder, clock=self.clock, days_max=7)
        self.plan: RoutePlan
        self.use(connection(mapping("track", name="event")))
        self.replays = self._replays()

    def _replays(self) -> Replays:
        return Replays(
            journal=self.journal,
            plan=lambda: self.plan,
            compile_condition=COMPILERS.condition,
            claims=self.claims,
            clock=self.clock,
            ids=CountingIds(),
            is_forgotten=lambda person, _received_at: person == "u:forgotten",
        )

    def use(self, *connections: Connection) -> None:
        self.plan = compile_plan(
            Workspace(version=1, connections=connections), {"pigeonhole": destination()}, COMPILERS
        )

    async def accept(self, count: int, *, sequence: int = 1, **parts: Any) -> None:
        """Put one message with so many events into the journal, and let route see them."""
        events = [event(offset=Offset(sequence, index), **parts) for index in range(count)]
        self.journal.events_by_sequence[sequence] = events
        await self.claims.claim(events)

    async def begin(self, **order: Any) -> Replay:
        asked = {"start_at": NOON - HOUR, "end_at": NOON + HOUR} | order
        return await self.replays.begin(
            ReplayOrder(source_id=SourceId("src_1"), connection_id=ConnectionId("con_1"), **asked)
        )

    async def ended(self, replay_id: str) -> Replay:
        """Let time pass until the replay has ended."""
        async with asyncio.timeout(5):
            while True:
                found = await self.replays.find(replay_id)
                assert found is not None
                if found.state is not ReplayState.RUNNING:
                    return found
                await asyncio.sleep(0)
                self.clock.advance(0.01)

    @contextlib.asynccontextmanager
    async def restarted(self) -> AsyncIterator[None]:
        """Run anew, as after a restart."""
        self.replays = self._replays()
        running = asyncio.create_task(self.replays.run())
        try:
            yield
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def replaying(tmp_path: Path) -> AsyncIterator[Replaying]:
    replaying = Replaying(tmp_path)
    yield replaying
    replaying.claims.close()


def ids(replaying: Replaying) -> list[str]:
    return [each.id for each in replaying.journal.deliveries]


@pytest.mark.parametrize("asked_seconds_ago", [0, 20])
async def test_a_replay_up_to_now_is_whole_although_the_journal_has_another_clock(
    replaying: Replaying, asked_seconds_ago: int
) -> None:
    await replaying.accept(1)
    replaying.journal.clock_ahead = 2 * HOUR

    begun = await replaying.begin(end_at=NOON + HOUR - dt.timedelta(seconds=asked_seconds_ago))
    ended = await replaying.ended(begun.id)

    assert (ended.event_count, ended.delivery_count) == (1, 1)


async def test_a_replayed_delivery_is_marked_and_has_an_id_of_its_own(replaying: Replaying) -> None:
    await replaying.accept(1)

    begun = await replaying.begin()
    await replaying.ended(begun.id)

    (made,) = replaying.journal.deliveries
    assert (made.id, made.replay_id) == ("replay-rpl_1-1-0-map_1", "rpl_1")


async def test_only_what_was_accepted_from_the_source_in_the_time_range_is_replayed(
    replaying: Replaying,
) -> None:
    await replaying.accept(2)
    await replaying.accept(1, sequence=2, source_id="src_2")
    (first, late) = replaying.journal.events_by_sequence[1]
    replaying.journal.events_by_sequence[1] = [
        first,
        msgspec.structs.replace(late, received_at=NOON + HOUR),
    ]

    done = await replaying.ended((await replaying.begin()).id)

    assert ids(replaying) == ["replay-rpl_1-1-0-map_1"]
    assert (done.event_count, done.delivery_count, done.progress) == (1, 1, 1.0)


async def test_what_gives_no_delivery_is_counted_by_reason(replaying: Replaying) -> None:
    await replaying.accept(2)
    await replaying.accept(1, sequence=2, type_="page")
    await replaying.accept(1, sequence=3, messageId="message-1-0")
    await replaying.accept(1, sequence=4, integrations={"All": False})

    done = await replaying.ended((await replaying.begin()).id)

    assert done.counts_by_reason == {"trigger": 1, "duplicate": 1, "integrations": 1}
    assert (done.event_count, done.delivery_count) == (5, 2)


async def test_who_is_to_be_forgotten_is_left_out(replaying: Replaying) -> None:
    await replaying.accept(1)
    await replaying.accept(2, sequence=2, userId="forgotten")

    done = await replaying.ended((await replaying.begin()).id)

    assert len(ids(replaying)) == 1
    assert done.counts_by_reason == {"person_forgotten": 2}


async def test_a_filter_leaves_events_out(replaying: Replaying) -> None:
    await replaying.accept(2)
    await replaying.accept(1, sequence=2, type_="page")

    done = await replaying.ended((await replaying.begin(filter="page")).id)

    assert ids(replaying) == []
    assert done.counts_by_reason == {"replay_filter": 2, "trigger": 1}


async def test_a_filter_that_is_not_fql_is_refused_at_once(replaying: Replaying) -> None:
    with pytest.raises(CrossdockError):
        await replaying.begin(filter="broken")

    assert replaying.journal.saved == {}


async def test_a_dry_run_counts_and_delivers_nothing(replaying: Replaying) -> None:
    await replaying.accept(250)

    done = await replaying.ended((await replaying.begin(is_dry_run=True)).id)

    assert (done.delivery_count, ids(replaying)) == (250, [])


async def test_no_more_deliveries_are_made_in_a_second_than_the_rate_allows(
    replaying: Replaying,
) -> None:
    await replaying.accept(100)

    await replaying.ended((await replaying.begin(rate_per_second=20)).id)

    at = replaying.journal.delivered_at
    busiest = max(sum(start <= each < start + 1 for each in at) for start in at)
    assert len(at) == 100
    assert busiest <= 22


async def test_a_replay_goes_on_after_a_restart_where_it_was(replaying: Replaying) -> None:
    await replaying.accept(100)
    async with replaying.restarted():
        begun = await replaying.begin(rate_per_second=10)
        while len(replaying.journal.deliveries) < 30:
            await asyncio.sleep(0)
            replaying.clock.advance(0.01)
    before = len(replaying.journal.deliveries)

    async with replaying.restarted():
        done = await replaying.ended(begun.id)

    assert 30 <= before < 100
    assert len(set(ids(replaying))) == 100
    assert (len(ids(replaying)), done.delivery_count) == (100, 100)


async def test_what_was_attempted_before_a_crash_is_not_made_again(replaying: Replaying) -> None:
    await replaying.accept(3)
    begun = await replaying.begin(rate_per_second=1000)
    await replaying.ended(begun.id)
    made = ids(replaying)
    replaying.journal.deliveries.clear()
    replaying.journal.saved[begun.id] = begun
    replaying.journal.outcomes = [
        Outcome(at=NOON, step=Step.DELIVERED, replay_id=begun.id, id=f"{made[1]}-1")
    ]

    async with replaying.restarted():
        done = await replaying.ended(begun.id)

    assert ids(replaying) == [made[0], made[2]]
    # The crash can have come before it was told that it was made.
    assert [(each.step, each.id) for each in replaying.journal.told] == [(Step.MAPPED, made[1])]
    assert done.delivery_count == 3


@pytest.mark.parametrize("what", ["events_between", "append_deliveries", "save_replay"])
async def test_a_journal_that_fails_for_a_while_costs_no_delivery(
    replaying: Replaying, what: str
) -> None:
    await replaying.accept(30)
    begun = await replaying.begin(rate_per_second=50)
    replaying.journal.failures = [what] * 3

    await replaying.ended(begun.id)

    assert len(set(ids(replaying))) == 30


async def test_what_was_stored_is_told_of_although_its_events_had_to_make_room(
    replaying: Replaying,
) -> None:
    await replaying.accept(3)
    begun = await replaying.begin(rate_per_second=50)
    # Stored, and the journal goes away before it is told.
    replaying.journal.failures = ["append_deliveries"]
    async with asyncio.timeout(5):
        while not replaying.journal.deliveries:
            await asyncio.sleep(0)
            replaying.clock.advance(0.001)
    replaying.journal.events_by_sequence.clear()

    ended = await replaying.ended(begun.id)

    assert ended.delivery_count == 3
    assert ids(replaying)[3:] == ids(replaying)[:3]


async def test_a_cancelled_replay_delivers_nothing_more(replaying: Replaying) -> None:
    await replaying.accept(100)
    begun = await replaying.begin(rate_per_second=10)

    cancelled = await replaying.replays.cancel(begun.id)
    before = len(ids(replaying))
    replaying.clock.advance(60)

    assert cancelled is not None
    assert cancelled.state is ReplayState.CANCELLED
    assert replaying.journal.saved[begun.id].state is ReplayState.CANCELLED
    assert len(ids(replaying)) == before < 100


async def test_a_replay_to_a_connection_that_is_disabled_meanwhile_fails_and_says_so(
    replaying: Replaying,
) -> None:
    await replaying.accept(100)
    begun = await replaying.begin(rate_per_second=10)

    replaying.use(connection(mapping("track", name="event"), enabled=False))
    failed = await replaying.ended(begun.id)

    assert failed.state is ReplayState.FAILED
    assert "disabled" in failed.what
