"""Text formats, as the validator that Segment uses understands them (ajv-formats, full mode)."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final

from crossdock.kit import dates

LABELS: Final[Mapping[str, str]] = {
    "date-time": "date and time",
    "email": "email address",
    "hostname": "hostname",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "json-pointer": "JSON Pointer",
    "regex": "regular expression",
    "relative-json-pointer": "relative JSON Pointer",
    "uri": "URI",
    "uri-reference": "URI Reference",
    "uri-template": "URI-template",
}
"""What a message calls a format; otherwise its name."""

_UNRESERVED = r"A-Za-z0-9\-._~"
_SUBDELIMS = r"!$&'()*+,;="
_PERCENT = r"%[0-9A-Fa-f]{2}"
_CHARACTER = rf"(?:[{_UNRESERVED}{_SUBDELIMS}:@]|{_PERCENT})"
_SEGMENTS = rf"(?:/{_CHARACTER}*)*"
_AUTHORITY = (
    rf"(?:(?:[{_UNRESERVED}{_SUBDELIMS}:]|{_PERCENT})*@)?"
    rf"(?:\[(?:[0-9A-Fa-f:.]+|[Vv][0-9A-Fa-f]+\.[{_UNRESERVED}{_SUBDELIMS}:]+)\]"
    rf"|(?:[{_UNRESERVED}{_SUBDELIMS}]|{_PERCENT})*)(?::[0-9]*)?"
)
_TAIL = rf"(?:\?(?:{_CHARACTER}|[/?])*)?(?:#(?:{_CHARACTER}|[/?])*)?"
_ROOTED = rf"/(?:{_CHARACTER}+{_SEGMENTS})?"
_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+\-.]*:"
    rf"(?://{_AUTHORITY}{_SEGMENTS}|{_ROOTED}|{_CHARACTER}+{_SEGMENTS}|){_TAIL}"
)
_RELATIVE = re.compile(
    rf"(?://{_AUTHORITY}{_SEGMENTS}|{_ROOTED}"
    # A colon in the first piece, which the RFC forbids, passes.
    rf"|{_CHARACTER}+{_SEGMENTS}|){_TAIL}"
)
# The form of nearly all URLs: a host, and then what may stand in a path and in a query alike.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.\-]++/[!$&-;=?-Z_a-z~]*+")
_HTTP_URL = re.compile(
    r"(?:https?|ftp)://(?:[^\s/?#@]*@)?[^\s/?#:@]+(?::[0-9]{2,5})?(?:[/?#]\S*)?", re.IGNORECASE
)
_URI_TEMPLATE = re.compile(
    r"(?:[^\x00-\x20\"'<>%\\^`{|}]|%[0-9a-f]{2}"
    r"|\{[+#./;?&=,!@|]?(?:[a-z0-9_]|%[0-9a-f]{2})+(?::[1-9][0-9]{0,3}|\*)?"
    r"(?:,(?:[a-z0-9_]|%[0-9a-f]{2})+(?::[1-9][0-9]{0,3}|\*)?)*\})*",
    re.IGNORECASE,
)
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~\-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}", re.IGNORECASE | re.ASCII)
_HOST_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_HOSTNAME = re.compile(
    rf"(?=.{{1,253}}\.?\Z){_HOST_LABEL}(?:\.{_HOST_LABEL})*\.?", re.IGNORECASE | re.ASCII
)
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.IGNORECASE | re.ASCII,
)
# Days up to the 28th, which every month has.
_PLAIN_DATE_TIME = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:[01][1-9]|10|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]++)?Z"
)
_DATE_FROM_TIME = re.compile(r"[tT\s]")
_HOUR_MAX, _SIXTY = 23, 60
_POINTER = r"(?:/(?:[^~/]|~0|~1)*)*"


def _fits(pattern: str, flags: int = 0) -> Callable[[str], bool]:
    compiled = re.compile(pattern, flags | re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def is_uri(text: str) -> bool:
    """Return whether it is a URI with a scheme, in ASCII."""
    return _PLAIN_URL.fullmatch(text) is not None or _URI.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Return whether it is a day of the calendar."""
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    try:
        # The year 0 exists in the format, and is a leap year; 2000 is one that Python knows.
        dt.date(year or 2000, month, day)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """Return whether it is a time; the zone may be missing."""
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    hour, minute, second = map(int, match.groups())
    if second == _SIXTY:
        return (hour, minute) == (_HOUR_MAX, _SIXTY - 1)
    return hour <= _HOUR_MAX and minute < _SIXTY and second < _SIXTY


def is_date_time(text: str) -> bool:
    """Return whether it is a date and a time, separated by `T` or a space."""
    if _PLAIN_DATE_TIME.fullmatch(text):
        return True
    parts = _DATE_FROM_TIME.split(text)
    return len(parts) == len(("date", "time")) and is_date(parts[0]) and is_time(parts[1])


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_regex(text: str) -> bool:
    # JavaScript names groups and writes some escapes differently; the differences are few.
    try:
        re.compile(text.replace("(?<", "(?P<") if "(?<=" not in text else text)
    except (re.error, RecursionError, OverflowError):
        return False
    return not text.endswith("\\Z")


def _is_anything(_text: str) -> bool:
    return True


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "binary": _is_anything,
    "byte": _fits(r"(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?", re.IGNORECASE),
    "date": is_date,
    "date-like": dates.is_date_like,
    "date-time": is_date_time,
    "double": _is_anything,
    "duration": _fits(
        r"P(?!$)(?:(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?|(?:\d+W)?)"
    ),
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "float": _is_anything,
    "hostname": lambda text: _HOSTNAME.fullmatch(text) is not None,
    "int32": _is_anything,
    "int64": _is_anything,
    "ipv4": lambda text: _IPV4.fullmatch(text) is not None,
    "ipv6": _is_ipv6,
    "json-pointer": lambda text: re.fullmatch(_POINTER, text) is not None,
    "json-pointer-uri-fragment": _fits(
        r"#(?:/(?:[a-z0-9_\-.!$&'()*+,;:=@]|%[0-9a-f]{2}|~0|~1)*)*", re.IGNORECASE
    ),
    "password": _is_anything,
    "regex": _is_regex,
    "relative-json-pointer": lambda text: (
        re.fullmatch(rf"(?:0|[1-9][0-9]*)(?:#|{_POINTER})", text) is not None
    ),
    "text": _is_anything,
    "time": is_time,
    "uri": is_uri,
    "uri-reference": lambda text: (
        _URI.fullmatch(text) is not None or _RELATIVE.fullmatch(text) is not None
    ),
    "uri-template": lambda text: _URI_TEMPLATE.fullmatch(text) is not None,
    "url": lambda text: _HTTP_URL.fullmatch(text) is not None,
    "uuid": _fits(r"(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE),
}
"""By name: whether a text is one."""

QUICK: Final[Mapping[str, Callable[[str], object]]] = {
    "uri": _PLAIN_URL.fullmatch,
    "date-time": _PLAIN_DATE_TIME.fullmatch,
}
"""By name: a test that most texts of the format pass, and only such; it costs no Python call."""
