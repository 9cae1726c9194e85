"""A template gives the text that LiquidJS gives: what it takes, it takes; what it refuses, too."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kit.mapping import MappingError, compile_mapping

EVENT = {
    "userId": "u-1",
    "timestamp": "2026-01-02T03:04:05.678Z",
    "properties": {
        "0": "zero-key",
        "nil": None,
        "true": "t",
        "empty": "",
        "int": 42,
        "neg": -2.5,
        "str": "Hello World",
        "nums": [1, 2, 3],
        "products": [{"sku": "s1", "price": 9.99}, {"sku": None}],
    },
}


def rendered(template: str) -> object:
    return compile_mapping({"x": {"@liquid": template}})(EVENT)["x"]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ properties.nil }}", ""),
        ('{{ properties.nil | default: "d" }}', "d"),
        ("{{ properties.true }}", "t"),
        ('{% if properties.empty == "" %}y{% endif %}', "y"),
        ("{% if properties.empty == empty %}y{% endif %}", "y"),
        ("{% assign x = properties.nil %}{{ x }}", ""),
        ("{{ properties.0 }}", "zero-key"),
        ("{{ properties.nums.-1 }}", "3"),
        ("{{ userId | }}", "u-1"),
        ("{{ userId nonsense }}", "u-1"),
        ('{% if properties.int >= "42" %}y{% endif %}', "y"),
        ('{% if "9" < "10" %}y{% else %}n{% endif %}', "n"),
        ("{{ properties.int > 41 and properties.nope }}", "false"),
        ("{% if not properties.nil %}y{% endif %}", "y"),
        ('{{ (1..3) | join: "-" }}', "1-2-3"),
        ("{{ 'abc'.size }}", "3"),
        ("{{ properties.neg | round }}", "-3"),
        ("{{ nil | json }}", "{}"),
        ("{{ properties.nil | json }}", "null"),
        ("{{ properties.products | json: 1 | size }}", "61"),
        ('{{ "%2B+" | url_decode }}', "  "),
        ('{{ "abc" | replace: "", "-" }}', "a-b-c"),
        ('{{ timestamp | date: "%d %H:%M %z", "America/New_York" }}', "01 22:04 -0500"),
        ('{{ timestamp | date: "%H:%M", -330 }}', "08:34"),
        ('{{ "March 14, 2016" | date: "%b %d, %y" }}', "Mar 14, 16"),
        ("{{ timestamp | date_to_string: 'ordinal', 'US' }}", "Jan 2nd, 2026"),
        ("{{ properties.products | where: 'sku', 's1' | size }}", "1"),
        ("{% cycle 'a', 'b' %}{% cycle 'c', 'd' %}", "ad"),
        ("{%- liquid\n assign a = 'x'\n echo a -%}  y", "xy"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{% # a note %}y", "y"),
    ],
)
def test_a_template_is_rendered_as_liquidjs_renders_it(template: str, text: str) -> None:
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("template", "name", "message"),
    [
        ("{{ }}", "TokenizationError", 'invalid value expression: "", line:1, col:4'),
        ("{{ a", "TokenizationError", 'output "{{ a" not closed, line:1, col:1'),
        ("{% if a %}", "ParseError", "tag {% if a %} not closed, line:1, col:1"),
        ("{{ a | b c }}", "TokenizationError", 'expected ":" after filter name, line:1, col:10'),
        ("\n{{ a | append }}", "RenderError", "append expect 2 arguments, line:2, col:1"),
        (
            "{{ 'now' | date: '%Y', 'Nowhere' }}",
            "RenderError",
            "Invalid time zone specified: Nowhere, line:1, col:1",
        ),
    ],
)
def test_what_liquidjs_refuses_is_refused_in_its_words(
    template: str, name: str, message: str
) -> None:
    with pytest.raises(MappingError) as refused:
        rendered(template)

    assert (refused.value.name, *refused.value.messages) == (name, message)


def test_lists_in_lists_cannot_fill_the_memory() -> None:
    doubling = "{% assign a = 'x' | push: a %}" + "{% assign a = a | push: a %}" * 33

    with pytest.raises(MappingError, match="more than 1000000 characters"):
        rendered(doubling + "{{ a }}")


def test_a_template_does_not_change_the_event() -> None:
    assert rendered("{% increment userId %}{% increment userId %}") == "01"
    assert EVENT["userId"] == "u-1"


pieces = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            "-",
            "|",
            ":",
            ",",
            "(",
            "..",
            ")",
            "[",
            "]",
            ".",
            "'",
            '"',
            "\\",
        ),
        *(" ", "\n", "if", "endif", "else", "assign", "raw", "endraw", "liquid", "cycle", "userId"),
        *(
            "properties",
            "nil",
            "1",
            "1e9",
            "date",
            "slice",
            "json",
            "truncate",
            "=",
            "==",
            "not",
            "😀",
        ),
    ]
)


@given(st.lists(pieces, max_size=25).map("".join))
def test_no_template_fails_in_another_way_than_by_saying_what_is_wrong(template: str) -> None:
    with contextlib.suppress(MappingError):
        assert isinstance(rendered(template), str)
