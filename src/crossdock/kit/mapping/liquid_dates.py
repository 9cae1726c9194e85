"""The `date` filter: a moment in words, in UTC or another zone.

Source:
    liquidjs 10.25.7, `LiquidDate` and `strftime`, on a machine in UTC that speaks American English.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import zoneinfo
from collections.abc import Callable
from typing import Final

from crossdock.base.clock import SystemClock
from crossdock.kit import dates, loose_dates
from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping import liquid_values as values

DEFAULT_PATTERN: Final = "%A, %B %-e, %Y at %-l:%M %P %z"
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FORMAT = re.compile(r"%([-_0^#:]+)?([0-9]+)?([EO])?(.)")
_WIDTHS: Final = {"j": 3, "L": 3, **dict.fromkeys("deHIklmMSUW", 2)}
_SPACED: Final = frozenset("aAbBceklpP")
_WIDTH_MAX: Final = 1_000_000
_NOON: Final = 12
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_TEENTHS: Final = (11, 12, 13)


class Moment:
    """A moment as somebody somewhere sees it.

    Args:
        at: In UTC.
        zone: Minutes west of UTC, the name of a zone, or undefined for UTC.
    """

    def __init__(self, at: dt.datetime, zone: object) -> None:
        self.name = zone if isinstance(zone, str) else "UTC" if zone is UNDEFINED else ""
        self.west_minutes: float = 0
        if isinstance(zone, str):
            offset = at.astimezone(_zone(zone)).utcoffset() or dt.timedelta()
            self.west_minutes = -offset.total_seconds() / 60
        elif zone is not UNDEFINED:
            self.west_minutes = values.number(zone)
        self.shown = at - dt.timedelta(minutes=self.west_minutes)


def find_moment(value: object, zone: object = UNDEFINED) -> Moment | None:
    """Return the moment that a value means, or None if it is none."""
    value = values.plain(value)
    zone = UNDEFINED if values.is_nil(zone) else zone
    at: dt.datetime | None = None
    if values.is_nil(value):
        return None
    if value in ("now", "today"):
        at = SystemClock().now()
    elif js.is_number(value) or (isinstance(value, str) and re.fullmatch("[0-9]+", value)):
        seconds = values.number(value)
        at = dates.from_seconds(seconds) if abs(seconds) < dates.SECONDS_MAX else None
    elif isinstance(value, bool):
        at = dates.from_seconds(value / 1000)
    elif isinstance(value, (str, list)):
        written = js.text_of(value)
        at = dates.parse(written) or loose_dates.find_moment(written)
    try:
        return None if at is None else Moment(at, zone)
    except (OverflowError, ValueError) as error:
        if isinstance(error, BadZone):
            raise
        return None


class BadZone(ValueError):
    """There is no zone of this name."""


def _zone(name: str) -> dt.tzinfo:
    known = _zone_names().get(name.lower())
    if known is None:
        raise BadZone(f"Invalid time zone specified: {name}")
    return zoneinfo.ZoneInfo(known)


def _zone_names() -> dict[str, str]:
    if not _ZONE_NAMES:
        _ZONE_NAMES.update({name.lower(): name for name in zoneinfo.available_timezones()})
    return _ZONE_NAMES


_ZONE_NAMES: Final[dict[str, str]] = {}


def formatted(moment: Moment, pattern: str) -> str:
    """Return the moment in the words of strftime, with Ruby's flags."""
    return _FORMAT.sub(lambda match: _directive(moment, match), pattern)


def _directive(moment: Moment, match: re.Match[str]) -> str:
    flags, width, _, letter = match.groups()
    convert = _CODES.get(letter)
    if convert is None:
        return match[0]
    flags = flags or ""
    text = convert(moment, flags, int(width) if width else 0)
    if "^" in flags:
        text = text.upper()
    elif "#" in flags:
        text = text.upper() if re.search("[a-z]", text) else text.lower()
    fill = " " if "_" in flags or (letter in _SPACED and "0" not in flags) else "0"
    size = 0 if "-" in flags else int(width or 0) or _WIDTHS.get(letter, 0)
    if size > _WIDTH_MAX:
        raise ValueError(f"the text would have more than {_WIDTH_MAX} characters")
    return text.rjust(size, fill)


def _offset(moment: Moment, flags: str, width: int) -> str:
    del width
    west = moment.west_minutes
    sign = "-" if west > 0 else "+"
    hours, minutes = divmod(abs(west), 60)
    colon = ":" if ":" in flags else ""
    return (
        f"{sign}{js.number_text(hours).rjust(2, '0')}{colon}{js.number_text(minutes).rjust(2, '0')}"
    )


def _week(shown: dt.datetime, start: int) -> str:
    day = (shown.weekday() + 1) % 7
    now = shown.timetuple().tm_yday + start - day
    first = (shown.replace(month=1, day=1).weekday() + 1) % 7
    return str(math.floor((now - (7 - first + start)) / 7) + 1)


def _fraction(moment: Moment, flags: str, width: int) -> str:
    del flags
    size = width or 9
    if size > _WIDTH_MAX:
        raise ValueError(f"the text would have more than {_WIDTH_MAX} characters")
    return str(moment.shown.microsecond // 1000)[:size].ljust(size, "0")


def _ordinal(shown: dt.datetime) -> str:
    if shown.day in _TEENTHS:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(shown.day % 10, "th")  # codespell:ignore nd


def _half(shown: dt.datetime) -> str:
    return "AM" if shown.hour < _NOON else "PM"


def _date(shown: dt.datetime) -> str:
    return f"{shown.month}/{shown.day}/{shown.year}"


def _time(shown: dt.datetime) -> str:
    return f"{shown.hour % 12 or 12}:{shown:%M:%S} {_half(shown)}"


def _shown(show: Callable[[dt.datetime], object]) -> Callable[[Moment, str, int], str]:
    return lambda moment, _flags, _width: str(show(moment.shown))


def _day_name(shown: dt.datetime) -> str:
    return _DAYS[(shown.weekday() + 1) % 7]


_CODES: Final[dict[str, Callable[[Moment, str, int], str]]] = {
    "a": _shown(lambda at: _day_name(at)[:3]),
    "A": _shown(_day_name),
    "b": _shown(lambda at: _MONTHS[at.month - 1][:3]),
    "B": _shown(lambda at: _MONTHS[at.month - 1]),
    "c": _shown(lambda at: f"{_date(at)}, {_time(at)}"),
    "C": _shown(lambda at: int(str(at.year)[:2])),
    "d": _shown(lambda at: at.day),
    "e": _shown(lambda at: at.day),
    "h": _shown(lambda at: _MONTHS[at.month - 1][:3]),
    "H": _shown(lambda at: at.hour),
    "I": _shown(lambda at: at.hour % 12 or 12),
    "j": _shown(lambda at: at.timetuple().tm_yday),
    "k": _shown(lambda at: at.hour),
    "l": _shown(lambda at: at.hour % 12 or 12),
    "L": _shown(lambda at: at.microsecond // 1000),
    "m": _shown(lambda at: at.month),
    "M": _shown(lambda at: at.minute),
    "n": _shown(lambda _: "\n"),
    "N": _fraction,
    "p": _shown(_half),
    "P": _shown(lambda at: _half(at).lower()),
    "q": _shown(_ordinal),
    "s": _shown(lambda at: math.floor((at - _EPOCH).total_seconds() + 0.5)),
    "S": _shown(lambda at: at.second),
    "t": _shown(lambda _: "\t"),
    "u": _shown(lambda at: at.isoweekday()),
    "U": _shown(lambda at: _week(at, 0)),
    "w": _shown(lambda at: at.isoweekday() % 7),
    "W": _shown(lambda at: _week(at, 1)),
    "x": _shown(_date),
    "X": _shown(_time),
    "y": _shown(lambda at: str(at.year)[2:4]),
    "Y": _shown(lambda at: at.year),
    "z": _offset,
    "Z": lambda moment, flags, width: moment.name or _offset(moment, flags, width),
    "%": _shown(lambda _: "%"),
}
