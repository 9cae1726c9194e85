"""How a text is read as a number or as a moment: the same rules for a definition and for data.

The patterns are those of the SQL as well, in the common part of Python's and DuckDB's syntax.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

# Bounded, so that what is read is always finite.
NUMBER_PATTERN: Final = (
    r"[ \t\r\n]*([+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?)"
    r"[ \t\r\n]*"
)
# ISO 8601 as clients write it, from the year 1000 to 8999, so that a window before or after it is
# still a year with four digits.
LOCAL_PATTERN: Final = (
    r"[1-8][0-9]{3}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?)?"
)
OFFSET_PATTERN: Final = (
    r"[1-8][0-9]{3}-[0-9]{2}-[0-9]{2}"
    r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])"
)
# Seconds up to here, milliseconds above: seconds reach to the year 5138 with it.
EPOCH_SECONDS_MIN: Final = -30_000_000_000
EPOCH_SECONDS_END: Final = 100_000_000_000
EPOCH_MILLISECONDS_END: Final = 200_000_000_000_000

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - UTC without zone, as DuckDB's TIMESTAMP is.
_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")


def readable_number(text: str) -> float | None:
    """Return the number that the text is, or nothing."""
    match = re.fullmatch(NUMBER_PATTERN, text)
    return float(match[1]) if match else None


def iso_moment(text: str) -> dt.datetime | None:
    """Return the moment that the text is in ISO 8601, in UTC without zone, or nothing.

    Without an offset it is in UTC. What is finer than a microsecond is cut off.
    """
    if not (re.fullmatch(LOCAL_PATTERN, text) or re.fullmatch(OFFSET_PATTERN, text)):
        return None
    try:
        moment = dt.datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:  # A day that its month does not have.
        return None
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def epoch_moment(number: float) -> dt.datetime | None:
    """Return the moment so many seconds, or milliseconds, after 1970, or nothing."""
    if EPOCH_SECONDS_MIN < number < EPOCH_SECONDS_END:
        return _EPOCH + dt.timedelta(microseconds=round(number * 1_000_000))
    if EPOCH_SECONDS_END <= number < EPOCH_MILLISECONDS_END:
        return _EPOCH + dt.timedelta(microseconds=round(number * 1_000))
    return None
