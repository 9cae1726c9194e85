"""What a definition means, as a tree.

Two trees are equal when they mean the same in the same order; where in the text a node began (`at`)
does not count.

    Condition = Compare | Test | And | Or | Not | Members
    Scalar    = Literal | Trait | Property | Context | Reduced
    Reduced   = a Stream with its filters, and one reducer
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Unit = Literal["seconds", "minutes", "hours", "days"]
UNIT_SECONDS: Final[dict[Unit, int]] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}

Operator = Literal["=", "!=", ">", ">=", "<", "<="]
TestName = Literal[
    "absent",
    "exists",
    "contains",
    "omits",
    "starts_with",
    "ends_with",
    "one_of",
    "none_of",
    "before_date",
    "after_date",
    "within_last",
    "within_next",
    "before_last",
    "after_next",
]
ReducerName = Literal[
    "count", "sum", "avg", "min", "max", "mode", "first", "last", "unique", "unique_count"
]
ValueType = Literal["number", "string"]


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as written: `30 days`. A day has 24 hours."""

    amount: int
    unit: Unit

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.amount * UNIT_SECONDS[self.unit]

    @property
    def timedelta(self) -> dt.timedelta:
        """The same, to calculate with."""
        return dt.timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A text, a number, true or false."""

    value: str | float | bool
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait of the profile or the account; an audience is a boolean trait under its key."""

    path: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the event; of the first event of a sequence if `of_parent`."""

    path: str
    of_parent: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Context:
    """A value of the event's context."""

    path: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Where:
    """Only events for which the condition holds."""

    condition: Condition
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sources:
    """Only events of sources other than these."""

    excluded: tuple[str, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Within:
    """Only events of the last so many days; or at most so long after the parent."""

    duration: Duration
    of_parent: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """Only events at least `start` and less than `end` ago; or so long after the parent."""

    start: Duration
    end: Duration
    of_parent: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ExpiresAfter:
    """Only events of the session that goes on: it ends when nothing happened for so long."""

    duration: Duration
    at: int = field(default=0, compare=False)


Filter: TypeAlias = Where | Sources | Within | Between | ExpiresAfter


@dataclass(frozen=True, slots=True)
class Stream:
    """The events of a name, or the entities of a kind, that pass all filters."""

    kind: Literal["event", "entity"]
    name: str
    filters: tuple[Filter, ...] = ()
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Reduced:
    """A stream made one value.

    Attributes:
        argument: What is summed, compared or listed; nothing for `count`.
        value_type: How the argument is read; `None` is the reducer's own way.
        frequency_min: How often `mode` must meet a value.
    """

    stream: Stream
    reducer: ReducerName
    argument: Property | Context | None = None
    value_type: ValueType | None = None
    frequency_min: int | None = None
    at: int = field(default=0, compare=False)


Scalar: TypeAlias = Fixed | Trait | Property | Context | Reduced


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right`."""

    left: Scalar
    operator: Operator
    right: Scalar
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Test:
    """`left.name(arguments)`, for what has no sign.

    Attributes:
        duration: For the four that compare with now, instead of arguments.
    """

    left: Scalar
    name: TestName
    arguments: tuple[str | float | bool, ...] = ()
    duration: Duration | None = None
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of them hold."""

    parts: tuple[Condition, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them holds."""

    parts: tuple[Condition, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: Condition
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Members:
    """It holds for any, or for all, of the account's users."""

    quantifier: Literal["ANY", "ALL"]
    part: Condition
    at: int = field(default=0, compare=False)


Condition: TypeAlias = Compare | Test | And | Or | Not | Members
Node: TypeAlias = Condition | Scalar


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below, conditions of `where` included."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part) | Members(_, part):
            return (part,)
        case Compare(left, _, right):
            return (left, right)
        case Test(left):
            return (left,)
        case Reduced(stream, _, argument):
            filters = tuple(one.condition for one in stream.filters if isinstance(one, Where))
            return (*filters, argument) if argument else filters
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all below it, from the outside in."""
    yield node
    for child in children(node):
        yield from walk(child)
