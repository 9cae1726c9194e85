"""What owners write and what events hold, is text to the mappings and filters, and never code."""

from __future__ import annotations

import contextlib
import time
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.base.json import JsonObject
from crossdock.kit import MappingError, compile_condition, compile_mapping, routing_rule
from crossdock.kit.fql import FqlError
from tests.fuzzing import examples

# Mappings become Python, and filters regular expressions: all that could break out of a text there.
HOSTILE = st.sampled_from(
    [
        *(
            '"',
            "'",
            "\\",
            "\n",
            "\r",
            "\0",
            "\u2028",
            '"""',
            "'''",
            "{",
            "}",
            "{{",
            "}}",
            "%s",
            "\\",
        ),
        *(
            "__class__",
            "__proto__",
            "constructor",
            "e",
            "run",
            "None",
            "return",
            "0",
            "-1",
            "1e400",
        ),
        *(
            '"+__import__("os").abort()+"',
            "\\N{BULLET}",
            "\\x41",
            "#",
            ".",
            "$",
            "[",
            "]",
            "*",
            "?",
        ),
        *("(a+)+$", "\ud800", "\U0001f600", "é", "ß", "İ"),
    ]
)
TEXTS = st.lists(HOSTILE | st.text(max_size=4), max_size=5).map("".join)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.dictionaries(
    st.sampled_from(["type", "event", "userId", "properties", "context", "traits"]) | TEXTS,
    VALUES,
    max_size=5,
)
WORDS = st.sampled_from(
    [
        *("type", "event", "properties.a", "context.page.url", "=", "!=", "<", ">=", "in", "and"),
        *("or", "!", "(", ")", "[", "]", ",", "match(", "contains(", "length(", "lowercase("),
        *("typeof(", '"a*"', "'?'", "5", "-0.5", "1e309", "null", "true", "$", "\\."),
    ]
)
LIQUID = st.lists(
    st.sampled_from(
        [
            *(
                "{{",
                "}}",
                "{%",
                "%}",
                "{{ a }}",
                "{{-",
                "-%}",
                "|",
                ":",
                ",",
                "if a",
                "endif",
                "for",
            ),
            *(
                "x in a",
                "endfor",
                "assign x = ",
                "capture",
                "raw",
                "case",
                "when",
                "else",
                "tablerow",
            ),
            *(
                "a.b[0]",
                "'x'",
                '"',
                "1..9",
                "(1..99999999)",
                "date: '%Y'",
                "times: 1e300",
                "slice: -5",
            ),
            *(
                "split: ''",
                "join",
                "first",
                "size",
                "default: nil",
                "replace: 'a', 'b'",
                "divided_by: 0",
            ),
        ]
    )
    | TEXTS,
    max_size=10,
).map(" ".join)


def directives(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    name = st.sampled_from(
        [
            *("@path", "@template", "@literal", "@if", "@case", "@arrayPath", "@json", "@merge"),
            *("@flatten", "@replace", "@transform", "@liquid", "@excludeWhenNull", "@nonsense"),
        ]
    )
    options = st.dictionaries(
        st.sampled_from(["exists", "blank", "then", "else", "value", "operator", "separator"])
        | st.sampled_from(["mode", "pattern", "replacement", "objects", "direction", "apply"])
        | TEXTS,
        inner,
        max_size=3,
    )
    paths = TEXTS.map(lambda text: f"$.{text}")
    return (
        st.dictionaries(name, inner | options | paths | LIQUID, min_size=1, max_size=1)
        | st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS, inner, max_size=3)
    )


MAPPINGS = st.dictionaries(TEXTS, st.recursive(SCALARS, directives, max_leaves=10), max_size=4)


@given(text=st.lists(WORDS | TEXTS, max_size=14).map(" ".join), event=EVENTS)
@settings(max_examples=examples(300), deadline=None)
def test_a_filter_is_wrong_or_says_yes_or_no(text: str, event: JsonObject) -> None:
    try:
        condition = compile_condition(text)
    except FqlError:
        return

    assert condition.matches(event) in (True, False)
    with contextlib.suppress(FqlError):
        routing_rule(condition)


@given(mapping=MAPPINGS, event=EVENTS)
@settings(max_examples=examples(300), deadline=None)
def test_a_mapping_is_wrong_or_gives_a_payload(mapping: JsonObject, event: JsonObject) -> None:
    with contextlib.suppress(MappingError):
        payload = compile_mapping(mapping)(event)

        assert isinstance(payload, dict)


@given(template=LIQUID, event=EVENTS)
@settings(max_examples=examples(300), deadline=None)
def test_a_template_is_wrong_or_gives_a_text(template: str, event: JsonObject) -> None:
    with contextlib.suppress(MappingError):
        compile_mapping({"a": {"@liquid": template}, "b": {"@template": template}})(event)


@given(key=TEXTS, value=TEXTS)
@settings(max_examples=examples(300), deadline=None)
def test_a_key_and_a_text_stay_what_they_are(key: str, value: str) -> None:
    if key.startswith("@"):
        return
    mapping = cast("JsonObject", {key: {"@literal": value}, "fixed": value})
    try:
        payload = compile_mapping(mapping)({})
    except MappingError:
        return

    assert payload.get(key) == (value if key != "fixed" else payload["fixed"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('match(properties.x, "' + "*a" * 40 + '*b")', "a" * 30_000, id="many stars"),
        pytest.param(
            'match(properties.x, "' + "?*" * 40 + 'b")', "a" * 30_000, id="stars and marks"
        ),
        pytest.param("(" * 5_000 + 'type = "a"' + ")" * 5_000, "", id="brackets in brackets"),
        pytest.param("!" * 20_000 + 'type = "a"', "", id="not not not"),
        pytest.param(" and ".join(['type = "a"'] * 5_000), "", id="a long condition"),
        pytest.param('type = "' + "\\\\" * 50_000 + '"', "", id="a long text"),
    ],
)
def test_a_filter_made_to_hurt_is_answered_at_once(text: str, value: str) -> None:
    began = time.process_time()

    with contextlib.suppress(FqlError):
        compile_condition(text).matches({"type": "a", "properties": {"x": value}})

    assert time.process_time() - began < 2
