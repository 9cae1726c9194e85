"""A condition means what Segment documents, and says where Segment's runtime differs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.base.json import JsonObject
from crossdock.kit import FqlError, compile_condition
from tests.fuzzing import examples

EVENT: JsonObject = {
    "type": "track",
    "event": "Order Completed",
    "userId": None,
    "properties": {
        "total": 25,
        "plan": "pro",
        "vip": True,
        "tags": ["a", "b"],
        "a.b": "dotted",
        "product 1": {"price": 9},
        "name": "Zoë",
    },
}


@pytest.mark.parametrize(
    "text",
    [
        'type = "track"',
        "type = 'track'",
        'type="track"and event="Order Completed"',
        'type = "page" and event = "x" or event = "Order Completed"',
        'event = "Order Completed" or type = "page" and event = "x"',
        '((type = "track") and (properties.total > 20 and (properties.plan = "pro")))',
        '!(type = "page")',
        "!!properties.vip",
        'type in ["page", "track"]',
        "properties.total >=25",
        "properties.total = 25.0",
        'properties.total != "25"',
        "userId = null and properties.nope = null",
        "properties.nope != 5",
        '!contains(properties.nope, "x")',
        'properties.a\\.b = "dotted"',
        "properties.product\\ 1.price = 9",
        'properties.tags.1 = "b"',
        'contains(event, "Completed")',
        'match(event, "Or?er*[A-C]ompleted")',
        'lowercase(event) = "order completed"',
        'snakecase(event) = "order_completed"',
        'kebabcase("orderCompleted") = "order-completed"',
        'titlecase("order completed") = event',
        "length(properties.tags) = 2",
        "length(properties.name) = 4",
        "length(null) = 0",
        'typeof(properties.tags) = "list" and typeof(userId) = "null"',
        'number("5") < properties.total and string(25) = "25" and bool("true")',
        "lowercase(null) = null",
        '"say \\"hi\\"" = \'say "hi"\'',
        'match("*", "\\*") and !match("x", "\\*")',
    ],
)
def test_it_holds(text: str) -> None:
    assert compile_condition(text).matches(EVENT)


@pytest.mark.parametrize(
    "text",
    [
        'event = "order completed"',
        "properties.vip = 1",
        "properties.total > null",
        'match(event, "Order")',
        'match(null, "*")',
        "contains(null, null)",
        "properties.plan",
        'properties.total > "1"',
    ],
)
def test_it_does_not_hold(text: str) -> None:
    assert not compile_condition(text).matches(EVENT)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("type =", 6),
        ('type = "track', 7),
        ("type == 1", 6),
        ("a && b", 2),
        ("(type = 1", 9),
        ("type = 1)", 8),
        ("sizeof(type) = 1", 0),
        ("contains(type)", 0),
        ("a and nope(b)", 6),
        ("type = 1 event = 2", 9),
        ("$.type = 1", 0),
    ],
)
def test_what_is_not_fql_is_refused_at_its_place(text: str, position: int) -> None:
    with pytest.raises(FqlError) as error:
        compile_condition(text)

    assert error.value.position == position
    assert error.value.do


def test_a_condition_has_bounds() -> None:
    with pytest.raises(FqlError, match="at most 50 deep"):
        compile_condition("(" * 100 + "type" + ")" * 100)
    with pytest.raises(FqlError, match="characters"):
        compile_condition("a" * 30_000)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('type = "a" and type = "b" or type = "c"', "mixed_and_or"),
        ('((type = "a"))', "nested_parentheses"),
        ('!(type = "a")', "negated_group"),
        ("type = 'a'", "single_quotes"),
        ('lowercase(event) = "a"', "unsupported_function"),
        ('anonymousId = "a"', "unsupported_path"),
        ("properties.a != 5", "inequality_on_missing"),
        ("event = null", "type_of_null"),
        ('match(event, "*a*")', "glob_matching"),
        ('type in ["a"]', "unsupported_operator"),
        ('properties.a>"b"', "number_as_text"),
    ],
)
def test_a_note_says_where_segments_runtime_differs(text: str, code: str) -> None:
    notes = compile_condition(text).notes

    assert code in [note.partition(": ")[0] for note in notes]


def test_what_segments_runtime_reads_alike_has_no_note() -> None:
    text = 'type = "track" and (event = "A" or contains(properties.plan, "pro"))'

    assert compile_condition(text).notes == ()


def test_a_glob_takes_no_exponential_time() -> None:
    glob = "*a" * 50 + "*b"

    assert not compile_condition(f'match(properties.x, "{glob}")').matches(
        {"properties": {"x": "a" * 5_000}}
    )


PIECES = st.sampled_from(
    [
        *("type", "=", "!=", "<", "<=", "in", "and", "or", "!", "(", ")", "[", "]", ",", ".", "\\"),
        *('"a"', "'b'", "5", "null", "true", "match", "contains", "length", "properties.a"),
        *("*", '"', "'", "é", "\n"),
    ]
)


@given(st.lists(PIECES, max_size=12).map(" ".join))
@settings(max_examples=examples(400), deadline=None)
def test_nothing_but_an_fql_error_is_raised(text: str) -> None:
    try:
        condition = compile_condition(text)
    except FqlError:
        return

    assert condition.matches(EVENT) in (True, False)
