"""Whoever looks is told whether a connection is only probed, and when it is asked next."""

from __future__ import annotations

import datetime as dt

from crossdock.base.clock import FakeClock
from crossdock.pipeline.send.gate import Gate, GateLimits
from crossdock.pipeline.send.lane import Lane, LaneLimits
from crossdock.pipeline.send.standing import standing_of

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)


def an_empty_lane() -> Lane:
    return Lane(keeps_order=False, limits=LaneLimits())


def test_where_nothing_waits_there_is_no_next_attempt() -> None:
    standing = standing_of(Gate(GateLimits()), an_empty_lane(), None, FakeClock(NOON))

    assert (standing.is_open, standing.next_attempt_at, standing.what) == (False, None, "")


def test_a_connection_that_keeps_failing_is_asked_when_the_next_probe_is() -> None:
    clock = FakeClock(NOON)
    gate = Gate(GateLimits(failures_max=1, probe_seconds_min=8.0))
    now_seconds = clock.monotonic_seconds()
    is_probe = gate.begin(now_seconds)

    gate.end(has_failed=True, is_probe=is_probe, now_seconds=now_seconds, fraction=0.0)

    standing = standing_of(gate, an_empty_lane(), None, clock)
    assert standing.is_open
    assert standing.next_attempt_at is None  # Nothing is there to probe with.
