"""Audiences and computed traits are kept up to date, and destinations are told each change once."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crossdock.audiences.engine import sizes
from crossdock.events import ConnectionId
from crossdock.workspace import Output
from tests.audiences.engaging import NOON, Scene, computation, scene

PIGEON = Output(connection_id=ConnectionId("dst_pigeon"))
DOVE = Output(connection_id=ConnectionId("dst_dove"))
DAYS = dt.timedelta(days=1)


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as opened:
        yield opened


async def test_everybody_who_is_in_is_told_once_and_then_only_changes(one: Scene) -> None:
    for who in ("ada", "ben"):
        one.did(who, "Order Completed")
    one.define(computation("buyers", "event('Order Completed').count() >= 1", outputs=[PIGEON]))
    await one.catch_up()
    await one.restart()
    await one.catch_up()

    one.did("ada", "Order Completed")
    one.did("cyd", "Order Completed")
    await one.catch_up()

    assert one.told("buyers") == [("ada", True), ("ben", True), ("cyd", True)]


async def test_an_identify_has_the_shape_of_engage(one: Scene) -> None:
    one.take_in({"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com"}})
    one.did("ada", "Order Completed")
    one.define(computation("buyers", "event('Order Completed').count() >= 1", outputs=[PIGEON]))

    await one.catch_up()

    (message,) = one.journal.told
    assert message["traits"] == {"buyers": True, "email": "ada@example.com"}
    assert message["integrations"] == {"All": False, "pigeon": True, "dst_pigeon": True}
    assert message["context"]["personas"] == {
        "computation_class": "audience",
        "computation_id": "def_buyers",
        "computation_key": "buyers",
        "namespace": "spa_engage",
        "space_id": "spa_engage",
    }


async def test_a_track_says_who_came_and_who_left(one: Scene) -> None:
    output = Output(connection_id=ConnectionId("dst_pigeon"), sends=("track",))
    one.did("ada", "Order Completed")
    one.define(
        computation(
            "buyers", "event('Order Completed').within(30 days).count() >= 1", outputs=[output]
        )
    )
    await one.catch_up()

    one.clock.moment += 31 * DAYS
    await one.catch_up()

    assert [(m["event"], m["properties"]) for m in one.journal.told] == [
        ("Audience Entered", {"audience_key": "buyers", "buyers": True}),
        ("Audience Exited", {"audience_key": "buyers", "buyers": False}),
    ]


async def test_a_window_that_slides_past_the_last_event_is_noticed_at_that_moment(
    one: Scene,
) -> None:
    one.did("ada", "Order Completed", ago=10)
    one.define(
        computation(
            "buyers", "event('Order Completed').within(30 days).count() >= 1", outputs=[PIGEON]
        )
    )

    due_at = await one.catch_up()
    one.clock.moment = NOON + 20 * DAYS
    await one.catch_up()

    assert due_at == NOON + 20 * DAYS
    assert one.told("buyers") == [("ada", True), ("ada", False)]


async def test_after_an_edit_only_differences_are_told(one: Scene) -> None:
    one.did("ada", "Order Completed", total=5)
    one.did("ben", "Order Completed", total=50)
    one.define(computation("buyers", "event('Order Completed').count() >= 1", outputs=[PIGEON]))
    await one.catch_up()

    edited = "event('Order Completed').where(property('total') >= 10).count() >= 1"
    one.define(computation("buyers", edited, outputs=[PIGEON]))
    await one.catch_up()

    assert one.told("buyers") == [("ada", True), ("ben", True), ("ada", False)]


async def test_an_audience_is_false_for_everybody_who_is_not_in_it(one: Scene) -> None:
    for who in ("ada", "ben"):
        one.did(who, "Order Completed")
    one.did("cyd", "Product Viewed")
    one.define(
        computation("buyers", "event('Order Completed').within(30 days).count() >= 1"),
        computation("others", "trait('buyers') = false", outputs=[PIGEON]),
        computation("strangers", "trait('buyers') != true AND NOT trait('buyers').absent()"),
    )
    await one.catch_up()

    one.clock.moment += 20 * DAYS
    one.did("ada", "Order Completed")
    await one.catch_up()
    one.clock.moment += 11 * DAYS
    await one.catch_up()

    assert one.told("others") == [("cyd", True), ("ben", True)]
    assert one.values("strangers") == one.values("others")


async def test_people_are_not_in_an_audience_of_accounts_that_have_their_numbers(
    one: Scene,
) -> None:
    for who in ("ada", "ben"):
        one.take_in({"type": "group", "userId": who, "groupId": f"of-{who}"})
        one.did(who, "Order Completed")
    one.define(
        computation("everyone", "NOT trait('no such') = 1"),
        computation("companies", "NOT trait('no such') = 1", subject="accounts"),
        computation("wrong", "trait('companies') = true"),
        computation("wrong too", "trait('everyone') = true", subject="accounts"),
        computation("right", "ANY trait('everyone') = true", subject="accounts"),
        computation(
            "right too", "entity('accounts').where(property('companies') = true).count() = 1"
        ),
    )

    await one.catch_up()

    assert one.values("everyone").keys() == one.values("companies").keys()
    assert one.values("wrong") == one.values("wrong too") == {}
    assert len(one.values("right")) == len(one.values("right too")) == 2


async def test_a_destination_that_is_connected_later_is_told_everybody_alone(one: Scene) -> None:
    one.did("ada", "Order Completed")
    text = "event('Order Completed').count() >= 1"
    one.define(computation("buyers", text, outputs=[PIGEON]))
    await one.catch_up()

    one.define(computation("buyers", text, outputs=[PIGEON, DOVE]), connections=("pigeon", "dove"))
    await one.catch_up()

    assert [[*m["integrations"]] for m in one.journal.told] == [
        ["All", "pigeon", "dst_pigeon"],
        ["All", "dove", "dst_dove"],
    ]


async def test_a_destination_that_comes_back_is_told_everybody_again(one: Scene) -> None:
    one.did("ada", "Order Completed")
    text = "event('Order Completed').count() >= 1"
    for outputs in ([PIGEON], [], [PIGEON]):
        one.clock.moment += DAYS
        one.define(computation("buyers", text, outputs=outputs))
        await one.catch_up()

    assert one.told("buyers") == [("ada", True), ("ada", True)]


async def test_no_destination_is_told_faster_than_it_takes(one: Scene) -> None:
    for number in range(30):
        one.did(f"u{number}", "Order Completed")
    slow = Output(connection_id=ConnectionId("dst_pigeon"), per_second_max=10)
    one.define(computation("buyers", "event('Order Completed').count() >= 1", outputs=[slow]))

    told = []
    for _ in range(4):
        await one.catch_up()
        told.append(len(one.journal.told))
        one.clock.moment += dt.timedelta(seconds=1)

    assert told == [10, 20, 30, 30]


async def test_who_was_told_under_another_name_is_told_under_the_own(one: Scene) -> None:
    one.take_in({"type": "track", "anonymousId": "browser", "event": "Order Completed"})
    one.define(
        computation(
            "buyers",
            "event('Order Completed').count() >= 1",
            with_anonymous=True,
            outputs=[PIGEON],
        )
    )
    await one.catch_up()
    one.did("ada", "Something else")

    one.take_in({"type": "identify", "anonymousId": "browser", "userId": "ada"})
    await one.catch_up()

    assert one.told("buyers") == [("browser", True), ("ada", True)]


async def test_a_computed_trait_is_told_as_it_becomes_another(one: Scene) -> None:
    one.define(
        computation(
            "spent",
            "event('Order Completed').within(7 days).sum(property('total'))",
            kind="computed_trait",
            outputs=[PIGEON],
        )
    )
    one.did("ada", "Order Completed", total=5)
    await one.catch_up()
    one.did("ada", "Order Completed", total=7.5)
    await one.catch_up()

    one.clock.moment += 8 * DAYS
    await one.catch_up()

    assert one.told("spent") == [("ada", 5), ("ada", 12.5), ("ada", None)]


async def test_an_account_is_told_as_a_group_and_to_each_of_its_users(one: Scene) -> None:
    for who in ("ada", "ben"):
        one.take_in({"type": "group", "userId": who, "groupId": "acme"})
    output = Output(connection_id=ConnectionId("dst_pigeon"), sends=("group", "identify"))
    one.define(
        computation(
            "active",
            "ANY(event('Order Completed').count() >= 1)",
            subject="accounts",
            outputs=[output],
        )
    )
    await one.catch_up()

    one.did("ben", "Order Completed")
    await one.catch_up()

    assert one.told("active", "group") == [("ada", True)]
    assert one.told("active") == [("ada", True), ("ben", True)]
    assert {m.get("groupId") for m in one.journal.told} == {"acme", None}


async def test_who_is_forgotten_is_in_nothing_and_nobody_is_told(one: Scene) -> None:
    one.did("ada", "Order Completed")
    one.define(computation("buyers", "event('Order Completed').count() >= 1", outputs=[PIGEON]))
    await one.catch_up()

    await one.history.forget_user("ada", before=one.clock.moment)
    await one.catch_up()

    assert one.values("buyers") == {}
    assert one.told("buyers") == [("ada", True)]


async def test_a_disabled_audience_rests_and_catches_up_when_it_is_enabled(one: Scene) -> None:
    text = "event('Order Completed').count() >= 1"
    one.define(computation("buyers", text, outputs=[PIGEON]))
    await one.catch_up()
    one.define(computation("buyers", text, outputs=[PIGEON], enabled=False))
    one.did("ada", "Order Completed")
    await one.catch_up()
    told_meanwhile = one.told("buyers")

    one.define(computation("buyers", text, outputs=[PIGEON]))
    await one.catch_up()

    assert told_meanwhile == []
    assert one.told("buyers") == [("ada", True)]


async def test_a_size_an_hour_is_kept_for_thirty_days(one: Scene) -> None:
    one.did("ada", "Order Completed")
    one.define(computation("buyers", "event('Order Completed').count() >= 1"))
    await one.catch_up()
    one.did("ben", "Order Completed")
    for hours in (0.5, 0.5, 24.0):
        one.clock.moment += dt.timedelta(hours=hours)
        await one.catch_up()

    assert await kept(one) == {"def_buyers": [(0, 1), (1, 2), (25, 2)]}

    await one.restart()
    one.clock.moment += 40 * DAYS
    await one.catch_up()
    assert await kept(one) == {"def_buyers": [(40 * 24 + 25, 2)]}

    one.define()
    one.clock.moment += dt.timedelta(hours=1)
    one.define(computation("others", "event('Order Completed').count() >= 9"))
    await one.catch_up()
    one.clock.moment += dt.timedelta(hours=1)
    await one.catch_up()
    assert await kept(one) == {"def_others": [(40 * 24 + 26, 0), (40 * 24 + 27, 0)]}


async def kept(one: Scene) -> dict[str, list[tuple[int, int]]]:
    """Return the sizes that are kept, with the hours since noon."""
    found = await one.history.ask(
        lambda cursor: sizes(cursor, since=NOON - DAYS, now=one.clock.moment)
    )
    return {
        key: [(int((size.at - NOON).total_seconds() // 3600), size.size) for size in all_of_it]
        for key, all_of_it in found.items()
    }
