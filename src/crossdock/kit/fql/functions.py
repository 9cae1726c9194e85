"""The functions of FQL. Null is welcome everywhere; what makes no sense gives null or false."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, cast

from crossdock.kit import javascript as js

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CACHED_GLOBS = 1024


class Function(NamedTuple):
    """What a function does, and how many values it takes."""

    run: Callable[..., object]
    arguments: int


def contains(text: object, part: object) -> bool:
    """Return whether the first text holds the second."""
    return isinstance(text, str) and isinstance(part, str) and part in text


def length(value: object) -> int | None:
    """Return how many items a list has, how many bytes a text; 0 for null."""
    if value is None:
        return 0
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    return len(value) if isinstance(value, list) else None


def lowercase(value: object) -> str | None:
    """Return the text in lower case."""
    return value.lower() if isinstance(value, str) else None


def uppercase(value: object) -> str | None:
    """Return the text in upper case."""
    return value.upper() if isinstance(value, str) else None


def snakecase(value: object) -> str | None:
    """Return `order_completed` for `Order Completed` and for `orderCompleted`."""
    return "_".join(_words(value)).lower() if isinstance(value, str) else None


def kebabcase(value: object) -> str | None:
    """Return `order-completed` for `Order Completed` and for `orderCompleted`."""
    return "-".join(_words(value)).lower() if isinstance(value, str) else None


def titlecase(value: object) -> str | None:
    """Return `Order Completed` for `order completed`: each word's first letter in upper case."""
    if not isinstance(value, str):
        return None
    return re.sub(r"[^\W_]+", lambda word: word[0][0].upper() + word[0][1:].lower(), value)


def _words(text: str) -> list[str]:
    return [word for part in _WORD.findall(text) for word in _CAMEL.split(part)]


def typeof(value: object) -> str:
    """Return `string`, `number`, `list`, `bool`, `null`, or `object`."""
    name = js.type_name(value)
    return {"array": "list", "boolean": "bool"}.get(name, name)


def match(text: object, glob: object) -> bool:
    r"""Return whether the glob describes the whole text: `*`, `?`, `[abc]`, `[a-z]`, `\x`."""
    if not isinstance(text, str) or not isinstance(glob, str):
        return False
    return matches_glob(text, compiled_glob(glob))


GlobPart = tuple[str, bool, tuple[tuple[str, str], ...]]
"""`("*", …)` for any text; otherwise whether one character is (or is not) in one of the ranges."""


@functools.lru_cache(_CACHED_GLOBS)
def compiled_glob(glob: str) -> tuple[GlobPart, ...]:
    """Return the parts of a glob. A bracket without an end is a bracket."""
    parts: list[GlobPart] = []
    at = 0
    while at < len(glob):
        character = glob[at]
        at += 1
        if character == "*":
            if not parts or parts[-1][0] != "*":
                parts.append(("*", False, ()))
            continue
        if character == "?":
            parts.append(("?", False, (("\0", "\U0010ffff"),)))
            continue
        if character == "[" and (end := glob.find("]", at + 1)) > 0:
            parts.append(_character_class(glob[at:end]))
            at = end + 1
            continue
        if character == "\\" and at < len(glob):
            character = glob[at]
            at += 1
        parts.append(("c", False, ((character, character),)))
    return tuple(parts)


def _character_class(inside: str) -> GlobPart:
    negated = inside[0] in "^!" and len(inside) > 1
    characters = inside[1:] if negated else inside
    ranges: list[tuple[str, str]] = []
    at = 0
    while at < len(characters):
        if characters[at] == "\\" and at + 1 < len(characters):
            at += 1
        first = last = characters[at]
        if characters[at + 1 : at + 2] == "-" and at + 2 < len(characters):
            last = characters[at + 2]
            at += 2
        ranges.append((first, last))
        at += 1
    return ("[", negated, tuple(ranges))


def matches_glob(text: str, parts: tuple[GlobPart, ...]) -> bool:
    """Return whether the parts describe the whole text.

    Going back only to the last star is enough, and keeps the work below length times parts;
    a regular expression would take exponential time for `*a*a*a*b`.
    """
    at = part = 0
    star, resume = -1, 0
    while at < len(text):
        if part < len(parts) and parts[part][0] == "*":
            star, resume = part, at
            part += 1
        elif part < len(parts) and _is_in(text[at], parts[part]):
            at += 1
            part += 1
        elif star >= 0:
            resume += 1
            part, at = star + 1, resume
        else:
            return False
    return all(rest[0] == "*" for rest in parts[part:])


def _is_in(character: str, part: GlobPart) -> bool:
    return any(first <= character <= last for first, last in part[2]) != part[1]


def to_bool(value: object) -> bool | None:
    """Return the boolean that it is or says: `true`, `"true"`, 1."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return bool(value) if js.is_number(value) else None


def to_string(value: object) -> str | None:
    """Return it as text."""
    if isinstance(value, (dict, list)):
        return cast("str", js.json_text(value))
    return None if value is None else js.text_of(value)


def to_number(value: object) -> float | None:
    """Return the number that it is or says."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        number = js.to_number(value) if value.strip() else float("nan")
        return None if number != number else number  # noqa: PLR0124 - NaN.
    return value if js.is_number(value) else None


FUNCTIONS: Final[Mapping[str, Function]] = {
    "contains": Function(contains, 2),
    "match": Function(match, 2),
    "length": Function(length, 1),
    "lowercase": Function(lowercase, 1),
    "uppercase": Function(uppercase, 1),
    "snakecase": Function(snakecase, 1),
    "kebabcase": Function(kebabcase, 1),
    "titlecase": Function(titlecase, 1),
    "typeof": Function(typeof, 1),
    "bool": Function(to_bool, 1),
    "string": Function(to_string, 1),
    "number": Function(to_number, 1),
}
