"""From an event to a payload: mapping, cleaning and validation as one function.

Most payloads are right as they are. Code is generated that maps each field and at once looks
whether its value can be taken without a change; only where one cannot, the payload is made again
the long way, which coerces and says what is wrong. The long way decides alone what is allowed:
whatever the short one takes, it would take unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from crossdock.base.json import JsonObject
from crossdock.kit import mapping as mappings
from crossdock.kit.mapping import check, directives, resolve
from crossdock.kit.mapping.generate import Program, Scope, Trait, Value
from crossdock.kit.validation import PayloadSchema, compile_schema
from crossdock.kit.validation.formats import FORMATS, QUICK

Compiled = Callable[[JsonObject], JsonObject]
_LIMITS = frozenset({"enum", "minLength", "maxLength", "minimum", "maximum"})
_ANY_TEXT = ("text", "password", "binary", "double", "float", "int32", "int64")


def compile_payload(mapping: JsonObject, fields: Mapping[str, JsonObject]) -> Compiled:
    """Return a function from an event to the payload that an action takes.

    The payload shares nothing that can change with the event.

    Args:
        mapping: Where each field's value comes from.
        fields: Of the action, in the shape of Segment's definitions.

    Raises:
        MappingError: The mapping is wrong; also raised by the function.
        SchemaError: The fields make no schema.
        PayloadRejected: Raised by the function: the payload is not what the action takes.
    """
    schema = compile_schema(fields)
    mapped = mappings.compile_mapping(mapping)
    if not fields:
        return mapped

    def complete(event: JsonObject) -> JsonObject:
        return schema.validate(mapped(event))

    members = mappings.prepared(mapping)
    if not _is_plain(members) or schema.schema.get("allOf"):
        return complete
    return _short_way(cast("JsonObject", members), schema, complete)


def _is_plain(members: object) -> bool:
    """Return whether the mapping is an object of fields, and not a directive as a whole."""
    return isinstance(members, dict) and not check.directive_keys(members)


def _short_way(members: JsonObject, schema: PayloadSchema, complete: Compiled) -> Compiled:
    program = Program(copies=False)
    program.namespace["complete"] = complete
    program.call(directives.require_object)
    fields: Mapping[str, Any] = schema.schema["properties"]
    required: list[str] = schema.schema["required"]

    def body(scope: Scope) -> Value:
        scope.guard("if e.__class__ is not dict: require_object(e)")
        result = scope.variable("{}")
        if not members.keys() >= set(required):
            scope.line("return complete(e)")
        for key, node in members.items():
            value = resolve.resolve(scope, node, keep=False)
            # What the action does not know is resolved, because that may fail, and left out.
            if key in fields:
                _take(scope, result, key, value, fields[key], is_required=key in required)
        return Value(result)

    name = program.function("payload", body, root_is_object=True)
    run = cast("Compiled", program.load(name))
    if not program.has_undefined_items:
        return run
    return lambda event: cast("JsonObject", mappings.with_null_items(run(event)))


def _take(  # noqa: PLR0913 - what the line is about, and where it goes.
    scope: Scope,
    result: str,
    key: str,
    value: Value,
    field: Mapping[str, Any],
    *,
    is_required: bool,
) -> None:
    """Add the code that takes a value as it is, or gives up."""
    name = value.code if value.code[0] == "v" else scope.variable(value.code)
    statement = f"{result}[{key!r}] = {name}"
    condition = _condition(scope, name, field)
    is_nullable = "null" in field["type"] and isinstance(field["type"], list)
    # Null is left out where the field may not be null.
    absent = "" if is_nullable else f" and {name} is not None"
    if condition is None:
        # A kind of field that is rarely right as it is, such as a list or an object with members.
        test = "True" if is_required else f"{name} is not U{absent}"
        scope.line(f"if {test}: return complete(e)")
        return
    taken = statement
    if field["type"] == "object":
        copy = "clean" if Trait.RAW in value.traits else "copied"
        taken = f"{result}[{key!r}] = {copy}({name})"
    with scope.block(f"if {condition}:"):
        scope.line(taken)
    if is_nullable:
        with scope.block(f"elif {name} is None:"):
            scope.line(statement)
    # An empty text is left out, whatever the field.
    test = f"elif {name} is not U{absent} and {name} != '':"
    with scope.block("else:" if is_required else test):
        scope.line("return complete(e)")


def _condition(scope: Scope, name: str, field: Mapping[str, Any]) -> str | None:
    """Return the code that says whether a value can be taken as it is; None if none is known."""
    if not _LIMITS.isdisjoint(field):
        return None
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    kinds = [kind for kind in types if kind != "null"]
    if kinds == ["object"]:
        return None if "properties" in field else f"{name}.__class__ is dict"
    if kinds == ["boolean"]:
        return f"{name} is True or {name} is False"
    if kinds in (["integer"], ["number"]):
        # A double may be infinite, or not whole; the long way knows.
        return f"{name}.__class__ is int"
    if "string" not in kinds:
        return None
    condition = f"{name}.__class__ is str and {name}"
    format_name = field.get("format")
    if format_name is not None and format_name not in _ANY_TEXT:
        fits = scope.program.name("fits")
        scope.program.namespace[fits] = FORMATS[format_name]
        test = f"{fits}({name})"
        if format_name in QUICK:
            quick = scope.program.name("quick")
            scope.program.namespace[quick] = QUICK[format_name]
            test = f"({quick}({name}) or {test})"
        condition += f" and {test}"
    return condition if kinds == ["string"] else f"{condition} or {name}.__class__ is int"
