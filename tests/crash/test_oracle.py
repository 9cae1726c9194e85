"""The oracle of the crash harness finds what is broken, and only that."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from tests.crash.oracle import Promises, violations
from tests.crash.plan import Behaviour, plan_of
from tests.crash.record import Connected, Happened, Receipt, Record, Sent, Verdict

VENDOR = "ripe"


def event(number: int, *, verdict: Verdict = Verdict.ACKNOWLEDGED, times: int = 1) -> Sent:
    message = {
        "messageId": f"m{number}",
        "userId": "ann",
        "type": "track",
        "event": "Did",
        "properties": {"number": number},
    }
    return Sent(
        "shop",
        message,
        began_at=float(number),
        ended_at=number + 0.5,
        verdict=verdict,
        times=times,
    )


def good_record() -> Record:
    """Three events of a person, sent one after the other, taken one after the other."""
    sents = [event(number) for number in range(3)]
    record = Record(began_at=0.0)
    record.connected[VENDOR] = Connected("con", VENDOR, "shop", keeps_order=True, has_keys=True)
    for sent in sents:
        record.sent_by_id[sent.message_id] = sent
        receive(record, sent, at=sent.ended_at + 10)
    return record


def receive(
    record: Record,
    sent: Sent,
    *,
    at: float,
    behaviour: Behaviour = Behaviour.TAKE,
    key: str | None = None,
) -> None:
    record.receipts.append(
        Receipt(
            VENDOR,
            len(record.receipts),
            at,
            sent.message,
            sent.message_id if key is None else key,
            behaviour,
        )
    )


def lose_one(record: Record) -> None:
    record.receipts.pop()


def fail_one_for_good(record: Record) -> None:
    record.receipts[-1] = dataclasses.replace(record.receipts[-1], behaviour=Behaviour.ERROR)


def invent_one(record: Record) -> None:
    receive(record, event(99), at=50)


def deliver_a_refused_one(record: Record) -> None:
    record.sent_by_id["m1"].verdict = Verdict.REFUSED


def deliver_to_another_source(record: Record) -> None:
    record.sent_by_id["m1"].source = "backend"


def change_a_property(record: Record) -> None:
    changed = {**record.receipts[1].message, "properties": {"number": 1.5}}
    record.receipts[1] = dataclasses.replace(record.receipts[1], message=changed)


def repeat_without_a_fault(record: Record) -> None:
    receive(record, record.sent_by_id["m1"], at=40)


def repeat_under_another_key(record: Record) -> None:
    record.faults.append(Happened("a kill", 20, 21))
    receive(record, record.sent_by_id["m1"], at=40, key="another")


def swap_two(record: Record) -> None:
    first, second, third = record.receipts
    record.receipts = [
        dataclasses.replace(second, number=0),
        dataclasses.replace(first, number=1),
        third,
    ]


def claim_a_delivery(record: Record) -> None:
    record.receipts.pop()
    record.outcomes_by_id["1"] = {"step": "delivered", "destinationId": "con", "messageId": "m2"}
    record.outcomes_by_id["2"] = {"step": "rejected", "destinationId": "con", "messageId": "m2"}


def exit_badly(record: Record) -> None:
    record.exit_codes.append(("SIGTERM", 0, 1))


def test_a_run_in_which_all_went_well_breaks_no_promise() -> None:
    assert violations(good_record(), Promises(retries=True, deduplicates=True)) == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param(lose_one, "is missing", id="an acknowledged event that never arrived"),
        pytest.param(fail_one_for_good, "is missing", id="a failed attempt without an outcome"),
        pytest.param(invent_one, "never sent", id="an event that nobody sent"),
        pytest.param(deliver_a_refused_one, "was refused", id="an event that was refused"),
        pytest.param(deliver_to_another_source, "another source", id="an event of another source"),
        pytest.param(change_a_property, 'another "properties"', id="an event that was changed"),
        pytest.param(repeat_without_a_fault, "twice", id="a repetition without a cause"),
        pytest.param(repeat_under_another_key, "2 idempotency keys", id="a key that changed"),
        pytest.param(swap_two, "before", id="one event that overtook another"),
        pytest.param(claim_a_delivery, "never took it", id="an outcome that is not true"),
        pytest.param(exit_badly, "exit code", id="a stop that was not clean"),
    ],
)
def test_what_is_broken_is_found(damage: Callable[[Record], None], told: str) -> None:
    record = good_record()
    damage(record)

    found = violations(record, Promises())

    assert found
    assert all(told in one for one in found)


def test_a_repetition_after_a_fault_is_allowed_with_the_same_key() -> None:
    record = good_record()
    record.faults.append(Happened("a kill", 20, 21))
    receive(record, record.sent_by_id["m2"], at=40)

    assert violations(record, Promises()) == []


def test_a_message_sent_twice_may_arrive_twice_until_duplicates_are_found() -> None:
    record = good_record()
    record.sent_by_id["m2"].times = 2
    receive(record, record.sent_by_id["m2"], at=40, key="of the second")

    assert violations(record, Promises(deduplicates=False)) == []
    assert violations(record, Promises(deduplicates=True)) != []


def test_a_failed_attempt_is_an_end_only_as_long_as_none_is_made_again() -> None:
    record = good_record()
    fail_one_for_good(record)
    record.outcomes_by_id["1"] = {"step": "failed", "destinationId": "con", "messageId": "m2"}

    assert violations(record, Promises(retries=False)) == []
    assert violations(record, Promises(retries=True)) != []


def test_order_across_a_fault_is_held_once_it_is_promised() -> None:
    record = good_record()
    record.faults.append(Happened("a kill", 2, 3))
    swap_two(record)

    assert violations(record, Promises(keeps_order_across_faults=False)) == []
    assert violations(record, Promises(keeps_order_across_faults=True)) != []


def test_what_may_or_may_not_have_been_accepted_may_or_may_not_arrive() -> None:
    record = good_record()
    record.sent_by_id["m1"].verdict = Verdict.UNKNOWN
    del record.receipts[1]

    assert violations(record, Promises()) == []


def test_a_seed_means_the_same_every_time() -> None:
    plans = [
        plan_of(seed, seconds=60.0, vendors=(VENDOR,), impossible=frozenset()) for seed in (7, 7, 8)
    ]

    assert plans[0] == plans[1] != plans[2]
    assert plans[0].chance("x").random() == plans[1].chance("x").random()
