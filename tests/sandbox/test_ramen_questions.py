"""A question is asked of those it is meant for, where it is meant to be asked."""

from __future__ import annotations

import msgspec
import pytest

from crossdock.sandbox.ramen.people import User
from crossdock.sandbox.ramen.questions import (
    Draft,
    EventCondition,
    Question,
    Targeting,
    TraitCondition,
    due_question,
    is_meant,
    is_on_page,
)

NOON = "2030-01-01T12:00:00Z"
URL = "https://shop.example/pricing/team?from=mail#top"


def user(**known: object) -> User:
    someone = User(key="user:42", id="42", first_seen_at=NOON, last_seen_at=NOON)
    return msgspec.structs.replace(someone, **known)


@pytest.mark.parametrize(
    ("targeting", "is_asked"),
    [
        pytest.param(Targeting(), True, id="everyone"),
        pytest.param(Targeting(audience="identified"), True, id="a logged-in user"),
        pytest.param(Targeting(audience="anonymous"), False, id="no anonymous visitor"),
        pytest.param(Targeting(company_ids=["c1", "c9"]), True, id="in one of the companies"),
        pytest.param(Targeting(company_ids=["c9"]), False, id="in none of them"),
        pytest.param(Targeting(events=[EventCondition("Bought", 2)]), True, id="often enough"),
        pytest.param(Targeting(events=[EventCondition("Bought", 3)]), False, id="not often enough"),
        pytest.param(Targeting(events=[EventCondition("Sold")]), False, id="never"),
        pytest.param(Targeting(url_pattern="/pricing/*"), True, id="on the page"),
        pytest.param(Targeting(url_pattern="/docs/*"), False, id="on another page"),
        pytest.param(
            Targeting(audience="identified", company_ids=["c9"]), False, id="all must hold"
        ),
    ],
)
def test_targeting(targeting: Targeting, *, is_asked: bool) -> None:
    someone = user(company_ids=("c1", "c2"), events={"Bought": 2})

    assert is_meant(targeting, someone, URL) is is_asked


@pytest.mark.parametrize(
    ("condition", "is_asked"),
    [
        pytest.param(TraitCondition("plan", "=", "Pro"), True, id="equal"),
        pytest.param(TraitCondition("plan", "!=", "Free"), True, id="not equal"),
        pytest.param(TraitCondition("city", "!=", "Rome"), True, id="missing is not equal"),
        pytest.param(TraitCondition("seats", ">=", "10"), True, id="a number written as text"),
        pytest.param(TraitCondition("seats", "<", 10), False, id="not below"),
        pytest.param(TraitCondition("is_paying", "=", "true"), True, id="a boolean as text"),
        pytest.param(TraitCondition("paid_at", ">", "2020-01-01T00:00:00Z"), True, id="a time"),
        pytest.param(TraitCondition("plan", "exists"), True, id="there"),
        pytest.param(TraitCondition("city", "exists"), False, id="not there"),
        pytest.param(TraitCondition("city", "missing"), True, id="missing"),
        pytest.param(TraitCondition("city", ">", 1), False, id="missing is above nothing"),
        pytest.param(TraitCondition("email", "=", "ana@shop.example"), True, id="the e-mail"),
    ],
)
def test_trait_conditions(condition: TraitCondition, *, is_asked: bool) -> None:
    traits = {
        "plan": "Pro",
        "seats": 12,
        "is_paying": True,
        "paid_at": "2025-01-01T00:00:00Z",
    }
    someone = user(email="ana@shop.example", traits=traits)

    assert is_meant(Targeting(traits=[condition]), someone, URL) is is_asked


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        pytest.param("/pricing/team", True, id="the path"),
        pytest.param("/pricing", False, id="not a part of it"),
        pytest.param("*pricing*", True, id="anywhere"),
        pytest.param("https://shop.example/*?from=mail", True, id="the whole address"),
        pytest.param("/pri*ing/*eam", True, id="several stars"),
        pytest.param("/pricing/team*team", False, id="no letter twice"),
        pytest.param("*", True, id="any page"),
    ],
)
def test_url_patterns(pattern: str, *, fits: bool) -> None:
    assert is_on_page(pattern, URL) is fits


def test_a_pattern_of_stars_takes_no_time() -> None:
    assert not is_on_page("*a" * 200 + "b", "a" * 2_000)


def test_the_oldest_question_that_was_not_asked_is_due() -> None:
    questions = [
        Question("q3", "2030-01-03", Draft("third")),
        Question("q2", "2030-01-02", Draft("second", is_active=False)),
        Question("q1", "2030-01-01", Draft("first")),
    ]

    due = due_question(questions, user(asked_question_ids=("q1",)), URL)

    assert due is not None
    assert due.id == "q3"
