"""How long ledger and history rest: deliveries go first, for a while."""

from __future__ import annotations

from crossdock.duck import RUSH_AGE_SECONDS_MAX, RUSH_BYTES_MIN, rest_seconds


def test_a_few_events_are_followed_by_the_usual_rest() -> None:
    assert rest_seconds(0.2, size_bytes=RUSH_BYTES_MIN - 1, age_seconds=0.1) == 0.2


def test_a_rush_of_events_is_followed_by_a_longer_rest() -> None:
    assert rest_seconds(0.2, size_bytes=RUSH_BYTES_MIN, age_seconds=0.1) > 0.5


def test_whoever_is_far_behind_rests_no_longer_than_usual() -> None:
    behind = RUSH_AGE_SECONDS_MAX + 0.1
    assert rest_seconds(0.2, size_bytes=RUSH_BYTES_MIN, age_seconds=behind) == 0.2


def test_a_slow_machine_is_never_left_behind_for_long_by_a_rush() -> None:
    assert rest_seconds(1.5, size_bytes=RUSH_BYTES_MIN, age_seconds=0.1) <= 2.0
    # What it takes without a rush, it takes in one.
    assert rest_seconds(6.0, size_bytes=RUSH_BYTES_MIN, age_seconds=0.1) == 6.0
