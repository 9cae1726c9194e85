"""What is wrong is said once when it begins and once when it ends; /readyz says it meanwhile."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
import structlog
from structlog.testing import capture_logs

from crossdock.alarms import QUIET_SECONDS, Alarms
from crossdock.base.clock import FakeClock
from crossdock.base.logs import SAME_LINES_MAX, Bound
from crossdock.base.problems import Problem
from crossdock.door import readiness_answer

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
FULL = Problem(code="disk_full", what="It is full.", do="Empty it.", refuses_events=True)
SLOW = Problem(code="destination_behind", what="It is slow.", do="Mend it.", about="ripe")
SLOW_TOO = Problem(code="destination_behind", what="It is slow.", do="Mend it.", about="ramen")


def watching(clock: FakeClock, wrong: list[Problem]) -> Alarms:
    """Return alarms of one part that has these problems, as they change."""
    alarms = Alarms(clock)
    alarms.watch(lambda: list(wrong))
    return alarms


def test_an_alarm_is_one_line_when_it_begins_and_one_when_it_ends() -> None:
    clock, wrong = FakeClock(NOON), [FULL]
    alarms = watching(clock, wrong)

    with capture_logs() as lines:
        for _ in range(60):
            alarms.problems()
            clock.advance(1)
        wrong.clear()
        for _ in range(60):
            alarms.problems()
            clock.advance(1)

    assert [(line["event"], line["alarm"]) for line in lines] == [
        ("An alarm begins.", "disk_full"),
        ("An alarm ends.", "disk_full"),
    ]
    assert lines[0]["log_level"] == "error"
    assert lines[1]["lasted_seconds"] == 59


def test_what_comes_and_goes_at_its_bound_is_one_alarm() -> None:
    clock, wrong = FakeClock(NOON), [FULL]
    alarms = watching(clock, wrong)

    with capture_logs() as lines:
        for _ in range(50):
            wrong[:] = [] if wrong else [FULL]
            alarms.problems()
            clock.advance(QUIET_SECONDS / 3)

    assert [line["event"] for line in lines] == ["An alarm begins."]


def test_each_connection_has_an_alarm_of_its_own() -> None:
    alarms = watching(FakeClock(NOON), [SLOW, SLOW_TOO])

    with capture_logs() as lines:
        alarms.problems()

    assert [line["connection_id"] for line in lines] == ["ripe", "ramen"]
    assert {line["log_level"] for line in lines} == {"warning"}


@pytest.mark.parametrize(
    ("wrong", "status", "reasons", "warnings"),
    [
        pytest.param([], 200, [], [], id="nothing is wrong"),
        pytest.param([SLOW], 200, [], ["destination_behind"], id="events are still accepted"),
        pytest.param([SLOW, FULL], 503, ["disk_full"], ["destination_behind"], id="they are not"),
    ],
)
def test_readiness_tells_what_keeps_events_out_from_what_does_not(
    wrong: list[Problem], status: int, reasons: list[str], warnings: list[str]
) -> None:
    problems = watching(FakeClock(NOON), wrong).problems()

    answer = readiness_answer({"door": True}, problems)

    told = msgspec.json.decode(bytes(answer.body))
    assert answer.status_code == status
    assert [reason["code"] for reason in told["reasons"]] == reasons
    assert [warning["code"] for warning in told["warnings"]] == warnings


def test_a_sentence_that_is_said_all_the_time_is_left_out_and_counted() -> None:
    clock = FakeClock(NOON)
    bound = Bound(clock)

    def say(sentence: str) -> dict[str, object] | None:
        try:
            return dict(bound(None, "info", {"part": "send", "event": sentence}))
        except structlog.DropEvent:
            return None

    minute = [say("It failed.") for _ in range(1_000)]
    other = say("Something else.")
    clock.advance(60)
    later = say("It failed.")

    assert sum(line is not None for line in minute) == SAME_LINES_MAX
    assert other is not None
    assert later == {"part": "send", "event": "It failed.", "left_out": 1_000 - SAME_LINES_MAX}
