"""Where in an event a value is: `$.context.page.url`, `properties.products[0].id`."""

from __future__ import annotations

import re

from crossdock.kit import javascript as js

# A dot; a bracket that opens a quoted or numbered member; brackets that close one. Any other
# bracket is part of a key.
_DELIMITER = re.compile(r"\.|\[(?=[\"'0-9])|(?<=[\"'0-9])\]+")
_QUOTES = str.maketrans("", "", "'\"")


def pieces(path: str) -> tuple[str, ...]:
    """Return the keys that the path walks through; none at all for the whole event.

    Quotes do not protect: a dot inside them still separates, as it does in Segment's runtime, so
    a key with a dot in it cannot be reached.
    """
    return tuple(piece.translate(_QUOTES) for piece in _DELIMITER.split(path) if piece)


def event_pieces(path: str) -> tuple[str, ...]:
    """Return the keys of an `@path`, where the first `$.` anywhere means nothing."""
    return pieces(path.replace("$.", "", 1))


def step(value: object, key: str) -> object:
    """Return the member; of a falsy value, the value itself: `$.a.b` of `{"a": 0}` is 0."""
    return js.member(value, key) if js.truthy(value) else value


def walk(value: object, keys: tuple[str, ...]) -> object:
    """Return what is at the end of the path."""
    for key in keys:
        value = step(value, key)
    return value


class Odd:
    """Stands for something that is not an object where a path goes on, so that code need not ask.

    Args:
        value: Text, list, number, null or undefined.
    """

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def get(self, key: str, _undefined: object) -> object:
        """Return the member, as `step` does."""
        return step(self._value, key)
