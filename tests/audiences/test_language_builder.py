"""What the builder shows is what the text says, and the other way about."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings

from crossdock.audiences.language import (
    NotInBuilder,
    builder,
    builder_of,
    computed_of,
    computed_trait_of,
    condition_of,
    read_audience,
    read_trait,
    text_of,
    tree,
)
from tests.audiences.definitions import of_account, of_user, reduced


def ordered(node: tree.Node) -> str:
    """The text without regard to the order of filters."""
    return "".join(sorted(text_of(node)))


@settings(deadline=None)
@given(node=of_user | of_account)
def test_what_the_builder_shows_means_the_same(node: tree.Condition) -> None:
    try:
        shown = builder_of(node, audience_keys={"n"})
    except NotInBuilder:
        return

    sent = msgspec.json.decode(msgspec.json.encode(shown), type=builder.Condition)

    assert sent == shown
    assert ordered(condition_of(sent)) == ordered(node)


@settings(deadline=None)
@given(node=reduced())
def test_so_does_a_computed_trait(node: tree.Reduced) -> None:
    try:
        shown = computed_trait_of(node)
    except NotInBuilder:
        return

    assert ordered(computed_of(shown)) == ordered(node)


@pytest.mark.parametrize(
    "text",
    [
        "event('Order Completed').within(30 days).count() >= 1",
        "event('A').where(property('x') > 1 AND NOT property('y') = 'a').count() = 2",
        "event('A').sources({exclude: 's'}).between(1 day, 2 days).count() = 2",
        "event('A').where(property('x') = 1 OR context('y').exists()).count() < 3",
        "event('A').where(property('x') > 1 AND event('B').count() >= 1).count() >= 1",
        "event('A').where(event('B').within(parent: 5 days).count() > 1).count() > 1",
        (
            "event('A').where(event('B').where(property('x') = property(parent: 'x')).count() > 1)"
            ".count() > 0"
        ),
        "trait('plan').one_of('pro', 'team') AND NOT (trait('big') = true OR trait('age') >= 30)",
        "trait('renews').within_next(7 days)",
        "event('A').expires_after(30 minutes).count() > 1",
    ],
)
def test_the_builder_shows_what_people_build(text: str) -> None:
    shown = builder_of(read_audience(text), audience_keys={"big"})

    assert text_of(condition_of(shown)) == text


@pytest.mark.parametrize("quantifier", ["ANY", "ALL", "ALL NOT"])
def test_the_builder_shows_any_all_and_none_of_the_users(quantifier: str) -> None:
    text = f"{quantifier} event('A').count() >= 1"

    shown = builder_of(read_audience(text, subject="accounts"))

    assert isinstance(shown, builder.UsersCondition)
    assert shown.quantifier == {"ANY": "any", "ALL": "all", "ALL NOT": "none"}[quantifier]
    assert text_of(condition_of(shown)) == text


def test_another_audience_is_shown_as_one() -> None:
    node = read_audience("trait('big') = true")

    assert builder_of(node, audience_keys={"big"}) == builder.AudienceCondition("big")
    assert isinstance(builder_of(node), builder.TraitCondition)


def test_a_computed_trait_is_shown() -> None:
    text = "event('A').where(property('x') > 1).within(30 days).mode(property('brand'), 2)"

    assert text_of(computed_of(computed_trait_of(read_trait(text)))) == text


def test_what_cannot_be_shown_is_named() -> None:
    node = read_audience("event('A').sum(property('x')) > 1 AND trait('y') = 2")

    with pytest.raises(NotInBuilder, match=r"cannot show event\('A'\)\.sum"):
        builder_of(node)
