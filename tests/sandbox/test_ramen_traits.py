"""A trait's first value fixes its type, and later values are cast to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.sandbox.ramen.traits import TraitType, cast, cast_value


@pytest.mark.parametrize(
    ("name", "value", "trait_type", "kept"),
    [
        pytest.param("plan", "Pro", "string", "Pro", id="a text"),
        pytest.param("plan", True, "boolean", True, id="a boolean"),
        pytest.param("seats", 12, "integer", 12, id="a whole number"),
        pytest.param("mrr", 149.99, "float", 149.99, id="a fraction"),
        pytest.param(
            "seen", "2020-01-01T01:00:00+01:00", "time", "2020-01-01T00:00:00Z", id="a time"
        ),
        pytest.param("seen_at", 1_234_567_890, "time", "2009-02-13T23:31:30Z", id="_at is a time"),
        pytest.param("is_paying", "false", "boolean", False, id="is_ is a boolean"),
        pytest.param("is_paying", 1, "boolean", True, id="also from a number"),
        pytest.param("is_paid_at", 0, "time", "1970-01-01T00:00:00Z", id="_at goes first"),
    ],
)
def test_the_first_value_fixes_the_type(
    name: str, value: object, trait_type: TraitType, kept: object
) -> None:
    result = cast({name: value}, {})

    assert (result.types_by_name, result.values_by_name) == ({name: trait_type}, {name: kept})


@pytest.mark.parametrize(
    ("trait_type", "value", "kept"),
    [
        pytest.param("string", 7, "7", id="a number to text"),
        pytest.param("string", True, "true", id="a boolean to text"),
        pytest.param("integer", "12", 12, id="text to a whole number"),
        pytest.param("integer", 12.9, 12, id="a fraction is cut"),
        pytest.param("float", "1.5", 1.5, id="text to a fraction"),
        pytest.param("boolean", "no", False, id="a word to a boolean"),
        pytest.param("integer", "many", None, id="no number"),
        pytest.param("time", "yesterday", None, id="no time"),
        pytest.param("time", 1e300, None, id="a time beyond all calendars"),
        pytest.param("time", "9999-12-31T23:59:59-05:00", None, id="never, west of Greenwich"),
        pytest.param("time", "0001-01-01T00:00:00+05:00", None, id="the beginning, east of it"),
    ],
)
def test_later_values_are_cast(trait_type: TraitType, value: object, kept: object) -> None:
    result = cast({"trait": value}, {"trait": trait_type})

    assert result.values_by_name == ({} if kept is None else {"trait": kept})
    assert bool(result.notes) == (kept is None)


def test_null_fixes_no_type_and_empties_the_trait() -> None:
    result = cast({"plan": None}, {})

    assert (result.types_by_name, result.values_by_name) == ({}, {"plan": None})


@pytest.mark.parametrize("name", ["total billed", "e-mäil", "", "a.b", "x" * 101])
def test_a_name_with_other_characters_is_left_out_and_said(name: str) -> None:
    result = cast({name: 1, "Plan": "a", "plan-2_b": "b"}, {})

    assert set(result.values_by_name) == {"Plan", "plan-2_b"}
    assert len(result.notes) == 1


@pytest.mark.parametrize("value", [{"a": 1}, [1]], ids=["an object", "a list"])
def test_what_has_no_type_is_left_out(value: object) -> None:
    result = cast({"thing": value}, {})

    assert result.values_by_name == {}
    assert len(result.notes) == 1


@given(
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    trait_type=st.sampled_from(["string", "boolean", "integer", "float", "time"]),
)
def test_whatever_comes_it_has_the_type_or_is_left_out(
    value: object, trait_type: TraitType
) -> None:
    kept = cast_value(value, trait_type)

    kinds = {"string": str, "boolean": bool, "integer": int, "float": float, "time": str}
    assert kept is None or type(kept) is kinds[trait_type]
