"""Generated code gives what a plain reading of the rules gives, for every mapping and event."""

from __future__ import annotations

import contextlib
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.base.json import JsonObject
from crossdock.kit import (
    MappingError,
    PayloadRejected,
    compile_mapping,
    compile_payload,
    compile_schema,
)
from crossdock.kit.javascript import UNDEFINED, member, truthy, without_undefined
from crossdock.kit.mapping import with_null_items
from tests.fuzzing import examples

KEYS = st.sampled_from(["a", "b", "0", "x y"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "t", "é"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
PATHS = st.lists(KEYS, max_size=3).map(lambda keys: {"@path": "$." + ".".join(keys)})


def directives(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    chosen = st.fixed_dictionaries({"exists": PATHS}, optional={"then": inner, "else": inner})
    merged = st.lists(PATHS | st.dictionaries(KEYS, inner, max_size=2), max_size=3)
    return st.one_of(
        chosen.map(lambda options: {"@if": options}),
        PATHS.map(lambda path: {"@if": {"exists": path, "then": path, "else": 1}}),
        st.tuples(PATHS, inner).map(lambda pair: {"@arrayPath": [pair[0], {"i": pair[1]}]}),
        merged.map(lambda objects: {"@merge": {"direction": "right", "objects": objects}}),
        inner.map(lambda value: {"@literal": value}),
        st.lists(inner, max_size=2),
        st.dictionaries(KEYS, inner, max_size=2),
    )


MAPPINGS = st.dictionaries(KEYS, st.recursive(PATHS | SCALARS, directives, max_leaves=8))


def resolved(node: object, event: object) -> object:  # noqa: C901, PLR0911 - one branch for each rule.
    """Return what the node gives, straight from the rules."""
    if isinstance(node, list):
        return [resolved(item, event) for item in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"@path": str(path)}:
            value = event
            for key in filter(None, path.removeprefix("$.").split(".")):
                value = member(value, key) if truthy(value) else value
            return value
        case {"@if": {"exists": exists, **options}}:
            if resolved(exists, event) not in (None, UNDEFINED):
                return resolved(options.get("then", UNDEFINED), event)
            return resolved(options["else"], event) if truthy(options.get("else")) else UNDEFINED
        case {"@arrayPath": [root, shape]}:
            value = resolved(root, event)
            items = [value] if isinstance(value, dict) else value
            return [resolved(shape, item) for item in items] if isinstance(items, list) else value
        case {"@merge": {"objects": objects}}:
            merged: dict[str, object] = {}
            for value in (resolved(part, event) for part in objects):
                if isinstance(value, (list, str)):
                    merged.update({str(index): item for index, item in enumerate(value)})
                merged.update(value if isinstance(value, dict) else {})
            return merged
        case {"@literal": value}:
            return resolved(value, event)
        case _:
            return {key: resolved(inner, event) for key, inner in node.items()}


@given(mapping=MAPPINGS, event=st.dictionaries(KEYS, VALUES, max_size=4))
@settings(max_examples=examples(300), deadline=None)
def test_generated_code_follows_the_rules(mapping: JsonObject, event: JsonObject) -> None:
    expected = with_null_items(without_undefined(resolved(mapping, event)))

    got = compile_mapping(mapping)(event)

    assert repr(_sorted(got)) == repr(_sorted(expected))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return sorted((key, _sorted(inner)) for key, inner in value.items())
    return [_sorted(item) for item in value] if isinstance(value, list) else (repr(value),)


KINDS = st.sampled_from(["string", "text", "number", "integer", "boolean", "datetime", "object"])
FIELD = st.fixed_dictionaries(
    {"label": st.just("A"), "type": KINDS},
    optional={
        "multiple": st.booleans(),
        "allowNull": st.booleans(),
        "required": st.booleans(),
        "format": st.sampled_from(["uri", "email", "date-time"]),
        "minimum": st.integers(0, 3),
        "choices": st.just(["t", "u"]),
    },
)


@given(
    mapping=st.dictionaries(KEYS, PATHS | st.recursive(PATHS, directives, max_leaves=4)),
    fields=st.dictionaries(KEYS, FIELD, min_size=1, max_size=4),
    event=st.dictionaries(KEYS, VALUES, max_size=4),
)
@settings(max_examples=examples(300), deadline=None)
def test_the_short_way_gives_what_mapping_and_validation_give(
    mapping: JsonObject, fields: dict[str, JsonObject], event: JsonObject
) -> None:
    schema, mapped = compile_schema(fields), compile_mapping(mapping)
    try:
        expected: object = schema.validate(mapped(event))
    except PayloadRejected as error:
        expected = error.errors

    try:
        got: object = compile_payload(mapping, fields)(event)
    except PayloadRejected as error:
        got = error.errors

    assert repr(_sorted(got)) == repr(_sorted(expected))


@given(mapping=st.recursive(VALUES, directives, max_leaves=10), event=VALUES)
@settings(max_examples=examples(200), deadline=None)
def test_nothing_but_a_mapping_error_is_raised(mapping: object, event: object) -> None:
    with contextlib.suppress(MappingError):
        compile_mapping(cast("JsonObject", mapping))(cast("JsonObject", event))
