"""What a definition means, in plain loops: slow, and easy to believe.

The SQL must give the same. Only the rules by which a text is a number or a date are shared.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossdock.audiences.language import tree
from crossdock.audiences.language.paths import keys_of
from crossdock.audiences.language.values import epoch_moment, iso_moment, readable_number
from crossdock.base import json

SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True)
class Event:
    """An event in the history."""

    profile_id: int
    message_id: str
    event: str
    timestamp: dt.datetime
    properties: Mapping[str, object] = field(default_factory=dict)
    context: Mapping[str, object] = field(default_factory=dict)
    type: str = "track"
    source: str = "web"


@dataclass(frozen=True)
class Profile:
    """A profile, or an account."""

    id: int
    traits: Mapping[str, object] = field(default_factory=dict)
    is_anonymous: bool = False


@dataclass(frozen=True)
class World:
    """All there is."""

    profiles: Sequence[Profile] = ()
    events: Sequence[Event] = ()
    accounts: Sequence[Profile] = ()
    members: Sequence[tuple[int, int]] = ()
    """Pairs of an account and a profile."""

    def of_account(self, account: Profile) -> list[Profile]:
        return [p for p in self.profiles if (account.id, p.id) in self.members]

    def accounts_of(self, profile: Profile) -> list[Profile]:
        return [a for a in self.accounts if (a.id, profile.id) in self.members]


@dataclass(frozen=True)
class At:
    """Where something is evaluated: for whom, when, and at which events of a sequence."""

    world: World
    now: dt.datetime
    who: Profile
    whose: frozenset[int]
    events: tuple[Event, ...] = ()
    is_account: bool = False
    with_anonymous: bool = False


def place(world: World, now: dt.datetime, who: Profile, *, is_account: bool) -> At:
    """Return where a definition begins."""
    members = world.of_account(who) if is_account else [who]
    return At(world, now, who, frozenset(p.id for p in members), is_account=is_account)


def holds(node: tree.Condition, at: At) -> bool:
    """Return whether the condition holds there."""
    match node:
        case tree.And(parts):
            return all(holds(part, at) for part in parts)
        case tree.Or(parts):
            return any(holds(part, at) for part in parts)
        case tree.Not(part):
            return not holds(part, at)
        case tree.Members(quantifier, part):
            users = [
                p for p in at.world.of_account(at.who) if at.with_anonymous or not p.is_anonymous
            ]
            answers = [holds(part, At(at.world, at.now, p, frozenset({p.id}))) for p in users]
            return any(answers) if quantifier == "ANY" else bool(answers) and all(answers)
        case tree.Compare(left, sign, right):
            return compares(value(left, at), sign, value(right, at))
        case tree.Test():
            return passes(node, value(node.left, at), at.now)


def compares(left: object, sign: str, right: object) -> bool:
    """Return whether `left sign right`, where none is missing."""
    if left is None or right is None:
        return False
    if sign == "!=":
        return not compares(left, "=", right)
    if is_number(left) or is_number(right):
        numbers = number(left), number(right)
        return None not in numbers and SIGNS[sign](*numbers)
    return SIGNS[sign](text(left), text(right))


def is_number(one: object) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool)


def number(one: object) -> float | None:
    if isinstance(one, str):
        return readable_number(one)
    return float(one) if isinstance(one, int | float) and not isinstance(one, bool) else None


def text(one: object) -> str:
    return one if isinstance(one, str) else json.encode(one).decode()


def moment(one: object) -> dt.datetime | None:
    if one is None:
        return None
    found = iso_moment(text(one))
    as_number = number(one)
    if found is None and as_number is not None:
        found = epoch_moment(as_number)
    return found.replace(tzinfo=dt.UTC) if found else None


def passes(node: tree.Test, one: object, now: dt.datetime) -> bool:  # noqa: PLR0911 - one for each kind.
    if node.name in ("absent", "exists", "none_of", "omits"):
        opposite = {"absent": "exists", "none_of": "one_of", "omits": "contains"}
        if node.name == "exists":
            return one is not None
        if node.name == "none_of" and one is None:
            return False
        name = opposite[node.name]
        return not passes(tree.Test(node.left, name, node.arguments), one, now)  # type: ignore[arg-type] # One of them.
    if one is None:
        return False
    if node.name == "one_of":
        return any(compares(one, "=", argument) for argument in node.arguments)
    if node.name in ("contains", "starts_with", "ends_with"):
        means = {
            "contains": str.__contains__,
            "starts_with": str.startswith,
            "ends_with": str.endswith,
        }[node.name]
        return any(means(text(one), str(argument)) for argument in node.arguments)
    return is_then(node, moment(one), now)


def is_then(node: tree.Test, then: dt.datetime | None, now: dt.datetime) -> bool:
    if then is None:
        return False
    if node.duration is None:
        other = moment(node.arguments[0])
        assert other is not None
        return then < other if node.name == "before_date" else then > other
    length = node.duration.timedelta
    return {
        "before_last": then <= now - length,
        "within_last": now - length < then <= now,
        "within_next": now < then <= now + length,
        "after_next": then > now + length,
    }[node.name]


def value(node: tree.Scalar, at: At) -> object:
    """Return the value there; nothing if it is missing."""
    match node:
        case tree.Fixed(fixed):
            return fixed
        case tree.Trait(path):
            return inside(at.who.traits, path)
        case tree.Context(path):
            return inside(at.events[-1].context, path)
        case tree.Property(path, of_parent):
            event = at.events[-2 if of_parent else -1]
            found = inside(event.properties, path)
            if found is None and (path, event.type) == ("page_name", "page"):
                return inside(event.properties, "name")
            return found
        case tree.Reduced(stream):
            return reduced(node, kept(stream, at), at)


def inside(one: object, path: str) -> object:
    for key in keys_of(path):
        if isinstance(one, list) and key.isdigit() and int(key) < len(one):
            one = one[int(key)]
        elif isinstance(one, Mapping):
            one = one.get(key)
        else:
            return None
    return one


def kept(stream: tree.Stream, at: At) -> list[Event]:
    """Return the events that pass all filters, in order of time."""
    events: list[Event] = [e for e in at.world.events if e.event == stream.name]
    if stream.kind == "entity":
        events = [
            Event(at.who.id, str(account.id), "", at.now, account.traits)
            for account in at.world.accounts_of(at.who)
        ]
    whose = at.whose
    if at.events:
        parent = at.events[-1]
        whose = frozenset({parent.profile_id})
        events = [e for e in events if e.timestamp > parent.timestamp]
    events = [e for e in events if e.profile_id in whose]
    for one in sorted(stream.filters, key=lambda one: isinstance(one, tree.ExpiresAfter)):
        if isinstance(one, tree.ExpiresAfter):
            return session(sorted(events, key=in_time), one.duration.timedelta, at.now)
        events = [e for e in events if is_kept(one, e, at)]
    return sorted(events, key=in_time)


def in_time(event: Event) -> tuple[dt.datetime, str]:
    return event.timestamp, event.message_id


def session(events: list[Event], pause: dt.timedelta, now: dt.datetime) -> list[Event]:
    current: list[Event] = []
    for event in events:
        if current and event.timestamp - current[-1].timestamp >= pause:
            current = []
        current.append(event)
    return current if current and current[-1].timestamp + pause > now else []


def is_kept(one: tree.Filter, event: Event, at: At) -> bool:
    match one:
        case tree.Where(condition):
            whole = (*at.events, event)
            there = At(at.world, at.now, at.who, at.whose, whole, at.is_account)
            return holds(condition, there)
        case tree.Sources(excluded):
            return event.source not in excluded
        case tree.Within(duration, of_parent):
            if of_parent:
                return event.timestamp <= at.events[-1].timestamp + duration.timedelta
            return event.timestamp > at.now - duration.timedelta
        case tree.Between(start, end, of_parent):
            if of_parent:
                since = event.timestamp - at.events[-1].timestamp
                return start.timedelta <= since <= end.timedelta
            return start.timedelta <= at.now - event.timestamp < end.timedelta
        case _:
            raise AssertionError(one)


def reduced(node: tree.Reduced, events: list[Event], at: At) -> object:  # noqa: PLR0911 - one for each reducer.
    if node.argument is None:
        return len(events)
    found = [
        value(node.argument, At(at.world, at.now, at.who, at.whose, (*at.events, event)))
        for event in events
    ]
    there = [one for one in found if one is not None]
    if node.reducer in ("first", "last"):
        return there[0 if node.reducer == "first" else -1] if there else None
    by_number = node.value_type == "number" or (
        node.value_type is None and node.reducer in ("sum", "avg", "min", "max")
    )
    values = [n for one in there if (n := number(one) if by_number else text(one)) is not None]
    if node.reducer == "unique_count":
        return len(set(values))
    if not values:
        return None
    if node.reducer == "unique":
        return sorted(set(values))
    if node.reducer == "mode":
        often = [(-n, one) for one, n in Counter(values).items() if n >= (node.frequency_min or 1)]
        return min(often)[1] if often else None
    if node.reducer in ("sum", "avg"):
        total = math.fsum(one for one in values if isinstance(one, float))
        return total if node.reducer == "sum" else total / len(values)
    return min(values) if node.reducer == "min" else max(values)


def trait_value(node: tree.Reduced, at: At) -> object:
    """Return what a computed trait is: a counter of what never happened is none."""
    found = value(node, at)
    if node.reducer in ("count", "unique_count") and found == 0:
        ever = tree.Stream(
            node.stream.kind,
            node.stream.name,
            tuple(
                one
                for one in node.stream.filters
                if isinstance(one, tree.Sources)
                or (isinstance(one, tree.Where) and not is_moving(one.condition))
            ),
        )
        return 0 if kept(ever, at) else None
    return found


def is_moving(condition: tree.Condition) -> bool:
    """Return whether the present has a part in it."""
    return any(
        (isinstance(node, tree.Test) and node.duration is not None)
        or (
            isinstance(node, tree.Reduced)
            and any(
                isinstance(one, tree.Within | tree.Between) and not one.of_parent
                for one in node.stream.filters
            )
        )
        for node in tree.walk(condition)
    )
