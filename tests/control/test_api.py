"""The API keeps the shapes of Segment's, wants its token, and says what is wrong and what to do."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

import pytest

SECRET = "a-secret-nobody-may-see"  # noqa: S105 - of nobody.

Api = Any
"""`conftest.Api`, which tests cannot import."""


def test_everything_wants_the_token(api: Api) -> None:
    for path in ("/", "/sources", "/openapi.json", "/nowhere"):
        status, answer, headers = api.request("GET", path, authorization="Bearer wrong")

        assert status == 401
        assert headers["www-authenticate"] == "Bearer"
        assert "Authorization: Bearer" in answer["errors"][0]["message"]


def test_a_token_is_not_accepted_in_another_scheme(api: Api) -> None:
    status, _, _ = api.request("GET", "/", authorization="Basic the-admins-token")

    assert status == 401


def test_many_wrong_tokens_are_slowed_down_until_a_minute_has_passed(api: Api) -> None:
    for _ in range(10):
        api.request("GET", "/", authorization="Bearer wrong")

    status, answer, headers = api.request("GET", "/", authorization="Bearer wrong")
    api.clock.advance(61)
    later, _, _ = api.request("GET", "/", authorization="Bearer wrong")

    assert status == 429
    assert headers["retry-after"] == "60"
    assert "Wait 60 seconds" in answer["errors"][0]["message"]
    assert later == 401


def test_wrong_tokens_from_the_same_address_do_not_lock_the_right_one_out(api: Api) -> None:
    for _ in range(20):
        api.request("GET", "/", authorization="Bearer wrong")

    status, _, _ = api.request("GET", "/")

    assert status == 200


def test_the_description_names_every_path_and_loads_nothing_from_elsewhere(api: Api) -> None:
    status, description, _ = api.request("GET", "/openapi.json")

    assert status == 200
    assert description["servers"] == [{"url": "/api/v1"}]
    assert "/destinations/{destination_id}/subscriptions" in description["paths"]
    assert api.request("GET", "/docs")[0] == 404


def test_the_workspace_has_a_name(api: Api) -> None:
    workspace = api.ok("GET", "/")["workspace"]

    assert workspace.keys() == {"id", "slug", "name", "version"}


def test_a_path_that_is_not_there_is_told_in_the_envelope(api: Api) -> None:
    status, answer, _ = api.request("GET", "/nowhere")

    assert status == 404
    assert answer["errors"][0]["type"] == "not_found"


def test_a_method_that_is_not_there_is_told_in_the_envelope(api: Api) -> None:
    status, answer, headers = api.request("PUT", "/sources", {})

    assert status == 405
    assert answer["errors"][0]["type"] == "method_not_allowed"
    assert headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "body",
    ['{"slug": NaN}', "{", '{"slug": "\\ud800"}', "[" * 100 + "]" * 100],
    ids=["not a number", "cut off", "half a character", "too deep"],
)
def test_a_body_that_is_not_json_is_told(api: Api, body: str) -> None:
    status, answer, _ = api.request("POST", "/sources", body=body)

    assert status == 400
    assert answer["errors"][0]["type"] == "not_json"


def test_a_body_that_is_too_long_is_told(api: Api) -> None:
    status, answer, _ = api.request("POST", "/sources", body=b" " * (4 * 1024 * 1024 + 1))

    assert status == 413
    assert answer["errors"][0]["type"] == "body_too_long"


def test_half_a_request_changes_nothing(api: Api) -> None:
    source = api.source()
    host, _, port = api.url.removeprefix("http://").partition(":")
    head = f"POST /api/v1/sources/{source['id']}/writekey HTTP/1.1\r\nhost: x\r\n"
    head += "authorization: Bearer the-admins-token\r\ncontent-length: 100\r\n\r\n{"

    with socket.create_connection((host, int(port))) as client:
        client.sendall(head.encode())
        client.shutdown(socket.SHUT_WR)
        client.recv(1)

    assert api.ok("GET", "/")["workspace"]["version"] == 1


def test_a_body_needs_no_content_type(api: Api) -> None:
    status, _, _ = api.request(
        "POST",
        "/sources",
        body='{"slug": "shop"}',
        content_type="application/x-www-form-urlencoded",
    )

    assert status == 200


def test_a_key_that_is_not_known_is_told(api: Api) -> None:
    error = api.refused("POST", "/sources", {"slug": "shop", "is_enabled": True})

    assert error["field"] == "is_enabled"
    assert "openapi.json" in error["message"]


def test_a_source_is_created_with_a_write_key(api: Api) -> None:
    source = api.ok("POST", "/sources", {"slug": "shop", "enabled": True, "metadataId": "python"})[
        "source"
    ]

    assert source["name"] == "shop"
    assert re.fullmatch("[A-Za-z0-9]{32}", source["writeKeys"][0])
    assert source["metadata"]["kind"] == "server"
    assert source["workspaceId"] == api.ok("GET", "/")["workspace"]["id"]
    assert source["settings"] == {"isStrict": False}
    assert source["labels"] == []
    assert source["neutralScriptUrl"] == f"{api.url}/site/shop.js"
    assert api.ok("GET", f"/sources/{source['id']}")["source"] == source


def test_a_source_can_take_over_the_write_key_that_pages_have(api: Api) -> None:
    assert api.source(writeKeys=["wk-of-old"])["writeKeys"] == ["wk-of-old"]


def test_a_source_is_changed_in_part(api: Api) -> None:
    source = api.source()

    changed = api.ok(
        "PATCH", f"/sources/{source['id']}", {"enabled": False, "settings": {"isStrict": True}}
    )["source"]

    assert changed == {**source, "enabled": False, "settings": {"isStrict": True}}


def test_a_write_key_is_rotated_with_overlap(api: Api) -> None:
    source = api.source(writeKeys=["old"])
    path = f"/sources/{source['id']}/writekey"

    both = api.ok("POST", path)["source"]["writeKeys"]
    api.ok("DELETE", f"{path}/old")

    assert both[1] == "old"
    assert api.ok("GET", f"/sources/{source['id']}")["source"]["writeKeys"] == both[:1]


def test_the_last_write_key_stays(api: Api) -> None:
    source = api.source(writeKeys=["only"])

    error = api.refused("DELETE", f"/sources/{source['id']}/writekey/only")

    assert error["type"] == "write_key_count"
    assert "add the new one before removing the old" in error["message"]


def test_a_source_is_deleted_with_its_destinations(api: Api) -> None:
    source = api.source()
    api.destination(source["id"])

    deleted = api.ok("DELETE", f"/sources/{source['id']}")

    assert deleted == {"status": "SUCCESS"}
    assert api.ok("GET", "/sources")["sources"] == []
    assert api.ok("GET", "/destinations")["destinations"] == []


@pytest.mark.parametrize(
    ("body", "type_", "field"),
    [
        ({"slug": "Shop!"}, "unusable_slug", "slug"),
        ({"slug": "taken"}, "slug_taken", "slug"),
        ({"slug": "shop", "name": " "}, "unusable_name", "name"),
        ({"slug": "shop", "name": "x" * 201}, "unusable_name", "name"),
        ({"slug": "shop", "writeKeys": ["a b"]}, "unusable_write_key", "writeKeys"),
        ({"slug": "shop", "writeKeys": ["taken"]}, "write_key_taken", "writeKeys"),
        ({"slug": "shop", "writeKeys": ["a", "a"]}, "write_key_taken", "writeKeys"),
        ({"slug": "shop", "writeKeys": []}, "write_key_count", "writeKeys"),
        ({"slug": "shop", "metadataId": "cobol"}, "unknown_source_type", "metadataId"),
        ({"slug": 1}, "invalid_request", "slug"),
        ({}, "invalid_request", "slug"),
    ],
)
def test_a_source_that_cannot_be_is_refused(
    api: Api, body: dict[str, Any], type_: str, field: str
) -> None:
    api.source("taken", writeKeys=["taken"])

    error = api.refused("POST", "/sources", body)

    assert (error["type"], error["field"]) == (type_, field)
    assert error["data"]["what"]
    assert error["data"]["do"]
    assert error["message"] == f"{error['data']['what']} {error['data']['do']}"


def test_several_problems_are_told_at_once(api: Api) -> None:
    status, answer, _ = api.request("POST", "/sources", {"slug": "!", "writeKeys": ["?"]})

    assert status == 400
    assert [e["type"] for e in answer["errors"]] == ["unusable_slug", "unusable_write_key"]


def test_lists_come_in_pages(api: Api) -> None:
    slugs = [f"s{number}" for number in range(5)]
    for slug in slugs:
        api.source(slug)

    first = api.ok("GET", "/sources?pagination[count]=2")
    cursor = first["pagination"]["next"]
    second = api.ok("GET", f"/sources?pagination[count]=2&pagination[cursor]={cursor}")
    last_cursor = second["pagination"]["next"]
    last = api.ok("GET", f"/sources?pagination[count]=2&pagination[cursor]={last_cursor}")

    assert [s["slug"] for page in (first, second, last) for s in page["sources"]] == slugs
    assert first["pagination"]["previous"] is None
    assert second["pagination"]["previous"] == first["pagination"]["current"]
    assert last["pagination"]["next"] is None
    assert last["pagination"]["totalEntries"] == 5


@pytest.mark.parametrize("cursor", ["x", "LTE=", "OTk5OTk5OTk5OTk5"])
def test_a_cursor_of_somebody_else_is_told(api: Api, cursor: str) -> None:
    error = api.refused("GET", f"/sources?pagination[cursor]={cursor}")

    assert error["type"] == "unusable_cursor"


def test_what_is_not_there_is_told(api: Api) -> None:
    destination = api.destination(api.source()["id"])["id"]

    for path in (
        "/sources/src_1",
        "/sources/src_1/snippet",
        "/sources/src_1/connected-destinations",
        "/destinations/dst_1",
        "/destinations/dst_1/subscriptions",
        "/destinations/dst_1/notices",
        f"/destinations/{destination}/subscriptions/map_1",
        f"/destination/{destination}/filters/fil_1",
        "/catalog/destinations/x",
        "/catalog/sources/x",
    ):
        status, answer, _ = api.request("GET", path)

        assert (status, answer["errors"][0]["type"]) == (404, "not_found"), path


def test_secrets_are_never_in_an_answer_nor_in_a_file(
    api: Api, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = api.source()
    destination = api.destination(source["id"], settings={"apiKey": SECRET})
    path = f"/destinations/{destination['id']}"

    answers = [
        destination,
        api.ok("GET", path),
        api.ok("GET", "/destinations"),
        api.ok("GET", f"/sources/{source['id']}/connected-destinations"),
        api.ok("PATCH", path, {"settings": {"region": "eu"}}),
        api.ok("GET", "/audit-events"),
        api.ok("POST", f"{path}/test"),
        api.request("GET", "/workspace/export")[1],
        api.request("PATCH", path, {"settings": {"apiKey": [SECRET]}})[1],
        api.request("PATCH", path, {"settings": {SECRET[:8]: 1, "apiKey": SECRET + "2"}})[1],
    ]

    assert destination["settings"]["apiKey"] is None
    assert destination["secretSettings"] == {"apiKey": {"isSet": True}}
    assert api.store.load().connections[0].settings["apiKey"] == SECRET
    assert SECRET not in str(answers)
    for file in tmp_path.rglob("*"):
        assert SECRET.encode() not in file.read_bytes(), file
    logged = capfd.readouterr()
    assert SECRET not in logged.out + logged.err


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        pytest.param({"region": "us"}, {"apiKey": SECRET, "region": "us"}, id="left out: kept"),
        pytest.param({"apiKey": None}, {"apiKey": SECRET, "region": "eu"}, id="null: kept"),
        pytest.param({"apiKey": ""}, {"region": "eu"}, id="empty: removed"),
        pytest.param({"apiKey": "new"}, {"apiKey": "new", "region": "eu"}, id="new: replaced"),
        pytest.param({"region": None}, {"apiKey": SECRET}, id="no secret and null: removed"),
    ],
)
def test_settings_are_merged(api: Api, given: dict[str, Any], stored: dict[str, Any]) -> None:
    destination = api.destination(api.source()["id"], settings={"apiKey": SECRET, "region": "eu"})

    api.ok("PATCH", f"/destinations/{destination['id']}", {"settings": given})

    assert api.store.load().connections[0].settings == stored


def test_a_change_is_on_the_feed_before_it_is_answered(api: Api) -> None:
    for version in range(1, 20):
        api.source(f"s{version}")

        assert api.feed.current.version == version


def test_two_people_who_edit_one_mapping_do_not_lose_work(api: Api) -> None:
    destination = api.destination(api.source()["id"])
    path = f"/destinations/{destination['id']}/subscriptions"
    path += "/" + api.ok("GET", path)["subscriptions"][0]["id"]
    _, _, headers = api.request("GET", path)

    first, _, _ = api.request("PATCH", path, {"name": "Ann's"}, if_match=headers["etag"])
    second, answer, _ = api.request("PATCH", path, {"name": "Bob's"}, if_match=headers["etag"])
    forced, _, _ = api.request("PATCH", path, {"name": "Cid's"})

    assert (first, second, forced) == (200, 412, 200)
    assert answer["errors"][0]["type"] == "changed_meanwhile"
    assert "Load it again" in answer["errors"][0]["message"]


def test_an_etag_of_somebody_else_is_told(api: Api) -> None:
    source = api.source()

    error = api.refused("PATCH", f"/sources/{source['id']}", {}, if_match='"abc"')

    assert error["type"] == "unusable_etag"


def test_who_changed_what_is_kept(api: Api) -> None:
    source = api.source()
    api.ok("PATCH", f"/sources/{source['id']}", {"name": "Shop"})

    page = api.ok("GET", "/audit-events?pagination[count]=1")
    rest = api.ok("GET", f"/audit-events?pagination[cursor]={page['pagination']['next']}")

    event = page["events"][0]
    assert event["type"] == "Source Changed"
    assert event["actor"] == "admin token"
    assert event["resourceId"] == source["id"]
    assert event["before"] == {"name": "shop"}
    assert event["after"] == {"name": "Shop"}
    assert event["timestamp"] == "2030-01-01T12:00:00Z"
    assert page["pagination"]["totalEntries"] == 2
    assert [e["type"] for e in rest["events"]] == ["Source Created"]
    assert rest["pagination"]["next"] is None


def test_a_lost_database_is_told(api: Api, tmp_path: Path) -> None:
    api.store.close()
    for path in tmp_path.glob("workspace.db*"):
        path.unlink()
    (tmp_path / "workspace.db").mkdir()

    status, answer, _ = api.request("GET", "/sources")

    assert status == 503
    assert answer["errors"][0]["type"] == "workspace_database"


async def test_changes_at_the_same_time_are_all_made(api: Api) -> None:
    await asyncio.gather(*(asyncio.to_thread(api.source, f"s{number}") for number in range(8)))

    assert api.ok("GET", "/")["workspace"]["version"] == 8
