"""Brings a value to one of the types that a schema lists, the way Segment's validator does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED

_COERCIBLE: Final = ("string", "number", "integer", "boolean", "null", "array")


def is_type(value: object, name: str) -> bool:
    """Return whether the value has the type; a number must be finite."""
    if name == "number":
        return js.is_number(value) and math.isfinite(js.as_double(value))
    if name == "integer":
        return js.is_number(value) and is_type(value, "number") and value % 1 == 0
    return js.type_name(value) == name


def coerced(value: object, types: Sequence[str]) -> tuple[object, bool]:
    """Return the value that the rest of the schema looks at, and whether it has a listed type."""
    if any(is_type(value, name) for name in types):
        return value, True
    targets = [name for name in types if name in _COERCIBLE]
    if not targets:
        return value, False
    if isinstance(value, list) and len(value) == 1 and "array" not in types:
        value = value[0]
        if len(types) == 1 and is_type(value, types[0]):
            return value, True
    for name in targets:
        result = _CONVERSIONS[name](value)
        if result is not UNDEFINED:
            return result, True
    return value, False


def _to_string(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool) or js.is_number(value):
        return js.text_of(value)
    return UNDEFINED


def _to_number(value: object) -> object:
    if value is None or isinstance(value, bool):
        return int(bool(value))
    if isinstance(value, str) and value:
        number = js.to_number(value)
        return UNDEFINED if math.isnan(number) else number
    return UNDEFINED


def _to_integer(value: object) -> object:
    number = _to_number(value)
    # An infinite number has no fraction, and passes.
    is_fitting = js.is_number(number) and (math.isinf(number) or number % 1 == 0)
    return number if is_fitting else UNDEFINED


def _to_boolean(value: object) -> object:
    if value == "true" or (js.is_number(value) and value == 1):
        return True
    if value is None or value == "false" or (js.is_number(value) and value == 0):
        return False
    return UNDEFINED


def _to_null(value: object) -> object:
    is_empty = value == "" or value is False or (js.is_number(value) and value == 0)
    return None if is_empty else UNDEFINED


def _to_array(value: object) -> object:
    is_scalar = value is None or isinstance(value, (str, bool)) or js.is_number(value)
    return [value] if is_scalar else UNDEFINED


_CONVERSIONS: Final[Mapping[str, Callable[[object], object]]] = {
    "string": _to_string,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "null": _to_null,
    "array": _to_array,
}
