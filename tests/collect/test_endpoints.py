"""Every path, write key and body form that Segment's libraries use ends in the journal."""

from __future__ import annotations

import base64
import gzip
import zlib

import msgspec
import pytest

from crossdock.events import EventType
from crossdock.pipeline.collect import Collector
from tests.collect.serving import WRITE_KEY, Served, basic, track

BODIES: dict[str, dict[str, object]] = {
    "track": {"event": "Order Completed", "userId": "ann"},
    "identify": {"userId": "ann", "traits": {"plan": "pro"}},
    "page": {"anonymousId": "a1", "name": "Pricing", "properties": {}},
    "screen": {"anonymousId": "a1", "name": "Home"},
    "group": {"userId": "ann", "groupId": "acme", "traits": {}},
    "alias": {"userId": "ann", "previousId": "a1"},
}


async def test_each_type_has_its_paths_long_and_short_with_and_without_version(
    shop: Served,
) -> None:
    expected = []
    for kind, body in BODIES.items():
        for prefix in ("/v1", "", f"/v1/k/{WRITE_KEY}", f"/k/{WRITE_KEY}"):
            for name in (kind, kind[0]):
                answer = await shop.post(f"{prefix}/{name}", body)

                assert (answer.status, answer.json) == (200, {"success": True})
                expected.append(kind)

    assert [event.type for event in await shop.events(len(expected))] == expected


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/import", "/v1/b", "/batch", "/b", "/v1/batch/"])
async def test_a_batch_is_taken_at_each_of_its_paths(shop: Served, path: str) -> None:
    messages = [{"type": kind, "messageId": kind, **body} for kind, body in BODIES.items()]

    answer = await shop.post(path, {"batch": messages})

    assert (answer.status, answer.json) == (200, {"success": True})
    assert [event.message_id for event in await shop.events(6)] == list(BODIES)


@pytest.mark.parametrize(
    ("path", "headers", "in_body"),
    [
        pytest.param("/v1/t", {"Authorization": basic(WRITE_KEY)}, {}, id="basic"),
        pytest.param(
            "/v1/t", {"Authorization": basic(WRITE_KEY, colon="")}, {}, id="basic without colon"
        ),
        pytest.param("/v1/t", {}, {"writeKey": WRITE_KEY}, id="in the body"),
        pytest.param(
            "/v1/t", {"Authorization": "Bearer x"}, {"writeKey": WRITE_KEY}, id="bearer and body"
        ),
        pytest.param(f"/v1/k/{WRITE_KEY}/t", {}, {"writeKey": ""}, id="in the path"),
        pytest.param(
            "/v1/t", {"Authorization": basic("other")}, {"writeKey": WRITE_KEY}, id="the known one"
        ),
        pytest.param(
            "/v1/t", {"Authorization": "Basic %%%"}, {"writeKey": WRITE_KEY}, id="broken basic"
        ),
    ],
)
async def test_the_write_key_is_found_in_each_of_its_places(
    shop: Served, path: str, headers: dict[str, str], in_body: dict[str, str]
) -> None:
    await shop.request("POST", path, track(messageId="m1", **in_body), headers=headers)

    (event,) = await shop.events(1)
    assert event.source_id == "src_shop"
    assert "writeKey" not in event.body


async def test_a_batch_may_name_its_write_key_only_in_its_events(shop: Served) -> None:
    await shop.request("POST", "/v1/b", {"batch": [track(writeKey=WRITE_KEY, messageId="m1")]})

    assert [event.message_id for event in await shop.events(1)] == ["m1"]


PLAIN = msgspec.json.encode(track(messageId="m1"))


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(PLAIN, {"Content_Type": "application/json"}, id="json"),
        pytest.param(PLAIN, {"Content_Type": "text/plain"}, id="text, as browsers send it"),
        pytest.param(PLAIN, {"Content_Type": "text/plain;charset=UTF-8"}, id="a beacon"),
        pytest.param(PLAIN, {}, id="no type"),
        pytest.param(gzip.compress(PLAIN), {"Content_Encoding": "gzip"}, id="gzip"),
        pytest.param(
            gzip.compress(PLAIN[:40]) + gzip.compress(PLAIN[40:]),
            {"Content_Encoding": "gzip"},
            id="gzip in two members",
        ),
        pytest.param(gzip.compress(PLAIN), {}, id="gzip that does not say so"),
        pytest.param(zlib.compress(PLAIN), {"Content_Encoding": "deflate"}, id="deflate"),
        pytest.param(
            zlib.compress(PLAIN)[2:-4], {"Content_Encoding": "deflate"}, id="deflate, bare"
        ),
        pytest.param(PLAIN, {"Content_Encoding": "identity"}, id="identity"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN, {}, id="byte order mark"),
    ],
)
async def test_a_body_is_taken_in_each_of_its_forms(
    shop: Served, body: bytes, headers: dict[str, str]
) -> None:
    answer = await shop.post("/v1/t", body, **headers)

    assert (answer.status, answer.json) == (200, {"success": True})
    assert [event.message_id for event in await shop.events(1)] == ["m1"]


@pytest.mark.parametrize("encode", [base64.urlsafe_b64encode, base64.b64encode])
@pytest.mark.parametrize("padding", [b"", b"="])
async def test_a_pixel_carries_an_event_in_its_address(
    shop: Served, encode: object, padding: bytes
) -> None:
    assert callable(encode)
    message = msgspec.json.encode(track(writeKey=WRITE_KEY, messageId="é?>m1"))
    data = encode(message).rstrip(padding).decode().replace("+", "%2B")

    answer = await shop.request(
        "GET", f"/v1/pixel/track?data={data}", headers={"User-Agent": "Mail/1"}
    )

    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    (event,) = await shop.events(1)
    assert event.message_id == "é?>m1"
    assert event.body["context"]["userAgent"] == "Mail/1"


async def test_a_pixel_may_spell_its_event_out(shop: Served) -> None:
    await shop.request(
        "GET",
        "/v1/pixel/t?event=Email%20Opened&userId=ann&properties.subject=Hi&properties.a.b=1"
        f"&writeKey={WRITE_KEY}",
    )

    (event,) = await shop.events(1)
    assert event.type is EventType.TRACK
    assert event.body["properties"] == {"subject": "Hi", "a": {"b": "1"}}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "data=%%%",
        "data=e30",
        "data=" + "x" * 30_000,
        "a=1&a.b=2&writeKey=x",
        "&".join("a" * 300),
    ],
)
async def test_a_pixel_is_an_image_whatever_its_address_says(shop: Served, query: str) -> None:
    answer = await shop.request("GET", f"/v1/pixel/page?{query}")

    assert (answer.status, answer.body[:6]) == (200, b"GIF89a")


async def test_metrics_of_analytics_js_are_taken_without_a_write_key(shop: Served) -> None:
    answer = await shop.request("POST", "/v1/m", {"series": [{"type": "Counter", "value": 1}]})

    assert (answer.status, answer.json) == (200, {"success": True})


async def test_another_method_is_told_which_one_is_right(shop: Served) -> None:
    answer = await shop.request("GET", "/v1/track")

    assert answer.status == 405
    assert answer.json["success"] is False
    assert "POST" in answer.json["message"]


@pytest.mark.parametrize(
    ("path", "is_ours"),
    [
        ("/v1/t", True),
        ("/track", True),
        ("/v1/k/abc/b", True),
        ("/v1/k/abc/notices", True),
        ("/v1/k/abc/pixel/page", True),
        ("/v1/pixel/page", True),
        ("/v1/projects/abc/settings", False),
        ("/analytics.js/v1/abc/analytics.min.js", False),
        ("/v1/k/abc/other", False),
        ("/", False),
        ("/v1/notices", False),
    ],
)
def test_the_dispatcher_is_told_whose_a_path_is(path: str, is_ours: bool) -> None:  # noqa: FBT001 - a row.
    assert Collector.handles(path) is is_ours
