"""The oracle of the crash harness finds what breaks a promise about the owner's own doings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.crash import told, wanted
from tests.crash.editor import EDITED, REPLAYED_EVENT
from tests.crash.engaged import COUNTED, COUNTED_EVENT, FLIPPED
from tests.crash.engaged import VENDOR as ENGAGED
from tests.crash.plan import Behaviour
from tests.crash.record import Changed, ChangeKind, Connected, Receipt, Record, Sent, Verdict

CONNECTED = Connected("con", EDITED, "backend", "src", keeps_order=False)


def receipt(vendor: str, number: int, **message: Any) -> Receipt:
    return Receipt(vendor, number, 100.0 + number, message, "", Behaviour.TAKE)


def sent(record: Record, message_id: str, at: float, **message: Any) -> Sent:
    one = Sent("backend", {"messageId": message_id, "type": "track", **message}, at)
    one.verdict, one.ended_at = Verdict.ACKNOWLEDGED, at + 0.1
    record.sent_by_id[message_id] = one
    record.entries.append(
        {
            "step": "received",
            "sourceId": "src",
            "messageId": message_id,
            "eventName": message.get("event"),
            "at": f"2030-01-01T12:00:{at:06.3f}+00:00",
        }
    )
    return one


def mapped(message_id: str, **more: Any) -> dict[str, Any]:
    outcome_id = f"{message_id.removeprefix('m')}-0-map"
    return {
        "step": "mapped",
        "messageId": message_id,
        "destinationId": "con",
        "outcomeId": outcome_id,
        **more,
    }


def an_edited_record() -> Record:
    """A connection with two editions, away for a while, and a replay of the first event."""
    record = Record(began_at=0.0, edited=[CONNECTED])
    record.changes = [
        Changed(ChangeKind.EDIT, EDITED, 0.0, 0.4, edition=1),
        Changed(ChangeKind.CREATE, EDITED, 0.0, 0.5),
        Changed(ChangeKind.EDIT, EDITED, 9.0, 9.5, edition=2),
        Changed(ChangeKind.DISABLE, EDITED, 20.0, 20.1),
        Changed(ChangeKind.ENABLE, EDITED, 40.0, 40.1),
        Changed(ChangeKind.REPLAY, "webhook", 50.0, 50.1, replay_id="r"),
    ]
    sent(record, "m1", 1.0, event=REPLAYED_EVENT)
    sent(record, "m2", 10.0, event="Did")
    sent(record, "m3", 25.0, event="Did")
    record.receipts = [
        receipt(EDITED, 1, messageId="m1", edition=1),
        receipt(EDITED, 2, messageId="m2", edition=2),
    ]
    record.entries += [mapped("m1"), mapped("m2"), mapped("m1", replayId="r")]
    record.replays = [
        {
            "id": "r",
            "state": "done",
            "what": "",
            "sourceId": "src",
            "startTime": "2030-01-01T12:00:00+00:00",
            "endTime": "2030-01-01T12:01:00+00:00",
        }
    ]
    return record


def an_engaged_record() -> Record:
    """Ann is counted; Bob was in the other audience, and left."""
    record = Record(began_at=0.0, audiences={COUNTED: "aud_1", FLIPPED: "aud_2"})
    for number in range(3):
        sent(record, f"m{number}", float(number), event=COUNTED_EVENT, userId="ann")
    sent(record, "m3", 4.0, event=COUNTED_EVENT, userId="bob")
    for number, value in ((5, True), (6, False)):
        sent(record, f"m{number}", number, type="identify", userId="bob", traits={"flips": value})
    record.receipts = [
        receipt(ENGAGED, 1, messageId="e1", userId="ann", traits={COUNTED: True}),
        receipt(ENGAGED, 2, messageId="e2", userId="bob", traits={FLIPPED: True}),
        receipt(ENGAGED, 3, messageId="e2", userId="bob", traits={FLIPPED: True}),
        receipt(ENGAGED, 4, messageId="e3", userId="bob", traits={FLIPPED: False}),
    ]
    record.members_by_key = {COUNTED: {"ann"}, FLIPPED: set()}
    return record


def found_by(checks: Any, record: Record) -> list[str]:
    return [sentence for check in checks for sentence in check(record)]


def be_mapped_by_the_old_edition(record: Record) -> None:
    record.receipts[1] = receipt(EDITED, 2, messageId="m2", edition=1)


def miss_one_while_it_is_there(record: Record) -> None:
    record.entries.remove(mapped("m2"))


def get_one_while_it_is_away(record: Record) -> None:
    record.entries.append(mapped("m3"))


def leave_one_out_of_the_replay(record: Record) -> None:
    record.entries.remove(mapped("m1", replayId="r"))


def replay_one_twice(record: Record) -> None:
    record.entries.append(mapped("m1", replayId="r"))


def replay_another(record: Record) -> None:
    record.entries.append(mapped("m2", replayId="r"))


def tell_it_again(record: Record) -> None:
    record.receipts.append(
        receipt(ENGAGED, 5, messageId="e4", userId="ann", traits={COUNTED: True})
    )


def never_tell_that_somebody_left(record: Record) -> None:
    record.receipts.pop()


def count_somebody_too_early(record: Record) -> None:
    record.members_by_key[COUNTED].add("bob")


def not_count_somebody(record: Record) -> None:
    record.members_by_key[COUNTED].clear()


def test_what_went_well_breaks_no_promise() -> None:
    assert found_by(wanted.CHECKS, an_edited_record()) == []
    assert found_by(told.CHECKS, an_engaged_record()) == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(be_mapped_by_the_old_edition, "after 2 was saved", id="an old mapping"),
        pytest.param(miss_one_while_it_is_there, "missing", id="an event that was not wanted"),
        pytest.param(get_one_while_it_is_away, "was away", id="one for a disabled connection"),
        pytest.param(leave_one_out_of_the_replay, "left", id="an event that was not replayed"),
        pytest.param(replay_one_twice, "2 times", id="an event that was replayed twice"),
        pytest.param(replay_another, "should not", id="an event that was not to be replayed"),
    ],
)
def test_what_is_wrong_with_a_change_is_found(damage: Callable[[Record], None], said: str) -> None:
    record = an_edited_record()
    damage(record)

    found = found_by(wanted.CHECKS, record)

    assert any(said in one for one in found), found


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(tell_it_again, "[True, True]", id="a member that is told twice"),
        pytest.param(never_tell_that_somebody_left, "told last", id="an exit that is not told"),
        pytest.param(count_somebody_too_early, "should not be", id="a member that is none"),
        pytest.param(not_count_somebody, "should be", id="a member that is missing"),
    ],
)
def test_what_is_wrong_with_an_audience_is_found(
    damage: Callable[[Record], None], said: str
) -> None:
    record = an_engaged_record()
    damage(record)

    found = found_by(told.CHECKS, record)

    assert any(said in one for one in found), found


def test_events_of_the_replayed_name_that_were_sent_twice_are_left_to_the_server() -> None:
    record = an_edited_record()
    record.entries.append({**record.entries[0], "step": "duplicate"})
    record.entries = [one for one in record.entries if one != mapped("m1", replayId="r")]

    assert found_by(wanted.CHECKS, record) == []


def test_what_was_said_when_the_clock_was_ahead_does_not_stand_for_ever() -> None:
    record = an_engaged_record()
    flips = {"type": "identify", "userId": "bob", "traits": {"flips": True}}
    sent(record, "m7", 50.0, **flips)
    sent(record, "m8", 7.0, **flips | {"traits": {"flips": False}})

    assert found_by(told.CHECKS, record) == []


def test_what_is_said_late_does_not_replace_what_is_known() -> None:
    record = an_engaged_record()
    flips = {"type": "identify", "userId": "bob", "traits": {"flips": True}}
    sent(record, "m7", 5.5, **flips)

    assert found_by(told.CHECKS, record) == []


def test_an_event_that_had_to_make_room_is_not_expected_in_a_replay() -> None:
    record = an_edited_record()
    leave_one_out_of_the_replay(record)
    record.events_from = 2

    assert found_by(wanted.CHECKS, record) == []
