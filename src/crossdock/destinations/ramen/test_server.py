"""What is known of a user becomes a property in Ramen, by the API key of its owner."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from crossdock.destinations.ramen.server import RAMEN_SERVER
from crossdock.kit import Call, NeedsAttention, Rejected
from crossdock.kit.loopback import Loopback, Reply

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
async def vendor() -> AsyncIterator[Loopback]:
    async with Loopback() as server:
        yield server


async def send(vendor: Loopback, user_id: str, traits: dict[str, Any]) -> None:
    call = Call(
        settings={"apiKey": "key", "endpoint": f"{vendor.url}/api/v1/"},
        payload={"userId": user_id, "traits": traits},
        now=NOON,
        message_id="message-1",
        idempotency_key="1-0-map_1",
    )
    (action,) = RAMEN_SERVER.actions
    assert action.perform is not None
    async with vendor.client() as client:
        await action.perform(client.with_label(RAMEN_SERVER.name), call)


async def test_m10_an_audience_is_a_property_of_the_user(vendor: Loopback) -> None:
    await send(vendor, "42", {"big_spenders": True})

    (asked,) = vendor.received
    assert (asked.method, asked.path) == ("PATCH", "/api/v1/users/42")
    assert asked.headers["RAMEN_API_KEY"] == "key"
    assert asked.json() == {"traits": {"big_spenders": True}}


def test_what_is_known_of_a_user_arrives_in_the_order_accepted() -> None:
    assert RAMEN_SERVER.keeps_order


async def test_no_user_id_leads_to_another_address(vendor: Loopback) -> None:
    await send(vendor, "../organizations?x=1", {"big_spenders": True})

    assert vendor.received[0].path == "/api/v1/users/..%2Forganizations%3Fx=1"
    with pytest.raises(Rejected):
        await send(vendor, "..", {"big_spenders": True})


async def test_a_wrong_api_key_needs_attention() -> None:
    async with Loopback(lambda _: Reply(status=401)) as vendor:
        with pytest.raises(NeedsAttention):
            await send(vendor, "42", {"big_spenders": True})
