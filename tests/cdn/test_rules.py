"""Filters as Analytics.js applies them."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

import pytest

from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.events import ConnectionId
from crossdock.pipeline.collect.cdn.rules import NotInBrowser, check_filter, rule_of
from crossdock.workspace import Filter, FilterAction

from .conftest import ripe

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


def rule(*actions: FilterAction, enabled: bool = True) -> JsonObject | None:
    connection = ripe(
        filters=tuple(
            Filter(
                id=f"flt_{index}",
                connection_id=ripe().id,
                title="",
                condition=f"condition {index}",
                actions=(action,),
                enabled=enabled,
                created_at=NOW,
                updated_at=NOW,
            )
            for index, action in enumerate(actions)
        )
    )
    return rule_of(connection, name="Ripe", routing_rule=lambda text: f"ir of {text}")


def test_steps_run_in_the_order_sample_drop_drop_properties_allow_properties() -> None:
    made = rule(
        FilterAction(type="ALLOW_PROPERTIES", fields={"properties": ["a"]}),
        FilterAction(type="DROP_PROPERTIES", fields={"context": ["ip"]}),
        FilterAction(type="DROP"),
        FilterAction(type="SAMPLE", percent=0.25),
    )

    assert made is not None
    assert made["destinationName"] == "Ripe"
    assert [matcher["ir"] for matcher in made["matchers"]] == [
        "ir of condition 3",
        "ir of condition 2",
        "ir of condition 1",
        "ir of condition 0",
    ]
    assert made["transformers"] == [
        [{"type": "sample_event", "config": {"sample": {"percent": 0.25}}}],
        [{"type": "drop"}],
        [{"type": "drop_properties", "config": {"drop": {"context": ["ip"]}}}],
        [{"type": "allow_properties", "config": {"allow": {"properties": ["a"]}}}],
    ]


def test_sampling_in_the_page_is_by_chance() -> None:
    made = rule(FilterAction(type="SAMPLE", percent=0.5))

    assert made is not None
    sample = {"percent": 0.5}
    assert made["transformers"] == [[{"type": "sample_event", "config": {"sample": sample}}]]


def test_a_nested_property_is_a_key_of_its_object() -> None:
    dropped = rule(FilterAction(type="DROP_PROPERTIES", fields={"properties": ["card.number"]}))
    allowed = rule(
        FilterAction(
            type="ALLOW_PROPERTIES", fields={"properties": ["card.brand", "plan", "plan.name"]}
        )
    )

    assert dropped is not None
    assert allowed is not None
    assert dropped["transformers"][0][0]["config"] == {"drop": {"properties.card": ["number"]}}
    assert allowed["transformers"][0][0]["config"] == {
        "allow": {"properties": ["card", "plan"], "properties.card": ["brand"]}
    }


def test_to_allow_nothing_of_a_part_leaves_nothing_of_it() -> None:
    made = rule(FilterAction(type="ALLOW_PROPERTIES", fields={"traits": []}))

    assert made is not None
    assert made["transformers"][0][0]["config"] == {"allow": {"traits": []}}


def test_a_disabled_filter_makes_no_rule() -> None:
    assert rule(FilterAction(type="DROP"), enabled=False) is None


class Unreadable(CrossdockError):
    code: ClassVar[str] = "unreadable"


def test_a_condition_that_cannot_be_a_rule_keeps_everything_back() -> None:
    def refuse(text: str) -> str:
        raise Unreadable(text, do="Correct it.")

    connection = ripe(
        filters=(
            Filter(
                id="flt",
                connection_id=ripe().id,
                title="",
                condition="?",
                actions=(FilterAction(type="DROP_PROPERTIES", fields={"traits": ["ssn"]}),),
                created_at=NOW,
                updated_at=NOW,
            ),
        )
    )

    made = rule_of(connection, name="Ripe", routing_rule=refuse)

    assert made is not None
    assert made["matchers"] == [{"type": "all"}]
    assert made["transformers"] == [[{"type": "drop"}]]


def test_sampling_by_a_path_keeps_everything_back_since_the_page_cannot_do_it() -> None:
    made = rule(FilterAction(type="SAMPLE", percent=0.5, path="userId"))

    assert made is not None
    assert made["matchers"] == [{"type": "all"}]
    assert made["transformers"] == [[{"type": "drop"}]]


def test_a_filter_that_the_page_cannot_apply_is_refused_with_what_to_do() -> None:
    one = Filter(
        id="flt_1",
        connection_id=ConnectionId("dst_1"),
        title="A tenth",
        condition="all",
        actions=(FilterAction(type="SAMPLE", percent=0.1, path="userId"),),
        created_at=NOW,
        updated_at=NOW,
    )

    with pytest.raises(NotInBrowser, match="Leave the path out"):
        check_filter(one, routing_rule=str)
