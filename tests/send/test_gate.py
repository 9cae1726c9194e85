"""A gate bounds attempts at a time and in a second, and lets a broken connection only be probed."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from crossdock.pipeline.send.gate import Gate, GateLimits

LIMITS = GateLimits(attempts_max=4, failures_max=3)


def fail(gate: Gate, *, at: float, fraction: float = 0.0) -> None:
    is_probe = gate.begin(at)
    gate.end(has_failed=True, is_probe=is_probe, now_seconds=at, fraction=fraction)


def succeed(gate: Gate, *, at: float) -> None:
    is_probe = gate.begin(at)
    gate.end(has_failed=False, is_probe=is_probe, now_seconds=at, fraction=0.0)


def broken() -> Gate:
    gate = Gate(LIMITS)
    for _ in range(LIMITS.failures_max):
        fail(gate, at=0.0)
    return gate


def test_no_more_than_its_share_is_attempted_at_a_time() -> None:
    gate = Gate(LIMITS)
    for _ in range(LIMITS.attempts_max):
        assert gate.wait_seconds(0.0) == 0.0
        gate.begin(0.0)

    assert gate.wait_seconds(0.0) == math.inf


def test_failures_in_a_row_open_it_until_a_probe() -> None:
    gate = broken()

    assert gate.is_open
    assert gate.wait_seconds(0.25) == 0.75
    assert gate.wait_seconds(1.0) == 0.0


def test_a_success_in_between_keeps_it_closed() -> None:
    gate = Gate(LIMITS)
    for outcome in (fail, fail, succeed, fail, fail):
        outcome(gate, at=0.0)

    assert not gate.is_open


def test_only_one_probe_is_made_at_a_time() -> None:
    gate = broken()

    gate.begin(1.0)

    assert gate.wait_seconds(1.0) == math.inf


def test_each_probe_that_fails_doubles_the_wait_up_to_a_minute() -> None:
    gate = broken()
    waits = []
    now = 1.0
    for _ in range(8):
        fail(gate, at=now)
        waits.append(gate.wait_seconds(now))
        now += waits[-1]

    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_what_began_before_it_opened_does_not_make_the_wait_longer() -> None:
    gate = Gate(LIMITS)
    straggler = gate.begin(0.0)
    for _ in range(LIMITS.failures_max):
        fail(gate, at=0.0)

    gate.end(has_failed=True, is_probe=straggler, now_seconds=0.5, fraction=0.0)

    assert gate.wait_seconds(0.5) == 0.5


def test_one_success_closes_it() -> None:
    gate = broken()

    succeed(gate, at=1.0)

    assert not gate.is_open
    assert gate.wait_seconds(1.0) == 0.0


def test_a_probe_that_was_cut_off_makes_room_for_another() -> None:
    gate = broken()
    is_probe = gate.begin(1.0)

    gate.abandon(is_probe=is_probe)

    assert gate.wait_seconds(1.0) == 0.0


def test_less_than_one_a_second_is_one_in_several() -> None:
    gate = Gate(LIMITS, requests_per_second_max=0.5)
    succeed(gate, at=0.0)

    assert gate.wait_seconds(0.5) == 1.5


@given(
    rate=st.floats(0.2, 20),
    pauses=st.lists(st.floats(0, 1), max_size=60),
)
def test_no_second_has_more_attempts_than_allowed(rate: float, pauses: list[float]) -> None:
    gate = Gate(GateLimits(), requests_per_second_max=rate)
    now = 0.0
    begun: list[float] = []
    for pause in pauses:
        now += pause + gate.wait_seconds(now + pause)
        succeed(gate, at=now)
        begun.append(now)

    for first in begun:
        in_a_second = [at for at in begun if first <= at < first + 0.999]
        assert len(in_a_second) <= max(1, math.floor(rate))
