"""How sending to a connection stands, for people who look."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

from crossdock.base.clock import Clock
from crossdock.pipeline.send.attempt import Attempted
from crossdock.pipeline.send.gate import Gate
from crossdock.pipeline.send.lane import Lane


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How sending to a connection stands.

    Attributes:
        is_open: Whether so many attempts failed in a row that only probes are made.
        under_way: Attempts that are being made.
        waiting: Lines of deliveries that wait for their next attempt.
        next_attempt_at: When the next one begins, UTC; None if none waits for a moment.
        failed_at: When the latest attempt that may succeed later ended, UTC.
        what: Why it failed, without secrets.
        do: What can be done about it.
    """

    is_open: bool = False
    under_way: int = 0
    waiting: int = 0
    next_attempt_at: dt.datetime | None = None
    failed_at: dt.datetime | None = None
    what: str = ""
    do: str = ""


def standing_of(gate: Gate, lane: Lane, failure: Attempted | None, clock: Clock) -> Standing:
    """Return how sending stands, given what decides about the next attempt."""
    now_seconds = clock.monotonic_seconds()
    at_seconds = [lane.next_wake_seconds()]
    if lane.has_ready:
        at_seconds.append(now_seconds + gate.wait_seconds(now_seconds))
    wait_seconds = min((at for at in at_seconds if at is not None), default=math.inf) - now_seconds
    if gate.is_open:
        # What has waited long enough waits for the probe as well.
        wait_seconds = max(wait_seconds, gate.wait_seconds(now_seconds))
    next_at = None
    if 0 < wait_seconds < math.inf:
        next_at = clock.now() + dt.timedelta(seconds=wait_seconds)
    return Standing(
        is_open=gate.is_open,
        under_way=gate.under_way,
        waiting=lane.waiting,
        next_attempt_at=next_at,
        failed_at=failure.ended_at if failure else None,
        what=failure.what if failure else "",
        do=failure.do if failure else "",
    )
