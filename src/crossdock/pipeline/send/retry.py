"""When a delivery that failed is tried again, and when it is given up. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt

from crossdock.kit import RetryLater

# 2 ** 1024 overflows a float, and no wait is longer than the upper bound anyway.
_DOUBLINGS_MAX = 32


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RetryLimits:
    """How patient the server is with a destination.

    Attributes:
        wait_seconds_min: Wait after the first failure.
        wait_seconds_max: Upper bound of any wait.
        give_up_after_seconds: How old a delivery may become before a failure is its last.
    """

    wait_seconds_min: float = 1.0
    wait_seconds_max: float = 3600.0
    give_up_after_seconds: float = 24 * 3600.0


def next_attempt_at(  # noqa: PLR0913 - a pure function is given all it needs.
    failed_at: dt.datetime,
    failure: RetryLater,
    *,
    attempt: int,
    made_at: dt.datetime,
    fraction: float,
    limits: RetryLimits,
) -> dt.datetime | None:
    """Return the moment of the next attempt, or None if there is none.

    The wait doubles with each attempt, and is then shortened by up to a half, so that deliveries
    that failed together do not come back together. A destination that names a wait of its own is
    believed, but only between the two bounds: a year of silence would look like lost data.

    The last attempt is made when the delivery has reached its age, and not hours before because the
    next wait would have led beyond it.

    Args:
        failed_at: When the last attempt ended, UTC.
        failure: What the destination said.
        attempt: How many attempts were made so far; 1 after the first.
        made_at: When the delivery was made, or a pause ended behind which it waited, UTC.
        fraction: A random number from 0 up to, but not including, 1.
        limits: The bounds.

    Raises:
        ValueError: `attempt` is below 1. That is a bug in the caller, not bad input.

    Source:
        RFC 9110 10.2.3 (Retry-After).
    """
    if attempt < 1:
        msg = f"attempt counts from 1, got {attempt}"
        raise ValueError(msg)
    give_up_at = made_at + dt.timedelta(seconds=limits.give_up_after_seconds)
    if failed_at >= give_up_at:
        return None
    wait_seconds = failure.after_seconds
    if wait_seconds is None:
        doubled_seconds = limits.wait_seconds_min * 2.0 ** min(attempt - 1, _DOUBLINGS_MAX)
        wait_seconds = min(doubled_seconds, limits.wait_seconds_max) * (1 - fraction / 2)
    wait_seconds = min(max(wait_seconds, limits.wait_seconds_min), limits.wait_seconds_max)
    earliest_at = failed_at + dt.timedelta(seconds=limits.wait_seconds_min)
    return max(earliest_at, min(failed_at + dt.timedelta(seconds=wait_seconds), give_up_at))


def left_seconds(next_at: dt.datetime, *, failed_at: dt.datetime, now: dt.datetime) -> float:
    """Return how long is left until the next attempt, from now on; negative if it is late.

    The clock may have been set since the last attempt failed: it waits no longer than it was to.
    """
    return (next_at - max(now, failed_at)).total_seconds()
