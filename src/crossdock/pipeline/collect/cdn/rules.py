"""Filters, in the shape in which Analytics.js applies them before a destination.

Source:
    Read from the tsub chunk of `@segment/analytics-next` 1.84.3: a rule has matchers, each with a
    list of transformers of its own. They run in order, each on what the one before left; `drop`
    ends it. What throws in there ends it too, and the destination gets nothing. Its sampling by a
    path reads the hexadecimal text of a hash as if it were bytes, and so keeps nearly everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.workspace import Connection, Filter, FilterAction

# Whatever the order they were made in: sampling is cheapest, and what is dropped needs no trimming.
_ORDER = ("SAMPLE", "DROP", "DROP_PROPERTIES", "ALLOW_PROPERTIES")

_DROP_ALL: JsonObject = {
    "matchers": [{"type": "all"}],
    "transformers": [[{"type": "drop"}]],
}


class NotInBrowser(CrossdockError):
    """A filter says something that Analytics.js cannot do in the page."""

    code: ClassVar[str] = "filter_not_in_browser"


def rule_of(
    connection: Connection, *, name: str, routing_rule: Callable[[str], str]
) -> JsonObject | None:
    """Return the rule that applies the connection's filters, or None if it has none.

    A filter whose condition cannot be put into a rule keeps every event back: an owner who wanted
    something withheld is better off with nothing delivered than with all of it.

    Args:
        connection: With its filters.
        name: What Analytics.js knows the connection by.
        routing_rule: Returns the matcher's `ir` for a condition; raises `CrossdockError`.
    """
    steps = sorted(
        ((one, action) for one in connection.filters if one.enabled for action in one.actions),
        key=lambda step: _ORDER.index(step[1].type),
    )
    if not steps:
        return None
    rule: JsonObject = {
        "scope": "destinations",
        "target_type": "workspace::project::destination::config",
        "destinationName": name,
    }
    try:
        return rule | {
            "matchers": [_matcher(one, routing_rule) for one, _ in steps],
            "transformers": [[_transformer(action)] for _, action in steps],
        }
    except CrossdockError:
        return rule | _DROP_ALL


def check_filter(one: Filter, *, routing_rule: Callable[[str], str]) -> None:
    """Refuse a filter that Analytics.js cannot apply.

    Raises:
        CrossdockError: It cannot; says why, and what to do.
    """
    _matcher(one, routing_rule)
    for action in one.actions:
        _transformer(action)


def _matcher(one: Filter, routing_rule: Callable[[str], str]) -> JsonObject:
    if not one.condition.strip() or one.condition.strip() == "all":
        return {"type": "all"}
    return {"type": "fql", "ir": routing_rule(one.condition)}


def _transformer(action: FilterAction) -> JsonObject:
    match action.type:
        case "SAMPLE":
            share = 1.0 if action.percent is None else action.percent
            if action.path is not None:
                raise NotInBrowser(
                    f'Analytics.js cannot sample by "{action.path}": it would keep every event.',
                    do="Leave the path out, so that each event is in the sample by chance.",
                )
            return {"type": "sample_event", "config": {"sample": {"percent": share}}}
        case "DROP":
            return {"type": "drop"}
        case "DROP_PROPERTIES":
            dropped = _keys_by_object(action.fields or {}, is_allowing=False)
            return {"type": "drop_properties", "config": {"drop": dropped}}
        case "ALLOW_PROPERTIES":
            allowed = _keys_by_object(action.fields or {}, is_allowing=True)
            return {"type": "allow_properties", "config": {"allow": allowed}}


def _keys_by_object(
    fields: Mapping[str, Sequence[str]], *, is_allowing: bool
) -> dict[str, list[str]]:
    """Return the fields as keys of objects: `card.number` is `number` of `card`.

    To allow something inside an object is to allow the object, and nothing else inside it; unless
    the object is allowed as a whole.
    """
    keys: dict[str, list[str]] = {}
    for part, paths in fields.items():
        for path in paths:
            *parents, key = path.split(".")
            if is_allowing:
                if any(".".join(parents[: depth + 1]) in paths for depth in range(len(parents))):
                    continue
                for depth, parent in enumerate(parents):
                    _add(keys, ".".join([part, *parents[:depth]]), parent)
            _add(keys, ".".join([part, *parents]), key)
        if is_allowing:
            keys.setdefault(part, [])
    return keys


def _add(keys: dict[str, list[str]], path: str, key: str) -> None:
    held = keys.setdefault(path, [])
    if key not in held:
        held.append(key)
