"""Where each part of a payload comes from: mappings, checked and compiled.

- `check`: what is wrong with a mapping before any event is seen.
- `directives`: what compiled code calls for the rarer directives.
- `errors`: `MappingError`.
- `generate`: writes a mapping as one Python function.
- `liquid`: `@liquid`, as LiquidJS renders it.
- `liquid_tokens`: reads a template's text.
- `liquid_tags`: what is between `{%` and `%}`.
- `liquid_values`: values as text, compared, and found by name.
- `liquid_dates`: what the `date` filter writes.
- `liquid_filters`: what a template's filters do.
- `path`: where in an event a value is.
- `resolve`: which code resolves which directive.

What a compiled mapping returns shares nothing that can change with the event: several readers hold
the same event. Parts of the event are copied where they come to rest (0.6 µs for a page's context
and properties), unless a schema rebuilds or encodes them anyway (`kit.payload`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from crossdock.base.json import DEPTH_MAX, JsonObject, depth_exceeds
from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping import check, directives, resolve
from crossdock.kit.mapping.errors import MappingError
from crossdock.kit.mapping.generate import Program, Scope, Value

__all__ = [
    "MappingError",
    "compile_mapping",
    "compile_transform",
    "prepared",
    "transform",
    "with_null_items",
]

# The largest mapping of all published destinations has about 500.
NODES_MAX: Final = 10_000


def compile_mapping(mapping: JsonObject) -> Callable[[JsonObject], JsonObject]:
    """Return a function from an event to its payload. Compile once, call for every event.

    Raises:
        MappingError: The mapping is wrong; also raised by the function, for an event to which it
            cannot be applied.
    """
    program, name = _main(mapping)
    run = program.load(name)
    has_undefined_items = program.has_undefined_items

    def mapped(event: JsonObject) -> JsonObject:
        payload = run(event)
        if payload.__class__ is not dict:
            raise MappingError(f"The mapping gives {js.type_name(payload)}, not an object")
        return cast("JsonObject", with_null_items(payload) if has_undefined_items else payload)

    return mapped


def compile_transform(mapping: object) -> Callable[[object], object]:
    """Return a function like Segment's `transform`, which may return anything, or undefined.

    Raises:
        MappingError: As `compile_mapping`.
    """
    program, name = _main(mapping, is_exact=True)
    return program.load(name)


def transform(mapping: object, event: object) -> object:
    """Return what Segment's `transform` does for one event; nothing is kept compiled.

    Raises:
        MappingError: The mapping or the event is wrong.
    """
    event = {} if event is UNDEFINED else event
    directives.require_object(event)
    return compile_transform(mapping)(event)


def with_null_items(value: object) -> object:
    """Return the value with undefined items of lists as null, which is what JSON can say."""
    if isinstance(value, dict):
        return {key: with_null_items(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_null_items(inner) for inner in value]
    return None if value is UNDEFINED else value


def prepared(mapping: object) -> object:
    """Return the mapping that is resolved, checked.

    Raises:
        MappingError: It is wrong, or too large.
    """
    if depth_exceeds(mapping, DEPTH_MAX):
        raise MappingError(f"The mapping is nested deeper than {DEPTH_MAX} levels")
    if _nodes(mapping) > NODES_MAX:
        raise MappingError(f"The mapping has more than {NODES_MAX} parts")
    members = resolve.prepare(mapping)
    check.check(members)
    return members


def _nodes(value: object) -> int:
    if isinstance(value, (dict, list)):
        return 1 + sum(map(_nodes, value.values() if isinstance(value, dict) else value))
    return 1


def _main(mapping: object, *, is_exact: bool = False) -> tuple[Program, str]:
    members = prepared(mapping)
    program = Program(copies=True, is_exact=is_exact)

    def body(scope: Scope) -> Value:
        scope.guard("if e.__class__ is not dict: require_object(e)")
        return scope.at_rest(resolve.resolve(scope, members, keep=False), keep=False)

    program.call(directives.require_object)
    return program, program.function("transform", body, root_is_object=True)
