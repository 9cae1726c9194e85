"""Holds a value against a schema: coerces, deletes what is unknown, says what is wrong.

It knows the keywords that fields make, in the order in which Segment's validator (ajv 8, with all
errors, coercion of arrays and removal of unknown members) looks at them. It changes the value it
is given; `PayloadSchema` gives it a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from crossdock.kit import javascript as js
from crossdock.kit.fql.evaluate import is_equal
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.validation.coerce import coerced, is_type
from crossdock.kit.validation.errors import PayloadError, SchemaError
from crossdock.kit.validation.formats import FORMATS, LABELS

Schema = Mapping[str, Any]
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value is, and how to put another in its place."""

    path: _Path
    replace: Callable[[object], None] | None = None


def check_schema(schema: Schema, path: str = "") -> None:
    """Return if every keyword can be checked.

    Raises:
        SchemaError: A format is unknown, or a list of choices or conditions is empty.
    """
    for words in ("enum", "allOf", "anyOf"):
        if words in schema and not schema[words]:
            message = f"schema is invalid: data{path}/{words} must NOT have fewer than 1 items"
            raise SchemaError(message)
    unknown = schema.get("format", "text")
    if unknown not in FORMATS:
        raise SchemaError(f'unknown format "{unknown}" ignored in schema at path "#{path}"')
    for key, inner in schema.get("properties", {}).items():
        escaped = key.replace("~", "~0").replace("/", "~1")
        check_schema(inner, f"{path}/properties/{escaped}")
    for word in ("items", "if", "then", "not"):
        if word in schema:
            check_schema(schema[word], f"{path}/{word}")
    for word in ("allOf", "anyOf"):
        for index, inner in enumerate(schema.get(word, ())):
            check_schema(inner, f"{path}/{word}/{index}")


def errors_of(value: object, schema: Schema) -> list[PayloadError]:
    """Return everything that is wrong, after coercing in place."""
    errors: list[PayloadError] = []
    _check(value, schema, _Place(()), errors)
    return errors


def _check(value: object, schema: Schema, place: _Place, errors: list[PayloadError]) -> None:
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    # An object's type alone is looked at together with its members, after the general keywords.
    is_late = types == ["object"] and ("properties" in schema or "required" in schema)
    if types and not is_late:
        result, is_fitting = coerced(value, types)
        if not is_fitting:
            _add(errors, schema, place, _type_text(result, types))
        elif result is not value and place.replace is not None:
            place.replace(result)
        value = result
    _check_general(value, schema, place, errors)
    if js.is_number(value) and is_type(value, "number"):
        _check_number(value, schema, place, errors)
    elif isinstance(value, str):
        _check_text(value, schema, place, errors)
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            _check(item, schema["items"], _inside(value, index, place), errors)
    if isinstance(value, dict):
        _check_members(value, schema, place, errors)
    elif is_late:
        _add(errors, schema, place, _type_text(value, types))


def _inside(parent: list[Any] | dict[str, Any], key: Any, place: _Place) -> _Place:
    return _Place((*place.path, key), lambda result: parent.__setitem__(key, result))


def _check_number(value: float, schema: Schema, place: _Place, errors: list[PayloadError]) -> None:
    if "maximum" in schema and value > schema["maximum"]:
        text = f"must be equal to or less than {js.number_text(schema['maximum'])}"
        _add(errors, schema, place, text)
    if "minimum" in schema and value < schema["minimum"]:
        text = f"must be equal to or greater than {js.number_text(schema['minimum'])}"
        _add(errors, schema, place, text)


def _check_text(value: str, schema: Schema, place: _Place, errors: list[PayloadError]) -> None:
    # Limits count characters; the message, units.
    most, least = schema.get("maxLength"), schema.get("minLength")
    actual = f"but it was {_characters(js.length(value))}"
    if most is not None and len(value) > most:
        _add(errors, schema, place, f"must be {_characters(most)} or fewer {actual}")
    if least is not None and len(value) < least:
        _add(errors, schema, place, f"must be {_characters(least)} or more {actual}")
    name = schema.get("format")
    if name is not None and not FORMATS[name](value):
        label = LABELS.get(name, name)
        _add(errors, schema, place, f"must be a valid {label} string but it was not")


def _characters(count: float) -> str:
    return f"{js.number_text(count)} character{'' if count == 1 else 's'}"


def _check_general(
    value: object, schema: Schema, place: _Place, errors: list[PayloadError]
) -> None:
    if "const" in schema and not is_equal(value, schema["const"]):
        _add(errors, schema, place, "must be equal to constant")
    if "enum" in schema and not any(is_equal(value, choice) for choice in schema["enum"]):
        choices = [cast("str", js.json_text(choice)) for choice in schema["enum"]]
        _add(errors, schema, place, f"must be one of: {_either(choices)}")
    if "not" in schema and _is_valid(value, schema["not"], place):
        _add(errors, schema, place, "must NOT be valid")
    if "anyOf" in schema and not any(_is_valid(value, part, place) for part in schema["anyOf"]):
        _add(errors, schema, place, "must match a schema in anyOf")
    for part in schema.get("allOf", ()):
        _check(value, part, place, errors)
    if "if" in schema and _is_valid(value, schema["if"], place):
        count = len(errors)
        _check(value, schema["then"], place, errors)
        if len(errors) > count:
            _add(errors, schema, place, 'must match "then" schema')


def _is_valid(value: object, schema: Schema, place: _Place) -> bool:
    errors: list[PayloadError] = []
    _check(value, schema, place, errors)
    return not errors


def _check_members(
    value: dict[str, Any], schema: Schema, place: _Place, errors: list[PayloadError]
) -> None:
    for key in schema.get("required", ()):
        if value.get(key, UNDEFINED) is UNDEFINED:
            _add(errors, schema, place, f"is missing the required field '{key}'")
    fields = schema.get("properties", {})
    if schema.get("additionalProperties") is False:
        for key in [key for key in value if key not in fields]:
            del value[key]
    for key in js.keys(cast("dict[str, object]", fields)):
        if value.get(key, UNDEFINED) is not UNDEFINED:
            _check(value[key], fields[key], _inside(value, key, place), errors)


def _type_text(value: object, types: list[str]) -> str:
    name = js.type_name(value)
    actual = name if name in ("null", "undefined") else f"{_article(name)} {name}"
    return f"must be {_article(types[0])} {_either(types)} but it was {actual}"


def _article(name: str) -> str:
    return "an" if name[0] in "aeio" else "a"


def _either(names: list[str]) -> str:
    *rest, last = names
    if not rest:
        return last
    return f"{', '.join(rest)}{',' if len(rest) > 1 else ''} or {last}"


_IDENTIFIER: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")


def _add(errors: list[PayloadError], schema: Schema, place: _Place, text: str) -> None:
    pointer = "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in place.path)
    subject = schema.get("title") or (f"The value at {pointer}" if pointer else "The root value")
    sentence = f"{subject} {text}."
    path = "".join(_path_part(key) for key in place.path)
    errors.append(PayloadError(f"${path}", pointer, sentence[0].upper() + sentence[1:]))


def _path_part(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if js.array_index(key) is not None:
        return f"[{key}]"
    return f".{key}" if set(key) <= _IDENTIFIER else f"['{key}']"
