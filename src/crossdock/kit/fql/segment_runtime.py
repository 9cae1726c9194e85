"""What Segment's own small runtime makes of a condition, faults included.

Segment runs an action's trigger through a lexer and a parser that know less than its documented
language, and never say so. Nothing here decides anything about an event of ours: it is what
`departures` compares with, so that an owner who comes from Segment can be told where a trigger
meant something else there.

Source:
    Observed on @segment/destination-subscriptions 3.37.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, cast

from crossdock.kit import javascript as js
from crossdock.kit.fql.segment_lexer import LexerFault, RuntimeToken, tokens
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping.path import step

_CONDITION_TYPES: Final = {
    "type": "event-type",
    "event": "event",
    "name": "name",
    "userId": "userId",
    "context": "event-context",
    "properties": "event-property",
    "traits": "event-trait",
}
_PARTS: Final = (
    ("properties", "event-property"),
    ("traits", "event-trait"),
    ("context", "event-context"),
)
_PIECE = re.compile(r"[^[.\]]+")
_NO_TYPE: Final = "Cannot read properties of undefined (reading 'type')"

Tree = dict[str, object]


class RuntimeFault(Exception):
    """Segment's runtime throws.

    Attributes:
        name: `Error` or `TypeError`.
    """

    def __init__(self, message: str, name: str = "Error") -> None:
        super().__init__(message)
        self.message = message
        self.name = name


def parse(text: str) -> Tree:
    """Return the tree that Segment's runtime makes.

    Raises:
        RuntimeFault: It makes none.
    """
    try:
        pieces = _joined(tokens(text))
    except LexerFault:
        pieces = []
    node = _Parser(pieces).parse()
    if node is UNDEFINED:
        raise RuntimeFault(_NO_TYPE, "TypeError")
    found = cast("Tree", node)
    if found["type"] != "group":
        return {"type": "group", "operator": "and", "children": [found]}
    return found


def _joined(pieces: list[RuntimeToken]) -> list[RuntimeToken]:
    """Join name, dot, name into one name."""
    result: list[RuntimeToken] = []
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        following = pieces[at + 1] if at + 1 < len(pieces) else None
        if (
            piece.type == "dot"
            and result
            and result[-1].type == "ident"
            and following is not None
            and following.type == "ident"
        ):
            result[-1] = RuntimeToken("ident", f"{result[-1].value}.{following.value}")
            at += 2
            continue
        result.append(piece)
        at += 1
    return result


def _value(token: RuntimeToken) -> object:
    if token.type == "string":
        value = token.value.removeprefix('"')
        return value.removesuffix('"')
    if token.type == "number":
        return js.to_number(token.value)
    if token.type == "ident" and token.value in ("true", "false"):
        return token.value == "true"
    return token.value


class _Parser:
    def __init__(self, pieces: list[RuntimeToken]) -> None:
        self._pieces = pieces
        self._at = 0
        self._nodes: list[object] = []

    def _shift(self) -> RuntimeToken | None:
        if self._at >= len(self._pieces):
            return None
        self._at += 1
        return self._pieces[self._at - 1]

    def parse(self) -> object:
        operator = "and"
        while (token := self._shift()) is not None and token.type != "eos":
            if token.type == "ident":
                self._ident(token)
            elif token.type == "operator" and token.value == "!":
                self._negation()
            elif token.type == "parenleft":
                self._nodes.append(self._group())
            elif token.type == "conditional":
                operator = token.value
        if len(self._nodes) > 1:
            return {"type": "group", "operator": operator, "children": self._nodes}
        return self._nodes[0] if self._nodes else UNDEFINED

    def _ident(self, token: RuntimeToken) -> None:
        condition_type = _CONDITION_TYPES.get(token.value.split(".", 1)[0])
        if condition_type is not None:
            operator, value = self._shift(), self._shift()
            if operator is None:
                raise RuntimeFault("Operator token is missing")
            if value is None:
                raise RuntimeFault("Value token is missing")
            self._nodes.append(_condition(condition_type, token.value, operator.value, value))
        elif token.value in ("contains", "match"):
            self._function(token.value, negated=False)

    def _negation(self) -> None:
        if self._at >= len(self._pieces):
            raise RuntimeFault(_NO_TYPE, "TypeError")
        following = self._pieces[self._at]
        if following.type == "ident" and following.value in ("contains", "match"):
            self._at += 1
            self._function(following.value, negated=True)

    def _group(self) -> object:
        inner: list[RuntimeToken] = []
        while True:
            token = self._shift()
            if token is None:
                raise RuntimeFault(_NO_TYPE, "TypeError")
            if token.type == "parenright":
                return _Parser([*inner, RuntimeToken("eos", "eos")]).parse()
            inner.append(token)

    def _function(self, function: str, *, negated: bool) -> None:
        arguments: list[RuntimeToken] = []
        for place in ("1st", "2nd"):
            self._shift()
            argument = self._shift()
            if argument is None:
                raise RuntimeFault(f"{function}() is missing a {place} argument")
            arguments.append(argument)
        self._shift()
        name, wanted = arguments
        value = js.text_of(_value(wanted))
        operator = "contains"
        if function == "match":
            starts = wanted.value.endswith('*"')
            operator = "starts_with" if starts else "ends_with"
            units = js.units(value)
            value = js.joined(units[:-1] if starts else units[1:])
        operator = f"not_{operator}" if negated else operator
        if name.value in ("event", "name", "userId"):
            self._nodes.append({"type": name.value, "operator": operator, "value": value})
        for prefix, condition_type in _PARTS:
            if name.value.startswith(prefix):
                path = name.value.removeprefix(f"{prefix}.")
                node = {"type": condition_type, "name": path, "operator": operator, "value": value}
                self._nodes.append(node)


def _condition(condition_type: str, name: str, operator: str, token: RuntimeToken) -> Tree:
    node: Tree = {"type": condition_type, "operator": operator, "value": _value(token)}
    if condition_type in ("event", "event-type"):
        return {**node, "value": js.text_of(node["value"])}
    is_part = condition_type not in ("name", "userId")
    if is_part:
        node["name"] = re.sub(r"^(?:properties|traits|context)\.", "", name)
    special = {("!=", "null"): "exists", ("=", "null"): "not_exists"}
    if condition_type != "name":
        special |= {("=", "true"): "is_true", ("=", "false"): "is_false"}
    if (operator, token.value) in special:
        node["operator"] = special[operator, token.value]
        del node["value"]
    elif is_part and token.type == "number" and operator in ("=", "!="):
        node["operator"] = "number_equals" if operator == "=" else "number_not_equals"
    elif not is_part:
        node["value"] = js.text_of(node["value"])
    return node


def matches(tree: Tree, event: object) -> bool:
    """Return whether Segment's runtime takes the event.

    Raises:
        RuntimeFault: It throws instead.
    """
    return event is not UNDEFINED and _group_matches(tree, event)


def _group_matches(node: Tree, event: object) -> bool:
    parts = (_node_matches(child, event) for child in cast("list[object]", node["children"]))
    return all(parts) if node["operator"] == "and" else any(parts)


def _node_matches(node: object, event: object) -> bool:
    if node is UNDEFINED:
        raise RuntimeFault(_NO_TYPE, "TypeError")
    condition = cast("Tree", node)
    if condition["type"] == "group":
        return _group_matches(condition, event)
    condition_type = cast("str", condition["type"])
    member = next(key for key, value in _CONDITION_TYPES.items() if value == condition_type)
    if event is None:
        raise RuntimeFault(f"Cannot read properties of null (reading '{member}')", "TypeError")
    actual = js.member(event, member)
    if "name" in condition:
        actual = _at(actual, cast("str", condition["name"]))
    expected = condition.get("value", UNDEFINED)
    evaluate = _OPERATORS.get(cast("str", condition["operator"]))
    return evaluate is not None and evaluate(actual, expected)


def _at(value: object, name: str) -> object:
    if not name:
        return UNDEFINED
    pieces = _PIECE.findall(name)
    if not pieces:
        raise RuntimeFault("Cannot read properties of null (reading 'reduce')", "TypeError")
    for piece in pieces:
        value = step(value, piece)
    return value


def _number(value: object) -> float:
    if isinstance(value, str):
        return js.to_number(value)
    if value is None or isinstance(value, bool):
        return int(bool(value))
    return value if js.is_number(value) else float("nan")


def _text_test(
    test: Callable[[str, str], bool], *, wanted: bool = True
) -> Callable[[object, object], bool]:
    return lambda actual, expected: (
        isinstance(actual, str) and test(actual, cast("str", expected)) is wanted
    )


def _number_test(test: Callable[[float, float], bool]) -> Callable[[object, object], bool]:
    return lambda actual, expected: js.is_number(actual) and test(actual, _number(expected))


def _is_text(actual: object, expected: object) -> bool:
    return isinstance(actual, str) and actual == js.text_of(expected)


_OPERATORS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "=": _is_text,
    "!=": lambda actual, expected: not _is_text(actual, expected),
    "number_equals": _number_test(lambda first, second: first == second),
    "number_not_equals": _number_test(lambda first, second: first != second),
    "<": _number_test(lambda first, second: first < second),
    "<=": _number_test(lambda first, second: first <= second),
    ">": _number_test(lambda first, second: first > second),
    ">=": _number_test(lambda first, second: first >= second),
    "contains": _text_test(lambda text, part: part in text),
    "not_contains": _text_test(lambda text, part: part in text, wanted=False),
    "starts_with": _text_test(str.startswith),
    "not_starts_with": _text_test(str.startswith, wanted=False),
    "ends_with": _text_test(str.endswith),
    "not_ends_with": _text_test(str.endswith, wanted=False),
    "exists": lambda actual, _: actual is not None and actual is not UNDEFINED,
    "not_exists": lambda actual, _: actual is None or actual is UNDEFINED,
    "is_true": lambda actual, _: actual is True,
    "is_false": lambda actual, _: actual is False,
}
