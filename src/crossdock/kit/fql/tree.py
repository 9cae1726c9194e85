"""A condition, as a tree of frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Comparison = Literal["=", "!=", "<", "<=", ">", ">="]
COMPARISONS: Final[tuple[Comparison, ...]] = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class Path:
    """A place in the event: `properties.total`.

    Attributes:
        keys: From the outside in; escapes undone.
    """

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A constant.

    Attributes:
        value: Text, number, boolean or null.
        is_single_quoted: A text that stood in single quotes.
    """

    value: str | float | bool | None
    is_single_quoted: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list: `["a", "b"]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function: `contains(event, "Order")`."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared."""

    operator: Comparison
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class In:
    """Whether a value is among those of a list."""

    value: Node
    among: Node


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: Node


@dataclass(frozen=True, slots=True)
class All:
    """Joined by `and`."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Joined by `or`."""

    parts: tuple[Node, ...]


Node = Path | Value | Items | Call | Compare | In | Not | All | Any
