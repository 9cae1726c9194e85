"""Where Segment's own runtime reads a condition differently from its documented language.

A departure is a fault there, not here. Each has a stable code and one sentence for the owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from crossdock.kit import javascript as js
from crossdock.kit.fql import parse, segment_runtime, tree

SENTENCES: Final[Mapping[str, str]] = {
    "mixed_and_or": '"and" and "or" in one list: there the last of them joins all conditions.',
    "nested_parentheses": "Parentheses inside parentheses make the condition invalid there.",
    "negated_group": '"!" before anything but contains or match is ignored there.',
    "single_quotes": "Single quotes become a part of the text there.",
    "text_escapes": "A backslash in a text means nothing there.",
    "unsupported_function": "Only contains and match, of a path and a text, exist there.",
    "unsupported_operator": '"in" and lists do not exist there.',
    "unsupported_path": "Conditions on this path are ignored there.",
    "bare_word": "There, a word without quotes on the right is a text, not a path.",
    "value_first": "There, the path must stand on the left.",
    "bare_condition": "There, a condition needs an operator and a value.",
    "type_of_null": "There, type and event are compared with the word null.",
    "literal_as_text": "There, this value is compared as text.",
    "boolean_inequality": "There, != true and != false hold for every event.",
    "inequality_on_missing": "There, the opposite does not hold when the value is missing.",
    "number_as_text": "There, a text on the right is compared as a number.",
    "glob_matching": "There, only one * at either end means something.",
    "member_of_text": "There, length and positions are members of texts and lists.",
    "split_key": "There, a key with a dot or a bracket cannot be reached.",
    "unescaped_key": "There, this key needs a backslash before it.",
    "falsy_on_the_way": "There, 0, false or an empty text stands for everything below it.",
    "operator_spacing": "There, an operator of two characters needs a space after it.",
    "number_exponent": "There, a number has no exponent.",
    "parse_error_there": "There, this text is not a condition.",
    "not_fql": "This is not FQL; there, what is not understood is skipped.",
}
"""By code."""

_ROOTS: Final = ("type", "event", "name", "userId", "properties", "traits", "context")
_OBJECTS: Final = ("properties", "traits", "context")
_KEYWORDS: Final = ("and", "or", "null")
_GLOB_CHARACTERS: Final = frozenset("*?[]\\")
_LONG_OPERATORS: Final = ("<=", ">=", "!=")
_DEEP: Final = 2


def departures(text: str, node: tree.Node | None) -> tuple[str, ...]:
    """Return the codes of the departures, in the order of `SENTENCES`.

    Args:
        text: The condition.
        node: Its tree; None if it is not FQL.
    """
    try:
        segment_runtime.parse(text)
        is_read_there = True
    except segment_runtime.RuntimeFault:
        is_read_there = False
    if node is None:
        return ("not_fql",) if is_read_there else ()
    found = {*_in_tokens(text), *_in_condition(node)}
    if not is_read_there and not found:
        found.add("parse_error_there")
    return tuple(code for code in SENTENCES if code in found)


def _in_tokens(text: str) -> Iterator[str]:
    """Yield what shows in the text only: the tree has neither parentheses nor spaces."""
    pieces = parse.tokens(text)
    yield from _in_structure(pieces)
    for piece in pieces:
        end = text[piece.position + len(piece.text) :][:1]
        if piece.kind == "sign" and piece.text in _LONG_OPERATORS and end not in (*" \t\n,])", ""):
            yield "operator_spacing"
        if piece.kind == "number" and "e" in piece.text.lower():
            yield "number_exponent"
        if piece.kind == "text" and "\\" in piece.text:
            yield "text_escapes"
        if piece.kind == "path" and _has_unescaped_key(piece.text):
            yield "unescaped_key"


def _in_structure(pieces: Sequence[parse.Token]) -> Iterator[str]:
    """Yield what is wrong there with words and parentheses that the text joins by."""
    words_by_depth: list[set[str]] = [set()]
    calls: list[bool] = []
    is_call = False
    for piece in pieces:
        if piece.kind == "sign" and piece.text == "(":
            if not is_call and False in calls:
                yield "nested_parentheses"
            calls.append(is_call)
            words_by_depth.append(set())
        elif piece.kind == "sign" and piece.text == ")":
            calls.pop()
            words_by_depth.pop()
        elif piece.kind == "word" and piece.text in ("and", "or"):
            words_by_depth[-1].add(piece.text)
            if len(words_by_depth[-1]) > 1:
                yield "mixed_and_or"
        is_call = piece.kind == "path"


def _has_unescaped_key(text: str) -> bool:
    keys = text.replace(" ", "").replace("\t", "").split(".")[1:]
    return any(key in _KEYWORDS or key[:1].isdigit() or key[:1] == "-" for key in keys)


def _in_condition(node: tree.Node) -> Iterator[str]:
    match node:
        case tree.All() | tree.Any():
            for part in node.parts:
                yield from _in_condition(part)
        case tree.Not():
            if isinstance(node.inner, tree.Call) and node.inner.function in ("contains", "match"):
                yield "inequality_on_missing"
            else:
                yield "negated_group"
            yield from _in_condition(node.inner)
        case tree.Compare():
            yield from _in_comparison(node)
        case tree.Call():
            yield from _in_call(node)
        case tree.In() | tree.Items():
            yield "unsupported_operator"
        case tree.Path() | tree.Value():
            yield "bare_condition"


def _in_path(path: tree.Path) -> Iterator[str]:
    root, below = path.keys[0], path.keys[1:]
    if root not in _ROOTS or (below and root not in _OBJECTS) or (not below and root in _OBJECTS):
        yield "unsupported_path"
    if any(character in key for key in below for character in ".[]"):
        yield "split_key"
    if any(key == "length" or js.array_index(key) is not None for key in below):
        yield "member_of_text"


def _in_value(value: tree.Value) -> Iterator[str]:
    if value.is_single_quoted:
        yield "single_quotes"
    if isinstance(value.value, str) and value.value.startswith('"'):
        yield "text_escapes"


def _in_comparison(node: tree.Compare) -> Iterator[str]:
    left, right = node.left, node.right
    if not isinstance(left, tree.Path):
        yield "unsupported_function" if isinstance(left, tree.Call) else "value_first"
        return
    yield from _in_path(left)
    if isinstance(right, tree.Path):
        yield "bare_word"
        return
    if not isinstance(right, tree.Value):
        is_list = isinstance(right, tree.Items)
        yield "unsupported_operator" if is_list else "unsupported_function"
        return
    yield from _in_value(right)
    yield from _in_literal(left.keys, node.operator, right.value)


def _in_literal(keys: tuple[str, ...], operator: str, value: object) -> Iterator[str]:
    is_text = isinstance(value, str)
    if operator not in ("=", "!="):
        if not js.is_number(value):
            yield "number_as_text"
    elif value is None:
        if keys[0] in ("type", "event"):
            yield "type_of_null"
    elif not is_text and keys[0] not in _OBJECTS:
        yield "literal_as_text"
    elif isinstance(value, bool) and operator == "!=":
        yield "boolean_inequality"
    elif operator == "!=" and js.is_number(value):
        yield "inequality_on_missing"
    # Below something falsy: missing here, that falsy value there.
    is_read_below = value in ("", 0, None) or operator not in ("=", "!=")
    if len(keys) > _DEEP and is_read_below:
        yield "falsy_on_the_way"


def _in_call(call: tree.Call) -> Iterator[str]:
    if call.function not in ("contains", "match"):
        yield "unsupported_function"
        return
    place, wanted = call.arguments
    if not isinstance(place, tree.Path) or not isinstance(wanted, (tree.Value, tree.Path)):
        yield "unsupported_function"
        return
    yield from _in_path(place)
    if place.keys[0] == "type":
        yield "unsupported_path"
    if isinstance(wanted, tree.Path):
        yield "bare_word"
        return
    yield from _in_value(wanted)
    if not isinstance(wanted.value, str):
        yield "literal_as_text"
        return
    glob = wanted.value
    if call.function == "match":
        literal = glob[:-1] if glob.endswith("*") else glob[1:] if glob[:1] == "*" else None
        if literal is None or _GLOB_CHARACTERS & set(literal):
            yield "glob_matching"
    if len(place.keys) > _DEEP and glob in ("", "*"):
        yield "falsy_on_the_way"
