"""From the fields of an action to a JSON schema, as Segment's framework builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from crossdock.base.json import JsonObject
from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.validation.errors import SchemaError

_DIALECT: Final = "http://json-schema.org/schema#"
_COPIED: Final = (
    ("title", "label"),
    ("description", "description"),
    ("format", "format"),
    ("default", "default"),
)


def schema_of(fields: Mapping[str, JsonObject]) -> JsonObject:
    """Return the schema of a payload with these fields.

    Raises:
        SchemaError: A field depends on another in a way that does not exist.
    """
    schema = _object_schema(fields, additional=False)
    conditions = [*_conditions(fields)]
    if conditions:
        schema["allOf"] = conditions
    return schema


def _object_schema(fields: Mapping[str, JsonObject], *, additional: bool) -> JsonObject:
    return {
        "$schema": _DIALECT,
        "type": "object",
        "additionalProperties": additional,
        "properties": {key: _field_schema(fields[key]) for key in _keys(fields)},
        "required": [key for key in _keys(fields) if fields[key].get("required") is True],
    }


def _field_schema(field: JsonObject) -> JsonObject:
    schema: JsonObject = {name: field[key] for name, key in _COPIED if _is_given(field, key)}
    kind = field["type"]
    types: list[str] = ["string"] if kind in ("text", "password") else [kind]
    if kind == "datetime":
        types = ["string", "number"]
        schema["format"] = "date-like"
    elif kind in ("text", "password"):
        schema["format"] = kind
    schema |= _limits(field)
    item_type: object = types[0] if len(types) == 1 else list(types)
    enum = _enum(field)
    if field.get("allowNull"):
        types = [*types, "null"]
        enum = None if enum is None else [*enum, None]
    schema["type"] = types[0] if len(types) == 1 else types
    if enum is not None:
        schema["enum"] = enum
    is_list = bool(field.get("multiple"))
    if is_list:
        schema["items"] = {"type": item_type}
        if "enum" in schema:
            schema["items"]["enum"] = schema.pop("enum")
        schema["type"] = "array"
    properties = field.get("properties", UNDEFINED)
    if kind != "object" or properties is None or properties is UNDEFINED:
        return schema
    inner = _object_schema(properties, additional=bool(field.get("additionalProperties")))
    if any(isinstance(nested.get("required"), dict) for nested in properties.values()):
        # One conditional field, and none of its siblings is required any more.
        del inner["required"]
    return schema | ({"items": inner} if is_list else inner)


def _limits(field: JsonObject) -> JsonObject:
    """Return the keywords of minimum and maximum, which only texts and numbers have."""
    names = {"string": ("minLength", "maxLength"), "number": ("minimum", "maximum")}
    pairs = zip(names.get(field["type"], ()), ("minimum", "maximum"), strict=False)
    # A limit of 0 is as good as none: Segment's framework takes it for a missing one.
    return {name: field[key] for name, key in pairs if js.truthy(field.get(key))}


def _is_given(field: JsonObject, key: str) -> bool:
    return key in field and field[key] is not UNDEFINED and field[key] is not None


def _enum(field: JsonObject) -> list[Any] | None:
    choices = field.get("choices")
    if not isinstance(choices, (list, tuple)):
        return None
    return [choice["value"] if isinstance(choice, dict) else choice for choice in choices]


def _conditions(fields: Mapping[str, JsonObject]) -> list[JsonObject]:
    """Return the entries for fields that are required only sometimes, nested ones first."""
    required_by_key: dict[str, object] = {}
    for key in _keys(fields):
        properties = fields[key].get("properties") or {}
        for nested in _keys(properties):
            required_by_key[f"{key}.{nested}"] = properties[nested].get("required")
        required_by_key[key] = fields[key].get("required")
    return [
        _conditional(key, required)
        for key in js.keys(required_by_key)
        if isinstance(required := required_by_key[key], dict)
    ]


def _conditional(key: str, required: JsonObject) -> JsonObject:
    conditions = required["conditions"]
    if len(conditions) == 1:
        test = _test(conditions[0], is_only=True)
        parent, dot, child = key.partition(".")
        then: JsonObject = {"required": [parent]}
        if dot:
            then["properties"] = {parent: {"required": [child]}}
        return {"if": test, "then": then}
    word = "anyOf" if required.get("match") == "any" else "allOf"
    tests = [_test(condition, is_only=False) for condition in conditions]
    return {"if": {word: tests}, "then": {"required": [key]}}


def _test(condition: JsonObject, *, is_only: bool) -> JsonObject:
    """Return the schema that a payload meets when the condition holds."""
    operator = condition.get("operator")
    if operator not in ("is", "is_not"):
        message = f"Unsupported conditionally required field operator: {operator}"
        raise SchemaError(message, stage="schema")
    key, value = condition["fieldKey"], condition.get("value", UNDEFINED)
    parent, dot, child = key.partition(".")
    # Below another field an undefined value is compared with all the same, which any value passes.
    if value is not UNDEFINED or dot:
        wanted: JsonObject = {} if value is UNDEFINED else {"const": value}
        if operator == "is_not":
            wanted = {"not": wanted}
        return _nested(parent, child, wanted) if dot else _present(key, wanted)
    if operator == "is":
        absent: JsonObject = {"not": {"required": [key]}}
        if not is_only:
            return absent
        return {"anyOf": [absent, {"properties": {key: {"type": "null"}}}]}
    if not is_only:
        return {"required": [key]}
    return {"allOf": [{"required": [key]}, {"not": {"properties": {key: {"type": "null"}}}}]}


def _present(key: str, wanted: JsonObject) -> JsonObject:
    return {"required": [key], "properties": {key: wanted}}


def _nested(parent: str, child: str, wanted: JsonObject) -> JsonObject:
    return _present(parent, {"properties": {child: wanted}, "required": [child]})


def _keys(fields: Mapping[str, JsonObject]) -> list[str]:
    return js.keys(cast("dict[str, object]", fields))
