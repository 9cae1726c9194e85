"""How JavaScript's `Date` reads a text, junk that V8 puts up with included.

V8 first tries ISO 8601, and hands what it could not read to an older, tolerant reader: words before
the first number are skipped, `/` and `,` mean nothing, a number goes to the time, the zone or the
day, whichever waits for one. `abc 1` is a date, `1 abc` is not.

Source:
    Observed on V8 11.3 (Node 20), and compared with it on generated texts.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from crossdock.kit import javascript as js

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_ZONE_HOURS: Final = {
    "ut": 0,
    "utc": 0,
    "z": 0,
    "gmt": 0,
    "cdt": -5,
    "cst": -6,
    "edt": -4,
    "est": -5,
    "mdt": -6,
    "mst": -7,
    "pdt": -7,
    "pst": -8,
}
_TOKEN = re.compile(
    rf"(?P<number>[0-9]+)|(?P<word>[^\x00-@{js.WHITESPACE}]+)|(?P<space>[{js.WHITESPACE}]+)"
    r"|(?P<group>\()|(?P<sign>.)",
    re.DOTALL,
)
_DIGITS_MAX: Final = 9
_DAYS_MAX, _MONTHS_MAX, _HOURS_MAX, _SIXTY, _NOON = 31, 12, 24, 60, 12
_MILLISECONDS_MAX: Final = 999
_DAY_PARTS, _TIME_PARTS = 3, 4
# A year of two digits is one of these hundred years: 1950 to 2049.
_SHORT_YEAR_MAX, _SHORT_YEAR_PIVOT = 99, 50
# 100 million days after 1970.
_YEAR_MAX: Final = 275_760
_YEAR_DIGITS, _LONG_YEAR_DIGITS = 4, 6


class _Token(NamedTuple):
    kind: str
    text: str

    @property
    def number(self) -> int:
        """The number, of which only the first digits count."""
        return int((self.text.lstrip("0") or "0")[:_DIGITS_MAX])

    def is_sign(self, *signs: str) -> bool:
        return self.kind == "sign" and self.text in signs

    def is_fixed(self, digits: int) -> bool:
        return self.kind == "number" and len(self.text) == digits


_END: Final = _Token("end", "")


class _Unreadable(Exception):
    """Neither reader makes a date of it."""


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._day: list[int] = []
        self._month: int | None = None
        self._time: list[int] = []
        self._is_afternoon: bool | None = None
        self._zone_hour: int | None = None
        self._zone_minute: int | None = None
        self._zone_sign = 1
        self._fraction = ""
        self._has_number = False

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _take(self) -> _Token:
        token = self._next
        self._at += 1
        return token

    def _skip(self, sign: str) -> bool:
        if self._next.is_sign(sign):
            self._at += 1
            return True
        return False

    def is_date(self) -> bool:
        try:
            if self._reads_iso():
                return True
            self._has_number = bool(self._day)
            while (token := self._take()) is not _END:
                self._read(token)
        except _Unreadable:
            return False
        return self._is_day() and self._is_time()

    def _reads_iso(self) -> bool:
        """Return whether the whole text was ISO; what was read of it stays read."""
        if self._next.is_sign("+", "-"):
            sign = self._take().text
            year = self._next
            if not year.is_fixed(_LONG_YEAR_DIGITS):
                self._at -= 1
                return False
            self._take()
            if sign == "-" and year.number == 0:
                self._at -= 2
                return False
            self._day.append(-year.number if sign == "-" else year.number)
        elif self._next.is_fixed(_YEAR_DIGITS):
            self._day.append(self._take().number)
        else:
            return False
        for largest in (_MONTHS_MAX, _DAYS_MAX):
            if not self._skip("-"):
                break
            if not (self._next.is_fixed(2) and 1 <= self._next.number <= largest):
                return False
            self._day.append(self._take().number)
        if self._next.text.lower() != "t":
            return self._next is _END
        self._take()
        self._read_iso_time()
        if self._next is not _END:
            raise _Unreadable
        return True

    def _read_iso_time(self) -> None:
        hour = self._fixed(_HOURS_MAX)
        if not self._skip(":"):
            raise _Unreadable
        # The hour 24 is allowed at midnight only.
        largest = 0 if hour == _HOURS_MAX else _SIXTY - 1
        self._fixed(largest)
        if self._skip(":"):
            self._fixed(largest)
            if self._skip("."):
                fraction = self._take()
                if fraction.kind != "number" or (hour == _HOURS_MAX and fraction.number):
                    raise _Unreadable
        if self._next.text.lower() == "z":
            self._take()
        elif self._next.is_sign("+", "-"):
            self._take()
            if self._next.is_fixed(4):
                hours, minutes = divmod(self._take().number, 100)
                if hours >= _HOURS_MAX or minutes >= _SIXTY:
                    raise _Unreadable
                return
            self._fixed(_HOURS_MAX - 1)
            if not self._skip(":"):
                raise _Unreadable
            self._fixed(_SIXTY - 1)

    def _fixed(self, largest: int) -> int:
        token = self._take()
        if not token.is_fixed(2) or token.number > largest:
            raise _Unreadable
        return token.number

    def _read(self, token: _Token) -> None:
        is_zone_sign = token.is_sign("+", "-") and (
            bool(self._time) or (self._zone_hour, self._zone_minute) == (0, 0)
        )
        if token.kind == "number":
            self._has_number = True
            self._read_number(token.number)
        elif token.kind == "word":
            self._read_word(token.text)
        elif is_zone_sign:
            self._zone_sign = -1 if token.text == "-" else 1
            self._read_zone()
        elif token.is_sign("+", "-", ")") and self._has_number:
            raise _Unreadable

    def _read_number(self, number: int) -> None:
        if self._skip(":"):
            if self._skip(":"):
                if self._time:
                    raise _Unreadable
                self._time += [number, 0]
            else:
                self._add_time(number)
                self._skip(".")
        elif self._skip(".") and self._time_expects(number):
            self._add_time(number)
            fraction = self._take()
            if fraction.kind != "number":
                raise _Unreadable
            self._fraction = fraction.text
            self._finish_time()
        elif self._zone_hour is not None and self._zone_minute is None and number < _SIXTY:
            self._zone_minute = number
        elif self._time_expects(number):
            self._add_time(number)
            self._finish_time()
            follows = self._next
            is_end = follows is _END or follows.kind == "space" or follows.is_sign("+", "-")
            if not is_end and follows.text.lower() != "z":
                raise _Unreadable
        else:
            if len(self._day) >= _DAY_PARTS:
                raise _Unreadable
            self._day.append(number)
            self._skip("-")

    def _time_expects(self, number: int) -> bool:
        if len(self._time) in (1, 2):
            return number < _SIXTY
        return len(self._time) == _TIME_PARTS - 1 and number <= _MILLISECONDS_MAX

    def _add_time(self, number: int) -> None:
        if len(self._time) >= _TIME_PARTS:
            raise _Unreadable
        self._time.append(number)

    def _finish_time(self) -> None:
        self._time += [0] * (_TIME_PARTS - len(self._time))

    def _read_word(self, word: str) -> None:
        name = word.lower()
        if name in ("am", "pm") and self._time:
            self._is_afternoon = name == "pm"
        elif name[:3] in _MONTHS:
            self._month = _MONTHS.index(name[:3]) + 1
            self._skip("-")
        elif name in _ZONE_HOURS and self._has_number:
            self._zone_hour, self._zone_minute = abs(_ZONE_HOURS[name]), 0
            self._zone_sign = -1 if _ZONE_HOURS[name] < 0 else 1
        elif self._has_number or self._next.kind == "number":
            raise _Unreadable

    def _read_zone(self) -> None:
        digits = self._take() if self._next.kind == "number" else _Token("number", "")
        self._has_number = True
        if self._next.is_sign(":"):
            self._zone_hour, self._zone_minute = digits.number, None
        elif len(digits.text) in (1, 2):
            self._zone_hour, self._zone_minute = digits.number, 0
        elif len(digits.text) in (3, 4):
            self._zone_hour, self._zone_minute = divmod(digits.number, 100)
        else:
            raise _Unreadable

    def _is_day(self) -> bool:
        if not self._day:
            return False
        year, month, day = self._calendar()
        return abs(year) <= _YEAR_MAX and 1 <= month <= _MONTHS_MAX and 1 <= day <= _DAYS_MAX

    def _calendar(self) -> tuple[int, int, int]:
        first, second, third = [*self._day, 1, 1][:_DAY_PARTS]
        is_first_day = 1 <= first <= _DAYS_MAX
        if self._month is not None:
            day, year = (first, second) if is_first_day else (second, first)
            return year, self._month, day
        return (third, first, second) if is_first_day else (first, second, third)

    def _hour(self, hour: int) -> int:
        if self._is_afternoon is None:
            return hour
        return hour % _NOON + (_NOON if self._is_afternoon else 0)

    def _is_time(self) -> bool:
        hour, *rest = [*self._time, 0, 0, 0, 0][:_TIME_PARTS]
        if self._is_afternoon is not None and hour > _NOON:
            return False
        hour = self._hour(hour)
        minute, second, _ = rest
        if hour == _HOURS_MAX:
            return not any(rest)
        return hour < _HOURS_MAX and minute < _SIXTY and second < _SIXTY

    def moment(self) -> dt.datetime:
        """Return what was read by the tolerant reader; UTC where no zone was."""
        year, month, day = self._calendar()
        if 0 <= year <= _SHORT_YEAR_MAX:
            year += 2000 if year < _SHORT_YEAR_PIVOT else 1900
        hour, minute, second, milliseconds = [*self._time, 0, 0, 0, 0][:_TIME_PARTS]
        if self._fraction:
            milliseconds = int(self._fraction[:3].ljust(3, "0"))
        zone = dt.timedelta(hours=self._zone_hour or 0, minutes=self._zone_minute or 0)
        # The 31st of February is the 3rd of March.
        return dt.datetime(year, month, 1, tzinfo=dt.UTC) + (
            dt.timedelta(
                days=day - 1,
                hours=self._hour(hour),
                minutes=minute,
                seconds=second,
                milliseconds=milliseconds,
            )
            - self._zone_sign * zone
        )


def _tokens(text: str) -> Sequence[_Token]:
    found: list[_Token] = []
    at = 0
    while (match := _TOKEN.match(text, at)) is not None:
        at = match.end()
        if match.lastgroup == "group":
            at = _after_parentheses(text, match.start())
            found.append(_Token("sign", "("))
        else:
            found.append(_Token(match.lastgroup or "", match[0]))
    return found


def _after_parentheses(text: str, at: int) -> int:
    depth = 0
    while at < len(text):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            break
    return at


def is_readable(text: str) -> bool:
    """Return whether `new Date(text)` is a date."""
    return _Reader(text).is_date()


def find_moment(text: str) -> dt.datetime | None:
    """Return the moment of a text that is a date, but not in ISO 8601; None where it is none.

    None, too, beyond the years 1 to 9999, which is all that Python knows.
    """
    reader = _Reader(text)
    try:
        return reader.moment() if reader.is_date() else None
    except (ValueError, OverflowError):
        return None
