"""What fails is tried again, given up or waited with, as the failure asks, and is never lost."""

from __future__ import annotations

import datetime as dt

import pytest
from structlog.testing import capture_logs

from crossdock.base.clock import FakeClock
from crossdock.events import ConnectionId, Pause, Step
from crossdock.events.dead_letter import delivery_again
from crossdock.events.pause import BY_OWNER
from crossdock.kit import Call, DeliveryFailed, NeedsAttention, Rejected, RetryLater
from crossdock.pipeline.send import Pauses
from crossdock.workspace import WorkspaceFeed
from tests.send.builders import (
    NOON,
    MemoryJournal,
    connection,
    delivery,
    destination,
    workspace,
)
from tests.send.sending import Vendor, advance_until, sending

ONE = ConnectionId("con_1")
DAY_SECONDS = 86_400.0


def failing_times(times: int, failure: DeliveryFailed, *, message_id: str = "") -> object:
    left = [times]

    def failure_of(call: Call) -> DeliveryFailed | None:
        if left[0] and call.message_id.startswith(message_id):
            left[0] -= 1
            return failure
        return None

    return failure_of


def down() -> RetryLater:
    return RetryLater("Pigeonhole answered 503.", status=503)


async def test_a_delivery_that_failed_is_tried_again_with_the_same_idempotency_key() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    vendor.failure_of = failing_times(2, down())  # type: ignore[assignment]  # it is one.
    journal.put(delivery(sequence=7))

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: bool(journal.finished))

    steps = [(each.step, each.attempt) for each in journal.outcomes]
    assert steps == [(Step.WAITING, 1), (Step.WAITING, 2), (Step.DELIVERED, 3)]
    assert set(vendor.keys) == {"7-0-map_1"}
    assert len({each.id for each in journal.outcomes}) == 3


async def test_a_delivery_that_waits_says_until_when() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    asked = RetryLater("Pigeonhole answered 429.", status=429, after_seconds=300)
    vendor.failure_of = failing_times(1, asked)  # type: ignore[assignment]  # it is one.
    journal.put(delivery())

    async with sending(journal, vendor, clock=clock):
        await journal.until(lambda: bool(journal.outcomes))
        (waiting,) = journal.outcomes
        await advance_until(clock, lambda: bool(journal.finished))

    assert waiting.next_attempt_at == NOON + dt.timedelta(seconds=300)
    assert journal.outcomes[-1].at >= waiting.next_attempt_at


async def test_with_order_a_person_waits_for_their_own_retry_and_others_do_not() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    first, second, other = delivery(), delivery(), delivery(person="u:2")
    vendor.failure_of = failing_times(3, down(), message_id=first.message_id)  # type: ignore[assignment]  # it is one.
    journal.put(first, second, other)

    async with sending(
        journal, vendor, clock=clock, installed=destination(vendor.perform, keeps_order=True)
    ):
        await journal.until(lambda: vendor.taken == [other.message_id])
        await advance_until(clock, lambda: len(journal.finished) == 3)

    assert vendor.taken == [other.message_id, first.message_id, second.message_id]


async def test_order_is_kept_across_a_restart_in_the_middle_of_a_retry() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    before = Vendor(journal)
    first, second = delivery(), delivery()
    before.failure_of = failing_times(99, down())  # type: ignore[assignment]  # it is one.
    journal.put(first, second)
    async with sending(
        journal, before, clock=clock, installed=destination(before.perform, keeps_order=True)
    ):
        await journal.until(lambda: bool(journal.outcomes))

    again = journal.restarted()
    after = Vendor(again)
    async with sending(
        again, after, clock=clock, installed=destination(after.perform, keeps_order=True)
    ):
        await advance_until(clock, lambda: len(again.finished) == 2)

    assert before.taken == []
    assert after.taken == [first.message_id, second.message_id]


async def test_what_fails_for_a_day_is_a_dead_letter_with_its_last_reason() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    vendor.failure_of = lambda _: down()
    journal.put(delivery(sequence=5))

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: bool(journal.finished), step=60.0)

    (letter,) = journal.letters
    assert (letter.delivery.id, letter.outcome.step) == ("5-0-map_1", Step.DEAD)
    assert letter.outcome.what == "Pigeonhole answered 503."
    assert clock.monotonic_seconds() >= DAY_SECONDS
    assert {each.step for each in journal.outcomes[:-1]} == {Step.WAITING}


async def test_a_rejected_payload_is_a_dead_letter_and_the_next_goes_out() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    bad, good = delivery(), delivery()
    refused = Rejected("Pigeonhole answered 422.", do="Map less.", status=422)
    vendor.failure_of = failing_times(1, refused, message_id=bad.message_id)  # type: ignore[assignment]  # it is one.
    journal.put(bad, good)

    async with sending(journal, vendor):
        await journal.until(lambda: len(journal.finished) == 2)

    assert vendor.taken == [good.message_id]
    assert [letter.delivery for letter in journal.letters] == [bad]
    assert journal.letters[0].outcome.step is Step.REJECTED


async def test_a_dead_letter_is_durable_before_its_delivery_is_finished() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    vendor.failure_of = lambda _: Rejected("No.", do="Map less.")
    journal.failures = ["append_dead_letter"] * 2
    journal.put(delivery())

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: not journal.failures)
        assert journal.finished == []
        await advance_until(clock, lambda: bool(journal.finished))

    assert len(journal.letters) == 1


async def test_a_wrong_key_pauses_the_connection_and_loses_nothing() -> None:
    journal = MemoryJournal()
    vendor, pauses = Vendor(journal), Pauses(journal)
    vendor.failure_of = lambda _: NeedsAttention("Pigeonhole answered 401.", do="Check the key.")
    journal.put(*(delivery(person=f"u:{n}") for n in range(20)))

    async with sending(journal, vendor, pauses=pauses):
        await journal.until(lambda: bool(journal.stored_pauses))
        attempts_while_paused = len(vendor.begun)
        vendor.failure_of = lambda _: None
        await pauses.resume(ONE)
        await journal.until(lambda: len(journal.finished) == 20)

    assert attempts_while_paused <= 2
    assert len(set(vendor.taken)) == len(vendor.taken) == 20
    assert journal.outcomes[0].step is Step.NEEDS_ATTENTION
    assert journal.stored_pauses == {}


async def test_a_pause_says_why_and_what_to_do_and_survives_a_restart() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    vendor.failure_of = lambda _: NeedsAttention("Pigeonhole answered 401.", do="Check the key.")
    journal.put(delivery())
    async with sending(journal, vendor):
        await journal.until(lambda: bool(journal.stored_pauses))

    again = journal.restarted()
    after, pauses = Vendor(again), Pauses(again)
    async with sending(again, after, pauses=pauses):
        again.put(delivery(connection_id="con_2"))
        await again.until(lambda: len(again.finished) == 1)
        paused = dict(pauses.by_connection)

    assert (paused[ONE].what, paused[ONE].do) == ("Pigeonhole answered 401.", "Check the key.")
    assert len(after.begun) == 1


@pytest.mark.parametrize(("reason", "level"), [("pigeonhole_401", "error"), (BY_OWNER, "info")])
async def test_a_pause_that_a_person_wanted_is_no_error_in_the_log(reason: str, level: str) -> None:
    pause = Pause(connection_id=ONE, since_at=NOON, reason=reason, what="Why.", do="What.")

    with capture_logs() as lines:
        await Pauses(MemoryJournal()).pause(pause)

    assert [line["log_level"] for line in lines] == [level]


async def test_a_pause_ends_when_the_connection_is_changed() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    feed = WorkspaceFeed(workspace(connection(apiKey="wrong")))

    def failure_of(call: Call) -> DeliveryFailed | None:
        is_wrong = call.settings["apiKey"] == "wrong"
        return NeedsAttention("Pigeonhole answered 401.", do="Check the key.") if is_wrong else None

    vendor.failure_of = failure_of
    journal.put(delivery(), delivery())

    async with sending(journal, vendor, feed=feed):
        await journal.until(lambda: bool(journal.stored_pauses))
        feed.publish(workspace(connection(apiKey="right", version=2), version=2))
        await journal.until(lambda: len(journal.finished) == 2)

    assert len(vendor.taken) == 2


async def test_what_waits_for_another_attempt_ends_when_its_connection_is_deleted() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    feed = WorkspaceFeed(workspace(connection()))
    vendor.failure_of = lambda _: down()
    journal.put(delivery(), delivery())
    ordered = destination(vendor.perform, keeps_order=True)

    async with sending(journal, vendor, clock=clock, feed=feed, installed=ordered):
        await journal.until(lambda: bool(journal.outcomes))
        feed.publish(workspace(version=2))
        await journal.until(lambda: len(journal.finished) == 2)

    assert [each.reason for each in journal.outcomes[1:]] == ["connection_deleted"] * 2


async def test_a_missing_setting_pauses_the_connection() -> None:
    journal = MemoryJournal()
    vendor = Vendor(journal)
    feed = WorkspaceFeed(workspace(connection(url="")))
    journal.put(delivery())

    async with sending(journal, vendor, feed=feed):
        await journal.until(lambda: bool(journal.stored_pauses))
        feed.publish(workspace(connection(version=2), version=2))
        await journal.until(lambda: bool(journal.finished))

    assert len(vendor.taken) == 1


async def test_a_vendor_that_is_down_is_probed_and_not_hammered() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    vendor.failure_of = lambda _: down()
    journal.put(*(delivery(person=f"u:{n}") for n in range(40)))

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: clock.monotonic_seconds() >= 600.0)
        asked_while_down = len(vendor.begun)
        vendor.failure_of = lambda _: None
        await advance_until(clock, lambda: len(journal.finished) == 40)

    assert 10 <= asked_while_down <= 40
    assert len(set(vendor.taken)) == 40


async def test_what_became_too_old_while_the_vendor_was_down_is_a_dead_letter_too() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    vendor.failure_of = lambda _: down()
    journal.put(*(delivery(person=f"u:{n}") for n in range(80)))

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: len(journal.finished) == 80, step=60.0)

    assert {letter.outcome.step for letter in journal.letters} == {Step.DEAD}
    assert {letter.outcome.what for letter in journal.letters} == {"Pigeonhole answered 503."}


async def test_what_waited_behind_a_pause_of_days_is_tried_for_a_day_from_its_end_on() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor, pauses = Vendor(journal), Pauses(journal)
    vendor.failure_of = lambda _: NeedsAttention("Pigeonhole answered 401.", do="Check the key.")
    journal.put(*(delivery(person=f"u:{n}") for n in range(20)))

    async with sending(journal, vendor, clock=clock, pauses=pauses):
        await journal.until(lambda: bool(journal.stored_pauses))
        clock.advance(3 * DAY_SECONDS)
        # So many at once are too much for it: enough to open the circuit.
        vendor.failure_of = failing_times(10, down())  # type: ignore[assignment]  # it is one.
        await pauses.resume(ONE)
        await advance_until(clock, lambda: len(journal.finished) == 20)
        assert (len(vendor.taken), journal.letters) == (20, [])
        vendor.failure_of = lambda _: down()
        journal.put(delivery(sequence=500))
        await advance_until(clock, lambda: bool(journal.letters), step=60.0)

    assert [letter.delivery.id for letter in journal.letters] == ["500-0-map_1"]


async def test_a_dead_letter_that_was_never_attempted_says_so() -> None:
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    vendor.failure_of = lambda _: down()
    journal.put(*(delivery(person=f"u:{n}") for n in range(2000)))

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: len(journal.finished) == 2000, step=600.0)

    untried = [letter for letter in journal.letters if not letter.outcome.attempt]
    assert untried
    assert {letter.delivery.message_id for letter in untried}.isdisjoint(vendor.begun)
    assert {letter.outcome.what for letter in untried} == {
        "It was not attempted: only another was, now and then. Pigeonhole answered 503."
    }


async def test_attempts_are_counted_on_from_those_that_were_made_when_letters_are_sent_again() -> (
    None
):
    journal, clock = MemoryJournal(), FakeClock(NOON)
    vendor = Vendor(journal)
    vendor.failure_of = lambda _: down()
    journal.put(*(delivery(person=f"u:{n}") for n in range(1000)))

    async with sending(journal, vendor, clock=clock):
        await advance_until(clock, lambda: len(journal.finished) == 1000, step=600.0)
        made = {letter.delivery.id: letter.outcome.attempt for letter in journal.letters}
        vendor.failure_of = lambda _: None
        journal.made_at = clock.now()
        journal.put(*map(delivery_again, journal.letters))
        await advance_until(clock, lambda: len(journal.finished) == 2000)

    numbers: dict[str, list[int]] = {}
    for outcome in journal.outcomes:
        if outcome.duration_seconds is not None:
            numbers.setdefault(outcome.id.rpartition("-")[0], []).append(outcome.attempt)
    assert len(made) == len(numbers) == 1000
    assert 0 in made.values()
    assert all(numbers[each] == list(range(1, made[each] + 2)) for each in made)
