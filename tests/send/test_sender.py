"""Deliveries are attempted, recorded and finished, and no vendor keeps the others waiting."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

from crossdock.base.clock import FakeClock
from crossdock.events import Step
from crossdock.kit import Call, DeliveryFailed, Http
from crossdock.workspace import WorkspaceFeed
from tests.send.builders import (
    NOON,
    MemoryJournal,
    connection,
    delivery,
    destination,
    workspace,
)
from tests.send.sending import FEW, Vendor, advance_until, sending


async def test_a_delivery_is_finished_only_after_its_outcome_is_durable() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    journal.failures = ["append_outcomes"] * 3
    journal.put(delivery(sequence=1))

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: not journal.failures)
        assert journal.finished == []
        await advance_until(clock, lambda: bool(journal.finished))

    assert journal.finished == ["1-0-map_1"]
    assert [outcome.step for outcome in journal.outcomes] == [Step.DELIVERED]
    assert vendor.taken == ["message-1"]


async def test_a_vendor_that_hangs_does_not_hold_up_another() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    journal.put(*(delivery(connection_id="con_1", person=f"u:{n}") for n in range(500)))
    wanted = [delivery(connection_id="con_2", person=f"u:{n}") for n in range(200)]
    journal.put(*wanted)

    async with sending(journal, vendor):
        await journal.until(lambda: len(journal.finished) == 200)

    assert vendor.taken == [each.message_id for each in wanted]
    assert len(vendor.begun) - len(vendor.taken) == FEW.gate.attempts_max


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


async def test_a_vendor_that_does_not_answer_in_time_is_tried_again() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    journal.put(delivery())

    async with sending(journal, vendor, limits=dataclasses.replace(FEW, attempt_seconds_max=0.05)):
        await journal.until(lambda: len(journal.outcomes) == 1)

    assert [(each.step, each.reason) for each in journal.outcomes] == [
        (Step.WAITING, "errors.awaiting-retry.ETIMEDOUT")
    ]
    assert journal.finished == []


async def test_a_journal_that_is_away_for_a_while_is_asked_again() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    journal.failures = ["connections_with_deliveries"]
    journal.put(delivery())

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: bool(journal.finished))

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


async def test_what_is_left_of_a_deleted_connection_is_recorded_as_such() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    journal.put(*(delivery(connection_id="con_9") for _ in range(3)))

    async with sending(journal, vendor):
        await journal.until(lambda: len(journal.finished) == 3)

    assert [outcome.reason for outcome in journal.outcomes] == ["connection_deleted"] * 3


async def test_what_comes_again_of_a_deleted_connection_is_not_recorded_again() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    left, new = delivery(connection_id="con_9"), delivery(connection_id="con_9")
    journal.put(left)

    async with sending(journal, vendor, clock=clock):
        await journal.until(lambda: left.id in journal.finished)
        (running,) = (one for one in asyncio.all_tasks() if one.get_name() == "send: con_9")
        journal.gone.add("con_9")
        journal.changed()
        await asyncio.wait([running], timeout=10)
        journal.gone.clear()
        # Route makes the first once more after a crash, when nobody is left to send it.
        journal.put(new)
        await advance_until(clock, lambda: new.id in journal.finished)

    assert [one.message_id for one in journal.outcomes] == [left.message_id, new.message_id]


async def test_a_connection_made_while_running_is_sent_to() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    feed = WorkspaceFeed(workspace())

    async with sending(journal, vendor, feed=feed):
        feed.publish(workspace(connection(apiKey="one"), version=2))
        journal.put(delivery())
        await journal.until(lambda: len(journal.finished) == 1)

    assert len(vendor.taken) == 1


async def test_a_vendor_is_not_asked_more_often_than_it_allows() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    journal.put(*(delivery() for _ in range(12)))

    async with sending(
        journal,
        vendor,
        clock=clock,
        installed=destination(vendor.perform, requests_per_second_max=5),
    ):
        counts: list[int] = []
        for _ in range(3):
            await advance_until(clock, lambda: len(vendor.begun) > sum(counts), step=0.1)
            for _ in range(200):
                await asyncio.sleep(0)
            counts.append(len(vendor.begun) - sum(counts))

    assert counts == [5, 5, 2]
    assert clock.monotonic_seconds() >= 2.0


async def test_what_arrives_while_batches_are_under_way_makes_the_next_batch() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    sizes: list[int] = []

    async def take(_: Http, calls: Sequence[Call]) -> Sequence[DeliveryFailed | None]:
        sizes.append(len(calls))
        return [None] * len(calls)

    journal.put(*(delivery(n=n) for n in range(250)))
    async with sending(journal, vendor, installed=destination(vendor.perform, perform_batch=take)):
        await journal.until(lambda: len(journal.finished) == 250)

    assert sum(sizes) == 250
    assert max(sizes) <= 100
    assert len(sizes) < 25


async def test_stopping_waits_for_what_is_under_way_and_leaves_the_rest() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    journal.put(*(delivery(person=f"u:{n}") for n in range(5)))

    async with sending(journal, vendor) as sender:
        await journal.until(lambda: len(vendor.begun) == 2)
        stopping = asyncio.create_task(sender.stop(drain_seconds_max=5))
        await asyncio.sleep(0)
        vendor.goes_on.set()
        await stopping

    assert len(vendor.taken) == len(journal.finished) == 2


async def test_what_does_not_end_in_time_stays_in_the_journal() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    journal.put(delivery())

    async with sending(journal, vendor) as sender:
        await journal.until(lambda: len(vendor.begun) == 1)
        await sender.stop(drain_seconds_max=0.05)

    assert (journal.outcomes, journal.finished) == ([], [])
