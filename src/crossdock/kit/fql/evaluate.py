"""From the tree of a condition to a function of an event, compiled once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Final, cast

from crossdock.kit import javascript as js
from crossdock.kit.fql import tree
from crossdock.kit.fql.functions import FUNCTIONS, compiled_glob, matches_glob

Evaluate = Callable[[object], object]
_PAIR: Final = 2
_ORDERS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compiled(node: tree.Node) -> Callable[[object], bool]:
    """Return a function that says whether the condition holds for an event.

    A value that stands for a condition holds if it is `true`, and not if it is something like it.
    """
    match node:
        case tree.All():
            return _all([compiled(part) for part in node.parts])
        case tree.Any():
            return _any([compiled(part) for part in node.parts])
        case tree.Not():
            inner = compiled(node.inner)
            return lambda event: not inner(event)
        case tree.Compare():
            return _compared(node)
        case tree.In():
            value, among = _valued(node.value), _valued(node.among)
            return lambda event: _is_among(value(event), among(event))
        case _:
            value = _valued(node)
            return lambda event: value(event) is True


def _all(parts: list[Callable[[object], bool]]) -> Callable[[object], bool]:
    if len(parts) == _PAIR:
        first, second = parts
        return lambda event: first(event) and second(event)
    return lambda event: all(part(event) for part in parts)


def _any(parts: list[Callable[[object], bool]]) -> Callable[[object], bool]:
    if len(parts) == _PAIR:
        first, second = parts
        return lambda event: first(event) or second(event)
    return lambda event: any(part(event) for part in parts)


def _compared(node: tree.Compare) -> Callable[[object], bool]:
    left, right = _valued(node.left), _valued(node.right)
    if node.operator in ("=", "!="):
        wanted = node.operator == "="
        if isinstance(node.right, tree.Value) and isinstance(node.right.value, str):
            # By far the most frequent form, and a text equals nothing but a text.
            text = node.right.value
            return lambda event: (left(event) == text) is wanted
        return lambda event: is_equal(left(event), right(event)) is wanted
    order = _ORDERS[node.operator]

    def compare(event: object) -> bool:
        first, second = left(event), right(event)
        return js.is_number(first) and js.is_number(second) and order(first, second)

    return compare


def is_equal(first: object, second: object) -> bool:
    """Return whether type and value are the same; 5 and 5.0 are one number, 1 is not true."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(is_equal, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            is_equal(first[key], second[key]) for key in first
        )
    return first == second


def _is_among(value: object, among: object) -> bool:
    return isinstance(among, list) and any(is_equal(value, item) for item in among)


def _valued(node: tree.Node) -> Evaluate:
    match node:
        case tree.Value():
            constant = node.value
            return lambda _event: constant
        case tree.Path():
            return _at(node.keys)
        case tree.Items():
            items = [_valued(item) for item in node.items]
            return lambda event: [item(event) for item in items]
        case tree.Call():
            return _called(node)
        case _:
            return compiled(node)


def _called(node: tree.Call) -> Evaluate:
    run = FUNCTIONS[node.function].run
    arguments = [_valued(argument) for argument in node.arguments]
    if len(arguments) == 1:
        (only,) = arguments
        return lambda event: run(only(event))
    first, second = arguments
    if node.function == "match" and isinstance(node.arguments[1], tree.Value):
        glob = node.arguments[1].value
        parts = compiled_glob(glob) if isinstance(glob, str) else None

        def match_constant(event: object) -> bool:
            text = first(event)
            return parts is not None and isinstance(text, str) and matches_glob(text, parts)

        return match_constant
    return lambda event: run(first(event), second(event))


def _at(keys: tuple[str, ...]) -> Evaluate:
    """Return what looks a path up; missing is null, an item of a list is found by its number."""
    if len(keys) == 1:
        (only,) = keys
        return lambda event: event.get(only) if isinstance(event, dict) else None

    def walk(event: object) -> object:
        value = event
        for key in keys:
            if value.__class__ is dict:
                value = cast("dict[str, object]", value).get(key)
            elif value.__class__ is list:
                value = _item(cast("list[object]", value), key)
            else:
                return None
        return value

    return walk


def _item(items: list[object], key: str) -> object:
    index = js.array_index(key)
    return None if index is None or index >= len(items) else items[index]
