"""A plugin is told what is true of a user at this moment, and is sent nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from crossdock.audiences.engine import ToldInBrowser
from crossdock.events import ConnectionId, SourceId
from crossdock.workspace import Connection, Output, Source, Workspace
from tests.audiences.engaging import ENGAGE, Scene, computation, scene

RAMEN = ConnectionId("dst_ramen")
SHOP = Source(id=SourceId("src_shop"), slug="shop", name="Shop")
TOLD = (Output(connection_id=RAMEN),)
BUYERS = computation(
    "buyers", "event('Order Completed').within(30 days).count() >= 1", outputs=TOLD
)
SPENT = computation(
    "spent",
    "event('Order Completed').within(30 days).sum(property('total'))",
    kind="computed_trait",
    outputs=TOLD,
)
SECRET = computation("secret", "event('Order Completed').count() >= 1")
WORKSPACE = Workspace(
    version=1,
    sources=(ENGAGE, SHOP),
    connections=(
        Connection(
            id=RAMEN,
            source_id=SHOP.id,
            slug="ramen",
            destination="ramen",
            name="Ramen",
            enabled=True,
        ),
    ),
    computations=(BUYERS, SPENT, SECRET),
)


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as running:
        running.feed.publish(WORKSPACE)
        running.did("ada", "Order Completed", total=30)
        running.did("ben", "Signed In")
        yield running


async def values(one: Scene, user_id: str) -> dict[str, object]:
    told = ToldInBrowser(one.history, one.feed)
    try:
        return await told.values_of(RAMEN, user_id)
    finally:
        told.close()


async def test_it_is_told_what_is_connected_to_it_and_no_event_is_sent(one: Scene) -> None:
    await one.catch_up()

    assert await values(one, "ada") == {"buyers": True, "spent": 30}
    assert await values(one, "ben") == {"buyers": False}
    assert one.journal.messages == []


async def test_who_left_is_not_in_it_and_has_no_value_any_more(one: Scene) -> None:
    await one.catch_up()

    one.clock.moment += dt.timedelta(days=31)
    await one.catch_up()

    assert await values(one, "ada") == {"buyers": False, "spent": None}


async def test_what_is_not_computed_yet_is_not_told(one: Scene) -> None:
    assert await values(one, "ada") == {}


async def test_what_is_switched_off_is_not_told(one: Scene) -> None:
    await one.catch_up()

    one.feed.publish(
        msgspec.structs.replace(
            WORKSPACE,
            version=2,
            computations=(msgspec.structs.replace(BUYERS, enabled=False), SPENT),
        )
    )

    assert await values(one, "ada") == {"spent": 30}


@pytest.mark.parametrize("user_id", ["nobody", " ada", "ADA", "null", "0"])
async def test_of_anybody_but_the_very_user_nothing_is_told(one: Scene, user_id: str) -> None:
    await one.catch_up()

    assert await values(one, user_id) == {}
