"""Values of a template: what they are as text, how they compare, and where names lead.

As LiquidJS has it, on JavaScript's rules: `"42"` is less than 43, an object is itself only, and
`nil`, `empty` and `blank` are values with an equality of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED

# What every JavaScript object has from its prototype: such a name is found among the variables of
# the template, before the event is asked.
_INHERITED: Final = frozenset(
    (
        *("constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable"),
        *("toLocaleString", "toString", "valueOf", "__proto__", "__defineGetter__"),
        *("__defineSetter__", "__lookupGetter__", "__lookupSetter__"),
    )
)


class Special:
    """`nil`, `empty` or `blank`.

    Args:
        value: What filters make of it.
        matches: Whether something equals it.
    """

    __slots__ = ("matches", "value")

    def __init__(self, value: object, matches: Callable[[object], bool]) -> None:
        self.value = value
        self.matches = matches


def _is_nil(value: object) -> bool:
    return is_nil(plain(value))


def _is_empty(value: object) -> bool:
    if value is EMPTY or value is BLANK:
        return False
    value = plain(value)
    return isinstance(value, (str, list, dict)) and not value


def _is_blank(value: object) -> bool:
    if value is False or _is_nil(value):
        return True
    return not value.strip(js.WHITESPACE) if isinstance(value, str) else _is_empty(value)


NIL: Final = Special(None, _is_nil)
EMPTY: Final = Special("", _is_empty)
BLANK: Final = Special("", _is_blank)


def plain(value: object) -> object:
    """Return the value that a special one stands for, and any other as it is."""
    return value.value if isinstance(value, Special) else value


def is_nil(value: object) -> bool:
    """Return whether it is null or undefined."""
    return value is None or value is UNDEFINED


def is_falsy(value: object) -> bool:
    """Return whether Liquid takes it for false: 0 and the empty text are not."""
    value = plain(value)
    return value is False or is_nil(value)


def text(value: object) -> str:
    """Return the value as `{{ … }}` shows it: lists without separator, null as nothing."""
    value = plain(value)
    if isinstance(value, list):
        return "".join([text(item) for item in value])
    return js.text_of(value)


def as_string(value: object) -> str:
    """Return what `String(value)` gives: `null` and `undefined` by name."""
    if isinstance(value, Special):
        return "[object Object]"
    if is_nil(value):
        return "null" if value is None else "undefined"
    return js.text_of(value)


def number(value: object) -> float:
    """Return what `Number(value)` gives."""
    value = plain(value)
    if value is None or isinstance(value, bool):
        return int(bool(value))
    if isinstance(value, (int, float)):
        return js.as_double(value) if isinstance(value, int) and abs(value) > 2**53 else value
    return (
        math.nan
        if value is UNDEFINED or isinstance(value, dict)
        else js.to_number(js.text_of(value))
    )


def number_or_zero(value: object) -> float:
    """Return `Number(value)`, or 0 where that is not a number."""
    found = number(value)
    return 0 if math.isnan(found) or not found else found


def added(left: object, right: object) -> object:
    """Return `left + right`: text is joined, everything else is added."""
    if isinstance(left, (str, list, dict)) or isinstance(right, (str, list, dict)):
        return as_string(left) + as_string(right)
    return number(left) + number(right)


def sliced(value: str | list[object], start: object, end: object) -> object:
    """Return `value.slice(start, end)`."""
    items: Sequence[object] = js.units(value) if isinstance(value, str) else value
    part = items[_index(start, len(items)) : _index(end, len(items))]
    return js.joined([str(unit) for unit in part]) if isinstance(value, str) else list(part)


def _index(value: object, size: int) -> int:
    at = number_or_zero(value)
    if math.isinf(at):
        return size if at > 0 else 0
    whole = math.trunc(at)
    return max(size + whole, 0) if whole < 0 else whole


def equals(left: object, right: object) -> bool:
    """Return `left == right` as Liquid means it."""
    if isinstance(left, Special):
        return left.matches(right)
    if isinstance(right, Special):
        return right.matches(left)
    if isinstance(left, list):
        return (
            isinstance(right, list)
            and len(left) == len(right)
            and all(equals(one, other) for one, other in zip(left, right, strict=True))
        )
    if isinstance(left, str) or js.is_number(left):
        is_same_kind = isinstance(right, str) if isinstance(left, str) else js.is_number(right)
        return is_same_kind and left == right
    return left is right


def _compared(left: object, right: object, decide: Callable[[float], bool]) -> bool:
    if isinstance(left, Special) or isinstance(right, Special):
        return False
    one, other = _primitive(left), _primitive(right)
    if isinstance(one, str) and isinstance(other, str):
        first, second = (
            one.encode("utf-16-be", "surrogatepass"),
            other.encode("utf-16-be", "surrogatepass"),
        )
        return decide((first > second) - (first < second))
    difference_left, difference_right = number(one), number(other)
    if math.isnan(difference_left) or math.isnan(difference_right):
        return False
    return decide((difference_left > difference_right) - (difference_left < difference_right))


def _primitive(value: object) -> object:
    return js.text_of(value) if isinstance(value, (list, dict)) else value


def contains(left: object, right: object) -> bool:
    """Return whether a list has an equal item, or a text the other one's text in it."""
    left = plain(left)
    if isinstance(left, list):
        return any(equals(item, right) for item in left)
    return isinstance(left, str) and as_string(plain(right)) in left


OPERATORS: Final[dict[str, Callable[[object, object], bool]]] = {
    "==": equals,
    "!=": lambda left, right: not equals(left, right),
    ">": lambda left, right: _compared(left, right, lambda order: order > 0),
    "<": lambda left, right: _compared(left, right, lambda order: order < 0),
    ">=": lambda left, right: _compared(left, right, lambda order: order >= 0),
    "<=": lambda left, right: _compared(left, right, lambda order: order <= 0),
    "contains": contains,
    "and": lambda left, right: not is_falsy(left) and not is_falsy(right),
    "or": lambda left, right: not is_falsy(left) or not is_falsy(right),
}


def member(owner: object, key: object) -> object:
    """Return a member, with `size`, `first` and `last` for those that have none of their own."""
    key = plain(key)
    if is_nil(owner):
        return owner
    if isinstance(owner, list) and OPERATORS["<"](key, 0):
        return js.member(owner, js.number_text(number(added(len(owner), number(key)))))
    name = as_string(key)
    found = js.member(owner, name)
    if name == "size" and found is UNDEFINED:
        if isinstance(owner, str):
            return js.length(owner)
        return len(owner) if isinstance(owner, (list, dict)) else UNDEFINED
    if name in ("first", "last") and isinstance(owner, list):
        return owner[0 if name == "first" else -1] if owner else UNDEFINED
    return found


def members(owner: object, keys: Sequence[object]) -> object:
    """Return a member of a member, as deep as the keys go."""
    for key in keys:
        owner = member(owner, key)
    return owner


class Context:
    """The names of one rendering: what the template assigns, then the event.

    Args:
        environment: The event; `increment` and `decrement` count in a copy of it.
    """

    def __init__(self, environment: object) -> None:
        self.variables: dict[str, object] = {}
        self.environment: object = (
            dict(environment) if isinstance(environment, dict) else environment
        )
        self.cycles: dict[str, int] = {}
        self.is_broken = False

    def lookup(self, keys: Sequence[object]) -> object:
        """Return what a path leads to."""
        name = as_string(keys[0])
        if name in self.variables or name in _INHERITED:
            return members(self.variables, keys)
        if js.member(self.environment, name) is not UNDEFINED:
            return members(self.environment, keys)
        return members({}, keys)

    def count(self, name: str, step: int) -> tuple[float, float]:
        """Return a counter before and after the step."""
        if not isinstance(self.environment, dict):
            self.environment = {}
        before = self.environment.get(name)
        before = before if js.is_number(before) else 0
        after = js.whole_if_exact(js.as_double(before) + step)
        self.environment[name] = after
        return before, after
