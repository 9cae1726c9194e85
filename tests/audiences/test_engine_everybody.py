"""While an audience is computed over everybody the others change, and nothing is missed by it."""

from __future__ import annotations

import datetime as dt
import os
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crossdock.events import ConnectionId
from crossdock.workspace import Output
from tests.audiences.engaging import Scene, computation, scene

PIGEON = Output(connection_id=ConnectionId("dst_pigeon"))
BUYERS = "event('Order Completed').within(30 days).count() >= 1"
DAYS = dt.timedelta(days=1)


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as opened:
        yield opened


async def begun(one: Scene, *, edited: str = BUYERS) -> None:
    """An audience that is in force, and another that is to be computed."""
    seen = computation("seen", "event('Product Viewed').count() >= 1", outputs=[PIGEON])
    one.did("ada", "Order Completed")
    one.define(seen)
    await one.catch_up()
    one.define(seen, computation("buyers", edited, outputs=[PIGEON]))


async def test_others_change_while_an_audience_is_computed(one: Scene) -> None:
    await begun(one)
    found = []

    def meanwhile() -> None:
        one.did("ben", "Product Viewed")
        one.look()
        found.append(one.values("seen"))

    one.compute_while(meanwhile)

    assert found == [{one.number_of("user_id", "ben"): True}]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority")
async def test_what_is_computed_over_everybody_leaves_the_cores_to_others(one: Scene) -> None:
    await begun(one)
    found = []

    def meanwhile() -> None:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    one.compute_while(meanwhile)

    assert found[0] > os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


async def test_who_does_something_while_it_is_computed_is_not_missed(one: Scene) -> None:
    await begun(one)

    def meanwhile() -> None:
        one.did("ben", "Order Completed")
        one.look()

    one.compute_while(meanwhile)
    await one.catch_up()

    assert one.told("buyers") == [("ada", True), ("ben", True)]


async def test_who_does_what_cannot_matter_to_it_is_not_looked_at_again(one: Scene) -> None:
    await begun(one)
    one.look()

    def meanwhile() -> None:
        one.did("ada", "Product Viewed")
        one.look()

    one.compute_while(meanwhile)

    assert one.rows("SELECT * FROM touched") == []


async def test_who_does_what_matters_to_what_it_reads_is_not_missed(one: Scene) -> None:
    recent = computation("recent", BUYERS)
    one.did("ada", "Product Viewed")
    one.define(recent)
    await one.catch_up()
    one.define(recent, computation("readers", "trait('recent') = true", outputs=[PIGEON]))

    def meanwhile() -> None:
        one.did("ada", "Order Completed")
        one.look()

    one.compute_while(meanwhile)
    await one.catch_up()

    assert one.told("readers") == [("ada", True)]


async def test_who_becomes_somebody_else_while_it_is_computed_is_in_once(one: Scene) -> None:
    one.take_in({"type": "track", "anonymousId": "browser", "event": "Order Completed"})
    one.did("ben", "Product Viewed")
    anybody = computation("buyers", BUYERS, with_anonymous=True, outputs=[PIGEON])
    one.define(anybody)

    def meanwhile() -> None:
        one.take_in({"type": "identify", "anonymousId": "browser", "userId": "ben"})
        one.look()

    one.compute_while(meanwhile)
    await one.catch_up()

    assert one.values("buyers") == {one.number_of("user_id", "ben"): True}
    assert one.rows("SELECT count(*) FROM memberships") == [(1,)]


async def test_who_is_forgotten_while_it_is_computed_is_not_in(one: Scene) -> None:
    await begun(one)

    def meanwhile() -> None:
        moment = int(one.clock.moment.timestamp() * 1_000_000)
        one.store().forget_user("ada", before_us=moment)
        one.look()

    one.compute_while(meanwhile)
    await one.catch_up()

    assert one.values("buyers") == {}


async def test_whose_time_comes_while_it_is_computed_leaves_whoever_reads_it(one: Scene) -> None:
    recent = computation("recent", BUYERS)
    one.did("ada", "Order Completed")
    one.define(recent)
    await one.catch_up()
    one.define(recent, computation("readers", "trait('recent') = true", outputs=[PIGEON]))

    def meanwhile() -> None:
        one.clock.moment += 31 * DAYS
        one.look()

    one.compute_while(meanwhile)
    await one.catch_up()

    assert one.values("readers") == {}


async def test_what_is_edited_while_it_is_computed_is_computed_as_it_is_now(one: Scene) -> None:
    await begun(one)
    never = computation("buyers", "event('Nothing').count() >= 1", outputs=[PIGEON])

    one.compute_while(lambda: one.define(never))
    await one.catch_up()

    assert one.told("buyers") == []


async def test_readers_follow_an_audience_that_was_disabled_meanwhile(one: Scene) -> None:
    buyers = computation("buyers", BUYERS)
    readers = computation("readers", "trait('buyers') = true")
    one.define(buyers, readers)
    await one.catch_up()
    one.define(computation("buyers", BUYERS, enabled=False), readers)
    one.did("ada", "Order Completed")
    await one.catch_up()

    one.define(buyers, readers)
    await one.catch_up()

    assert one.values("readers") == one.values("buyers") != {}


async def test_who_was_forgotten_while_an_audience_rested_is_not_in_it(one: Scene) -> None:
    one.did("ada", "Order Completed")
    one.define(computation("buyers", BUYERS))
    await one.catch_up()
    one.define(computation("buyers", BUYERS, enabled=False))
    await one.history.forget_user("ada", before=one.clock.moment)
    await one.catch_up()

    one.define(computation("buyers", BUYERS))
    await one.catch_up()

    assert one.values("buyers") == {}
