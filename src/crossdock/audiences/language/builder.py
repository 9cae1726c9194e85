"""What the builder edits: conditions in groups, as JSON with a `kind` in each.

A trait's, property's or context's `path` is that of the language. Every condition can be
`negated` ("and not who"). What can be read from JSON is not yet a definition: the text made of it
is checked like any other.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from crossdock.audiences.language import tree

Value = str | float | bool
CountSign = tree.Operator
Unit = tree.Unit
Comparison = (
    Literal["equals", "differs", "greater_than", "at_least", "less_than", "at_most"] | tree.TestName
)


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Anything that the builder edits; `kind` says what."""


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A length of time."""

    amount: int
    unit: Unit


class ParentProperty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In place of a value: a property of the first event of a sequence."""

    parent: str


class Filter(Part, frozen=True, tag="filter"):
    """A comparison of a property, of the context, or of a trait.

    Attributes:
        values: What it is compared with; nothing for `exists` and `absent`.
        span: For the four that compare a date with now.
    """

    of: Literal["property", "context", "trait"]
    path: str
    comparison: Comparison
    values: tuple[Value | ParentProperty, ...] = ()
    span: Span | None = None
    negated: bool = False


class Filters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Filters of one event."""

    match: Literal["all", "any"] = "all"
    filters: tuple[Filter, ...] = ()


class LastWindow(Part, frozen=True, tag="last"):
    """The last so many days; in a sequence, so long after the first event."""

    span: Span


class BetweenWindow(Part, frozen=True, tag="between"):
    """From `start` to `end` ago; in a sequence, after the first event."""

    start: Span
    end: Span


class SessionWindow(Part, frozen=True, tag="session"):
    """The session that goes on, which ends after a pause of so long."""

    span: Span


Window = LastWindow | BetweenWindow | SessionWindow


class FollowedBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second event of a sequence."""

    event: str
    sign: CountSign = ">="
    count: float = 1
    where: Filters = Filters()
    window: LastWindow | BetweenWindow | None = None


class EventCondition(Part, frozen=True, tag="event"):
    """Who did something so many times."""

    event: str
    sign: CountSign = ">="
    count: float = 1
    where: Filters = Filters()
    window: Window | None = None
    excluded_sources: tuple[str, ...] = ()
    followed_by: FollowedBy | None = None
    negated: bool = False


class TraitCondition(Part, frozen=True, tag="trait"):
    """Who has a trait, custom or computed."""

    path: str
    comparison: Comparison
    values: tuple[Value, ...] = ()
    span: Span | None = None
    negated: bool = False


class AudienceCondition(Part, frozen=True, tag="audience"):
    """Who is in another audience."""

    key: str
    negated: bool = False


class Group(Part, frozen=True, tag="group"):
    """All or any of some conditions."""

    conditions: tuple[Condition, ...]
    match: Literal["all", "any"] = "all"
    negated: bool = False


class UsersCondition(Part, frozen=True, tag="users"):
    """Which accounts have any, all, or no users for whom a condition holds."""

    quantifier: Literal["any", "all", "none"]
    condition: Condition
    negated: bool = False


Condition = EventCondition | TraitCondition | AudienceCondition | Group | UsersCondition


class ComputedTrait(Part, frozen=True, tag="computed_trait"):
    """A computed trait.

    Attributes:
        of: The property that is looked at; nothing for `count`.
        frequency_min: How often `mode` must meet a value.
    """

    event: str
    reducer: tree.ReducerName
    of: str | None = None
    value_type: tree.ValueType | None = None
    frequency_min: int | None = None
    where: Filters = Filters()
    window: Window | None = None
    excluded_sources: tuple[str, ...] = ()
