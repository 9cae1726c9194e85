"""Ripe's cloud mode sends what Ripe's API takes, as its API key's owner."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossdock.destinations.ripe.cloud import CLOUD, check_api_key
from crossdock.kit import Action, Call, DeliveryFailed, NeedsAttention, Rejected, RetryLater
from crossdock.kit.loopback import Loopback, Reply

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
TIME = "2030-01-01T11:59:00.000Z"
WHO: dict[str, Any] = {
    "anonymousId": "anon-1",
    "userId": "user-1",
    "context": {"ip": "8.8.8.8"},
    "messageId": "message-1",
    "timestamp": TIME,
}


@pytest.fixture
async def vendor() -> AsyncIterator[Loopback]:
    async with Loopback() as server:
        yield server


async def sent(vendor: Loopback, action: str, payload: dict[str, Any]) -> Any:
    settings = {"apiKey": "ripe-key", "endpoint": f"{vendor.url}/event"}
    call = Call(
        settings=settings,
        payload=payload,
        now=NOON,
        message_id="message-1",
        idempotency_key="1-0-map_1",
    )
    found = CLOUD.action(action)
    assert found is not None
    assert found.perform is not None
    async with vendor.client() as client:
        await found.perform(client.with_label(CLOUD.name), call)
    asked = vendor.received[-1]
    assert (asked.method, asked.path) == ("POST", f"/event/{action}")
    assert asked.headers["Authorization"] == "Basic cmlwZS1rZXk="
    return asked.json()


async def test_identify_sends_who_somebody_is(vendor: Loopback) -> None:
    body = await sent(vendor, "identify", {**WHO, "traits": {"plan": "free"}})

    assert body == {**WHO, "traits": {"plan": "free"}}


async def test_group_sends_the_company_of_a_group_id(vendor: Loopback) -> None:
    body = await sent(vendor, "group", {**WHO, "groupId": "g1", "traits": {"name": "Initech"}})

    assert body == {**WHO, "groupId": "g1", "traits": {"name": "Initech"}}


async def test_track_sends_the_name_under_both_keys(vendor: Loopback) -> None:
    body = await sent(vendor, "track", {**WHO, "event": "Bought", "properties": {"price": 1}})

    assert body == {**WHO, "name": "Bought", "event": "Bought", "properties": {"price": 1}}


async def test_page_sends_where_the_page_is_in_its_context(vendor: Loopback) -> None:
    where = {"url": "https://ex.com/a", "path": "/a", "search": "", "title": "A"}
    context = {"ip": "8.8.8.8", "page": {"other": 1}}
    payload = {**WHO, **where, "context": context, "properties": {"a": 1}, "name": "Home"}

    body = await sent(vendor, "page", payload)

    assert body == {
        **WHO,
        "context": {"ip": "8.8.8.8", "page": where},
        "properties": {"a": 1},
        "name": "Home",
    }


async def test_a_page_without_a_context_still_says_where_it_is(vendor: Loopback) -> None:
    body = await sent(vendor, "page", {"anonymousId": "anon-1", "url": "https://ex.com/"})

    assert body["context"] == {"page": {"url": "https://ex.com/"}}


async def test_what_the_event_does_not_say_is_not_sent_but_the_time_is_now(
    vendor: Loopback,
) -> None:
    body = await sent(vendor, "identify", {"anonymousId": "anon-1", "userId": None})

    assert body == {
        "anonymousId": "anon-1",
        "userId": None,
        "timestamp": "2030-01-01T12:00:00.000Z",
    }


async def test_the_api_key_is_tested_by_asking_ripe(vendor: Loopback) -> None:
    settings = {"apiKey": "ripe-key", "endpoint": f"{vendor.url}/event/"}

    async with vendor.client() as client:
        await check_api_key(client.with_label(CLOUD.name), settings)

    asked = vendor.received[0]
    assert (asked.method, asked.path) == ("GET", "/event/auth/sdk")
    assert asked.headers["Authorization"] == "Basic cmlwZS1rZXk="


async def test_a_wrong_api_key_needs_a_person() -> None:
    async with Loopback(lambda _: Reply(status=401)) as vendor, vendor.client() as client:
        settings = {"apiKey": "wrong-key", "endpoint": vendor.url}
        with pytest.raises(NeedsAttention) as caught:
            await check_api_key(client.with_label(CLOUD.name), settings)

    assert "Ripe Cloud Mode (Actions) answered 401" in caught.value.what
    assert "wrong-key" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, RetryLater), (400, Rejected), (403, NeedsAttention)]
)
async def test_ripes_answer_decides(status: int, kind: type[DeliveryFailed]) -> None:
    async with Loopback(lambda _: Reply(status=status)) as vendor:
        with pytest.raises(kind):
            await sent(vendor, "identify", dict(WHO))


def test_names_settings_and_presets_are_those_that_segments_users_know() -> None:
    assert (CLOUD.slug, CLOUD.name) == ("actions-ripe-cloud", "Ripe Cloud Mode (Actions)")
    assert [(each.key, each.required, each.secret) for each in CLOUD.settings] == [
        ("apiKey", True, True),
        ("endpoint", False, False),
    ]
    assert CLOUD.settings[1].default == "https://api.getripe.com/event"
    assert [(each.name, each.action, each.trigger) for each in CLOUD.presets] == [
        ("Group user", "group", 'type = "group"'),
        ("Identify user", "identify", 'type = "identify"'),
        ("Page view", "page", 'type = "page"'),
        ("Track event", "track", 'type = "track"'),
    ]
    assert CLOUD.keeps_order
    assert CLOUD.same_vendor_as == "actions-ripe"


@pytest.mark.parametrize("action", CLOUD.actions, ids=lambda action: action.slug)
def test_an_action_has_the_fields_of_segments_definition(action: Action) -> None:
    vectors = Path(__file__).parents[4] / "tests" / "vectors" / "presets_fields.json"
    expected = msgspec.json.decode(vectors.read_bytes())[f"actions-ripe-cloud/{action.slug}"]

    fields = {field.key: field.to_schema_field() for field in action.fields}

    for field in fields.values():
        assert field.pop("description")
    assert fields == {
        key: {name: value for name, value in field.items() if value is not False}
        for key, field in expected.items()
    }
    assert list(fields) == list(expected)


def test_definitions_can_be_written_as_json() -> None:
    for action in CLOUD.actions:
        for field in action.fields:
            assert msgspec.json.encode(field.to_schema_field())
