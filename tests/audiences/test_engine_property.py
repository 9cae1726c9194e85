"""Whatever happens, and in whatever order: the engine says what a re-computation says."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.audiences.history.rows import microseconds
from crossdock.audiences.language import read_audience, read_trait
from crossdock.events import ConnectionId
from crossdock.workspace import Computation, Output
from tests.audiences import naive
from tests.audiences.engaging import Scene, computation, scene

PIGEON = Output(connection_id=ConnectionId("dst_pigeon"))

FIRST = (
    computation("one", "event('A').within(3 days).count() >= 2", outputs=[PIGEON]),
    computation("total", "event('A').sum(property('n'))", kind="computed_trait"),
    computation("recent", "event('A').within(2 days).count()", kind="computed_trait"),
    computation(
        "two",
        "event('A').where(property('n') >= 2).count() >= 1 "
        "AND NOT event('B').between(1 days, 3 days).count() >= 1",
        with_anonymous=True,
        outputs=[PIGEON],
    ),
    computation("three", "trait('one') = true AND trait('recent') >= 1", outputs=[PIGEON]),
    computation("four", "trait('plan') = 'pro' OR trait('total') >= 3"),
    computation("five", "ANY(event('A').within(2 days).count() >= 1)", subject="accounts"),
    computation("six", "ALL(trait('two') = true)", subject="accounts", with_anonymous=True),
)
EDITS = {
    "one": ("event('A').count() >= 1", "event('B').within(1 days).count() >= 1"),
    "two": ("event('B').count() >= 1 OR trait('plan') = 'pro'",),
    "three": ("NOT trait('one') = true",),
}

_people = st.sampled_from(
    [{"userId": f"u{n}"} for n in range(3)] + [{"anonymousId": f"a{n}"} for n in range(3)]
)
_both = st.builds(
    lambda user, browser: {"userId": f"u{user}", "anonymousId": f"a{browser}"},
    st.integers(0, 2),
    st.integers(0, 2),
)
_ago = st.sampled_from([0.0, 0.0, 0.3, 1.0, 2.0, 2.5, 3.0, 5.0, -0.5])
_track = st.tuples(
    st.just("track"), _people | _both, st.sampled_from("ABC"), st.integers(0, 3), _ago
)
_identify = st.tuples(st.just("identify"), _people | _both, st.sampled_from(["pro", "free"]), _ago)
_group = st.tuples(st.just("group"), _people, st.sampled_from(["g1", "g2"]), _ago)
_other = st.sampled_from(
    [
        ("time", 0.4),
        ("time", 1.0),
        ("time", 2.6),
        ("restart",),
        ("lose",),
        ("look",),
        ("time", -0.4),
        ("time", -2.6),
        ("time", -0.00001),
        ("month",),
        ("forget", 0),
        ("forget", 1),
        ("retain", 0.5),
        ("retain", 2.0),
        ("during", "one", 1),
        ("during", "two", 0),
        ("edit", "one", 0),
        ("edit", "one", 1),
        ("edit", "two", 0),
        ("edit", "three", 0),
        ("first",),
        ("again", 0),
        ("again", 3),
    ]
)
_steps = st.lists(_track | _track | _identify | _group | _other, min_size=1, max_size=40)


@pytest.mark.timeout(180)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=_steps)
def test_the_engine_says_what_a_recomputation_says(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_play(Path(folder), steps))


async def _play(folder: Path, steps: Sequence[Any]) -> None:
    async with scene(folder) as one:
        definitions = {each.key: each for each in FIRST}
        forgotten: set[str] = set()
        one.define(*definitions.values())
        for step in steps:
            await _do(one, step, definitions, forgotten)
        await _compare(one, definitions)
        for key in ("one", "two", "three"):
            _check_told(one, key, forgotten)


async def _do(
    one: Scene, step: Any, definitions: dict[str, Computation], forgotten: set[str]
) -> None:
    match step:
        case ("look",):
            await _compare(one, definitions)
        case ("edit" | "during" | "first", *_):
            await _define(one, step, definitions)
        case ("forget", number):
            forgotten |= _names_of(one, f"u{number}")
            await one.history.forget_user(f"u{number}", before=one.clock.moment)
        case ("month",):
            await _compare(one, definitions)
            one.clock.moment += dt.timedelta(days=31)
            await _compare(one, definitions)
            one.clock.moment -= dt.timedelta(days=31)
        case ("restart",):
            await one.restart()
        case ("again", number):
            await one.send_again(number)
        case _:
            _let(one, step)


async def _define(one: Scene, step: Any, definitions: dict[str, Computation]) -> None:
    match step:
        case ("during", key, index):
            await one.catch_up()
            edited = msgspec.structs.replace(definitions[key], definition=EDITS[key][-1])
            definitions[key] = edited
            one.define(*definitions.values())
            one.compute_while(lambda: _happen(one, index))
        case ("edit", key, index):
            edited = msgspec.structs.replace(definitions[key], definition=EDITS[key][index])
            definitions[key] = edited
            one.define(*definitions.values())
        case _:
            definitions.update({each.key: each for each in FIRST})
            one.define(*definitions.values())


def _let(one: Scene, step: Any) -> None:
    match step:
        case ("time", days):
            one.clock.moment += dt.timedelta(days=days)
        case ("lose",):
            one.journal.lost_answers += 1
        case ("retain", days):
            oldest_at = one.clock.moment - dt.timedelta(days=days)
            one.store().forget(before_us=microseconds(oldest_at), bytes_max=1024**4)
        case (kind, who, *more):
            one.take_in(_body(one, kind, who, more))


def _names_of(one: Scene, user_id: str) -> set[str]:
    number = one.number_of("user_id", user_id)
    rows = one.rows("SELECT profile_id, value FROM identifiers")
    return {user_id, *(row[1] for row in rows if row[0] == number)}


def _happen(one: Scene, number: int) -> None:
    """Let two people turn out to be one, and time pass, while something is computed."""
    one.take_in(
        {"type": "track", "userId": f"u{number}", "event": "A", "properties": {"n": 2}},
        {"type": "identify", "userId": f"u{number}", "anonymousId": "a0"},
    )
    one.look()
    one.clock.moment += dt.timedelta(days=0.7)
    one.look()


def _body(one: Scene, kind: str, who: dict[str, str], more: list[Any]) -> dict[str, object]:
    at = one.clock.moment - dt.timedelta(days=more[-1])
    body: dict[str, object] = {"type": kind, **who, "timestamp": at.isoformat()}
    if kind == "track":
        return {**body, "event": more[0], "properties": {"n": more[1]}}
    if kind == "identify":
        return {**body, "traits": {"plan": more[0]}}
    return {**body, "groupId": more[0]}


async def _compare(one: Scene, definitions: dict[str, Computation]) -> None:
    await one.catch_up()
    world = one.world()
    ids = [event.message_id for event in world.events]
    assert len(ids) == len(set(ids)), "what was sent again counts once"
    # Those that others read come first.
    for each in definitions.values():
        expected = _naive_values(world, one.clock.moment, each)
        assert one.values(each.key) == expected, each.key
        if each.subject == "users":
            world = dataclasses.replace(
                world,
                profiles=[
                    naive.Profile(
                        p.id,
                        {**p.traits, **({each.key: expected[p.id]} if p.id in expected else {})},
                        p.is_anonymous,
                    )
                    for p in world.profiles
                ],
            )


def _naive_values(world: naive.World, now: dt.datetime, each: Computation) -> dict[int, Any]:
    is_account = each.subject == "accounts"
    found: dict[int, Any] = {}
    for who in world.accounts if is_account else world.profiles:
        if who.is_anonymous and not each.with_anonymous:
            continue
        at = dataclasses.replace(
            naive.place(world, now, who, is_account=is_account), with_anonymous=each.with_anonymous
        )
        if each.kind == "audience":
            node = read_audience(each.definition, subject=each.subject)
            value: object = True if naive.holds(node, at) else None
        else:
            value = naive.trait_value(read_trait(each.definition), at)
        if value is not None:
            found[who.id] = value
    return found


def _check_told(one: Scene, key: str, forgotten: set[str]) -> None:
    """What was told alternates, and ends with who is in; of who was forgotten nothing is told."""
    members = one.values(key)
    last: dict[str, object] = {}
    latest: dict[int | None, object] = {}
    for name, value in one.told(key):
        if name in forgotten:
            members.pop(one.number_of("user_id", name) or 0, None)
            members.pop(one.number_of("anonymous_id", name) or 0, None)
            continue
        assert last.get(name) is not value, (key, name)
        last[name] = value
        kind = "user_id" if name.startswith("u") else "anonymous_id"
        latest[one.number_of(kind, name)] = value
    for number in {*members, *latest}:
        assert latest.get(number, False) is (number in members), (key, number)
