"""What a connection's filters leave of an event. Pure.

All filters look at the event as it was accepted. Their actions then come in one order, whatever the
order of the filters: sample, drop, drop properties, allow properties. An error in a filter drops
the event, for what a filter is there to hold back must not slip through by a mistake in it.

Source: Segment's destination filters.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from crossdock.base import json
from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.pipeline.route.watch import Result, Seen, Watch
from crossdock.workspace import Filter, FilterAction

_DOT = re.compile(r"(?<!\\)\.")
_NOTHING = object()

Path = tuple[str, ...]


class Condition(Protocol):
    """A compiled FQL expression."""

    def matches(self, event: JsonObject) -> bool:
        """Return whether it holds for the event."""


@dataclasses.dataclass(frozen=True, slots=True)
class FilterPlan:
    """A filter, compiled.

    Attributes:
        condition: When it applies; or what is wrong with its FQL.
    """

    filter: Filter
    condition: Condition | CrossdockError


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """The event was held back.

    Attributes:
        reason: `sample`, `filter` or `filter_error`.
        what: Which filter did it, in one sentence.
        do: What the owner can do about it, if it was a mistake.
    """

    reason: str
    what: str
    do: str = ""


def apply_filters(
    body: JsonObject,
    filters: Sequence[FilterPlan],
    *,
    message_id: str,
    watch: Watch | None = None,
) -> JsonObject | Held:
    """Return what is left of the event's body, or by what it was held back.

    Args:
        body: Not changed; where something is left out, a copy is returned.
        filters: The connection's enabled ones.
        message_id: Decides a sample that no path decides.
        watch: Is told which conditions hold, and what each action does.
    """
    due = _due(body, filters, watch)
    if isinstance(due, Held):
        return due
    for action_type, apply in _APPLY.items():
        for plan, action in due:
            if action.type != action_type:
                continue
            try:
                left = apply(body, plan, action, message_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, a filter fails closed.
                left = _broken(plan, error)
            if isinstance(left, Held):
                return _told(left, plan, watch)
            if watch is not None:
                watch(_seen(plan, "passed" if left == body else "changed", left=left))
            body = left
    return body


def _due(
    body: JsonObject, filters: Sequence[FilterPlan], watch: Watch | None
) -> list[tuple[FilterPlan, FilterAction]] | Held:
    """Return the actions of the filters whose conditions hold."""
    due: list[tuple[FilterPlan, FilterAction]] = []
    for plan in filters:
        if isinstance(plan.condition, CrossdockError):
            return _told(_broken(plan, plan.condition), plan, watch)
        try:
            is_matched = plan.condition.matches(body)
        except Exception as error:  # noqa: BLE001 - whatever it is, a filter fails closed.
            return _told(_broken(plan, error), plan, watch)
        if is_matched:
            due += [(plan, action) for action in plan.filter.actions]
        if watch is not None:
            watch(_seen(plan, "matched" if is_matched else "not_matched"))
    return due


def preview_filter(
    one: Filter, event: JsonObject, *, compile_condition: Callable[[str], Condition]
) -> JsonObject | None:
    """Return what the filter leaves of the event; None if it holds it back.

    Raises:
        CrossdockError: The condition is not FQL.
    """
    plan = FilterPlan(one, compile_condition(one.condition))
    left = apply_filters(event, [plan], message_id=str(event.get("messageId", "")))
    return None if isinstance(left, Held) else left


def is_in_sample(value: object, share: float) -> bool:
    """Return whether what has this value is among the share that is kept; always the same answer.

    Computed from the first 64 bits of the MD5 of the JSON, as Segment's sampler does: a person who
    was in the sample there is in it here, and in every connection that keeps the same share.

    Args:
        value: A messageId, or what the sample's path found.
        share: From 0, which keeps nothing, to 1, which keeps everything.
    """
    digest = hashlib.md5(json.encode(value), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share


def _told(held: Held, plan: FilterPlan, watch: Watch | None) -> Held:
    if watch is not None:
        watch(_seen(plan, "held", held=held))
    return held


def _seen(
    plan: FilterPlan, result: Result, *, held: Held | None = None, left: JsonObject | None = None
) -> Seen:
    return Seen(
        stage="filter",
        result=result,
        object_id=plan.filter.id,
        name=plan.filter.title,
        reason=held.reason if held else "",
        what=held.what if held else "",
        do=held.do if held else "",
        left=left,
    )


def _broken(plan: FilterPlan, error: Exception) -> Held:
    said = error.what if isinstance(error, CrossdockError) else f"{type(error).__name__}."
    return Held(
        "filter_error",
        f'The filter "{plan.filter.title}" cannot be applied, so it holds everything back: {said}',
        "Correct the filter, or disable it.",
    )


def _sample(
    body: JsonObject, plan: FilterPlan, action: FilterAction, message_id: str
) -> JsonObject | Held:
    if action.percent is None:
        raise ValueError("a sample needs its share")
    found = _found(body, _path(action.path)) if action.path else None
    if is_in_sample(message_id if found is None else found, action.percent):
        return body
    return Held("sample", f'The filter "{plan.filter.title}" keeps only a sample.')


def _drop(_: JsonObject, plan: FilterPlan, __: FilterAction, ___: str) -> Held:
    return Held("filter", f'The filter "{plan.filter.title}" drops it.')


def _drop_properties(body: JsonObject, _: FilterPlan, action: FilterAction, __: str) -> JsonObject:
    left = dict(body)
    for part, names in (action.fields or {}).items():
        for name in names if part in body else ():
            left[part] = _without(left[part], _path(name))
    return left


def _allow_properties(body: JsonObject, _: FilterPlan, action: FilterAction, __: str) -> JsonObject:
    left = dict(body)
    for part, names in (action.fields or {}).items():
        if part in body:
            kept = _only(body[part], [_path(name) for name in names])
            left[part] = {} if kept is _NOTHING else kept
    return left


_APPLY: Mapping[str, Callable[[JsonObject, FilterPlan, FilterAction, str], JsonObject | Held]] = {
    "SAMPLE": _sample,
    "DROP": _drop,
    "DROP_PROPERTIES": _drop_properties,
    "ALLOW_PROPERTIES": _allow_properties,
}
"""The four actions, in the order in which they are taken."""


def _path(text: str) -> Path:
    r"""Return the keys of a dotted path; `\.` is a dot that belongs to a key."""
    return tuple(part.replace("\\.", ".") for part in _DOT.split(text.removeprefix("$.")))


def _found(value: object, path: Path) -> object:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _heads(path: Path) -> list[tuple[str, Path]]:
    """Return each way to read the path: `a.b` is `b` in `a`, or a key that is called `a.b`."""
    return [(".".join(path[:end]), path[end:]) for end in range(1, len(path) + 1)]


def _without(value: Any, path: Path) -> Any:
    """Return a copy without what lies at the path, in every element of a list on the way."""
    if isinstance(value, list):
        return [_without(inner, path) for inner in value]
    if not isinstance(value, dict):
        return value
    left = dict(value)
    for key, rest in _heads(path):
        if key in left:
            if rest:
                left[key] = _without(left[key], rest)
            else:
                del left[key]
    return left


def _only(value: Any, paths: Sequence[Path]) -> Any:
    """Return a copy with nothing but what lies at the paths, or `_NOTHING`."""
    if isinstance(value, list):
        kept = [_only(inner, paths) for inner in value]
        return [inner for inner in kept if inner is not _NOTHING]
    if not isinstance(value, dict):
        return _NOTHING
    left: JsonObject = {}
    for key, inner in value.items():
        rests = [rest for path in paths for head, rest in _heads(path) if head == key]
        if () in rests:
            left[key] = inner
        elif rests and (part := _only(inner, rests)) is not _NOTHING:
            left[key] = part
    return left
