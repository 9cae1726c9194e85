"""The filters of LiquidJS, on JavaScript's values."""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from urllib.parse import quote, unquote

from liquid.exceptions import LiquidError
from liquid.undefined import Undefined as LiquidUndefined

from crossdock.base.clock import SystemClock
from crossdock.kit import dates
from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED

DISABLED: Final = [
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "uniq",
    "where_exp",
    "type",
]
TEXT_MAX: Final = 1_000_000
"""The length of a text that a filter may make, in characters."""
_TAGS = re.compile(
    r"<script[\s\S]*?</script>|<style[\s\S]*?</style>|<[\s\S]*?>|<!--[\s\S]*?-->", re.ASCII
)
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_UNESCAPES = {escape: character for character, escape in _ESCAPES.items()}
_ESCAPED = re.compile("|".join(_UNESCAPES))
_ESCAPABLE = re.compile("[&<>\"']")
_URI_SAFE = "-_.!~*'()"


class Disabled(LiquidError):
    """Segment's runtime does not run this filter. The message says so."""


def output(value: object) -> str:
    """Return the value as `{{ … }}` shows it: lists without separator, null as nothing."""
    value = _plain(value)
    if isinstance(value, (list, range)):
        return "".join([output(item) for item in value])
    return js.text_of(value)


def _plain(value: object) -> object:
    return None if value is UNDEFINED or isinstance(value, LiquidUndefined) else value


def _text(value: object) -> str:
    return output(value)


def _number(value: object) -> float:
    value = _plain(value)
    if value is None or isinstance(value, bool):
        return int(bool(value))
    if isinstance(value, (int, float)):
        return value
    number = math.nan if isinstance(value, dict) else js.to_number(js.text_of(value))
    return 0 if math.isnan(number) else number


def _items(value: object) -> list[object]:
    value = _plain(value)
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _result(number: float) -> float:
    return js.whole_if_exact(js.as_double(number))


def _joined(value: object, separator: object = " ") -> str:
    items, by = [js.text_of(_plain(item)) for item in _items(value)], _text(separator)
    _require_room(len(items), by)
    return by.join(items)


def _replaced(value: object, old: object, new: object = "", count: int = -1) -> str:
    text, before, after = _text(value), _text(old), _text(new)
    _require_room(text.count(before) if count < 0 else count, after)
    return text.replace(before, after, count)


def _require_room(count: int, text: str) -> None:
    """Raise before a text repeats another so often that it would fill the memory."""
    if count * len(text) > TEXT_MAX:
        raise ValueError(f"the text would have more than {TEXT_MAX} characters")


def _divided_by(value: object, divisor: object, integer: object = False) -> float:  # noqa: FBT002 - a filter's arguments are positional.
    dividend, by = _number(value), _number(divisor)
    if by == 0 or math.isnan(by):
        negative = (dividend < 0) != (math.copysign(1, by) < 0)
        quotient = math.nan if not dividend else -math.inf if negative else math.inf
    else:
        quotient = js.as_double(dividend) / by
    return _result(math.floor(quotient) if js.truthy(integer) else quotient)


def _modulo(value: object, divisor: object) -> float:
    dividend, by = _number(value), _number(divisor)
    return _result(math.fmod(dividend, by)) if by else math.nan


def _rounded(value: object, places: object = 0) -> float:
    number, digits = _number(value), int(_number(places))
    if not math.isfinite(number):
        return number
    # Math.round: halves go up, towards positive infinity.
    scale = 10 ** min(digits, 300) if digits >= 0 else 10.0 ** max(digits, -300)
    return _result(math.floor(number * scale + 0.5) / scale)


def _whole(function: Callable[[float], int]) -> Callable[..., float]:
    def apply(value: object) -> float:
        number = _number(value)
        return function(number) if math.isfinite(number) else number

    return apply


def _default(value: object, default: object = "", allow_false: object = None) -> object:
    value = _plain(value)
    if value is False and js.truthy(_plain(allow_false)):
        return False
    if value in (None, "") or value is False or value == []:
        # 0 is not false, though Python says that they are equal.
        return value if js.is_number(value) else default
    return value


def _slice(value: object, begin: object, length: object = 1) -> object:
    value = _plain(value)
    if value is None:
        return []
    start, count = int(_number(begin)), int(_number(length))
    items = value if isinstance(value, list) else list(js.units(_text(value)))
    start = start + len(items) if start < 0 else start
    part = items[start : start + count] if start >= 0 and count > 0 else []
    return part if isinstance(value, list) else js.joined(part)


def _truncate(value: object, length: object = 50, ellipsis: object = "...") -> str:
    text, end, most = _text(value), _text(ellipsis), int(_number(length))
    if js.length(text) <= most:
        return text
    return js.joined([*list(js.units(text))[: max(most - js.length(end), 0)], end])


def _truncate_words(value: object, words: object = 15, ellipsis: object = "...") -> str:
    parts, most = _text(value).split(), max(int(_number(words)), 1)
    text = " ".join(parts[:most])
    return text + _text(ellipsis) if len(parts) >= most else text


def _capitalize(value: object) -> str:
    text = _text(value)
    return text[:1].upper() + text[1:].lower()


def _escape(value: object) -> str:
    return _ESCAPABLE.sub(lambda match: _ESCAPES[match[0]], _text(value))


def _escape_once(value: object) -> str:
    return _escape(_ESCAPED.sub(lambda match: _UNESCAPES[match[0]], _text(value)))


def _replace_last(value: object, old: object, new: object = "") -> str:
    text, before, after = _text(value), _text(old), _text(new)
    at = text.rfind(before)
    return text if at < 0 else text[:at] + after + text[at + len(before) :]


def _first(value: object) -> object:
    value = _plain(value)
    items = value if isinstance(value, list) else list(value) if isinstance(value, str) else []
    return items[0] if items else ""


def _last(value: object) -> object:
    value = _plain(value)
    items = value if isinstance(value, list) else list(value) if isinstance(value, str) else []
    return items[-1] if items else ""


def _size(value: object) -> int:
    value = _plain(value)
    if isinstance(value, str):
        return js.length(value)
    return len(value) if isinstance(value, list) else 0


def _split(value: object, separator: object = "") -> list[object]:
    text, by = _text(value), _text(separator)
    parts: list[object] = list(text.split(by) if by else list(text))
    # As in Ruby, empty parts at the end are dropped.
    while parts and parts[-1] == "":
        parts.pop()
    return parts


def _where(value: object, key: object, wanted: object = UNDEFINED) -> list[object]:
    def matches(item: object) -> bool:
        found = item.get(_text(key)) if isinstance(item, dict) else None
        return js.truthy(found) if wanted is UNDEFINED else found == wanted

    return [item for item in _items(value) if matches(item)]


def _sum(value: object, key: object = UNDEFINED) -> float:
    numbers = [
        _number(item if key is UNDEFINED else item.get(_text(key)) if isinstance(item, dict) else 0)
        for item in _items(value)
    ]
    return _result(sum(0 if math.isnan(number) else number for number in numbers))


def _date(value: object, pattern: object = "%A, %B %-e, %Y at %-l:%M %P %z") -> object:
    value = _plain(value)
    if value is None:
        return ""
    moment: dt.datetime | None = None
    if value in ("now", "today"):
        return dates.formatted(SystemClock().now(), _text(pattern))
    if js.is_number(value) or (isinstance(value, str) and value.isascii() and value.isdigit()):
        seconds = _number(value)
        if abs(seconds) < dates.SECONDS_MAX:
            moment = dates.from_seconds(seconds)
    elif isinstance(value, str):
        moment = dates.parse(value)
    return value if moment is None else dates.formatted(moment, _text(pattern))


def _slug(value: object) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _text(value).lower()).strip("-")


def _formatted_as(pattern: str) -> Callable[..., object]:
    return lambda value: _date(value, pattern)


def _url_encode(value: object) -> str:
    return quote(_text(value), safe=_URI_SAFE, errors="replace").replace("%20", "+")


def _to_integer(value: object) -> float:
    number = _number(value)
    return int(Decimal(number).quantize(Decimal(1), ROUND_HALF_UP)) if math.isfinite(number) else 0


def _base64(value: object) -> str:
    return base64.b64encode(_text(value).encode("utf-8", "replace")).decode("ascii")


def _base64_decode(value: object) -> str:
    try:
        return base64.b64decode(_text(value)).decode("utf-8", "replace")
    except ValueError:
        return ""


def _disabled(name: str) -> Callable[..., object]:
    def refuse(*_arguments: object, **_keywords: object) -> object:
        raise Disabled(f'filter "{name}" is disabled', token=None)

    return refuse


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "abs": lambda value: abs(_number(value)),
    "append": lambda value, tail="": _text(value) + _text(tail),
    "at_least": lambda value, least: max(_number(value), _number(least)),
    "at_most": lambda value, most: min(_number(value), _number(most)),
    "base64_decode": _base64_decode,
    "base64_encode": _base64,
    "capitalize": _capitalize,
    "cgi_escape": _url_encode,
    "ceil": _whole(math.ceil),
    "compact": lambda value: [item for item in _items(value) if _plain(item) is not None],
    "date": _date,
    "date_to_long_string": _formatted_as("%d %B %Y"),
    "date_to_string": _formatted_as("%d %b %Y"),
    "date_to_xmlschema": _formatted_as("%Y-%m-%dT%H:%M:%S%:z"),
    "default": _default,
    "divided_by": _divided_by,
    "downcase": lambda value: _text(value).lower(),
    "escape": _escape,
    "escape_once": _escape_once,
    "first": _first,
    "floor": _whole(math.floor),
    "inspect": lambda value: js.json_text(_plain(value)),
    "join": _joined,
    "json": lambda value: js.json_text(_plain(value)),
    "jsonify": lambda value: js.json_text(_plain(value)),
    "last": _last,
    "lstrip": lambda value: _text(value).lstrip(js.WHITESPACE),
    "minus": lambda value, other: _result(_number(value) - _number(other)),
    "modulo": _modulo,
    "number_of_words": lambda value: len(_text(value).split()),
    "plus": lambda value, other: _result(_number(value) + _number(other)),
    "pop": lambda value: _items(value)[:-1],
    "prepend": lambda value, head="": _text(head) + _text(value),
    "push": lambda value, item: [*_items(value), item],
    "remove": lambda value, part: _text(value).replace(_text(part), ""),
    "remove_first": lambda value, part: _text(value).replace(_text(part), "", 1),
    "remove_last": _replace_last,
    "replace": _replaced,
    "replace_first": lambda value, old, new="": _replaced(value, old, new, 1),
    "replace_last": _replace_last,
    "round": _rounded,
    "rstrip": lambda value: _text(value).rstrip(js.WHITESPACE),
    "shift": lambda value: _items(value)[1:],
    "size": _size,
    "slice": _slice,
    "slugify": _slug,
    "split": _split,
    "strip": lambda value: _text(value).strip(js.WHITESPACE),
    "strip_html": lambda value: _TAGS.sub("", _text(value)),
    "strip_newlines": lambda value: _text(value).replace("\r\n", "").replace("\n", ""),
    "sum": _sum,
    "times": lambda value, other: _result(_number(value) * _number(other)),
    "to_integer": _to_integer,
    "truncate": _truncate,
    "truncatewords": _truncate_words,
    "unshift": lambda value, item: [item, *_items(value)],
    "upcase": lambda value: _text(value).upper(),
    "uri_escape": lambda value: quote(_text(value), safe=_URI_SAFE + ";,/?:@&=+$#"),
    "url_decode": lambda value: unquote(_text(value).replace("+", " ")),
    "url_encode": _url_encode,
    "where": _where,
    "xml_escape": _escape,
    **{name: _disabled(name) for name in DISABLED},
}
"""By name. A name that is not here is ignored, as LiquidJS does."""
