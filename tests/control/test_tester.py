"""A given event takes the real way through a destination, and each step says what it did."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.conftest import NOON, Api

BOUGHT = {
    "type": "track",
    "event": "Bought",
    "userId": "u1",
    "properties": {"email": "a@b.example"},
}


@pytest.fixture
def pigeon(api: Api) -> Any:
    source = api.source()
    return api.destination(source["id"], settings={"apiKey": "right"}, enabled=True)


def tried(api: Api, destination: Any, event: dict[str, Any], **more: object) -> Any:
    path = f"/destinations/{destination['id']}/test-event"
    return api.ok("POST", path, {"event": event, **more})["test"]


def steps(test: Any) -> list[tuple[str, str]]:
    return [(step["step"], step["result"]) for step in test["steps"]]


def test_an_event_that_a_mapping_takes_becomes_its_payload(api: Api, pigeon: Any) -> None:
    test = tried(api, pigeon, BOUGHT)

    assert steps(test) == [
        ("accept", "passed"),
        ("integrations", "passed"),
        ("trigger", "matched"),
        ("mapping", "made"),
        ("validate", "passed"),
    ]
    (delivery,) = test["deliveries"]
    assert (delivery["action"], delivery["payload"]) == ("track", {"event": "Bought"})
    assert delivery["request"] is None
    assert test["outcomes"] == []


def test_what_was_missing_is_filled_in_as_at_the_door(api: Api, pigeon: Any) -> None:
    event = tried(api, pigeon, BOUGHT)["event"]

    assert event["messageId"].startswith("crossdock-")
    assert event["receivedAt"] == NOON.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_each_filter_says_what_it_did(api: Api, pigeon: Any) -> None:
    filters = f"/destination/{pigeon['id']}/filters"
    hide = {"type": "DROP_PROPERTIES", "fields": {"properties": ["email"]}}
    api.ok(
        "POST",
        filters,
        {"title": "No mail", "if": 'type = "track"', "actions": [hide], "enabled": True},
    )
    api.ok(
        "POST",
        filters,
        {
            "title": "No pages",
            "if": 'type = "page"',
            "actions": [{"type": "DROP"}],
            "enabled": True,
        },
    )

    of_track = tried(api, pigeon, BOUGHT)
    of_page = tried(api, pigeon, {"type": "page", "userId": "u1"})

    shown = [(s["name"], s["result"]) for s in of_track["steps"] if s["step"] == "filter"]
    assert shown == [("No mail", "matched"), ("No pages", "not_matched"), ("No mail", "changed")]
    (left,) = [s["left"] for s in of_track["steps"] if s["result"] == "changed"]
    assert left["properties"] == {}
    assert of_page["steps"][-1]["name"] == "No pages"
    assert steps(of_page)[-1] == ("filter", "held")
    assert [(each["step"], each["reason"]) for each in of_page["outcomes"]] == [
        ("filtered", "filter")
    ]


def test_an_event_that_its_sender_keeps_from_the_destination_stops_there(
    api: Api, pigeon: Any
) -> None:
    test = tried(api, pigeon, {**BOUGHT, "integrations": {"All": False}})

    assert steps(test) == [("accept", "passed"), ("integrations", "held")]


def test_an_event_that_the_door_refuses_says_why(api: Api, pigeon: Any) -> None:
    test = tried(api, pigeon, {"type": "track", "event": "Bought"})

    assert steps(test) == [("accept", "refused")]
    assert test["steps"][0]["reason"] == "no_user_anon_id"
    (outcome,) = test["outcomes"]
    assert (outcome["step"], outcome["reason"]) == ("discarded", "no_user_anon_id")
    assert (outcome["what"], outcome["do"]) == (test["steps"][0]["what"], test["steps"][0]["do"])
    assert (test["event"], test["deliveries"]) == (None, [])


def test_an_event_that_no_mapping_takes_says_so(api: Api, pigeon: Any) -> None:
    test = tried(api, pigeon, {"type": "page", "userId": "u1"})

    assert steps(test)[-1] == ("trigger", "not_matched")
    assert [each["reason"] for each in test["outcomes"]] == ["trigger"]


def test_a_payload_that_lacks_what_the_action_needs_is_refused_by_validation(
    api: Api, pigeon: Any
) -> None:
    path = f"/destinations/{pigeon['id']}/subscriptions"
    subscription = api.ok("GET", path)["subscriptions"][0]
    api.ok("PATCH", f"{path}/{subscription['id']}", {"input": {"settings": {"event": None}}})

    test = tried(api, pigeon, BOUGHT, mappingId=subscription["id"])

    assert steps(test)[-2:] == [("mapping", "made"), ("validate", "refused")]
    assert "event" in test["steps"][-1]["what"]


def test_one_mapping_can_be_tried_alone_even_if_it_is_disabled(api: Api, pigeon: Any) -> None:
    path = f"/destinations/{pigeon['id']}/subscriptions"
    subscription = api.ok("GET", path)["subscriptions"][0]
    api.ok("PATCH", f"{path}/{subscription['id']}", {"input": {"enabled": False}})

    all_enabled = tried(api, pigeon, BOUGHT)
    alone = tried(api, pigeon, BOUGHT, mappingId=subscription["id"])

    assert all_enabled["deliveries"] == []
    assert [each["mappingId"] for each in alone["deliveries"]] == [subscription["id"]]


def test_a_disabled_destination_is_tried_and_the_answer_says_that_it_is(
    api: Api, pigeon: Any
) -> None:
    api.ok("PATCH", f"/destinations/{pigeon['id']}", {"enabled": False})

    test = tried(api, pigeon, BOUGHT)

    assert [s["reason"] for s in test["steps"] if s["step"] == "connection"] == [
        "connection_disabled"
    ]
    assert len(test["deliveries"]) == 1


def test_the_last_request_is_made_if_asked_for(api: Api, pigeon: Any) -> None:
    (delivery,) = tried(api, pigeon, BOUGHT, send=True)["deliveries"]

    assert delivery["request"]["isTaken"] is True


def test_a_destination_that_lacks_a_setting_is_not_asked(api: Api, pigeon: Any) -> None:
    lacking = api.destination(pigeon["sourceId"], slug="lacking")

    (delivery,) = tried(api, lacking, BOUGHT, send=True)["deliveries"]

    assert delivery["request"]["code"] == "not_attempted"
    assert "API key" in delivery["request"]["what"]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(b'{"event": {"type": "track", "userId": 1e999}}', id="beyond a double"),
        pytest.param(
            b'{"event": {"type": "track", "n": 123456789012345678901234567890}}', id="a long number"
        ),
        pytest.param(
            b'{"event": {"type": "track", "event": "\\ud800"}}', id="half of a surrogate pair"
        ),
    ],
)
def test_an_odd_event_is_an_answer_and_not_a_bug(api: Api, pigeon: Any, event: bytes) -> None:
    path = f"/destinations/{pigeon['id']}/test-event"

    status, _, _ = api.request("POST", path, body=event, content_type="application/json")

    assert status in {200, 400}


def test_a_destination_in_the_page_cannot_be_tried_here(api: Api, pigeon: Any) -> None:
    page = api.destination(
        pigeon["sourceId"], "pigeon-id", settings={"organizationId": "1"}, slug="page"
    )

    refused = api.refused("POST", f"/destinations/{page['id']}/test-event", {"event": BOUGHT})

    assert refused["type"] == "not_cloud_mode"


def test_a_mapping_that_is_not_there_is_not_found(api: Api, pigeon: Any) -> None:
    status, _, _ = api.request(
        "POST",
        f"/destinations/{pigeon['id']}/test-event",
        {"event": BOUGHT, "mappingId": "map_none"},
    )

    assert status == 404
