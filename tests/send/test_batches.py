"""Where the destination takes them, deliveries go in batches; one that is bad harms no other."""

from __future__ import annotations

import collections
import math
from collections.abc import Callable, Sequence

import pytest

from crossdock.base.clock import FakeClock
from crossdock.events import Step
from crossdock.kit import (
    Call,
    DeliveryFailed,
    Destination,
    Http,
    NeedsAttention,
    Rejected,
    RetryLater,
    batch_key,
)
from crossdock.pipeline.send import SendLimits
from tests.send.builders import NOON, MemoryJournal, delivery, destination
from tests.send.sending import Vendor, advance_until, sending

ONE_AT_A_TIME = SendLimits(batches_max=1)


def refused(status: int) -> Rejected:
    return Rejected(f"Pigeonhole answered {status}.", do="Look.", status=status)


def numbers(batch: Sequence[Call]) -> list[int]:
    return [call.payload["n"] for call in batch]


class BatchVendor:
    """A vendor that takes batches, and refuses those that it is told to."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self.asked: list[Sequence[Call]] = []
        self.taken: list[int] = []
        self.failure_of: Callable[[Sequence[Call]], DeliveryFailed | None] = lambda _: None

    def destination(self, *, keeps_order: bool = False) -> Destination:
        """Return how to get there."""
        return destination(
            Vendor(self._journal).perform, perform_batch=self.perform, keeps_order=keeps_order
        )

    async def perform(self, _: Http, calls: Sequence[Call]) -> Sequence[DeliveryFailed | None]:
        """Take a batch."""
        self.asked.append(calls)
        failure = self.failure_of(calls)
        self._journal.changed()
        if failure is not None:
            raise failure
        self.taken += numbers(calls)
        return [None] * len(calls)


async def test_a_batch_that_failed_goes_again_as_it_was_with_the_same_key() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = BatchVendor(journal)
    vendor.failure_of = lambda _: RetryLater("Busy.") if len(vendor.asked) <= 3 else None
    journal.put(*(delivery(n=n) for n in range(10)))

    async with sending(journal, Vendor(journal), installed=vendor.destination(), clock=clock):
        await journal.until(lambda: len(journal.outcomes) == 10)
        # What arrives meanwhile does not join it.
        journal.put(*(delivery(n=n) for n in range(10, 15)))
        await advance_until(clock, lambda: len(journal.finished) == 15)

    asked = collections.Counter(batch_key(calls) for calls in vendor.asked)
    first = batch_key(vendor.asked[0])
    assert numbers(vendor.asked[0]) == list(range(10))
    assert asked[first] >= 2
    assert [numbers(calls) for calls in vendor.asked if batch_key(calls) == first] == [
        list(range(10))
    ] * asked[first]
    assert sorted(vendor.taken) == list(range(15))


@pytest.mark.parametrize("status", [400, 413, 422, None])
async def test_one_bad_event_does_not_take_its_batch_with_it(status: int | None) -> None:
    journal = MemoryJournal()
    vendor = BatchVendor(journal)

    def fail_the_bad(calls: Sequence[Call]) -> DeliveryFailed | None:
        return Rejected("Odd.", do="Map it.", status=status) if 13 in numbers(calls) else None

    vendor.failure_of = fail_the_bad
    journal.put(*(delivery(n=n) for n in range(50)))
    async with sending(journal, Vendor(journal), installed=vendor.destination()):
        await journal.until(lambda: len(journal.finished) == 50)

    assert sorted(vendor.taken) == [n for n in range(50) if n != 13]
    assert [letter.delivery.payload["n"] for letter in journal.letters] == [13]
    assert len(vendor.asked) <= 2 * math.ceil(math.log2(50)) + 2


async def test_each_event_of_a_halved_batch_can_be_explained() -> None:
    journal = MemoryJournal()
    vendor = BatchVendor(journal)
    vendor.failure_of = lambda calls: refused(413) if len(calls) > 1 else None
    journal.put(*(delivery(n=n) for n in range(2)))

    async with sending(journal, Vendor(journal), installed=vendor.destination()):
        await journal.until(lambda: len(journal.finished) == 2)

    assert [(each.step, each.attempt) for each in journal.outcomes] == [
        (Step.WAITING, 1),
        (Step.WAITING, 1),
        (Step.DELIVERED, 2),
        (Step.DELIVERED, 2),
    ]
    assert journal.outcomes[0].reason == "errors.awaiting-retry.413"
    assert "2 events were in the request" in journal.outcomes[0].what


async def test_when_every_event_is_refused_halving_ends() -> None:
    journal = MemoryJournal()
    vendor = BatchVendor(journal)
    vendor.failure_of = lambda _: refused(400)
    journal.put(*(delivery(n=n) for n in range(32)))

    async with sending(journal, Vendor(journal), installed=vendor.destination()):
        await journal.until(lambda: len(journal.finished) == 32)

    assert len(journal.letters) == 32
    assert len(vendor.asked) <= 2 * 32


async def test_a_batch_that_no_size_would_help_is_not_halved() -> None:
    journal = MemoryJournal()
    vendor = BatchVendor(journal)
    vendor.failure_of = lambda _: refused(404)
    journal.put(*(delivery(n=n) for n in range(8)))

    async with sending(journal, Vendor(journal), installed=vendor.destination()):
        await journal.until(lambda: len(journal.finished) == 8)

    assert len(journal.letters) == 8
    assert len(vendor.asked) == 1


async def test_after_a_batch_was_too_large_the_next_ones_are_smaller() -> None:
    journal = MemoryJournal()
    vendor = BatchVendor(journal)
    vendor.failure_of = lambda calls: refused(413) if len(calls) > 10 else None
    journal.put(*(delivery(n=n) for n in range(40)))

    async with sending(
        journal, Vendor(journal), installed=vendor.destination(), limits=ONE_AT_A_TIME
    ):
        await journal.until(lambda: len(journal.finished) == 40)
        asked_before = len(vendor.asked)
        journal.put(*(delivery(n=n) for n in range(40, 80)))
        await journal.until(lambda: len(journal.finished) == 80)

    assert max(len(calls) for calls in vendor.asked[asked_before:]) <= 10
    assert sorted(vendor.taken) == list(range(80))


async def test_a_batch_has_no_more_bytes_than_it_may() -> None:
    journal = MemoryJournal()
    vendor = BatchVendor(journal)
    journal.put(*(delivery(n=n) for n in range(20)))
    small = SendLimits(batch_bytes_max=450)

    async with sending(journal, Vendor(journal), installed=vendor.destination(), limits=small):
        await journal.until(lambda: len(journal.finished) == 20)

    assert [len(calls) for calls in vendor.asked] == [4] * 5


async def test_with_order_each_persons_events_arrive_in_order_through_failing_batches() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = BatchVendor(journal)

    def fail_now_and_then(calls: Sequence[Call]) -> DeliveryFailed | None:
        if len(vendor.asked) % 3 == 0:
            return RetryLater("Busy.")
        return refused(400) if len(vendor.asked) % 5 == 0 and len(calls) > 1 else None

    vendor.failure_of = fail_now_and_then
    journal.put(*(delivery(n=n, person=f"u:{n % 4}") for n in range(40)))
    async with sending(
        journal, Vendor(journal), installed=vendor.destination(keeps_order=True), clock=clock
    ):
        await advance_until(clock, lambda: len(journal.finished) == 40)

    assert sorted(vendor.taken) == list(range(40))
    for person in range(4):
        assert [n for n in vendor.taken if n % 4 == person] == list(range(person, 40, 4))


async def test_a_wrong_key_pauses_the_connection_and_keeps_the_whole_batch() -> None:
    journal = MemoryJournal()
    vendor = BatchVendor(journal)
    vendor.failure_of = lambda _: NeedsAttention("Pigeonhole answered 401.", do="Check the key.")
    journal.put(*(delivery(n=n) for n in range(8)))

    async with sending(journal, Vendor(journal), installed=vendor.destination()):
        await journal.until(lambda: bool(journal.stored_pauses))

    assert (len(vendor.asked), journal.finished, journal.letters) == (1, [], [])
