"""From the tree of a condition to what Analytics.js runs in the browser.

Its engine (tsub) compares undefined with null by identity, evaluates a function only where it is
compared, and knows few of them. What it lacks is written with what it has where that means the
same for every event, and refused otherwise: a filter that means something else in the browser
would let through what an owner wants kept back.

Source:
    Observed on @segment/tsub 2.0.0.
"""

from __future__ import annotations

from typing import Final

from crossdock.base import json
from crossdock.kit.fql import tree
from crossdock.kit.fql.errors import FqlError

Rule = list[object] | str | dict[str, object]

# A member `value` that is not there is how the engine is told `undefined`.
_UNDEFINED: Final[dict[str, object]] = {}
_TRUE: Final[dict[str, object]] = {"value": True}
_TYPES: Final = {"string": "string", "number": "number", "bool": "boolean"}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


def routing_rule_of(node: tree.Node) -> str:
    """Return the rule as JSON.

    Raises:
        FqlError: The browser's engine cannot do it.
    """
    return json.encode(_rule(node)).decode()


def _refuse(what: str) -> FqlError:
    return FqlError(
        f"The browser cannot run {what}.",
        do="Leave it out, or use a connection in cloud mode, where every condition works.",
    )


def _rule(node: tree.Node) -> list[object]:  # noqa: PLR0911 - one for each kind of node.
    match node:
        case tree.All():
            return ["and", *map(_rule, node.parts)]
        case tree.Any():
            return ["or", *map(_rule, node.parts)]
        case tree.Not():
            return ["!", _rule(node.inner)]
        case tree.In():
            if not isinstance(node.among, tree.Items):
                raise _refuse('"in" with anything but a list of values')
            return ["or", *(_equal(node.value, item) for item in node.among.items)]
        case tree.Compare():
            return _compared(node)
        case tree.Call() if node.function in ("contains", "match"):
            return [node.function, *(_plain(part, node.function) for part in node.arguments)]
        case tree.Path() | tree.Value():
            return ["=", _plain(node, "a value"), _TRUE]
        case _:
            return _equal(node, tree.Value(True))  # noqa: FBT003 - a constant of the language.


def _plain(node: tree.Node, where: str) -> Rule:
    """Return a path or a constant, which is all that may stand inside a function."""
    if isinstance(node, tree.Value):
        return {"value": node.value}
    if isinstance(node, tree.Path):
        if any("." in key for key in node.keys):
            raise _refuse("a path with a dot in a key")
        return ".".join(node.keys)
    if isinstance(node, tree.Call):
        raise _refuse(f"{node.function}() inside {where}")
    raise _refuse(f"a condition inside {where}")


def _operand(node: tree.Node) -> Rule:
    if not isinstance(node, tree.Call):
        return _plain(node, "a comparison")
    if node.function != "lowercase":
        raise _refuse(f"{node.function}()")
    return [node.function, _plain(node.arguments[0], node.function)]


def _compared(node: tree.Compare) -> list[object]:
    left, operator, right = node.left, node.operator, node.right
    if isinstance(left, tree.Value) and not isinstance(right, tree.Value):
        mirrored = next(sign for sign in tree.COMPARISONS if sign == _MIRRORED[operator])
        return _compared(tree.Compare(mirrored, right, left))
    if operator == "=":
        return _equal(left, right)
    if operator == "!=":
        return ["!", _equal(left, right)]
    if isinstance(left, tree.Call) and left.function == "length":
        return _length(left, operator, right)
    return [operator, _operand(left), _operand(right)]


def _equal(left: tree.Node, right: tree.Node) -> list[object]:
    if isinstance(right, tree.Items) or isinstance(left, tree.Items):
        raise _refuse("a comparison with a list")
    if isinstance(left, tree.Call) and left.function == "typeof":
        return _type_is(left, right)
    if isinstance(left, tree.Call) and left.function == "length":
        return _length(left, "=", right)
    if isinstance(left, tree.Call) and left.function in ("contains", "match"):
        if isinstance(right, tree.Value) and isinstance(right.value, bool):
            return _rule(left) if right.value else ["!", _rule(left)]
        raise _refuse(f"{left.function}() compared with anything but true and false")
    first, second = _operand(left), _operand(right)
    if second == {"value": None}:
        return ["or", ["=", first, second], ["=", first, _UNDEFINED]]
    return ["=", first, second]


def _type_is(call: tree.Call, wanted: tree.Node) -> list[object]:
    place = _plain(call.arguments[0], "typeof")
    name = wanted.value if isinstance(wanted, tree.Value) else None
    if name == "null":
        return ["or", ["=", place, {"value": None}], ["=", place, _UNDEFINED]]
    if not isinstance(name, str) or name not in _TYPES:
        raise _refuse("typeof() with anything but string, number, bool and null")
    return ["=", ["typeof", place], {"value": _TYPES[name]}]


def _length(call: tree.Call, operator: str, wanted: tree.Node) -> list[object]:
    """Return the rule; what is missing has the length 0, where the engine has no number."""
    place = _plain(call.arguments[0], "length")
    if not isinstance(wanted, tree.Value) or not isinstance(wanted.value, (int, float)):
        raise _refuse("length() compared with anything but a number")
    number = wanted.value
    holds_for_zero = {
        "=": number == 0,
        "<": number > 0,
        "<=": number >= 0,
        ">": number < 0,
        ">=": number <= 0,
    }[operator]
    rule: list[object] = [operator, ["length", place], {"value": number}]
    return ["or", rule, ["=", place, _UNDEFINED]] if holds_for_zero else rule
