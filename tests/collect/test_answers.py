"""The answers are those that Segment's libraries and browsers act on."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip

import msgspec
import pytest

from crossdock.pipeline.collect import CollectLimits
from tests.collect.serving import SETTINGS, WRITE_KEY, Served, basic, served, track

ORIGIN = "https://shop.example"


async def test_a_page_may_ask_before_it_sends(shop: Served) -> None:
    answer = await shop.request(
        "OPTIONS",
        "/v1/t",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,x-demo",
        },
    )

    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert answer.status == 204
    assert {"authorization", "content-type", "x-retry-count", "content-encoding"} < set(allowed)
    assert "x-demo" in allowed
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-max-age"] == "7200"
    assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize("body", [track(), b"broken"])
async def test_a_page_can_read_every_answer_and_when_to_retry(shop: Served, body: object) -> None:
    answer = await shop.post("/v1/t", body, Origin=ORIGIN)

    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-expose-headers"] == "Retry-After"
    assert answer.headers["vary"] == "Origin"


async def test_without_an_origin_any_page_may_read(shop: Served) -> None:
    answer = await shop.post("/v1/t", track())

    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        pytest.param("/v1/t", b"{", "not JSON", id="cut off"),
        pytest.param("/v1/t", b"", "not JSON", id="empty"),
        pytest.param("/v1/t", b"[1]", "not a JSON object", id="a list"),
        pytest.param("/v1/t", b'{"userId":"\xff"}', "not JSON", id="not UTF-8"),
        pytest.param("/v1/t", b'{"userId":1e999}', "not JSON", id="a number beyond a double"),
        pytest.param("/v1/t", b'{"a":' * 70 + b"1" + b"}" * 70, "deeper", id="nested deep"),
        pytest.param("/v1/t", b"[" * 16_000, "not JSON", id="nested as deep as possible"),
        pytest.param("/v1/t", track(p="x" * 32_768), "32,768", id="over 32 KB"),
        pytest.param("/v1/b", b'{"batch":', "not JSON", id="a batch cut off"),
        pytest.param("/v1/b", {"batch": "x"}, "not a batch", id="a batch that is none"),
        pytest.param("/v1/b", track(), "not a batch", id="one event at a batch's path"),
        pytest.param("/v1/b", b'{"batch":' + b"[" * 90_000, "not JSON", id="a batch nested deep"),
        pytest.param(
            "/v1/b", {"batch": [track()] * 2501}, "2501 events", id="more than 2,500 events"
        ),
        pytest.param("/v1/b", {"batch": [track(p="x" * 30_000)] * 20}, "512,000", id="over 500 KB"),
        pytest.param("/v1/b", {"batch": [], "context": 5}, '"context"', id="context not an object"),
        pytest.param("/v1/m", b"{", "not JSON", id="metrics cut off"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_what_to_do(
    shop: Served, path: str, body: object, says: str
) -> None:
    answer = await shop.post(path, body)

    assert answer.status == 400
    assert answer.json["success"] is False
    assert answer.json["code"] == "invalid_request"
    assert says in answer.json["message"]
    assert "Send" in answer.json["message"]


@pytest.mark.parametrize(
    ("body", "encoding", "says"),
    [
        pytest.param(b"{}", "gzip", "not gzip", id="plain that says gzip"),
        pytest.param(gzip.compress(b"{}" * 99)[:-9], "gzip", "cut off", id="gzip cut off"),
        pytest.param(b"{}", "br", '"br"', id="an encoding we do not know"),
        pytest.param(gzip.compress(b" " * 10**8), "gzip", "larger than", id="a gzip bomb"),
        pytest.param(gzip.compress(b"") * 1_001, "gzip", "1,000 parts", id="gzip of nothing"),
    ],
)
async def test_a_compressed_body_is_refused_when_it_is_not_what_it_says(
    shop: Served, body: bytes, encoding: str, says: str
) -> None:
    answer = await shop.post("/v1/b", body, Content_Encoding=encoding)

    assert answer.status == 400
    assert says in answer.json["message"]


async def test_an_unknown_write_key_is_answered_as_segment_does_and_recorded(shop: Served) -> None:
    headers = {"Authorization": basic("nobody")}

    answer = await shop.request("POST", "/v1/t", track(messageId="m1"), headers=headers)

    (outcome,) = await shop.outcomes()
    assert (answer.status, answer.json) == (200, {"success": True})
    assert (outcome.reason, outcome.message_id) == ("unknown_source", "m1")
    assert '"nobody"' in outcome.what


async def test_no_write_key_at_all_is_the_senders_mistake(shop: Served) -> None:
    answer = await shop.request("POST", "/v1/t", track())

    assert answer.status == 400
    assert "write key" in answer.json["message"]


async def test_a_source_that_is_switched_off_keeps_nothing(shop: Served) -> None:
    answer = await shop.request("POST", "/v1/k/closed-key/t", track(messageId="m1"))

    (outcome,) = await shop.outcomes()
    assert (answer.status, answer.json) == (200, {"success": True})
    assert (outcome.reason, outcome.source_id) == ("source_disabled", "src_closed")


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        pytest.param("/v1/k/nobody/t", {"X-Crossdock-Strict": "true"}, "unknown_source", id="key"),
        pytest.param("/v1/k/closed-strict-key/t", {}, "source_disabled", id="switched off"),
        pytest.param(
            "/v1/k/closed-key/t", {"X-Crossdock-Strict": "true"}, "source_disabled", id="by header"
        ),
    ],
)
async def test_strict_mode_answers_401_to_a_source_that_takes_nothing(
    shop: Served, path: str, headers: dict[str, str], code: str
) -> None:
    answer = await shop.request("POST", path, track(), headers=headers)

    assert (answer.status, answer.json["code"]) == (401, code)


async def test_strict_mode_gives_each_event_its_verdict(shop: Served) -> None:
    batch = {"batch": [track(messageId="m1"), {"type": "track", "event": "E"}, track()]}

    answer = await shop.request("POST", "/v1/k/strict-key/b", batch)

    assert answer.status == 200
    assert [verdict["accepted"] for verdict in answer.json["events"]] == [True, False, True]
    assert answer.json["events"][1]["code"] == "no_user_anon_id"
    assert [verdict["messageId"] for verdict in answer.json["events"]] == ["m1", "", "message_1"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/t", {"userId": "ann"}, "event_not_defined"),
        ("/v1/b", {"batch": []}, "empty_batch"),
        ("/v1/b", {"batch": [1]}, "bad_request"),
    ],
)
async def test_strict_mode_answers_400_where_nothing_was_accepted(
    shop: Served, path: str, body: object, code: str
) -> None:
    answer = await shop.post(path, body, X_Crossdock_Strict="true")

    assert (answer.status, answer.json["code"]) == (400, code)


async def test_senders_are_asked_to_wait_when_too_much_is_waiting() -> None:
    async with served(settings=dataclasses.replace(SETTINGS, waiting_bytes_max=100)) as shop:
        answer = await shop.post("/v1/t", track())

    assert answer.status == 429
    assert answer.headers["retry-after"] == "1"
    assert answer.json["code"] == "journal_busy"


async def test_a_full_disk_is_answered_with_503() -> None:
    full = dataclasses.replace(SETTINGS, disk_reserve_bytes=1024**5)
    async with served(settings=full) as shop:
        answer = await shop.post("/v1/t", track())
        pixel = await shop.request("GET", f"/v1/pixel/t?event=E&userId=u&writeKey={WRITE_KEY}")

    assert answer.status == 503
    assert answer.headers["retry-after"].isdigit()
    assert (answer.json["success"], answer.json["code"]) == (False, "journal_full")
    assert pixel.status == 200


async def test_a_changed_workspace_counts_for_the_next_request(shop: Served) -> None:
    without_sources = msgspec.structs.replace(shop.feed.current, version=2, sources=())

    shop.feed.publish(without_sources)

    answer = await shop.post("/v1/t", track(), X_Crossdock_Strict="true")
    assert answer.status == 401


async def test_discards_are_recorded_at_a_bounded_pace() -> None:
    async with served(limits=CollectLimits(discards_per_second_max=3)) as shop:
        batch = {"batch": [{"type": "nothing", "messageId": f"m{n}"} for n in range(50)]}
        await shop.post("/v1/b", batch)
        await shop.outcomes(3)
        await asyncio.sleep(0.2)

        assert len(await shop.outcomes()) == 3


async def test_notices_of_plugins_are_counted_by_kind(shop: Served) -> None:
    notice = {"connectionId": "con_ripe", "code": "script_blocked", "detail": "x" * 900}

    for _ in range(3):
        answer = await shop.request("POST", f"/v1/k/{WRITE_KEY}/notices", notice)

        assert answer.status == 200
    (kept,) = await shop.journal.notices()
    assert (kept.connection_id, kept.code, kept.count) == ("con_ripe", "script_blocked", 3)
    assert len(kept.detail) == 500


@pytest.mark.parametrize(
    "notice",
    [
        pytest.param(b"{", id="not JSON"),
        pytest.param([], id="a list"),
        pytest.param({"code": 5}, id="code not a string"),
        pytest.param({"code": "a b"}, id="code with a space"),
        pytest.param({"code": "x", "connectionId": "con_other"}, id="somebody's connection"),
        pytest.param({"code": "x", "detail": "y" * 5_000}, id="too large"),
    ],
)
async def test_a_notice_that_is_none_is_refused(shop: Served, notice: object) -> None:
    answer = await shop.request("POST", f"/v1/k/{WRITE_KEY}/notices", notice)

    assert answer.status == 400
    assert await shop.journal.notices() == []


async def test_a_source_cannot_flood_the_notices() -> None:
    async with served(limits=CollectLimits(notices_per_second_max=5)) as shop:
        for _ in range(30):
            await shop.request("POST", f"/v1/k/{WRITE_KEY}/notices", {"code": "x"})

        (kept,) = await shop.journal.notices()
    assert kept.count < 15
