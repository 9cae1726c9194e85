"""The filters of LiquidJS, on JavaScript's values.

Source:
    liquidjs 10.25.7; actions-core 3.170.0 disables some of them.
"""

from __future__ import annotations

import base64
import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping import liquid_dates
from crossdock.kit.mapping import liquid_values as values
from crossdock.kit.mapping.liquid_tokens import Problem, Tokenizer
from crossdock.kit.mapping.liquid_values import is_nil, number, number_or_zero, plain, text

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
    r"<script[\s\S]*?</script>|<style[\s\S]*?</style>|<[^\n\r\u2028\u2029]*?>|<!--[\s\S]*?-->",
    re.ASCII,
)
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_UNESCAPES = {escape: character for character, escape in _ESCAPES.items()}
_ESCAPED = re.compile("|".join(_UNESCAPES))
_ESCAPABLE = re.compile("[&<>\"']")
_COMPONENT_SAFE = "-_.!~*'()"
_BROKEN_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_SPACES = re.compile(f"[{js.WHITESPACE}]+")
_CJK = re.compile(
    "[\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af]"
)
_NOT_CJK = re.compile(
    "[^\u4e00-\u9fff\uf900-\ufaff\u3400-\u4dbf\u3040-\u309f\u30a0-\u30ff\uac00-\ud7af"
    f"{js.WHITESPACE}]+"
)
_INDENT_MAX: Final = 10
# What LiquidJS lets one template take of its memory, in its own units.
_SLICE_MAX: Final = 100_000_000
_ACCENTS: Final = {
    **dict.fromkeys("àáâãäå", "a"),
    **dict.fromkeys("èéêë", "e"),
    **dict.fromkeys("ìíîï", "i"),
    **dict.fromkeys("òóôõöø", "o"),
    **dict.fromkeys("ùúûü", "u"),
    **dict.fromkeys("ýÿ", "y"),
    "æ": "ae",
    "ç": "c",
    "ð": "d",
    "ñ": "n",
    "ß": "ss",
    "œ": "oe",
    "þ": "th",
    "ẞ": "SS",
    "Œ": "OE",
    "Þ": "TH",
}


def require_room(count: float, part: str) -> None:
    """Raise before a text repeats another so often that it would fill the memory."""
    if count * len(part) > TEXT_MAX:
        raise Problem(f"the text would have more than {TEXT_MAX} characters")


def _result(value: float) -> float:
    return js.whole_if_exact(js.as_double(value))


def _items(value: object) -> list[object]:
    value = plain(value)
    if isinstance(value, list):
        return value
    return [] if is_nil(value) else [value]


def _grown(items: list[object]) -> list[object]:
    """Return the list, unless lists in lists would fill the memory when they are written."""
    size = 0
    waiting: list[object] = [items]
    while waiting:
        item = waiting.pop()
        size += 1 + (len(item) if isinstance(item, (str, list)) else 0)
        require_room(size, " ")
        if isinstance(item, list):
            waiting += item
    return items


def _joined_with(left: object, right: object) -> str:
    one, other = text(left), text(right)
    require_room(len(one) + len(other), " ")
    return js.joined([one, other])


def _two(name: str, arguments: tuple[object, ...]) -> object:
    if len(arguments) != 1:
        raise Problem(f"{name} expect 2 arguments")
    return arguments[0]


def _append(value: object, *arguments: object) -> str:
    return _joined_with(value, _two("append", arguments))


def _prepend(value: object, *arguments: object) -> str:
    return _joined_with(_two("prepend", arguments), value)


def _join(value: object, separator: object = UNDEFINED, *_: object) -> str:
    items = [
        values.as_string(item) if isinstance(item, values.Special) else js.text_of(item)
        for item in _items(value)
    ]
    by = " " if is_nil(plain(separator)) else text(separator)
    require_room(len(items), by)
    require_room(sum(map(len, items)), " ")
    return js.joined([by.join(items)])


def _parts(whole: str, by: str) -> list[str]:
    if by:
        return whole.split(by)
    return list(js.units(whole))


def _replace(value: object, old: object = UNDEFINED, new: object = UNDEFINED, *_: object) -> str:
    parts, by = _parts(text(value), text(old)), text(new)
    require_room(len(parts), by)
    return js.joined([by.join(parts)])


def _replace_first(
    value: object, old: object = UNDEFINED, new: object = UNDEFINED, *_: object
) -> str:
    whole, before, after = text(value), text(old), text(new)
    require_room(len(whole) + len(after), " ")
    return whole.replace(before, after, 1)


def _replace_last(
    value: object, old: object = UNDEFINED, new: object = UNDEFINED, *_: object
) -> str:
    whole, before, after = text(value), text(old), text(new)
    require_room(len(whole) + len(after), " ")
    at = whole.rfind(before)
    return whole if at < 0 else whole[:at] + after + whole[at + len(before) :]


def _remove(value: object, part: object = UNDEFINED, *_: object) -> str:
    removed = text(part)
    return text(value).replace(removed, "") if removed else text(value)


def _remove_first(value: object, part: object = UNDEFINED, *_: object) -> str:
    return text(value).replace(text(part), "", 1)


def _remove_last(value: object, part: object = UNDEFINED, *_: object) -> str:
    return _replace_last(value, part, "")


def _split(value: object, separator: object = UNDEFINED, *_: object) -> list[object]:
    parts: list[object] = list(_parts(text(value), text(separator)))
    # As in Ruby, empty parts at the end are dropped.
    while parts and parts[-1] == "":
        parts.pop()
    return parts


def _stripped(*, left: bool, right: bool) -> Callable[..., str]:
    def strip(value: object, characters: object = UNDEFINED, *_: object) -> str:
        whole = text(value)
        given = isinstance(characters, values.Special) or js.truthy(characters)
        from_ends = text(characters) if given else js.WHITESPACE
        if left:
            whole = whole.lstrip(from_ends)
        return whole.rstrip(from_ends) if right else whole

    return strip


def _capitalize(value: object, *_: object) -> str:
    whole = text(value)
    first = whole[:1]
    return (first.upper() if first <= "\uffff" else first) + whole[1:].lower()


def _truncate(
    value: object, length: object = UNDEFINED, ellipsis: object = UNDEFINED, *_: object
) -> object:
    whole = text(value)
    most = 50 if length is UNDEFINED else length
    end = "..." if ellipsis is UNDEFINED else text(ellipsis)
    if values.OPERATORS["<="](js.length(whole), plain(most)):
        return value
    kept = number_or_zero(number(most) - js.length(end))
    return _joined_with(values.sliced(whole, 0, max(kept, 0)), end)


def _truncate_words(
    value: object, words: object = UNDEFINED, ellipsis: object = UNDEFINED, *_: object
) -> str:
    parts: list[object] = list(_SPACES.split(text(value)))
    most = 15 if words is UNDEFINED else plain(words)
    end = "..." if ellipsis is UNDEFINED else text(ellipsis)
    if values.OPERATORS["<="](most, 0):
        most = 1
    kept = values.sliced(parts, 0, most)
    shortened = " ".join([str(part) for part in _items(kept)])
    return _joined_with(shortened, end if values.OPERATORS[">="](len(parts), most) else "")


def _number_of_words(value: object, mode: object = UNDEFINED, *_: object) -> int:
    whole = text(value).strip(js.WHITESPACE)
    if not whole:
        return 0
    characters = len(_CJK.findall(whole))
    if mode == "cjk" or (mode == "auto" and characters):
        return characters + len(_NOT_CJK.findall(whole))
    return len(_SPACES.split(whole))


def _escape(value: object, *_: object) -> str:
    return _ESCAPABLE.sub(lambda match: _ESCAPES[match[0]], text(value))


def _escape_once(value: object, *_: object) -> str:
    return _escape(_ESCAPED.sub(lambda match: _UNESCAPES[match[0]], text(value)))


def _percent_encoded(value: object, safe: str) -> str:
    try:
        return quote(text(value), safe=safe)
    except UnicodeEncodeError as error:
        raise Problem("URI malformed") from error


def _url_encode(value: object, *_: object) -> str:
    return _percent_encoded(value, _COMPONENT_SAFE).replace("%20", "+")


def _cgi_escape(value: object, *_: object) -> str:
    return _percent_encoded(value, "-_.~").replace("%20", "+")


def _uri_escape(value: object, *_: object) -> str:
    return _percent_encoded(value, _COMPONENT_SAFE + ";,/?:@&=+$#[]")


def _url_decode(value: object, *_: object) -> str:
    whole = text(value)
    if _BROKEN_PERCENT.search(whole):
        raise Problem("URI malformed")
    try:
        return unquote_to_bytes(whole).decode().replace("+", " ")
    except UnicodeError as error:
        raise Problem("URI malformed") from error


def _is_slug_character(character: str, more: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "ML" or category == "Nd" or character in more


def _slugify(value: object, mode: object = UNDEFINED, cased: object = UNDEFINED, *_: object) -> str:
    whole, mode = text(value), "default" if mode is UNDEFINED else mode
    if mode == "latin":
        whole = "".join([_ACCENTS.get(character, character) for character in whole])
    if mode == "raw":
        whole = _SPACES.sub("-", whole)
    elif mode == "ascii":
        whole = re.sub("[^A-Za-z0-9]+", "-", whole)
    elif mode in ("default", "pretty", "latin"):
        more = "._~!$&'()+,;=@" if mode == "pretty" else ""
        groups = itertools.groupby(whole, lambda character: _is_slug_character(character, more))
        whole = "".join(["".join(group) if is_kept else "-" for is_kept, group in groups])
    if mode in ("default", "pretty", "latin", "raw", "ascii"):
        whole = whole.removeprefix("-").removesuffix("-")
    return whole if js.truthy(plain(cased)) else whole.lower()


def _arithmetic(apply: Callable[..., float]) -> Callable[..., float]:
    def filtered(*arguments: object) -> float:
        return _result(apply(*[js.as_double(number_or_zero(argument)) for argument in arguments]))

    return filtered


def _plus(left: float, right: float = math.nan, *_: float) -> float:
    return left + right


def _times(left: float, right: float = math.nan, *_: float) -> float:
    return left * right


def _divided(dividend: float, divisor: float = math.nan, is_whole: float = 0, *_: float) -> float:
    if divisor == 0:
        is_negative = (dividend < 0) != (math.copysign(1, divisor) < 0)
        quotient = math.nan if not dividend or math.isnan(dividend) else math.inf
        return -quotient if is_negative else quotient
    quotient = dividend / divisor
    return math.floor(quotient) if is_whole and math.isfinite(quotient) else quotient


def _modulo(dividend: float, divisor: float = math.nan, *_: float) -> float:
    return math.fmod(dividend, divisor) if divisor and math.isfinite(dividend) else math.nan


def _whole(function: Callable[[float], int]) -> Callable[..., float]:
    def apply(value: float, *_: float) -> float:
        return function(value) if math.isfinite(value) else value

    return _arithmetic(apply)


def _rounded(value: float, places: float = 0, *_: float) -> float:
    scale = math.inf
    if places < 309:  # noqa: PLR2004 - 1e309 is beyond a double.
        scale = 10.0**places
    scaled = abs(value) * scale
    if not math.isfinite(scaled):
        return math.copysign(scaled, value) / scale if scale else math.nan
    whole = math.floor(scaled)
    whole += scaled - whole >= 0.5  # noqa: PLR2004 - halves go away from zero.
    if not scale:
        return math.nan
    return math.copysign(whole, value) / scale if value else 0


def _default(value: object, default: object = UNDEFINED, *arguments: object) -> object:
    value = plain(value)
    if isinstance(value, (list, str)):
        return value or default
    if value is False:
        allowed: object = UNDEFINED
        for argument in arguments:
            if not isinstance(argument, (list, dict, values.Special)):
                shown = values.as_string(argument)
                raise Problem(f"Iterator value {shown} is not an entry object")
            if isinstance(argument, list) and argument[:1] == ["allow_false"]:
                allowed = argument[1] if len(argument) > 1 else UNDEFINED
        if isinstance(allowed, values.Special) or js.truthy(allowed):
            return False
    return default if values.is_falsy(value) else value


def _slice(
    value: object, begin: object = UNDEFINED, length: object = UNDEFINED, *_: object
) -> object:
    value = plain(value)
    if is_nil(value):
        return []
    sequence = value if isinstance(value, list) else text(value)
    size = len(sequence) if isinstance(sequence, list) else js.length(sequence)
    start, count = plain(begin), 1 if length is UNDEFINED else plain(length)
    if number(count) > _SLICE_MAX:
        raise Problem("memory alloc limit exceeded")
    if values.OPERATORS["<"](start, 0):
        start = values.added(size, start)
    return values.sliced(sequence, start, values.added(start, count))


def _end(*, is_first: bool) -> Callable[..., object]:
    def find(value: object, *_: object) -> object:
        value = plain(value)
        if not isinstance(value, (list, str)) or value == "":
            return ""
        sequence = value if isinstance(value, list) else js.units(value)
        return sequence[0 if is_first else -1] if sequence else UNDEFINED

    return find


def _size(value: object, *_: object) -> object:
    if isinstance(value, str):
        return js.length(value)
    if isinstance(value, dict):
        size = value.get("length", 0)
        return size if js.truthy(size) else 0
    return len(value) if isinstance(value, list) else 0


def _where(
    value: object, key: object = UNDEFINED, wanted: object = UNDEFINED, *_: object
) -> list[object]:
    path = Tokenizer(text(key)).path()

    def matches(item: object) -> bool:
        found: object = UNDEFINED
        if path is not None:
            keys = [getattr(part, "value", UNDEFINED) for part in path.keys]
            found = values.Context(item).lookup(keys)
        return not values.is_falsy(found) if wanted is UNDEFINED else values.equals(found, wanted)

    return [item for item in _items(value) if matches(item)]


def _sum(value: object, key: object = UNDEFINED, *_: object) -> float:
    keys = text(key).split(".") if isinstance(key, values.Special) or js.truthy(key) else []
    numbers = [number(values.members(item, keys)) for item in _items(value)]
    return _result(sum(js.as_double(found) for found in numbers if not math.isnan(found)))


def _sample(value: object, count: object = 1, *_: object) -> object:
    # Chance has no place in a mapping: the same event is mapped again after a crash.
    value = plain(value)
    if is_nil(value):
        return []
    items = value if isinstance(value, list) else list(js.units(text(value)))
    return (items[0] if items else UNDEFINED) if count == 1 else values.sliced(items, 0, count)


def _json(value: object, space: object = 0, *_: object) -> object:
    indent = ""
    space = plain(space)
    if js.is_number(space):
        indent = " " * max(0, min(math.trunc(number_or_zero(space)), _INDENT_MAX))
    elif isinstance(space, str):
        indent = space[:_INDENT_MAX]
    written = _json_text(value, indent, "\n")
    require_room(len(written) if isinstance(written, str) else 0, " ")
    return written


def _json_text(value: object, indent: str, line: str) -> str | js.Undefined:
    if isinstance(value, values.Special):
        return "{}"
    deeper = line + indent
    if isinstance(value, list):
        parts = [str(_json_text(item, indent, deeper) or "null") for item in value]
        opening, closing = "[", "]"
    elif isinstance(value, dict):
        colon = ": " if indent else ":"
        parts = [
            f"{js.json_text(key)}{colon}{_json_text(value[key], indent, deeper)}"
            for key in js.keys(value)
            if value[key] is not UNDEFINED
        ]
        opening, closing = "{", "}"
    else:
        return js.json_text(value)
    if not indent or not parts:
        return f"{opening}{','.join(parts)}{closing}"
    return f"{opening}{deeper}{f',{deeper}'.join(parts)}{line}{closing}"


def _date(
    value: object, pattern: object = UNDEFINED, zone: object = UNDEFINED, *_: object
) -> object:
    moment = liquid_dates.find_moment(value, zone)
    if moment is None:
        return value
    pattern = plain(pattern)
    words = liquid_dates.DEFAULT_PATTERN if is_nil(pattern) else text(pattern)
    return liquid_dates.formatted(moment, words)


def _date_as(pattern: str) -> Callable[..., object]:
    return lambda value, *_: _date(value, pattern)


def _date_in_words(month: str) -> Callable[..., object]:
    def apply(
        value: object, kind: object = UNDEFINED, style: object = UNDEFINED, *_: object
    ) -> object:
        if kind != "ordinal":
            return _date(value, f"%d {month} %Y")
        return _date(value, f"{month} %-d%q, %Y" if style == "US" else f"%-d%q {month} %Y")

    return apply


def _base64_encode(value: object, *_: object) -> str:
    return base64.b64encode(text(value).encode("utf-8", "replace")).decode("ascii")


def _base64_decode(value: object, *_: object) -> str:
    whole = text(value).partition("=")[0].replace("-", "+").replace("_", "/")
    digits = re.sub("[^A-Za-z0-9+/]", "", whole)
    digits = digits[:-1] if len(digits) % 4 == 1 else digits
    return base64.b64decode(digits + "=" * (-len(digits) % 4)).decode("utf-8", "replace")


def _disabled(name: str) -> Callable[..., object]:
    def refuse(*_: object) -> object:
        raise Problem(f'filter "{name}" is disabled')

    return refuse


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "abs": _arithmetic(lambda value, *_: abs(value)),
    "append": _append,
    "at_least": _arithmetic(lambda *numbers: max(numbers)),
    "at_most": _arithmetic(lambda *numbers: min(numbers)),
    "base64_decode": _base64_decode,
    "base64_encode": _base64_encode,
    "capitalize": _capitalize,
    "ceil": _whole(math.ceil),
    "cgi_escape": _cgi_escape,
    "compact": lambda value, *_: [item for item in _items(value) if not is_nil(plain(item))],
    "date": _date,
    "date_to_long_string": _date_in_words("%B"),
    "date_to_rfc822": _date_as("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_string": _date_in_words("%b"),
    "date_to_xmlschema": _date_as("%Y-%m-%dT%H:%M:%S%:z"),
    "default": _default,
    "divided_by": _arithmetic(_divided),
    "downcase": lambda value, *_: text(value).lower(),
    "escape": _escape,
    "escape_once": _escape_once,
    "first": _end(is_first=True),
    "floor": _whole(math.floor),
    "inspect": _json,
    "join": _join,
    "json": _json,
    "jsonify": _json,
    "last": _end(is_first=False),
    "lstrip": _stripped(left=True, right=False),
    "minus": _arithmetic(lambda left, right=math.nan, *_: left - right),
    "modulo": _arithmetic(_modulo),
    "normalize_whitespace": lambda value, *_: _SPACES.sub(" ", text(value)),
    "number_of_words": _number_of_words,
    "plus": _arithmetic(_plus),
    "pop": lambda value, *_: _items(value)[:-1],
    "prepend": _prepend,
    "push": lambda value, item=UNDEFINED, *_: _grown([*_items(value), item]),
    "remove": _remove,
    "remove_first": _remove_first,
    "remove_last": _remove_last,
    "replace": _replace,
    "replace_first": _replace_first,
    "replace_last": _replace_last,
    "round": _arithmetic(_rounded),
    "rstrip": _stripped(left=False, right=True),
    "sample": _sample,
    "shift": lambda value, *_: _items(value)[1:],
    "size": _size,
    "slice": _slice,
    "slugify": _slugify,
    "split": _split,
    "strip": _stripped(left=True, right=True),
    "strip_html": lambda value, *_: _TAGS.sub("", text(value)),
    "strip_newlines": lambda value, *_: text(value).replace("\r\n", "").replace("\n", ""),
    "sum": _sum,
    "times": _arithmetic(_times),
    "to_integer": lambda value, *_: _result(number(value)),
    "truncate": _truncate,
    "truncatewords": _truncate_words,
    "unshift": lambda value, item=UNDEFINED, *_: _grown([item, *_items(value)]),
    "upcase": lambda value, *_: text(value).upper(),
    "uri_escape": _uri_escape,
    "url_decode": _url_decode,
    "url_encode": _url_encode,
    "where": _where,
    "xml_escape": _escape,
    **{name: _disabled(name) for name in DISABLED},
}
"""By name. A name that is not here is ignored, as LiquidJS does."""
