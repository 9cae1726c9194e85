"""Who is in an audience is what the events say that are kept, at the time that it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crossdock.audiences.history.rows import microseconds
from crossdock.events import ConnectionId
from crossdock.workspace import Output
from tests.audiences.engaging import NOON, Scene, computation, scene

PIGEON = Output(connection_id=ConnectionId("dst_pigeon"))
BUYERS = "event('Order Completed').count() >= 1"
RECENT = "event('Order Completed').within(30 days).count() >= 1"
DAYS = dt.timedelta(days=1)
NO_BOUND = 1024**4


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as opened:
        yield opened


async def test_who_has_no_event_left_that_is_kept_leaves(one: Scene) -> None:
    one.define(computation("buyers", BUYERS, outputs=[PIGEON]))
    one.did("ada", "Order Completed")
    one.clock.moment += 10 * DAYS
    one.did("ben", "Order Completed")
    await one.catch_up()

    one.store().forget(before_us=microseconds(NOON + 5 * DAYS), bytes_max=NO_BOUND)
    await one.catch_up()

    assert one.told("buyers") == [("ada", True), ("ben", True), ("ada", False)]


async def test_a_sum_over_all_time_is_of_the_events_that_are_kept(one: Scene) -> None:
    spent = "event('Order Completed').sum(property('total'))"
    one.define(computation("spent", spent, kind="computed_trait", outputs=[PIGEON]))
    one.did("ada", "Order Completed", total=5)
    one.clock.moment += 10 * DAYS
    one.did("ada", "Order Completed", total=2)
    await one.catch_up()

    one.store().forget(before_us=microseconds(NOON + 5 * DAYS), bytes_max=NO_BOUND)
    await one.catch_up()

    assert one.told("spent") == [("ada", 7), ("ada", 2)]


async def test_events_that_make_room_for_others_are_noticed_for_everybody(one: Scene) -> None:
    for who in ("ada", "ben", "cyd"):
        one.did(who, "Order Completed")
        one.clock.moment += DAYS
    one.define(computation("buyers", BUYERS), computation("others", "trait('buyers') = true"))
    await one.catch_up()

    one.store().forget(before_us=microseconds(NOON), bytes_max=-1)
    await one.catch_up()

    assert len(one.values("buyers")) == one.rows("SELECT count(*) FROM event_rows")[0][0] == 2
    assert one.values("others") == one.values("buyers")


async def test_a_crowd_whose_events_are_gone_is_looked_at_all_at_once(one: Scene) -> None:
    many = 10_001
    one.store().cursor().execute(
        "INSERT INTO profile_rows SELECT i, false, $at, $at, 0, '{}', '{}' FROM range($n) t(i);",
        {"n": many, "at": NOON.replace(tzinfo=None)},
    )
    one.store().cursor().execute(
        "INSERT INTO event_rows SELECT 1, i, i, 's', 'm' || i, 'track', 'Order Completed', "
        "$at, $at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}' FROM range($n) t(i)",
        {"n": many, "at": NOON.replace(tzinfo=None)},
    )
    one.define(computation("buyers", BUYERS), computation("others", "trait('buyers') = true"))
    await one.catch_up()
    before = len(one.values("others"))

    one.store().forget(before_us=microseconds(NOON + DAYS), bytes_max=NO_BOUND)
    touched = one.rows("SELECT * FROM touched")
    await one.catch_up()

    assert touched == [(None, None, "Order Completed")]
    assert (before, one.values("buyers"), one.values("others")) == (many, {}, {})


async def test_a_group_that_loses_a_member_is_looked_at(one: Scene) -> None:
    one.take_in({"type": "group", "userId": "ada", "groupId": "acme"})
    one.did("ada", "Order Completed")
    one.define(computation("active", f"ANY({BUYERS})", subject="accounts"))
    await one.catch_up()
    before = one.values("active")

    await one.history.forget_user("ada", before=one.clock.moment)
    await one.catch_up()

    assert (len(before), one.values("active")) == (1, {})


async def test_who_left_because_the_clock_was_ahead_comes_back_with_it(one: Scene) -> None:
    one.did("ada", "Order Completed")
    one.define(computation("recent", RECENT, outputs=[PIGEON]))
    await one.catch_up()

    one.clock.moment += 31 * DAYS
    await one.catch_up()
    await one.restart()
    one.clock.moment = NOON
    due_at = await one.catch_up()

    assert one.told("recent") == [("ada", True), ("ada", False), ("ada", True)]
    assert due_at == NOON + 30 * DAYS


async def test_who_came_while_the_clock_was_ahead_leaves_when_it_is_right(one: Scene) -> None:
    inactive = "event('Order Completed').between(7 days, 60 days).count() >= 1"
    one.did("ada", "Order Completed")
    one.define(
        computation("inactive", inactive, outputs=[PIGEON]),
        computation("reader", "trait('inactive') = true", outputs=[PIGEON]),
    )
    one.clock.moment += 8 * DAYS
    await one.catch_up()

    one.clock.moment = NOON
    due_at = await one.catch_up()

    assert one.told("inactive") == one.told("reader") == [("ada", True), ("ada", False)]
    assert due_at == NOON + 7 * DAYS


async def test_a_clock_that_is_set_right_by_a_second_tells_nobody_twice(one: Scene) -> None:
    one.did("ada", "Order Completed")
    one.define(computation("recent", RECENT, outputs=[PIGEON]))
    for seconds in (0, 0.5, -0.2, 0.3, -1.5, 2):
        one.clock.moment = NOON + 30 * DAYS + dt.timedelta(seconds=seconds)
        await one.catch_up()
        one.did("ben", "Something else")
        await one.catch_up()

    assert one.told("recent") == []


async def test_a_trait_that_was_learned_while_the_clock_was_ahead_can_change(one: Scene) -> None:
    one.define(computation("pros", "trait('plan') = 'pro'", outputs=[PIGEON]))
    one.clock.moment += 31 * DAYS
    one.take_in({"type": "identify", "userId": "ada", "traits": {"plan": "pro"}})
    await one.catch_up()

    one.clock.moment = NOON
    one.take_in({"type": "identify", "userId": "ada", "traits": {"plan": "free"}})
    await one.catch_up()

    assert one.told("pros") == [("ada", True), ("ada", False)]


async def test_a_definition_that_cannot_be_computed_stops_no_other(one: Scene) -> None:
    one.define(
        computation("before", "event('Order Completed').count() >= 1"),
        computation("broken", "event('Order Completed').count() >= 1"),
        computation("after", "event('Order Completed').within(30 days).count() >= 1"),
        computation("reader", "trait('after') = true"),
    )
    one.did("ada", "Order Completed")
    await one.catch_up()

    one.break_down("broken")
    one.did("ben", "Order Completed")
    await one.catch_up()

    everybody = {one.number_of("user_id", who): True for who in ("ada", "ben")}
    assert [one.values(key) for key in ("before", "after", "reader")] == [everybody] * 3
    assert one.values("broken") == {one.number_of("user_id", "ada"): True}
    assert (await one.engine.standings())["def_broken"].state == "failed"
