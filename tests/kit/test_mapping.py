"""A mapping makes a payload of an event, as Segment's runtime does."""

from __future__ import annotations

import copy

import pytest

from crossdock.base.json import JsonObject
from crossdock.kit import MappingError, compile_mapping
from crossdock.kit.mapping import transform

EVENT: JsonObject = {
    "userId": "u-1",
    "properties": {
        "total": 12.5,
        "zero": 0,
        "products": [{"id": 1, "name": "A"}, {"id": 2}],
        "nothing": None,
    },
}


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        pytest.param({"@path": "$.userId"}, "u-1", id="a path"),
        pytest.param({"@path": "properties.products[1].id"}, 2, id="an item of a list"),
        pytest.param({"@path": "$.properties.zero.x"}, 0, id="below 0 is 0"),
        pytest.param({"@template": "{{userId}}: {{properties.total}}"}, "u-1: 12.5", id="a text"),
        pytest.param(
            {"@if": {"exists": {"@path": "$.nope"}, "then": 1, "else": 2}}, 2, id="a choice"
        ),
        pytest.param({"@case": {"operator": "upper", "value": "ß"}}, "SS", id="upper case"),
        pytest.param(
            {"@replace": {"pattern": "u", "replacement": "$&$&", "value": {"@path": "userId"}}},
            "uu-1",
            id="a replacement that names what it replaces",
        ),
        pytest.param(
            {"@arrayPath": ["$.properties.products", {"sku": {"@path": "$.id"}}]},
            [{"sku": 1}, {"sku": 2}],
            id="each item of a list",
        ),
        pytest.param(
            {"@arrayPath": ["$.properties.products", {"@path": "$.name"}]},
            ["A", None],
            id="an item without the value is null",
        ),
        pytest.param(
            {"@json": {"mode": "encode", "value": {"a": 1.0, "b": {"@path": "nope"}}}},
            '{"a":1}',
            id="JSON as JavaScript writes it",
        ),
        pytest.param(
            {"@flatten": {"separator": ".", "value": {"a": {"b": [1]}}}},
            {"a.b.0": 1},
            id="flattened",
        ),
        pytest.param(
            {"@merge": {"direction": "right", "objects": [{"a": 1}, {"a": {"@path": "nope"}}]}},
            {},
            id="a missing value deletes what it is merged over",
        ),
        pytest.param(
            {"@transform": {"apply": {"a": {"@path": "userId"}}, "mapping": {"@path": "a"}}},
            "u-1",
            id="a mapping of a mapping",
        ),
        pytest.param({"@excludeWhenNull": {"a": None, "b": 1}}, {"b": 1}, id="without null"),
        pytest.param({"@literal": {"@path": "userId"}}, "u-1", id="a literal is resolved"),
        pytest.param({"@liquid": "{{ userId | upcase }}!"}, "U-1!", id="Liquid"),
    ],
)
def test_a_directive_gives_its_value(directive: JsonObject, expected: object) -> None:
    payload = compile_mapping({"x": directive})(EVENT)

    assert payload == {"x": expected}


def test_what_is_not_there_is_left_out_and_null_is_kept() -> None:
    mapping = {"missing": {"@path": "$.nope"}, "null": {"@path": "$.properties.nothing"}}

    payload = compile_mapping(mapping)(EVENT)

    assert payload == {"null": None}


def test_the_payload_shares_nothing_that_can_change_with_the_event() -> None:
    before = copy.deepcopy(EVENT)
    payload = compile_mapping({"a": {"@path": "$.properties"}, "b": [{"@path": "properties"}]})(
        EVENT
    )

    payload["a"]["products"][0]["id"] = 99
    payload["b"][0]["new"] = True

    assert before == EVENT


def test_everything_that_is_wrong_is_said_at_once() -> None:
    mapping = {"a": {"@path": 5}, "b": {"c": {"@nope": 1}}, "d": {"@json": {}}}

    with pytest.raises(MappingError) as error:
        compile_mapping(mapping)

    assert error.value.messages == (
        "/a/@path should be a string or a mapping directive but it is a number.",
        "/b/c has an invalid directive: @nope.",
        '/d/@json should have field "value" but it doesn\'t.',
        '/d/@json should have field "mode" but it doesn\'t.',
    )


def test_what_is_wrong_in_a_list_shows_when_an_event_is_mapped() -> None:
    mapped = compile_mapping({"a": [{"@case": {}}]})

    with pytest.raises(MappingError) as error:
        mapped(EVENT)

    assert error.value.messages == ('@case requires a "operator" key',)


def test_a_branch_that_is_not_taken_raises_nothing() -> None:
    mapping = {"a": [{"@if": {"exists": {"@path": "nope"}, "then": {"@case": {}}, "else": 1}}]}

    assert compile_mapping(mapping)(EVENT) == {"a": [1]}


@pytest.mark.parametrize(
    "text",
    [
        '"); raise SystemExit("',
        "\\",
        "'''",
        "{x}\n    import os",
        "\ud83d",
        "\x00",
        "\u2028",
    ],
)
def test_no_text_becomes_code(text: str) -> None:
    mapping = {text: {"@path": text}, "t": {"@template": f"{text}{{{{{text}}}}}"}, "v": text}

    payload = compile_mapping(mapping)({"v": 1})

    assert payload["v"] == text
    assert payload["t"].startswith(text)


def test_a_mapping_has_bounds() -> None:
    deep: object = 1
    for _ in range(100):
        deep = {"a": deep}

    with pytest.raises(MappingError, match="deeper than 64 levels"):
        compile_mapping({"x": deep})
    with pytest.raises(MappingError, match="more than 10000 parts"):
        compile_mapping({"x": [1] * 20_000})


def test_a_replacement_cannot_fill_the_memory() -> None:
    options = {"pattern": "a", "replacement": "$`$`$`$`$`", "value": {"@path": "v"}}

    with pytest.raises(MappingError, match="more than 1000000 characters"):
        compile_mapping({"x": {"@replace": options}})({"v": "a" * 30_000})


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{% for x in y %}{% endfor %}", 'tag "for" is disabled, line:1, col:1'),
        ("a\n {{ userId | sort }}", 'filter "sort" is disabled, line:2, col:2'),
        ("x" * 1001, "liquid template values are limited to 1000 characters"),
        ("{{ $.userId }}", 'invalid value expression: "$.userId", line:1, col:4'),
    ],
)
def test_what_segment_does_not_allow_in_a_template_is_refused(template: str, message: str) -> None:
    mapped = compile_mapping({"x": {"@liquid": template}})

    with pytest.raises(MappingError) as error:
        mapped(EVENT)

    assert error.value.messages == (message,)


def test_a_template_cannot_fill_the_memory() -> None:
    template = '{{ v | replace: "a", v | replace: "a", v }}'

    with pytest.raises(MappingError):
        compile_mapping({"x": {"@liquid": template}})({"v": "a" * 30_000})


def test_only_an_object_is_mapped() -> None:
    with pytest.raises(MappingError, match="data must be an object, got array"):
        transform({}, [])
