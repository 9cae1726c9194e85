"""Every event of the journal is decided, durably, before route moves on; nothing stops it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from crossdock.base.clock import FakeClock
from crossdock.events import Delivery, Event, Offset, Outcome, Step
from crossdock.events.notice import Notice
from crossdock.kit import Mode
from crossdock.pipeline.route import Claims, Router
from crossdock.pipeline.route.old_library import old_version
from crossdock.workspace import Workspace, WorkspaceFeed
from tests.route.builders import COMPILERS, connection, destination, event, mapping

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
OLD: dict[str, Any] = {"context": {"library": {"name": "analytics.js", "version": "4.1.0"}}}


class MemoryBatch:
    """Events in memory."""

    def __init__(self, journal: MemoryJournal, events: Sequence[Event]) -> None:
        self._journal = journal
        self.events = events
        self.discards = [Outcome(at=NOON, step=Step.DISCARDED, reason="id_required")]

    async def done(self) -> None:
        self._journal.fail_if_told("done")
        self._journal.unfinished.remove(self)


class MemoryJournal:
    """A journal in memory that keeps what it is given, and fails as often as it is told."""

    def __init__(self) -> None:
        self.unfinished: list[MemoryBatch] = []
        self.deliveries: dict[str, Delivery] = {}
        self.outcomes: list[Outcome] = []
        self.notices: list[Notice] = []
        self.failures: list[str] = []
        self.failed = asyncio.Event()
        self._changed = asyncio.Event()

    def put(self, *events: Event) -> None:
        self.unfinished.append(MemoryBatch(self, events))
        self._changed.set()

    def fail_if_told(self, what: str) -> None:
        if what in self.failures:
            self.failures.remove(what)
            self.failed.set()
            raise ConnectionError("the journal is away")

    async def events(self, reader: str) -> AsyncGenerator[MemoryBatch, None]:
        assert reader == "route"
        while True:
            self.fail_if_told("events")
            if self.unfinished:
                yield self.unfinished[0]
            else:
                self._changed.clear()
                await self._changed.wait()

    async def append_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        self.fail_if_told("append_deliveries")
        for delivery in deliveries:
            self.deliveries.setdefault(delivery.id, delivery)

    async def append_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        self.fail_if_told("append_outcomes")
        self.outcomes += outcomes

    def report_notice(self, notice: Notice) -> bool:
        self.notices.append(notice)
        return True


def workspace(version: int = 1, *, trigger: str = "track") -> Workspace:
    return Workspace(
        version=version,
        connections=(
            connection(mapping(trigger, name="type")),
            connection(mapping(trigger, name="type"), id_="con_off", enabled=False),
            connection(id_="con_web", slug="pigeonhole-web"),
            connection(mapping(trigger, name="type"), id_="con_other", source_id="src_2"),
        ),
    )


class Running:
    """A router at work on a journal in memory.

    Args:
        folder: Where ids are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.journal = MemoryJournal()
        self.clock = FakeClock(NOON)
        self.claims = Claims(folder, clock=self.clock, days_max=7)
        self.feed = WorkspaceFeed(workspace())
        web = destination(slug="pigeonhole-web", mode=Mode.DEVICE)
        self.router = Router(
            journal=self.journal,
            feed=self.feed,
            destinations_by_slug={each.slug: each for each in (destination(), web)},
            compilers=COMPILERS,
            clock=self.clock,
            claims=self.claims,
            is_forgotten=lambda person, _received_at: person == "u:forgotten",
        )

    async def finish(self, *events: Event) -> None:
        """Route the events, waiting out what fails."""
        if events:
            self.journal.put(*events)
        task = asyncio.create_task(self.router.run())
        async with asyncio.timeout(5):
            while self.journal.unfinished:
                await asyncio.sleep(0)
                self.clock.advance(1)
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    running = Running(tmp_path)
    yield running
    running.claims.close()


async def test_who_is_to_be_forgotten_is_not_spoken_of_any_more(running: Running) -> None:
    await running.finish(event("track", userId="forgotten", properties={"name": "Ada"}))

    outcomes = running.journal.outcomes
    assert not running.journal.deliveries
    assert (Step.FILTERED, "person_forgotten") in [(each.step, each.reason) for each in outcomes]
    assert "Ada" not in str(outcomes)


async def test_an_event_becomes_a_delivery_for_each_enabled_connection_of_its_source(
    running: Running,
) -> None:
    await running.finish(event("track", offset=Offset(1, 0)), event("page", offset=Offset(1, 1)))

    assert list(running.journal.deliveries) == ["1-0-map_1"]
    assert [(each.step, each.reason) for each in running.journal.outcomes] == [
        (Step.FILTERED, "trigger"),
        (Step.DISCARDED, "id_required"),
    ]


async def test_an_event_of_a_source_without_connections_is_finished(running: Running) -> None:
    await running.finish(event("track", source_id="src_none"))

    assert running.journal.deliveries == {}


async def test_a_new_version_of_the_workspace_counts_for_the_next_event(running: Running) -> None:
    await running.finish(event("page", offset=Offset(1, 0)))

    running.feed.publish(workspace(2, trigger="page"))
    await running.finish(event("page", offset=Offset(2, 0)))

    (made,) = running.journal.deliveries.values()
    assert (made.id, made.workspace_version) == ("2-0-map_1", 2)


@pytest.mark.parametrize("what", ["events", "append_deliveries", "append_outcomes", "done"])
async def test_a_journal_that_fails_for_a_while_costs_no_event(running: Running, what: str) -> None:
    running.journal.failures = [what] * 3

    await running.finish(event("track", offset=Offset(1, 0)))

    assert list(running.journal.deliveries) == ["1-0-map_1"]


async def test_a_batch_that_is_routed_again_after_a_crash_is_not_delivered_twice(
    running: Running,
) -> None:
    seen = event("track", offset=Offset(1, 0))
    await running.finish(seen)

    await Running.finish(running, seen)

    assert list(running.journal.deliveries) == ["1-0-map_1"]


async def test_an_event_whose_id_came_before_is_recorded_and_not_delivered(
    running: Running,
) -> None:
    first = event("track", offset=Offset(1, 0), messageId="same")
    await running.finish(first)
    running.journal.outcomes.clear()

    await running.finish(event("track", offset=Offset(2, 0), messageId="same"))

    assert list(running.journal.deliveries) == ["1-0-map_1"]
    duplicate = running.journal.outcomes[0]
    assert (duplicate.step, duplicate.id) == (Step.DUPLICATE, "2-0-duplicate")
    assert (duplicate.message_id, duplicate.connection_id) == ("same", None)


async def test_an_event_that_was_claimed_but_not_written_is_delivered_when_it_comes_again(
    running: Running,
) -> None:
    seen = event("track", offset=Offset(1, 0))
    running.journal.failures = ["append_deliveries"]
    running.journal.put(seen)
    task = asyncio.create_task(running.router.run())
    await asyncio.wait_for(running.journal.failed.wait(), 5)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert running.journal.deliveries == {}

    await running.finish()

    assert list(running.journal.deliveries) == ["1-0-map_1"]


async def test_many_events_in_one_batch_are_all_routed(running: Running) -> None:
    await running.finish(*(event("track", offset=Offset(1, index)) for index in range(1000)))

    assert len(running.journal.deliveries) == 1000


async def test_classic_analytics_js_is_reported_for_a_connection_in_the_page(
    running: Running,
) -> None:
    await running.finish(event("track", **OLD))

    (notice,) = running.journal.notices
    assert (notice.connection_id, notice.code) == ("con_web", "old_analytics_js")
    assert "4.1.0" in notice.detail


async def test_classic_analytics_js_is_reported_once_a_minute_with_its_count(
    running: Running,
) -> None:
    await running.finish(*(event("track", **OLD) for _ in range(10)))
    running.clock.advance(60)
    await running.finish(event("track", **OLD))

    assert [notice.count for notice in running.journal.notices] == [1, 10]


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        pytest.param({"name": "analytics.js", "version": "4.1.0"}, "4.1.0", id="classic"),
        pytest.param({"name": "analytics.js", "version": "next-1.84.3"}, None, id="2.0"),
        pytest.param({"name": "analytics.js", "version": "npm:next-1.84.3"}, None, id="from npm"),
        pytest.param({"name": "analytics-node", "version": "2.1.0"}, None, id="another library"),
        pytest.param({"name": "analytics.js"}, None, id="no version"),
        pytest.param({"name": "analytics.js", "version": 4}, None, id="not a text"),
        pytest.param(None, None, id="no library"),
    ],
)
def test_classic_analytics_js_is_known_by_its_version(
    library: object, expected: str | None
) -> None:
    assert old_version({"context": {"library": library}}) == expected
