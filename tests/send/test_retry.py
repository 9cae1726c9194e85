"""A failed delivery is tried again, later each time, for a day, and never later than an hour."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kit import RetryLater
from crossdock.pipeline.send.retry import RetryLimits, left_seconds, next_attempt_at

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def wait_seconds(
    *,
    attempt: int = 1,
    after_seconds: float | None = None,
    fraction: float = 0.0,
    age: dt.timedelta = dt.timedelta(0),
) -> float | None:
    at = next_attempt_at(
        NOON,
        RetryLater("Pigeonhole answered 503.", after_seconds=after_seconds),
        attempt=attempt,
        made_at=NOON - age,
        fraction=fraction,
        limits=RetryLimits(),
    )
    return None if at is None else (at - NOON).total_seconds()


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        pytest.param(1, 1.0, id="the first retry comes after a second"),
        pytest.param(2, 2.0, id="each further wait is twice the one before"),
        pytest.param(13, 3600.0, id="no wait is longer than an hour"),
        pytest.param(10_000, 3600.0, id="not even after days of failures"),
    ],
)
def test_the_wait_doubles_up_to_an_hour(attempt: int, expected: float) -> None:
    assert wait_seconds(attempt=attempt) == expected


def test_deliveries_that_failed_together_come_back_apart() -> None:
    assert wait_seconds(attempt=5, fraction=0.5) == 12.0


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(120.0, 120.0, id="a wait that is asked for is kept to"),
        pytest.param(0.0, 1.0, id="at once means in a second"),
        pytest.param(31_536_000.0, 3600.0, id="a year means an hour"),
    ],
)
def test_a_destination_is_believed_within_bounds(asked: float, expected: float) -> None:
    assert wait_seconds(after_seconds=asked, fraction=0.9) == expected


def test_the_last_attempt_is_made_at_the_end_of_the_day() -> None:
    assert wait_seconds(attempt=20, age=23.5 * HOUR) == 1800.0


@pytest.mark.parametrize("after_seconds", [None, 60.0])
def test_a_delivery_that_fails_after_a_day_is_given_up(after_seconds: float | None) -> None:
    assert wait_seconds(attempt=30, age=24 * HOUR, after_seconds=after_seconds) is None


@given(
    attempt=st.integers(1, 10_000),
    asked=st.none() | st.floats(-1e9, 1e9),
    fraction=st.floats(0, 1, exclude_max=True),
    age=st.timedeltas(dt.timedelta(0), dt.timedelta(hours=23)),
)
def test_whatever_it_answers_we_come_back_within_the_bounds(
    attempt: int, asked: float | None, fraction: float, age: dt.timedelta
) -> None:
    waited = wait_seconds(attempt=attempt, after_seconds=asked, fraction=fraction, age=age)

    assert waited is not None
    assert 1.0 <= waited <= 3600.0


def test_an_attempt_counts_from_one() -> None:
    with pytest.raises(ValueError, match="counts from 1"):
        wait_seconds(attempt=0)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(NOON, 8.0, id="all of it, at first"),
        pytest.param(NOON + dt.timedelta(seconds=3), 5.0, id="what is left of it, later"),
        pytest.param(NOON - 3 * HOUR, 8.0, id="no more of it, on a clock that was set back"),
        pytest.param(NOON + 3 * HOUR, 8.0 - 3 * 3600, id="nothing, on one that was set forward"),
    ],
)
def test_a_clock_that_is_set_makes_no_wait_longer(now: dt.datetime, expected: float) -> None:
    next_at = NOON + dt.timedelta(seconds=8)

    assert left_seconds(next_at, failed_at=NOON, now=now) == expected
