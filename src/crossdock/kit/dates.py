"""Dates as JavaScript's `Date` reads them, as far as people write them."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Final

from crossdock.kit import javascript as js
from crossdock.kit import loose_dates

SECONDS_MAX: Final = 8_640_000_000_000
"""The largest number of seconds since 1970, in either direction, that a `Date` can be."""

_ISO = re.compile(
    r"(?P<year>[0-9]{4}|[+-][0-9]{6})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?"
    r"(?:[Tt ]"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
# What dayjs reads without asking `Date`, and rolls over where it is beyond the calendar.
_LENIENT = re.compile(
    r"([0-9]{4})[-/]?([0-9]{1,2})?[-/]?([0-9]{0,2})"
    r"[Tt\s]*([0-9]{1,2})?:?([0-9]{1,2})?:?([0-9]{1,2})?[.:]?([0-9]+)?"
)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def from_seconds(seconds: float) -> dt.datetime | None:
    """Return the moment, in UTC; None beyond the years that Python knows."""
    try:
        return _EPOCH + dt.timedelta(milliseconds=math.trunc(seconds * 1000))
    except OverflowError:
        return None


def parse(text: str) -> dt.datetime | None:
    """Return the moment that an ISO text names; None where it is not one. No zone is UTC."""
    match = _ISO.fullmatch(text.strip(js.WHITESPACE))
    if match is None or match["year"][0] in "+-":
        return None
    zone = match["zone"] or "Z"
    offset = dt.timedelta()
    if zone not in "Zz":
        digits = zone[1:].replace(":", "")
        offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        offset = -offset if zone[0] == "-" else offset
    try:
        moment = dt.datetime(
            int(match["year"]),
            int(match["month"] or 1),
            int(match["day"] or 1),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int((match["fraction"] or "0")[:3].ljust(3, "0")) * 1000,
            tzinfo=dt.UTC,
        )
        return moment - offset
    except (ValueError, OverflowError):
        return None


def is_date_like(text: str) -> bool:
    """Return whether Segment's runtime takes the text for a date.

    Numbers are seconds; a loose year-month-day is taken whatever the numbers are; anything else is
    up to JavaScript's `Date`.
    """
    number = js.to_number(text)
    if js.number_text(number) == text:
        return math.isfinite(number) and abs(number) <= SECONDS_MAX
    if text[-1:] not in ("Z", "z") and _LENIENT.fullmatch(text):
        return True
    return loose_dates.is_readable(text)


def formatted(moment: dt.datetime, pattern: str) -> str:
    """Return the moment in the words of strftime, with Ruby's flags: `%-d`, `%e`, `%P`, `%s`."""
    return _DIRECTIVE.sub(lambda match: _directive(moment, match["flag"], match["letter"]), pattern)


_DIRECTIVE = re.compile(r"%(?P<flag>[-_0^#:]*)[0-9]*(?P<letter>[A-Za-z%])")
_MONTH_NAMES = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _directive(moment: dt.datetime, flag: str, letter: str) -> str:
    month, day = _MONTH_NAMES[moment.month - 1], _DAY_NAMES[moment.weekday()]
    hour12 = moment.hour % 12 or 12
    ordinal = moment.timetuple().tm_yday
    padded = {
        "d": (moment.day, 2, "0"),
        "e": (moment.day, 2, " "),
        "H": (moment.hour, 2, "0"),
        "I": (hour12, 2, "0"),
        "j": (ordinal, 3, "0"),
        "k": (moment.hour, 2, " "),
        "l": (hour12, 2, " "),
        "L": (moment.microsecond // 1000, 3, "0"),
        "m": (moment.month, 2, "0"),
        "M": (moment.minute, 2, "0"),
        "S": (moment.second, 2, "0"),
        "U": ((ordinal + 6 - (moment.weekday() + 1) % 7) // 7, 2, "0"),
        "W": ((ordinal + 6 - moment.weekday()) // 7, 2, "0"),
        "y": (moment.year % 100, 2, "0"),
        "C": (moment.year // 100, 2, "0"),
        "Y": (moment.year, 4, "0"),
    }
    if letter in padded:
        number, width, fill = padded[letter]
        fill = {"-": "", "_": " ", "0": "0"}.get(flag[:1], fill)
        return str(number).rjust(width, fill) if fill else str(number)
    texts = {
        "%": "%",
        "a": day[:3],
        "A": day,
        "b": month[:3],
        "B": month,
        "c": moment.strftime("%a %b %d %Y %H:%M:%S"),
        "h": month[:3],
        "n": "\n",
        "N": f"{moment.microsecond * 1000:09d}",
        "p": "AM" if moment.hour < 12 else "PM",  # noqa: PLR2004 - noon.
        "P": "am" if moment.hour < 12 else "pm",  # noqa: PLR2004
        "s": str(math.floor((moment - _EPOCH).total_seconds() + 0.5)),
        "t": "\t",
        "u": str(moment.isoweekday()),
        "w": str(moment.isoweekday() % 7),
        "x": f"{moment.month}/{moment.day}/{moment.year}",
        "X": f"{hour12}:{moment:%M:%S} {'AM' if moment.hour < 12 else 'PM'}",  # noqa: PLR2004
        "z": "+00:00" if ":" in flag else "+0000",
        "Z": "UTC",
        "F": f"{moment:%Y-%m-%d}",
        "T": f"{moment:%H:%M:%S}",
        "D": f"{moment:%m/%d/%y}",
        "R": f"{moment:%H:%M}",
        "q": {1: "st", 2: "nd", 3: "rd"}.get(  # codespell:ignore nd
            0 if 10 < moment.day < 14 else moment.day % 10,  # noqa: PLR2004 - 11th to 13th.
            "th",
        ),
    }
    text = texts.get(letter, letter)
    return text.upper() if "^" in flag else text
