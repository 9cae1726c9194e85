"""The oracle of the crash harness finds what is broken, and only that."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from tests.crash.oracle import violations
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
    record.connected[VENDOR] = Connected("con", VENDOR, "shop", source_id="src", keeps_order=True)
    for sent in sents:
        record.sent_by_id[sent.message_id] = sent
        receive(record, sent, at=sent.ended_at + 10)
        record.entries += life(sent.message_id)
    record.balance = balance(delivered=3)
    record.traces_by_message_id = {
        "m1": {"events": [{"timeline": life("m1"), "states": [{"state": "delivered"}]}]}
    }
    return record


def entry(step: str, message_id: str, **more: Any) -> dict[str, Any]:
    return {"step": step, "sourceId": "src", "messageId": message_id, **more}


def life(message_id: str) -> list[dict[str, Any]]:
    return [
        entry("received", message_id),
        entry("mapped", message_id, destinationId="con"),
        entry("delivered", message_id, destinationId="con", attempt=1, durationSeconds=0.1),
    ]


def balance(*, delivered: int, **more: Any) -> dict[str, Any]:
    account = {
        "sourceId": "src",
        "destinationId": "con",
        "accepted": delivered,
        "delivered": delivered,
        "dead": 0,
        "waiting": 0,
        "difference": 0,
    }
    return {"isSettled": True, "missedMessages": 0, "accounts": [account | more]}


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
    forget(record, "m2")


def forget(record: Record, message_id: str) -> None:
    """Take an event out of everything but what was sent and received by the ledger."""
    record.receipts = [one for one in record.receipts if one.message_id != message_id]
    record.entries = [
        one for one in record.entries if one["messageId"] != message_id or one["step"] == "received"
    ]


def discard_one_that_was_dead(record: Record) -> None:
    record.receipts[-1] = dataclasses.replace(record.receipts[-1], behaviour=Behaviour.REJECT)
    record.entries[-1] = entry(
        "rejected", "m2", destinationId="con", attempt=1, durationSeconds=0.1
    )
    record.entries.append(
        entry("discarded", "m2", destinationId="con", reason="dead_letter_discarded")
    )
    record.balance = balance(delivered=2, accepted=3, discarded=1)


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


def exit_badly(record: Record) -> None:
    record.exit_codes.append(("SIGTERM", 0, 1))


def never_receive_one(record: Record) -> None:
    record.entries = record.entries[3:]


def receive_one_again(record: Record) -> None:
    record.entries.append(entry("received", "m1"))
    record.sent_by_id["m1"].times = 2


def end_one_twice(record: Record) -> None:
    record.entries.append(entry("delivered", "m1", destinationId="con", attempt=2))
    receive(record, record.sent_by_id["m1"], at=40, behaviour=Behaviour.ERROR)


def number_an_attempt_again(record: Record) -> None:
    record.entries.append(
        entry("waiting", "m1", destinationId="con", attempt=1, durationSeconds=0.1)
    )


def leave_one_waiting(record: Record) -> None:
    record.balance = balance(delivered=3, waiting=1)


def miss_one_in_the_balance(record: Record) -> None:
    record.balance = balance(delivered=3, difference=1)


def miscount_the_delivered(record: Record) -> None:
    record.balance = balance(delivered=4)


def trace_half_a_life(record: Record) -> None:
    (traced,) = record.traces_by_message_id["m1"]["events"]
    traced["timeline"].pop()


def test_a_run_in_which_all_went_well_breaks_no_promise() -> None:
    assert violations(good_record()) == []


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
        pytest.param(fail_one_for_good, "it is delivered, and", id="an outcome that is not true"),
        pytest.param(exit_badly, "exit code", id="a stop that was not clean"),
        pytest.param(never_receive_one, "never received", id="an event the ledger does not know"),
        pytest.param(receive_one_again, "0 duplicates", id="a duplicate that was not told of"),
        pytest.param(end_one_twice, "2 ends", id="a delivery that ended twice"),
        pytest.param(
            number_an_attempt_again, "numbered [1, 1]", id="an attempt with a used number"
        ),
        pytest.param(leave_one_waiting, "still wait", id="a delivery that never ends"),
        pytest.param(miss_one_in_the_balance, "is off by 1", id="a balance that is not zero"),
        pytest.param(miscount_the_delivered, "the ledger has 3", id="an account that miscounts"),
        pytest.param(trace_half_a_life, "has 2 entries", id="a trace that tells less"),
    ],
)
def test_what_is_broken_is_found(damage: Callable[[Record], None], told: str) -> None:
    record = good_record()
    damage(record)

    found = violations(record)

    assert any(told in one for one in found), found


def test_a_repetition_after_a_fault_is_allowed_with_the_same_key() -> None:
    record = good_record()
    record.faults.append(Happened("a kill", 20, 21))
    receive(record, record.sent_by_id["m2"], at=40)

    assert violations(record) == []


def test_what_the_owner_discarded_need_not_arrive() -> None:
    record = good_record()
    discard_one_that_was_dead(record)

    assert violations(record) == []


def test_what_may_or_may_not_have_been_accepted_may_or_may_not_arrive() -> None:
    record = good_record()
    record.sent_by_id["m2"].verdict = Verdict.UNKNOWN
    record.receipts.pop()
    record.entries = record.entries[:-3]
    record.balance = balance(delivered=2)

    assert violations(record) == []


def test_a_seed_means_the_same_every_time() -> None:
    plans = [
        plan_of(seed, seconds=60.0, vendors=(VENDOR,), impossible=frozenset()) for seed in (7, 7, 8)
    ]

    assert plans[0] == plans[1] != plans[2]
    assert plans[0].chance("x").random() == plans[1].chance("x").random()
