"""Definitions and histories of all kinds, small enough to meet each other often."""

from __future__ import annotations

import datetime as dt
from typing import get_args

from hypothesis import strategies as st

from crossdock.audiences.language import tree
from tests.audiences.naive import Event, Profile, World

NOON = dt.datetime(2030, 1, 10, 12, tzinfo=dt.UTC)
HOURS = 30
NAMES = ("Bought", "Seen")
SIGNS: tuple[tree.Operator, ...] = ("=", "!=", ">", ">=", "<", "<=")

dates = st.integers(-HOURS, HOURS).flatmap(
    lambda hours: st.sampled_from(
        [
            (NOON + dt.timedelta(hours=hours)).isoformat(),
            (NOON + dt.timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%SZ"),
            (NOON + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M"),
            (NOON + dt.timedelta(hours=hours))
            .astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
            .isoformat(),
            int((NOON + dt.timedelta(hours=hours)).timestamp()),
            int((NOON + dt.timedelta(hours=hours)).timestamp()) * 1000,
            "2030-02-30",
        ]
    )
)
numbers = st.integers(-3, 12) | st.sampled_from([0.5, 2.25, 5.0, -0.75])
texts = st.sampled_from(
    ["x", "xy", "y", "", "5", "5.0", " 2 ", "1_0", "nan", "true", "null", "é'\"\\", "[1]"]
)
json_values = st.one_of(
    numbers, texts, dates, st.booleans(), st.none(), st.just([1, "x"]), st.just({"a": 1})
)
objects = st.dictionaries(
    st.sampled_from(["n", "s", "d", "name"]), json_values, max_size=4
).flatmap(lambda flat: st.just(flat) | st.just({**flat, "in": {"n": flat.get("n"), "a.b": 3}}))
paths = st.sampled_from(["n", "s", "d", "in.n", r"in.a\.b", "page_name", "d.1", "missing"])
durations = st.builds(tree.Duration, st.integers(1, 24), st.just("hours")) | st.builds(
    tree.Duration, st.just(1), st.just("days")
)
fixed = st.builds(tree.Fixed, numbers | texts | st.booleans())
ordered = st.builds(tree.Fixed, numbers | texts)


def named(*names: tree.TestName) -> st.SearchStrategy[tree.TestName]:
    """One of them."""
    return st.sampled_from(names)


@st.composite
def tests_of(draw: st.DrawFn, left: st.SearchStrategy[tree.Scalar]) -> tree.Condition:
    """A comparison of a value of any type with something."""
    one = draw(left)
    kind = draw(st.sampled_from(["sign", "sign", "there", "text", "list", "date", "moving"]))
    if kind == "sign":
        sign = draw(st.sampled_from(SIGNS))
        right = draw((fixed if sign in ("=", "!=") else ordered) | left)
        return tree.Compare(one, sign, right)
    if kind == "there":
        return tree.Test(one, draw(named("absent", "exists")))
    if kind == "text":
        name = draw(named("contains", "omits", "starts_with", "ends_with"))
        return tree.Test(one, name, (draw(texts),))
    if kind == "list":
        values = draw(st.lists(numbers | texts | st.booleans(), min_size=1, max_size=3))
        return tree.Test(one, draw(named("one_of", "none_of")), tuple(values))
    if kind == "date":
        name = draw(named("before_date", "after_date"))
        return tree.Test(one, name, (draw(st.sampled_from(["2030-01-10", NOON.isoformat()])),))
    name = draw(named("within_last", "within_next", "before_last", "after_next"))
    return tree.Test(one, name, (), draw(durations))


traits = st.builds(tree.Trait, paths)
properties = st.builds(tree.Property, paths)
contexts = st.builds(tree.Context, paths)


def joined(parts: st.SearchStrategy[tree.Condition]) -> st.SearchStrategy[tree.Condition]:
    """Conditions with AND, OR and NOT."""

    def several(node: type[tree.And | tree.Or]) -> st.SearchStrategy[tree.Condition]:
        return st.lists(parts, min_size=2, max_size=3).map(lambda found: node(tuple(found)))

    return st.one_of(parts, parts, st.builds(tree.Not, parts), several(tree.And), several(tree.Or))


@st.composite
def windows(draw: st.DrawFn, *, of_parent: bool, with_session: bool) -> list[tree.Filter]:
    """No window, or one."""
    kinds = ["none", "within", "between"] + ["session"] * with_session
    kind = draw(st.sampled_from(kinds))
    if kind == "within":
        return [tree.Within(draw(durations), of_parent)]
    if kind == "between":
        start = draw(st.integers(0, 10))
        end = start + draw(st.integers(1, 14))
        hours = [tree.Duration(n, "hours") for n in (start, end)]
        return [tree.Between(hours[0], hours[1], of_parent)]
    return [tree.ExpiresAfter(draw(durations))] if kind == "session" else []


sources = st.just(tree.Sources(("app",)))
of_second = tests_of(
    properties | traits | st.builds(tree.Property, paths, of_parent=st.just(value=True))
)


@st.composite
def seconds(draw: st.DrawFn) -> tree.Condition:
    """A condition on the second event of a sequence."""
    filters: list[tree.Filter] = draw(st.lists(st.builds(tree.Where, of_second), max_size=1))
    filters += draw(windows(of_parent=draw(st.booleans()), with_session=False))
    stream = tree.Stream("event", draw(st.sampled_from(NAMES)), tuple(filters))
    names: list[tree.ReducerName] = ["count", "count", "sum", "max", "unique_count"]
    reducer = draw(st.sampled_from(names))
    argument = None if reducer == "count" else draw(properties)
    one = tree.Reduced(stream, reducer, argument)
    return tree.Compare(one, draw(st.sampled_from(SIGNS)), tree.Fixed(draw(st.integers(0, 2))))


@st.composite
def streams(draw: st.DrawFn) -> tree.Stream:
    """Events with filters."""
    with_session = draw(st.booleans())
    still = tests_of(properties | contexts | traits).filter(
        lambda node: not (with_session and isinstance(node, tree.Test) and node.duration)
    )
    conditions = joined(still if with_session else still | seconds())
    filters: list[tree.Filter] = []
    filters += draw(st.lists(st.builds(tree.Where, conditions) | sources, max_size=2))
    filters += draw(windows(of_parent=False, with_session=with_session))
    return tree.Stream("event", draw(st.sampled_from(NAMES)), tuple(filters))


@st.composite
def reduced(draw: st.DrawFn) -> tree.Reduced:
    """Every computed trait."""
    stream = draw(streams())
    reducer = draw(st.sampled_from(get_args(tree.ReducerName)))
    if reducer == "count":
        return tree.Reduced(stream, reducer)
    takes_type = reducer in ("min", "max", "mode", "unique", "unique_count")
    value_type = draw(st.sampled_from([None, "number", "string"])) if takes_type else None
    frequency = draw(st.integers(1, 3)) if reducer == "mode" else None
    argument = draw(properties | contexts)
    return tree.Reduced(stream, reducer, argument, value_type, frequency)  # type: ignore[arg-type] # Of them.


@st.composite
def counted(draw: st.DrawFn) -> tree.Condition:
    """A comparison of a reduced stream."""
    one = draw(reduced().filter(lambda node: node.reducer not in ("mode", "unique")))
    sign = draw(st.sampled_from(SIGNS))
    if one.reducer in ("first", "last") and draw(st.booleans()):
        return draw(tests_of(st.just(one)))
    bound = draw(st.integers(0, 4) | st.sampled_from([0.5, 2.5]))
    return tree.Compare(one, sign, tree.Fixed(bound) if draw(st.booleans()) else tree.Trait("n"))


@st.composite
def belonging(draw: st.DrawFn) -> tree.Condition:
    """A condition on the accounts of a user."""
    where = draw(st.lists(st.builds(tree.Where, tests_of(properties)), max_size=1))
    one = tree.Reduced(tree.Stream("entity", "accounts", tuple(where)), "count")
    return tree.Compare(one, draw(st.sampled_from(SIGNS)), tree.Fixed(draw(st.integers(0, 2))))


of_user = joined(counted() | tests_of(traits) | belonging())
of_account = joined(
    counted()
    | tests_of(traits)
    | st.builds(tree.Members, st.sampled_from(["ANY", "ALL"]), joined(counted() | tests_of(traits)))
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Three people, two accounts and what happened."""
    profiles = [Profile(n, draw(objects), is_anonymous=draw(st.booleans())) for n in (1, 2, 3)]
    accounts = [Profile(n, draw(objects)) for n in (10, 11)]
    pairs = [(account.id, profile.id) for account in accounts for profile in profiles]
    members = draw(st.lists(st.sampled_from(pairs), unique=True))
    events = [
        Event(
            draw(st.integers(1, 3)),
            f"m{n}",
            draw(st.sampled_from(NAMES)),
            NOON + dt.timedelta(hours=draw(st.integers(-HOURS, 3))),
            draw(objects),
            draw(objects),
            draw(st.sampled_from(["track", "page"])),
            draw(st.sampled_from(["web", "app"])),
        )
        for n in range(draw(st.integers(0, 12)))
    ]
    return World(profiles, events, accounts, members)


moments = st.integers(-10, 10).map(lambda hours: NOON + dt.timedelta(hours=hours))
