"""Deliveries are attempted, recorded and finished, and no vendor keeps the others waiting."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from crossdock.base.clock import Clock, FakeClock, SystemClock
from crossdock.events import Step
from crossdock.kit import Answer, Call, Destination, Http
from crossdock.pipeline.send import LaneLimits, Sender
from crossdock.workspace import WorkspaceFeed
from tests.send.builders import (
    NOON,
    MemoryJournal,
    by_slug,
    connection,
    delivery,
    destination,
    workspace,
)

FEW = LaneLimits(attempts_max=2, held_max=50)


class Vendor:
    """A vendor in memory: notes who was delivered, and hangs where it is told."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self.taken: list[str] = []
        self.begun: list[str] = []
        self.hung_connections: set[str] = set()
        self.goes_on = asyncio.Event()

    async def perform(self, _: Http, call: Call) -> None:
        self.begun.append(call.message_id)
        self._journal.changed()
        if call.settings["apiKey"] in self.hung_connections:
            await self.goes_on.wait()
        self.taken.append(call.message_id)


class NoWayOut:
    """A way out for destinations that ask nobody."""

    def with_label(self, _: str) -> Http:
        return self

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        raise NotImplementedError


@contextlib.asynccontextmanager
async def sending(  # noqa: PLR0913 - a builder names what it can vary.
    journal: MemoryJournal,
    vendor: Vendor,
    *,
    installed: Destination | None = None,
    feed: WorkspaceFeed | None = None,
    clock: Clock | None = None,
    seconds_max: float = 30.0,
) -> AsyncIterator[Sender]:
    sender = Sender(
        journal=journal,
        feed=feed
        or WorkspaceFeed(
            workspace(connection("con_1", apiKey="one"), connection("con_2", apiKey="two"))
        ),
        destinations_by_slug=by_slug(installed or destination(vendor.perform)),
        http=NoWayOut(),
        clock=clock or SystemClock(),
        limits=FEW,
        attempt_seconds_max=seconds_max,
    )
    running = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_delivery_is_finished_only_after_its_outcome_is_durable() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    journal.failures = ["append_outcomes"] * 3
    journal.put(delivery(sequence=1))

    async with sending(journal, vendor, clock=clock):
        async with asyncio.timeout(5):
            while journal.failures:
                assert journal.finished == []
                clock.advance(1)
                await asyncio.sleep(0)
            while not journal.finished:
                clock.advance(1)
                await asyncio.sleep(0)

    assert journal.finished == ["1-0-map_1"]
    assert [outcome.step for outcome in journal.outcomes] == [Step.DELIVERED]
    assert vendor.taken == ["message-1"]


async def test_a_vendor_that_hangs_does_not_hold_up_another() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    journal.put(*(delivery(connection_id="con_1", person=f"u:{n}") for n in range(200)))
    wanted = [delivery(connection_id="con_2", person=f"u:{n}") for n in range(20)]
    journal.put(*wanted)

    async with sending(journal, vendor):
        await journal.until(lambda: len(journal.finished) == 20)

    assert vendor.taken == [each.message_id for each in wanted]
    assert len(vendor.begun) - len(vendor.taken) == FEW.attempts_max
    assert len(journal.sent_back) == 200 - FEW.held_max


async def test_each_persons_deliveries_arrive_in_order_and_others_pass() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    first, second, other = (
        delivery(person="u:1"),
        delivery(person="u:1"),
        delivery(person="u:2"),
    )
    journal.put(first, second, other)

    async with sending(journal, vendor, installed=destination(vendor.perform, keeps_order=True)):
        await journal.until(lambda: len(vendor.begun) == 2)
        assert vendor.begun == [first.message_id, other.message_id]
        vendor.goes_on.set()
        await journal.until(lambda: len(journal.finished) == 3)

    assert vendor.taken.index(first.message_id) < vendor.taken.index(second.message_id)


async def test_a_delivery_that_comes_again_after_it_ended_is_finished_and_not_repeated() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    journal.failures = ["done"]
    sent = delivery(sequence=1)
    journal.put(sent)

    async with sending(journal, vendor):
        await journal.until(lambda: not journal.failures)
        journal.put(sent)
        await journal.until(lambda: journal.finished == ["1-0-map_1"])

    assert vendor.taken == ["message-1"]


async def test_a_vendor_that_does_not_answer_in_time_is_recorded_as_failed() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    journal.put(delivery())

    async with sending(journal, vendor, seconds_max=0.05):
        await journal.until(lambda: len(journal.finished) == 1)

    assert [(each.step, each.reason) for each in journal.outcomes] == [
        (Step.FAILED, "errors.awaiting-retry.ETIMEDOUT")
    ]


async def test_a_journal_that_cannot_be_read_for_a_while_is_read_again() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    journal.failures = ["deliveries"]
    journal.put(delivery())

    async with sending(journal, vendor, clock=clock):
        async with asyncio.timeout(5):
            while not journal.finished:
                clock.advance(1)
                await asyncio.sleep(0)

    assert len(vendor.taken) == 1


async def test_a_connection_that_is_disabled_takes_nothing_more() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    feed = WorkspaceFeed(workspace(connection(apiKey="one")))

    async with sending(journal, vendor, feed=feed):
        feed.publish(workspace(connection(apiKey="one", enabled=False), version=2))
        journal.put(delivery())
        await journal.until(lambda: len(journal.finished) == 1)

    assert vendor.taken == []
    assert [outcome.reason for outcome in journal.outcomes] == ["connection_disabled"]


async def test_stopping_waits_for_what_is_under_way_and_gives_the_rest_back() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    journal.put(*(delivery(person=f"u:{n}") for n in range(5)))

    async with sending(journal, vendor) as sender:
        await journal.until(lambda: len(vendor.begun) == 2)
        stopping = asyncio.create_task(sender.stop(drain_seconds_max=5))
        await journal.until(lambda: len(journal.sent_back) == 3)
        vendor.goes_on.set()
        await stopping

    assert len(vendor.taken) == len(journal.finished) == 2
    assert [seconds for _, seconds in journal.sent_back] == [0.0, 0.0, 0.0]


async def test_what_does_not_end_in_time_stays_in_the_journal() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    journal.put(delivery())

    async with sending(journal, vendor) as sender:
        await journal.until(lambda: len(vendor.begun) == 1)
        await sender.stop(drain_seconds_max=0.05)

    assert (journal.outcomes, journal.finished) == ([], [])
