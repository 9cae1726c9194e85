r"""Places in a JSON value: `address.city`, `items.0.sku`, `a\.b` for a name that has a dot."""

from __future__ import annotations

from typing import Final

LEVELS_MAX: Final = 10


def keys_of(path: str) -> tuple[str, ...]:
    """Return the names on the way, from the outside in."""
    keys, key, at = [], "", 0
    while at < len(path):
        if path[at] == "\\" and at + 1 < len(path):
            key += path[at + 1]
            at += 2
        elif path[at] == ".":
            keys.append(key)
            key = ""
            at += 1
        else:
            key += path[at]
            at += 1
    return (*keys, key)


def pointer_of(path: str) -> str:
    """Return the path as a JSON pointer, in which no character has a meaning it could escape with.

    Source:
        RFC 6901.
    """
    return "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in keys_of(path))
