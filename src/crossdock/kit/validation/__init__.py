"""Whether a payload is what an action takes, and what is wrong with it if not.

- `clean`: takes out what is empty.
- `coerce`: brings a value to the type its field has.
- `errors`: `PayloadRejected`, `PayloadError`, `SchemaError`.
- `formats`: dates, URLs, addresses.
- `schema`: from fields to a JSON schema.
- `validate`: holds a value against the schema.

Segment's users know the messages from its app, so they are the same here; and a payload that
Segment would coerce, from "5" to 5, is coerced to the same value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from crossdock.base.json import JsonObject
from crossdock.kit.validation import clean, schema, validate
from crossdock.kit.validation.errors import PayloadError, PayloadRejected, SchemaError

__all__ = ["PayloadError", "PayloadRejected", "PayloadSchema", "SchemaError", "compile_schema"]

# What the batching of the pipeline adds to a payload is none of the action's business.
_EXEMPT_KEY: Final = "dynamicAuthSettings"


class PayloadSchema:
    """What an action takes.

    Args:
        fields: By key, in the shape of Segment's definitions.

    Attributes:
        schema: As JSON schema.

    Raises:
        SchemaError: The fields make no schema.
    """

    def __init__(self, fields: Mapping[str, JsonObject]) -> None:
        self.schema = schema.schema_of(fields)
        self._has_fields = bool(fields)
        validate.check_schema(self.schema)

    def validate(self, payload: JsonObject, *, is_batch: bool = False) -> JsonObject:
        """Return the payload as the action takes it; the one given stays as it is.

        Args:
            payload: Mapped.
            is_batch: It travels with others; empty texts of the payload itself then stay.

        Raises:
            PayloadRejected: It is not what the action takes.
        """
        if not self._has_fields:
            return payload
        coerced, errors = self.checked(self.cleaned(payload, is_batch=is_batch))
        if errors:
            raise PayloadRejected(tuple(errors), coerced)
        return cast("JsonObject", coerced)

    def cleaned(self, payload: object, *, is_batch: bool = False) -> object:
        """Return a copy without what is empty."""
        return clean.cleaned(payload, self.schema, is_batch=is_batch)

    def checked(self, payload: object) -> tuple[object, list[PayloadError]]:
        """Return a cleaned payload coerced as far as possible, and what is wrong with it."""
        payload = _copied(payload)
        if not isinstance(payload, dict):
            return payload, validate.errors_of(payload, self.schema)
        exempt = payload.get(_EXEMPT_KEY)
        for key, field in self.schema["properties"].items():
            value = payload.get(key)
            if field.get("type") == "array" and value is not None and not isinstance(value, list):
                payload[key] = [value]
        errors = validate.errors_of(payload, self.schema)
        if exempt is not None:
            payload[_EXEMPT_KEY] = exempt
        return payload, errors


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def compile_schema(fields: Mapping[str, JsonObject]) -> PayloadSchema:
    """Return what a payload with these fields has to be. Compile once, validate every payload.

    Raises:
        SchemaError: The fields make no schema.
    """
    return PayloadSchema(fields)
