"""A condition becomes a routing rule for the browser, or is refused by name."""

from __future__ import annotations

import json

import pytest

from crossdock.kit import FqlError, compile_condition, routing_rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('event = "Secret"', ["=", "event", {"value": "Secret"}]),
        ('!(type = "page")', ["!", ["=", "type", {"value": "page"}]]),
        (
            'event != "a" and properties.n > 5',
            ["and", ["!", ["=", "event", {"value": "a"}]], [">", "properties.n", {"value": 5}]],
        ),
        (
            "userId = null",
            ["or", ["=", "userId", {"value": None}], ["=", "userId", {}]],
        ),
        ("5 < properties.n", [">", "properties.n", {"value": 5}]),
        ('contains(event, "x")', ["contains", "event", {"value": "x"}]),
        ("properties.vip", ["=", "properties.vip", {"value": True}]),
        (
            'type in ["a", "b"]',
            ["or", ["=", "type", {"value": "a"}], ["=", "type", {"value": "b"}]],
        ),
        ('lowercase(event) = "a"', ["=", ["lowercase", "event"], {"value": "a"}]),
        (
            "length(properties.l) = 0",
            ["or", ["=", ["length", "properties.l"], {"value": 0}], ["=", "properties.l", {}]],
        ),
        ('typeof(name) = "bool"', ["=", ["typeof", "name"], {"value": "boolean"}]),
    ],
)
def test_a_condition_is_written_for_the_browsers_engine(text: str, rule: object) -> None:
    assert json.loads(routing_rule(compile_condition(text))) == rule


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('snakecase(event) = "a"', "snakecase"),
        ('contains(lowercase(event), "a")', "lowercase"),
        ('typeof(properties.a) = "list"', "typeof"),
        ('properties.a\\.b = "x"', "dot in a key"),
    ],
)
def test_what_the_browser_cannot_do_is_refused_by_name(text: str, name: str) -> None:
    condition = compile_condition(text)

    with pytest.raises(FqlError, match=name):
        routing_rule(condition)
