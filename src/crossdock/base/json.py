"""JSON as the network sends it: strict, bounded, no surprises.

A thin layer over msgspec. What it adds is what msgspec lets through (see each function), and one
error for all of it, so that nobody catches `RecursionError` twice.
"""

from __future__ import annotations

from typing import Any

import msgspec

JsonObject = dict[str, Any]
"""A JSON object whose shape is the sender's business."""

# msgspec's own recursion guard raises RecursionError at about 1,000 levels; real events have fewer
# than ten. The bound is here so that no later stage meets something it cannot walk.
DEPTH_MAX = 64


class NotJson(ValueError):
    """The bytes are not JSON that we accept. The message says why, without the content."""


_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


def decode(data: bytes | str) -> Any:
    """Return the value that the JSON text stands for.

    Args:
        data: UTF-8.

    Raises:
        NotJson: Not JSON, not UTF-8, deeper than `DEPTH_MAX`, or a number beyond a double.
    """
    try:
        value = _decoder.decode(data)
    except RecursionError as error:
        raise NotJson(f"the JSON is nested deeper than {DEPTH_MAX} levels") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJson(str(error)) from error
    if _opens_often(data) and depth_exceeds(value, DEPTH_MAX):
        raise NotJson(f"the JSON is nested deeper than {DEPTH_MAX} levels")
    return value


def _opens_often(data: bytes | str) -> bool:
    # Counting brackets costs a third of walking the value, and tells enough for most events.
    if isinstance(data, str):
        return data.count("{") + data.count("[") > DEPTH_MAX
    return data.count(b"{") + data.count(b"[") > DEPTH_MAX


def encode(value: object) -> bytes:
    """Return the value as compact JSON in UTF-8; NaN and infinities become null."""
    return _encoder.encode(value)


def depth_exceeds(value: object, depth_max: int) -> bool:
    """Return whether lists and objects are nested in each other more than `depth_max` deep."""
    level: list[object] = [value]
    for _ in range(depth_max + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True
