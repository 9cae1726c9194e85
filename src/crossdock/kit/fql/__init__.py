"""Conditions, in the language that Segment documents: FQL.

- `departures`: where Segment's own runtime reads a condition differently.
- `errors`: `FqlError`.
- `evaluate`: from the tree to a function of an event.
- `functions`: `contains`, `match`, `length` and the others.
- `parse`: from the text to the tree.
- `analytics_rule`: from the tree to the routing rule that Analytics.js runs in the browser.
- `segment_lexer`: the pieces that Segment's own runtime cuts a text into.
- `segment_runtime`: what Segment's own runtime makes of a text.
- `tree`: the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crossdock.base.json import JsonObject
from crossdock.kit.fql import tree
from crossdock.kit.fql.analytics_rule import routing_rule_of
from crossdock.kit.fql.departures import SENTENCES, departures
from crossdock.kit.fql.errors import FqlError
from crossdock.kit.fql.evaluate import compiled
from crossdock.kit.fql.parse import parse

__all__ = ["Condition", "FqlError", "compile_condition", "routing_rule"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, compiled.

    Attributes:
        text: As written.
        tree: What it means.
        matches: Whether it holds for an event.
        notes: Where Segment's own runtime reads it differently; each is a stable code, a colon,
            and a sentence.
    """

    text: str
    tree: tree.Node
    matches: Callable[[JsonObject], bool]
    notes: tuple[str, ...]


def compile_condition(text: str) -> Condition:
    """Return the condition that the text is. Compile once, match every event.

    Raises:
        FqlError: The text is not FQL.
    """
    node = parse(text)
    notes = tuple(f"{code}: {SENTENCES[code]}" for code in departures(text, node))
    return Condition(text, node, compiled(node), notes)


def routing_rule(condition: Condition) -> str:
    """Return the condition as Analytics.js takes it in a routing rule: JSON in a text.

    Raises:
        FqlError: The browser's engine has no operator for a part of it; the error names that part.
    """
    return routing_rule_of(condition.tree)
