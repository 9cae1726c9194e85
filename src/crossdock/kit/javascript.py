"""How JavaScript sees a value, where Segment's own runtime makes that visible to people.

Mappings, conditions and validation were written for a JavaScript engine: a missing value is not
null, text counts UTF-16 units, a number becomes text by its own rules. Everything of that kind is
here, once.
"""

from __future__ import annotations

import json  # noqa: TID251 - JSON.stringify's escapes and JSON.parse's strictness; msgspec refuses lone surrogates.
import math
import re
from collections.abc import Iterable
from typing import Final, TypeGuard, cast

from typing_extensions import override


class Undefined:
    """The type of `UNDEFINED`: falsy, and equal only to itself."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    @override
    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()
"""What a value is that is not there. Null is something else: `None`."""

# Integers up to here are exact in a double; beyond, JavaScript has already rounded them.
_EXACT_INTEGER_MAX = 2**53
# The largest index that an array can have; object keys below it are listed first, in order.
_ARRAY_INDEX_MAX = 2**32 - 2
_ARRAY_INDEX_DIGITS_MAX = 10
# From this exponent on, and below the next, a number is written with an exponent (ECMA-262).
_PLAIN_EXPONENT_MAX = 21
_PLAIN_EXPONENT_MIN = -6
_BMP_END = "\uffff"

WHITESPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What `trim` and `Number` take off both ends."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def is_number(value: object) -> TypeGuard[float]:
    """Return whether it is a number; Python's booleans are not."""
    return value.__class__ is int or value.__class__ is float


def truthy(value: object) -> bool:
    """Return whether JavaScript takes the value for true; empty lists and objects are."""
    if value.__class__ is dict or value.__class__ is list:
        return True
    # NaN is the one value that differs from itself.
    return bool(value) and value == value  # noqa: PLR0124


def type_name(value: object) -> str:
    """Return its type in Segment's words: `null`, `array`, `object`, `string`, `undefined`, …."""
    if value is None:
        return "null"
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "number"


def number_text(number: float) -> str:  # noqa: PLR0911 - one for each way to write one.
    """Return the number as JavaScript writes it: `1` for 1.0, `1e+21`, `1e-7`, `0` for -0."""
    if isinstance(number, int) and abs(number) <= _EXACT_INTEGER_MAX:
        return str(number)
    number = as_double(number)
    if not math.isfinite(number):
        return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"  # noqa: PLR0124 - NaN.
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent_text = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + ("" if fraction == "0" else fraction)).lstrip("0")
    # The value is 0.digits times ten to the power of `point`.
    leading_zeros = len(whole + fraction) - len((whole + fraction).lstrip("0"))
    point = len(whole) - leading_zeros + int(exponent_text or 0)
    digits = digits.rstrip("0")
    if len(digits) <= point <= _PLAIN_EXPONENT_MAX:
        return sign + digits.ljust(point, "0")
    if 0 < point <= _PLAIN_EXPONENT_MAX:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if _PLAIN_EXPONENT_MIN < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = point - 1
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if power > 0 else '-'}{abs(power)}"


def as_double(number: float) -> float:
    """Return the number as the double that JavaScript would have read."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def to_number(text: str) -> float:
    """Return what `Number(text)` gives; NaN where it is not a number."""
    text = text.strip(WHITESPACE)
    if not text:
        return 0
    if _DECIMAL.fullmatch(text):
        return whole_if_exact(float(text))
    if _RADIX.fullmatch(text):
        return whole_if_exact(as_double(int(text, 0)))
    if text in ("Infinity", "+Infinity"):
        return math.inf
    return -math.inf if text == "-Infinity" else math.nan


def whole_if_exact(number: float) -> float:
    """Return an int where the double is one exactly, so that 5.0 is sent as 5."""
    if number.is_integer() and abs(number) <= _EXACT_INTEGER_MAX:
        # -0 stays a double: JSON has it, and an int cannot hold it.
        return number if number == 0 and math.copysign(1, number) < 0 else int(number)
    return number


def text_of(value: object) -> str:
    """Return the value as text in a template: `''` for null, `[object Object]`, lists joined."""
    if isinstance(value, str):
        return value
    if value is None or value is UNDEFINED:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, list):
        return ",".join([text_of(item) for item in value])
    return number_text(value) if isinstance(value, (int, float)) else str(value)


def length(text: str) -> int:
    """Return its length in UTF-16 units: an emoji is 2."""
    if text.isascii():
        return len(text)
    return len(text) + sum(character > _BMP_END for character in text)


def units(text: str) -> str | list[str]:
    """Return the UTF-16 units, each as a text; the text itself where that is the same."""
    if text.isascii() or all(character <= _BMP_END for character in text):
        return text
    encoded = text.encode("utf-16-le", "surrogatepass")
    return [chr(int.from_bytes(encoded[at : at + 2], "little")) for at in range(0, len(encoded), 2)]


def joined(parts: Iterable[str]) -> str:
    """Return the parts as one text in which surrogate pairs have become one character again."""
    text = "".join(parts)
    if text.isascii() or not _SURROGATE_PAIR.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def array_index(key: str) -> int | None:
    """Return the index that the key is, written canonically; None if it is not one."""
    if not (key.isascii() and key.isdigit()) or len(key) > _ARRAY_INDEX_DIGITS_MAX:
        return None
    if key[0] == "0" and len(key) > 1:
        return None
    index = int(key)
    return index if index <= _ARRAY_INDEX_MAX else None


def keys(value: dict[str, object]) -> list[str]:
    """Return the keys in JavaScript's order: indexes first, ascending; the rest as inserted."""
    indexes = [key for key in value if key[:1].isdigit() and array_index(key) is not None]
    if not indexes:
        return list(value)
    known = set(indexes)
    return sorted(indexes, key=int) + [key for key in value if key not in known]


def member(value: object, key: str) -> object:  # noqa: PLR0911 - three types, with edges.
    """Return `value[key]`; members that come from a prototype are undefined."""
    if isinstance(value, dict):
        return value.get(key, UNDEFINED)
    if isinstance(value, str):
        if key == "length":
            return length(value)
        index = array_index(key)
        if index is None or index >= length(value):
            return UNDEFINED
        return units(value)[index]
    if isinstance(value, list):
        if key == "length":
            return len(value)
        index = array_index(key)
        return UNDEFINED if index is None or index >= len(value) else value[index]
    return UNDEFINED


def without_undefined(value: object) -> object:
    """Return a deep copy in which objects have no undefined members; lists keep theirs."""
    if value.__class__ is dict:
        return {
            key: without_undefined(inner)
            for key, inner in cast("dict[str, object]", value).items()
            if inner is not UNDEFINED
        }
    if value.__class__ is list:
        return [without_undefined(inner) for inner in cast("list[object]", value)]
    return value


def json_text(value: object) -> str | Undefined:  # noqa: PLR0911 - one for each type.
    """Return what `JSON.stringify` gives: compact, undefined left out, NaN as null."""
    if value is UNDEFINED:
        return UNDEFINED
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        quoted = json.dumps(value, ensure_ascii=False)
        return _LONE_SURROGATE.sub(lambda lone: f"\\u{ord(lone[0]):04x}", quoted)
    if isinstance(value, list):
        return f"[{','.join([str(json_text(item) or 'null') for item in value])}]"
    if isinstance(value, dict):
        members = [
            f"{json_text(key)}:{json_text(value[key])}"
            for key in keys(value)
            if value[key] is not UNDEFINED
        ]
        return f"{{{','.join(members)}}}"
    number = as_double(cast("float", value))
    return number_text(number) if math.isfinite(number) else "null"


class NotJson(ValueError):
    """`JSON.parse` would not take the text."""


def _refuse_constant(name: str) -> object:
    raise NotJson(name)


def _double(digits: str) -> float:
    return whole_if_exact(float(digits))


def parse_json(text: str) -> object:
    """Return what `JSON.parse` gives: strict, every number a double.

    Raises:
        NotJson: The text is not JSON.
        RecursionError: Nested deeper than this process can walk.
    """
    try:
        return json.loads(
            text, parse_int=_double, parse_float=_double, parse_constant=_refuse_constant
        )
    except ValueError as error:
        raise NotJson(str(error)) from error
