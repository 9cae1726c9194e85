"""Takes out of a payload what is empty, before it is validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossdock.base.json import JsonObject


def cleaned(payload: object, schema: JsonObject, *, is_batch: bool) -> object:
    """Return a copy without what is empty: null, and `''`, where the schema has no use for them.

    Outside batches every `''` of the payload itself goes, whatever its field is; a text field that
    may be empty is therefore only so in a batch.
    """
    if not isinstance(payload, dict):
        return payload
    result = {}
    for key, value in payload.items():
        field = schema["properties"].get(key)
        if value == "" and value.__class__ is str and not is_batch:
            continue
        if not _is_empty(value, field):
            result[key] = _without_empty(value, field)
    return result


def _is_empty(value: object, schema: Mapping[str, Any] | None) -> bool:
    if schema is None or not (value is None or (value.__class__ is str and value == "")):
        return False
    types = schema.get("type", ())
    wanted = "null" if value is None else "string"
    return wanted != types if isinstance(types, str) else wanted not in types


def _without_empty(value: object, schema: Mapping[str, Any] | None) -> object:
    if schema is None:
        return value
    if isinstance(value, list) and "items" in schema:
        return [item for item in value if not _is_empty(item, schema["items"])]
    if isinstance(value, dict) and "properties" in schema:
        fields = schema["properties"]
        return {
            key: _without_empty(inner, fields.get(key))
            for key, inner in value.items()
            if not _is_empty(inner, fields.get(key))
        }
    return value
