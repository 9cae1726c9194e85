"""Dates as JavaScript's `Date` reads them, as far as people write them."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Final

from crossdock.kit import javascript as js

SECONDS_MAX: Final = 8_640_000_000_000
"""The largest number of seconds since 1970, in either direction, that a `Date` can be."""

_ISO = re.compile(
    r"(?P<year>[0-9]{4}|[+-][0-9]{6})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?"
    r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
# What dayjs reads without asking `Date`, and rolls over where it is beyond the calendar.
_LENIENT = re.compile(
    r"([0-9]{4})[-/]?([0-9]{1,2})?[-/]?([0-9]{0,2})"
    r"[Tt\s]*([0-9]{1,2})?:?([0-9]{1,2})?:?([0-9]{1,2})?[.:]?([0-9]+)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORD = re.compile(
    r"[A-Za-z]+\.?|[+-][0-9]{1,4}(?::[0-9]{2})?|[0-9]+(?::[0-9]+)*(?:\.[0-9]+)?|\([^)]*\)|."
)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_HOURS_MAX, _MINUTES_MAX, _MONTHS_MAX, _DAYS_MAX = 24, 59, 12, 31


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
    up to V8's `Date`, whose reading of texts that are not ISO is imitated here only as far as
    words of a calendar go: a month, a weekday, a time, a zone.
    """
    number = js.to_number(text)
    if math.isfinite(number) and js.number_text(number) == text:
        return abs(number) <= SECONDS_MAX
    if text[-1:] not in ("Z", "z") and _LENIENT.fullmatch(text):
        return True
    iso = _ISO.fullmatch(text)
    if iso is not None:
        return _is_iso_in_range(iso)
    return _is_legacy(text)


def _is_iso_in_range(match: re.Match[str]) -> bool:
    hour, minute = int(match["hour"] or 0), int(match["minute"] or 0)
    second, fraction = int(match["second"] or 0), int(match["fraction"] or 0)
    if match["year"] == "-000000":
        return False
    if not 1 <= int(match["month"] or 1) <= _MONTHS_MAX:
        return False
    if not 1 <= int(match["day"] or 1) <= _DAYS_MAX:
        return False
    if hour == _HOURS_MAX:
        return not (minute or second or fraction)
    return hour < _HOURS_MAX and minute <= _MINUTES_MAX and second <= _MINUTES_MAX


def _is_legacy(text: str) -> bool:
    """Return whether V8's fallback parser reads a date in it.

    It skips words until the first number, knows months by three letters, and needs a day at least:
    `Jan 1, 2020`, `12/25/1995`, `Thu, 01 Jan 2020 10:00:00 GMT`, but also `abc 1` and `foo-5`.
    """
    numbers: list[int] = []
    has_month = has_time = False
    for word in _WORD.findall(text):
        if word[0].isalpha():
            name = word.rstrip(".").lower()[:3]
            if name in _MONTHS:
                has_month = True
            elif numbers and not _is_known_word(word.lower()):
                return False
        elif ":" in word and word[0].isdigit():
            parts = [int(part) for part in word.partition(".")[0].split(":")]
            if has_time or len(parts) > 3 or parts[0] > _HOURS_MAX:  # noqa: PLR2004 - h:m:s.
                return False
            if any(part > _MINUTES_MAX for part in parts[1:]):
                return False
            has_time = True
        elif word[0].isdigit():
            numbers.append(int(word.partition(".")[0]))
        elif word[0] in "+-" and len(word) > 1:
            if not has_time:
                numbers.append(int(word[1:].replace(":", "")))
        elif word[0] not in " ,/-.(\t":
            return False
    return _is_calendar(numbers, has_month=has_month)


def _is_known_word(word: str) -> bool:
    zones = ("z", "utc", "ut", "gmt", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt")
    return word in (*zones, "am", "pm", "t") or word[:3] in _DAYS


def _is_calendar(numbers: list[int], *, has_month: bool) -> bool:
    if not numbers or len(numbers) > 3:  # noqa: PLR2004 - day, month, year.
        return False
    if has_month:
        return 1 <= numbers[0] <= _DAYS_MAX or (len(numbers) > 1 and 1 <= numbers[1] <= _DAYS_MAX)
    if len(numbers) == 1:
        return 1 <= numbers[0] <= _MONTHS_MAX or numbers[0] > _DAYS_MAX
    if numbers[0] > _DAYS_MAX:
        numbers = [*numbers[1:], numbers[0]]
    month, day = numbers[0], numbers[1]
    return 1 <= month <= _MONTHS_MAX and (len(numbers) == 2 or 1 <= day <= _DAYS_MAX)  # noqa: PLR2004


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
        "s": str(int((moment - _EPOCH).total_seconds())),
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
        "q": {1: "st", 2: "nd", 3: "rd"}.get(
            0 if 10 < moment.day < 14 else moment.day % 10,  # noqa: PLR2004 - 11th to 13th.
            "th",
        ),
    }
    text = texts.get(letter, letter)
    return text.upper() if "^" in flag else text
