"""A filter holds back what its owner says, in one order, and everything when it is broken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.base.json import JsonObject
from crossdock.pipeline.route.filters import FilterPlan, Held, apply_filters, is_in_sample
from crossdock.pipeline.route.plan import compile_plan
from crossdock.workspace import Filter, FilterAction, Workspace
from tests.route.builders import COMPILERS, connection, destination, event, filter_by


def compiled(*filters: Filter) -> tuple[FilterPlan, ...]:
    workspace = Workspace(version=1, connections=(connection(filters=filters),))
    plan = compile_plan(workspace, {"pigeonhole": destination()}, COMPILERS)
    return plan.source(workspace.connections[0].source_id).to_send[0].filters


def left(*filters: Filter, **parts: Any) -> JsonObject | Held:
    seen = event("track", **parts)
    return apply_filters(seen.body, compiled(*filters), message_id=seen.message_id)


def drop_properties(**fields: list[str]) -> Filter:
    return filter_by(FilterAction(type="DROP_PROPERTIES", fields=fields))


def allow_properties(**fields: list[str]) -> Filter:
    return filter_by(FilterAction(type="ALLOW_PROPERTIES", fields=fields))


def sample(percent: float | None, *, path: str | None = None) -> Filter:
    return filter_by(FilterAction(type="SAMPLE", percent=percent, path=path))


def test_what_a_drop_filter_applies_to_is_held_back() -> None:
    held = left(filter_by(FilterAction(type="DROP"), condition="track", title="No tracks"))

    assert held == Held("filter", 'The filter "No tracks" drops it.')


def test_what_a_filter_does_not_apply_to_goes_through() -> None:
    assert not isinstance(left(filter_by(FilterAction(type="DROP"), condition="page")), Held)


def test_a_disabled_filter_does_nothing() -> None:
    assert not isinstance(left(filter_by(FilterAction(type="DROP"), enabled=False)), Held)


@pytest.mark.parametrize("condition", ["broken", "explodes"])
def test_a_broken_filter_holds_everything_back(condition: str) -> None:
    held = left(filter_by(FilterAction(type="DROP"), condition=condition))

    assert isinstance(held, Held)
    assert held.reason == "filter_error"
    assert "secret" not in held.what


def test_a_sample_without_a_share_holds_everything_back() -> None:
    held = left(sample(None))

    assert isinstance(held, Held)
    assert held.reason == "filter_error"


@pytest.mark.parametrize(
    ("names", "before", "after"),
    [
        pytest.param(["email"], {"email": 1, "a": 2}, {"a": 2}, id="a property"),
        pytest.param(["x"], {"a": 2}, {"a": 2}, id="one that is not there"),
        pytest.param(["card.number"], {"card": {"number": 1, "cvc": 2}}, {"card": {"cvc": 2}},
                     id="one inside another"),
        pytest.param(["card.number"], {"card.number": 1, "a": 2}, {"a": 2},
                     id="one whose name has a dot"),
        pytest.param([r"card\.number"], {"card.number": 1, "card": {"number": 2}},
                     {"card": {"number": 2}}, id="only the one whose name has a dot"),
        pytest.param(["items.price"], {"items": [{"price": 1, "id": 2}, 3]},
                     {"items": [{"id": 2}, 3]}, id="in each element of a list"),
        pytest.param(["a.b"], {"a": 1}, {"a": 1}, id="a path that leads nowhere"),
    ],
)  # fmt: skip
def test_dropped_properties_are_left_out(
    names: list[str], before: JsonObject, after: JsonObject
) -> None:
    body = left(drop_properties(properties=names), properties=before)

    assert not isinstance(body, Held)
    assert body["properties"] == after


@pytest.mark.parametrize(
    ("names", "before", "after"),
    [
        pytest.param(["a"], {"a": 1, "b": 2}, {"a": 1}, id="a property"),
        pytest.param([], {"a": 1}, {}, id="none"),
        pytest.param(["a.b"], {"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1}}, id="one inside"),
        pytest.param(["a.b"], {"a.b": 1, "c": 2}, {"a.b": 1}, id="one whose name has a dot"),
        pytest.param(["a.b"], {"a": [{"b": 1, "c": 2}, 3]}, {"a": [{"b": 1}]},
                     id="in each element of a list"),
        pytest.param(["a", "a.b"], {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}},
                     id="the wider of two"),
        pytest.param(["a.b"], {"a": 1}, {}, id="a path that leads nowhere"),
    ],
)  # fmt: skip
def test_only_allowed_properties_are_left(
    names: list[str], before: JsonObject, after: JsonObject
) -> None:
    body = left(allow_properties(properties=names), properties=before)

    assert not isinstance(body, Held)
    assert body["properties"] == after


def test_properties_are_taken_from_each_part_that_is_named() -> None:
    body = left(
        drop_properties(traits=["ssn"], context=["ip"]),
        properties={"ip": 1},
        traits={"ssn": 2, "plan": 3},
        context={"ip": 4},
    )

    assert not isinstance(body, Held)
    assert (body["properties"], body["traits"], body["context"]) == ({"ip": 1}, {"plan": 3}, {})


def test_the_event_that_others_see_is_not_changed() -> None:
    seen = event("track", properties={"card": {"number": 1}})

    apply_filters(seen.body, compiled(drop_properties(properties=["card.number"])), message_id="m")

    assert seen.body["properties"] == {"card": {"number": 1}}


def test_actions_come_in_one_order_whatever_the_order_of_the_filters() -> None:
    drop = filter_by(FilterAction(type="DROP"), title="Drop")

    held = left(allow_properties(properties=[]), drop, sample(0.0), drop_properties())

    assert isinstance(held, Held)
    assert held.reason == "sample"


def test_properties_are_dropped_before_others_are_allowed() -> None:
    body = left(
        allow_properties(properties=["a", "b"]),
        drop_properties(properties=["a"]),
        properties={"a": 1, "b": 2, "c": 3},
    )

    assert not isinstance(body, Held)
    assert body["properties"] == {"b": 2}


def test_a_sample_by_a_path_keeps_a_person_in_or_out() -> None:
    kept = {
        user: {not isinstance(left(sample(0.5, path="userId"), userId=user), Held) for _ in "123"}
        for user in map(str, range(50))
    }

    assert all(len(answers) == 1 for answers in kept.values())
    assert {True} in kept.values()
    assert {False} in kept.values()


def test_a_sample_by_a_path_that_is_not_there_goes_by_message() -> None:
    answers = {
        isinstance(left(sample(0.5, path="traits.none"), messageId=str(number)), Held)
        for number in range(50)
    }

    assert answers == {True, False}


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.1, 100), (0.5, 500), (1.0, 1000)])
def test_a_sample_keeps_its_share(share: float, expected: int) -> None:
    kept = sum(is_in_sample(f"message-{number}", share) for number in range(1000))

    assert kept == pytest.approx(expected, abs=50)


@given(value=st.text() | st.integers(-(2**63), 2**63), share=st.floats(0, 1), more=st.floats(0, 1))
def test_who_is_in_a_sample_is_in_every_larger_one(
    value: object, share: float, more: float
) -> None:
    if is_in_sample(value, min(share, more)):
        assert is_in_sample(value, max(share, more))


names_of_properties = st.sampled_from(["a", "b", "c", "a.b", "b.c"])
objects = st.recursive(
    st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names_of_properties, inner),
    max_leaves=8,
)


@given(
    properties=st.dictionaries(names_of_properties, objects),
    names=st.lists(st.sampled_from(["a", "a.b", "a.b.c", "b", "c.a"]), max_size=3),
)
def test_what_one_filter_drops_and_another_allows_alone_is_nothing(
    properties: JsonObject, names: list[str]
) -> None:
    dropped = left(drop_properties(properties=names), properties=properties)
    assert not isinstance(dropped, Held)

    both = left(allow_properties(properties=names), properties=dropped["properties"])

    assert not isinstance(both, Held)
    assert _leaves(both["properties"]) == []


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]
