"""After a crash, what has ended stays ended, and what waits goes on waiting."""

from __future__ import annotations

import dataclasses
import datetime as dt

import msgspec
import pytest

from crossdock.base.clock import FakeClock
from crossdock.events import ConnectionId, Delivery, Outcome, Step
from crossdock.kit import DeliveryFailed, Rejected, RetryLater
from crossdock.pipeline.send.past import Past
from tests.send.builders import NOON, MemoryJournal, delivery, destination
from tests.send.sending import Vendor, advance_until, sending


@dataclasses.dataclass
class Crashed:
    """A server that died after it had sent, and before it had finished anything."""

    journal: MemoryJournal
    vendor: Vendor
    clock: FakeClock

    def restarted(self) -> MemoryJournal:
        return self.journal.restarted()


async def crashed(
    failure: DeliveryFailed | None, *deliveries: Delivery, outcomes: int = 1
) -> Crashed:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    vendor.failure_of = lambda _: failure
    journal.put(*deliveries)
    journal.failures = ["done"] * len(deliveries)
    async with sending(
        journal, vendor, clock=clock, installed=destination(vendor.perform, keeps_order=True)
    ):
        await advance_until(clock, lambda: len(journal.outcomes) >= outcomes)
        await journal.until(lambda: not journal.failures or isinstance(failure, RetryLater))
    journal.failures = []
    return Crashed(journal, vendor, clock)


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(None, id="delivered"),
        pytest.param(Rejected("No.", do="Nothing."), id="rejected"),
    ],
)
async def test_what_had_ended_before_a_crash_is_finished_and_not_sent_again(
    failure: DeliveryFailed | None,
) -> None:
    before = await crashed(failure, delivery(sequence=1))

    journal = before.restarted()
    vendor = Vendor(journal)
    async with sending(journal, vendor, clock=before.clock):
        await journal.until(lambda: bool(journal.finished))

    assert vendor.begun == []
    assert journal.outcomes == before.journal.outcomes
    assert journal.letters == []


async def test_attempts_are_counted_on_after_a_restart() -> None:
    before = await crashed(RetryLater("Down."), delivery(sequence=1), outcomes=3)

    journal = before.restarted()
    vendor = Vendor(journal)
    async with sending(journal, vendor, clock=before.clock):
        await advance_until(before.clock, lambda: bool(journal.finished))

    attempts = [outcome.attempt for outcome in journal.outcomes]
    assert attempts == list(range(1, len(attempts) + 1))
    assert journal.outcomes[-1].step is Step.DELIVERED


async def test_a_wait_that_a_vendor_asked_for_is_kept_over_a_restart() -> None:
    before = await crashed(RetryLater("Busy.", after_seconds=600.0), delivery(sequence=1))

    journal = before.restarted()
    vendor = Vendor(journal)
    async with sending(journal, vendor, clock=before.clock):
        await advance_until(before.clock, lambda: bool(journal.finished))

    waited = journal.outcomes[-1].at - journal.outcomes[0].at
    assert dt.timedelta(seconds=600) <= waited < dt.timedelta(seconds=610)


async def test_a_wait_means_nothing_once_the_clock_was_turned_back() -> None:
    before = await crashed(RetryLater("Busy.", after_seconds=600.0), delivery(sequence=1))

    journal, clock = before.restarted(), FakeClock(NOON - dt.timedelta(hours=3))
    vendor = Vendor(journal)
    async with sending(journal, vendor, clock=clock):
        await journal.until(lambda: bool(journal.finished))

    assert vendor.taken == ["message-1"]


def outcome(step: Step, *, attempt: int) -> Outcome:
    return Outcome(at=NOON, step=step, attempt=attempt, connection_id=ConnectionId("con_1"))


async def test_a_delivery_that_lies_in_the_journal_twice_is_sent_once_and_both_are_finished() -> (
    None
):
    journal = MemoryJournal()
    vendor = Vendor(journal)
    twice = delivery(sequence=1)
    journal.put(twice, delivery(sequence=2), twice)

    async with sending(journal, vendor):
        await journal.until(lambda: len(journal.finished) == 3)

    assert journal.finished.count(twice.id) == 2
    assert vendor.keys.count(twice.id) == 1


async def test_a_dead_letter_that_is_sent_again_before_its_end_is_noted_is_sent() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.hung_connections = {"one"}
    answers: list[DeliveryFailed | None] = [Rejected("No.", do="Nothing."), None]
    vendor.failure_of = lambda _: answers.pop(0)
    first = delivery(sequence=1)
    again = msgspec.structs.replace(first, attempts=1, resends=1)
    journal.put(first)

    async with sending(journal, vendor):
        await journal.until(lambda: bool(vendor.begun))
        journal.put(again)
        vendor.goes_on.set()
        await journal.until(lambda: len(journal.finished) == 2)

    assert vendor.keys == [first.id, first.id]


def test_a_dead_letter_that_is_sent_again_has_not_ended() -> None:
    past, first = Past(), delivery()
    past.note(first.id, outcome(Step.WAITING, attempt=1))
    past.note(first.id, outcome(Step.DEAD, attempt=2))

    again = msgspec.structs.replace(first, attempts=2, resends=1)

    assert past.has_ended(first)
    assert not past.has_ended(again)
    assert past.take_last(again) is None


def test_a_letter_of_what_was_delivered_after_all_is_not_sent_again() -> None:
    past, first = Past(), delivery()
    past.note(first.id, outcome(Step.DELIVERED, attempt=2))

    assert past.has_ended(msgspec.structs.replace(first, attempts=2, resends=1))


def test_a_delivery_that_was_sent_again_ends_once_although_it_was_not_attempted() -> None:
    past, first = Past(), delivery()
    again = msgspec.structs.replace(first, attempts=0, resends=1)
    past.note(first.id, outcome(Step.DEAD, attempt=0))

    assert not past.has_ended(again)

    past.note(first.id, msgspec.structs.replace(outcome(Step.DEAD, attempt=0), resends=1))

    assert past.has_ended(again)
    assert not past.has_ended(msgspec.structs.replace(first, attempts=0, resends=2))


def test_what_ended_without_an_attempt_has_ended() -> None:
    past, never_sent = Past(), delivery()
    past.note(never_sent.id, outcome(Step.FILTERED, attempt=0))

    assert past.has_ended(never_sent)
