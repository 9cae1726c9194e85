"""A definition is read as written, written as read, and refused where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crossdock.audiences.language import LanguageError, read_audience, read_trait, text_of, tree
from crossdock.audiences.language.words import CONDITIONS_MAX
from tests.audiences.definitions import of_account, of_user, reduced

few = settings(deadline=None, max_examples=200)


@few
@given(node=of_user)
def test_what_is_written_is_read_as_the_same(node: tree.Condition) -> None:
    assert read_audience(text_of(node)) == node


@few
@given(node=of_account)
def test_so_it_is_for_accounts(node: tree.Condition) -> None:
    assert read_audience(text_of(node), subject="accounts") == node


@few
@given(node=reduced())
def test_so_it_is_for_computed_traits(node: tree.Reduced) -> None:
    assert read_trait(text_of(node)) == node


@given(text=st.text() | st.text("event('A').count()>= 1ANDORNOT{}[],:trait\\"))
@example("event('A" * 3000)
@example("(" * 20_000)
@example("NOT " * 4_000)
@example("event('A').where(" * 1_000)
@example("trait('a') = " + "9" * 5_000)
@example("event('A').within(999999999999999999999999 days).count() > 1")
def test_no_text_does_more_than_being_refused(text: str) -> None:
    refused = None
    try:
        read_audience(text)
    except LanguageError as error:
        refused = error

    assert refused is None or 0 <= refused.position <= len(text)
    assert refused is None or refused.excerpt.endswith("^")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        pytest.param(
            "event('A').count().at_least(1)",
            "event('A').count() >= 1",
            id="a comparison by name is one by sign",
        ),
        pytest.param(
            'trait("a") == literal("it\'s")',
            "trait('a') = 'it\\'s'",
            id="any quotes, and a literal",
        ),
        pytest.param(
            "trait('a') = 1 or trait('b') = 2 and not trait('c') = true",
            "trait('a') = 1 OR trait('b') = 2 AND NOT trait('c') = true",
            id="words of any case, and AND before OR",
        ),
        pytest.param(
            "(trait('a') = 1 OR trait('b') = 2) AND trait('c') = 3",
            "(trait('a') = 1 OR trait('b') = 2) AND trait('c') = 3",
            id="parentheses where they mean something",
        ),
        pytest.param(
            "event('A').where({property('x') > 1}).sources({exclude: ['s1', 's2']})"
            ".within(1 days).count() > 0",
            "event('A').where(property('x') > 1).sources({exclude: 's1', 's2'})"
            ".within(1 day).count() > 0",
            id="braces and lists as in Segment's examples",
        ),
        pytest.param(
            "event('A').mode(property('x')) = 'a'",
            "event('A').mode(property('x'), 2) = 'a'",
            id="most frequent means at least twice",
        ),
    ],
)
def test_there_is_one_text_for_each_meaning(written: str, canonical: str) -> None:
    assert text_of(read_audience(written)) == canonical


def refusal(text: str, *, is_trait: bool = False) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        read_trait(text) if is_trait else read_audience(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "at", "do"),
    [
        ("event('A').cont() >= 1", "cont", "Did you mean count?"),
        ("evnt('A').count() >= 1", "evnt", "Did you mean event?"),
        ("event('A').where(prop('x') = 1).count() >= 1", "prop(", "Did you mean property?"),
        ("event('A').count() >= 1 && trait('x') = 1", "&", "Write AND."),
        ("trait('x') = 'open", "'open", "Close it with '."),
        ("trait('x').within(3 days)", "within", "It comes before the reducer, such as count()."),
        ("event('A').contains('x').count() > 1", "contains", "It comes after a reducer"),
        ("event('A').within(3 weeks).count() > 1", "weeks", "Write hours or days"),
        ("event('A').within(30).count() > 1", ")", "Write hours or days"),
        ("property('x') = 1", "property", "Write it in where"),
        ("event('A').count() >= 'many'", "'many'", "Write a number here."),
        ("event('A').count() >= true", "true", "Write a number here."),
        ("trait('x') > true", "true", "Compare it with = or !=."),
        ("ANY trait('x') = 1", "ANY", "make the definition one of accounts"),
        ("event('A').between(3 days, 2 days).count() > 1", "between", "the shorter time first"),
        ("trait('x').before_date('soon')", "trait", "Write for example '2030-01-31'"),
        ("trait('products.$.sku') = 'a'", "trait", "products.0.sku"),
        ("entity('cars').count() > 1", "entity", "The only entities are accounts."),
        ("event('A').where(property(parent: 'x') = 1).count() > 1", "property", "the where of"),
        ("event('A').within(parent: 1 day).count() > 1", "within", "Remove parent:"),
        ("event('A').unique(property('x')) = 'a'", "event", "unique(…).count() >= 1"),
        ("event('A').sum('x') > 1", "'x'", "Write sum(property('its name'))."),
        ("trait('x') = 1 trait('y') = 2", "trait('y')", "Join conditions with AND or OR."),
        ("trait('') = 1", "trait", "Write a name"),
    ],
)
def test_an_error_points_at_the_place_and_says_what_to_write(text: str, at: str, do: str) -> None:
    error = refusal(text)

    assert text[error.position :].startswith(at)
    assert do in error.do


def test_an_error_shows_its_line_with_a_caret() -> None:
    error = refusal("trait('a') = 1\n  AND trait('b') ~ 2")

    assert (error.line, error.column) == (2, 18)
    assert error.excerpt == "  AND trait('b') ~ 2\n                 ^"


def test_fifty_conditions_are_the_most() -> None:
    read_audience(" AND ".join(["trait('a') = 1"] * CONDITIONS_MAX))

    error = refusal(" AND ".join(["trait('a') = 1"] * (CONDITIONS_MAX + 1)))

    assert "refer to it by trait" in error.do


def test_a_computed_trait_compares_nothing() -> None:
    error = refusal("event('A').count() >= 1", is_trait=True)

    assert error.position == len("event('A').count() ")


def test_a_computed_trait_is_made_from_events() -> None:
    assert "Begin with event" in refusal("trait('a')", is_trait=True).do
