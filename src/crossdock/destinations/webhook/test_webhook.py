"""A webhook sends any event to a URL, signed, and never to a neighbour of the server."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from crossdock.destinations.webhook import (
    DESTINATIONS,
    WEBHOOK,
    own_headers,
    send,
    send_batch,
    signatures,
)
from crossdock.kit import Call, DeliveryFailed, NeedsAttention, Rejected, RetryLater
from crossdock.kit.loopback import Loopback, Reply

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
EVENT = {"type": "track", "event": "Bought", "properties": {"price": 1.5, "name": "Ü"}}


def call(**settings: Any) -> Call:
    return Call(
        settings={"method": "POST", "sharedSecret": None, "headers": None, **settings},
        payload={"data": EVENT},
        now=NOON,
        message_id="message-1",
        idempotency_key="1-0-map_1",
    )


@pytest.fixture
async def vendor() -> AsyncIterator[Loopback]:
    async with Loopback() as server:
        yield server


async def sent(vendor: Loopback, **settings: Any) -> None:
    async with vendor.client() as client:
        await send(client.with_label("Webhook"), call(url=f"{vendor.url}/events", **settings))


def test_the_folder_exports_one_cloud_mode_destination() -> None:
    assert [(each.slug, each.mode) for each in DESTINATIONS] == [("webhook", "cloud")]


def test_a_new_connection_sends_whole_events_of_every_kind() -> None:
    action = WEBHOOK.action(WEBHOOK.presets[0].action)

    assert action is not None
    assert action.default_mapping() == {"data": {"@path": "$."}}
    assert action.trigger.count('type = "') == 6


async def test_the_data_is_posted_as_json(vendor: Loopback) -> None:
    await sent(vendor)

    asked = vendor.received[0]
    assert (asked.method, asked.path, asked.json()) == ("POST", "/events", EVENT)
    assert asked.headers["Content-Type"] == "application/json"


async def test_a_request_says_by_what_a_repetition_is_known(vendor: Loopback) -> None:
    await sent(vendor)

    assert vendor.received[0].headers["Idempotency-Key"] == "1-0-map_1"


async def test_a_batch_is_a_list_in_order_and_its_key_is_that_of_these_events(
    vendor: Loopback,
) -> None:
    calls = [
        msgspec.structs.replace(
            call(url=vendor.url, sharedSecret="s3cret"),
            payload={"data": {"n": number}},
            idempotency_key=f"{number}-0-map_1",
        )
        for number in range(3)
    ]

    async with vendor.client() as client:
        way_out = client.with_label("Webhook")
        taken = await send_batch(way_out, calls)
        await send_batch(way_out, calls)
        await send_batch(way_out, calls[:2])

    keys = [asked.headers["Idempotency-Key"] for asked in vendor.received]
    assert taken == [None, None, None]
    assert vendor.received[0].json() == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert "X-Signature" in vendor.received[0].headers
    assert keys[0] == keys[1] != keys[2]


async def test_a_batch_of_one_is_a_list_too(vendor: Loopback) -> None:
    async with vendor.client() as client:
        await send_batch(client.with_label("Webhook"), [call(url=vendor.url)])

    assert vendor.received[0].json() == [EVENT]
    assert vendor.received[0].headers["Idempotency-Key"] == "1-0-map_1"


async def test_a_request_is_signed_as_segments_webhooks_are(vendor: Loopback) -> None:
    await sent(vendor, sharedSecret="s3cret")

    asked = vendor.received[0]
    expected = hmac.new(b"s3cret", asked.body, hashlib.sha1).hexdigest()
    assert asked.headers["X-Signature"] == expected


async def test_a_request_is_signed_together_with_its_time(vendor: Loopback) -> None:
    await sent(vendor, sharedSecret="s3cret")

    asked = vendor.received[0]
    seconds = int(NOON.timestamp())
    expected = hmac.new(b"s3cret", f"{seconds}.".encode() + asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["X-Crossdock-Signature"] == f"t={seconds},v1={expected}"


def test_the_signatures_of_a_known_request_stay_what_they_are() -> None:
    key = "key"

    assert signatures(b'{"a":1}', secret=key, now=NOON) == {
        "X-Signature": "b5557a4b8f3cc308d19eb4f69f336392a31eef7b",
        "X-Crossdock-Signature": "t=1893499200,"
        "v1=872d6d164be9bf6207275c91a9056a4706992f2da6caf89a0e122acab8f500e3",
    }


async def test_without_a_secret_nothing_is_signed(vendor: Loopback) -> None:
    await sent(vendor)

    assert not any("signature" in name.lower() for name in vendor.received[0].headers)


async def test_the_owner_chooses_method_and_headers(vendor: Loopback) -> None:
    await sent(
        vendor,
        method="PUT",
        headers="X-Api-Key: a:b\n\ncontent-type: application/cloudevents+json",
    )

    asked = vendor.received[0]
    assert asked.method == "PUT"
    assert asked.headers["X-Api-Key"] == "a:b"
    assert asked.headers["Content-Type"] == "application/cloudevents+json"


@pytest.mark.parametrize(
    "text",
    ["secret", "A: ok\n: secret", "two words: secret", "X-Signature: secret", "Host: secret"],
)
def test_a_header_that_is_none_is_told_without_its_value(text: str) -> None:
    with pytest.raises(NeedsAttention, match=r"Line \d of the setting Headers") as caught:
        own_headers(text)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"), [(503, RetryLater), (422, Rejected), (401, NeedsAttention)]
)
async def test_the_receivers_answer_decides(status: int, kind: type[DeliveryFailed]) -> None:
    async with Loopback(lambda _: Reply(status=status)) as vendor:
        with pytest.raises(kind):
            await sent(vendor)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://169.254.169.254/", "http://[::1]/"])
async def test_a_private_address_is_refused(vendor: Loopback, url: str) -> None:
    async with vendor.client() as client:
        with pytest.raises(NeedsAttention, match="not public"):
            await send(client.with_label("Webhook"), call(url=url))


async def test_a_redirect_to_a_private_address_is_refused(vendor: Loopback) -> None:
    away = Reply(status=308, headers={"Location": vendor.url})
    async with Loopback(lambda _: away) as receiver:
        with pytest.raises(NeedsAttention, match="not public"):
            await sent(receiver)

    assert vendor.received == []
