"""The times that a request names: moments, and how finely a range is counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from crossdock.workspace import Refused

Granularity = Literal["MINUTE", "HOUR", "DAY"]
GRAIN_SECONDS: Mapping[Granularity, int] = {"MINUTE": 60, "HOUR": 3600, "DAY": 86_400}
# The ranges that Segment allows; they keep an answer short.
_RANGE_MAX: Mapping[Granularity, dt.timedelta] = {
    "MINUTE": dt.timedelta(hours=4),
    "HOUR": dt.timedelta(days=14),
    "DAY": dt.timedelta(days=31),
}


def in_utc(given: dt.datetime, field: str) -> dt.datetime:
    """Return a moment of a request in UTC.

    Raises:
        Refused: No calendar has it.
    """
    try:
        return given.replace(tzinfo=dt.UTC) if given.tzinfo is None else given.astimezone(dt.UTC)
    except OverflowError as error:
        raise Refused(
            f'"{field}" is not within any calendar.',
            do="Send for example 2030-01-01T12:00:00Z.",
            reason="unusable_time",
            field=field,
        ) from error


def check_range(since: dt.datetime, until: dt.datetime, granularity: Granularity) -> None:
    """Refuse a time that is too long to be counted so finely.

    Raises:
        Refused: It is.
    """
    if not dt.timedelta(0) < until - since <= _RANGE_MAX[granularity]:
        longest = _RANGE_MAX[granularity]
        hours = longest // dt.timedelta(hours=1)
        raise Refused(
            f"From startTime to endTime it is not between 0 and {hours} hours, which is the "
            f"longest for {granularity}.",
            do="Ask about a shorter time, or for a coarser granularity.",
            reason="unusable_range",
            field="endTime",
        )
