"""What an editor of mappings asks for: recent events, a draft on its real way, another order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.conftest import Api
from tests.ledger.builders import batch, event
from tests.running import eventually


@pytest.fixture
def pigeon(api: Api) -> Any:
    source = api.source()
    return api.destination(source["id"], settings={"apiKey": "right"}, enabled=True)


BOUGHT = {"type": "track", "event": "Bought", "userId": "u1", "properties": {"n": 1}}


def tried(api: Api, pigeon: Any, draft: dict[str, Any], **more: object) -> Any:
    body = {"event": BOUGHT, "draft": {"actionId": "track", **draft}, **more}
    return api.ok("POST", f"/destinations/{pigeon['id']}/test-event", body)["test"]


def test_a_draft_is_tried_instead_of_what_is_saved(api: Api, pigeon: Any) -> None:
    path = f"/destinations/{pigeon['id']}/subscriptions"
    (saved,) = api.ok("GET", path)["subscriptions"]
    draft = {"trigger": 'type = "track"', "settings": {"event": {"@template": "{{event}}!"}}}

    test = tried(api, pigeon, draft, mappingId=saved["id"])

    assert [delivery["payload"] for delivery in test["deliveries"]] == [{"event": "Bought!"}]
    assert api.ok("GET", path)["subscriptions"] == [saved]


def test_a_draft_of_a_new_mapping_is_tried_by_itself(api: Api, pigeon: Any) -> None:
    draft = {"trigger": 'type = "page"', "settings": {"event": "x"}}

    test = tried(api, pigeon, draft)

    assert [(step["step"], step["result"]) for step in test["steps"]][-1] == (
        "trigger",
        "not_matched",
    )


def test_each_thing_that_is_wrong_is_told_with_its_place(api: Api, pigeon: Any) -> None:
    missing = tried(api, pigeon, {"trigger": 'type = "track"', "settings": {}})
    wrong = tried(
        api,
        pigeon,
        {"trigger": 'type = "track"', "settings": {"event": {"@case": {"operator": 1}}}},
    )

    (step,) = [step for step in missing["steps"] if step["result"] == "refused"]
    assert step["step"] == "validate"
    assert [problem["path"] for problem in step["problems"]] == ["event"]
    (step,) = [step for step in wrong["steps"] if step["result"] == "refused"]
    assert step["step"] == "mapping"
    assert step["problems"] == [
        {"path": "event", "message": "should be a string but it is a number."}
    ]


def test_recent_events_are_whole_and_the_newest_is_first(api: Api) -> None:
    source = api.source()
    api.ledger_journal.put(events=[batch(event("m1"), event("m2"), source_id=source["id"])])
    api.ledger_journal.put(events=[batch(event("m3"), source_id=source["id"])])
    path = f"/sources/{source['id']}/events"
    eventually(lambda: len(api.ok("GET", path)["events"]) == 3)

    events = api.ok("GET", f"{path}?limit=2&eventType=track")["events"]

    assert [each["messageId"] for each in events] == ["m3", "m2"]
    assert events[0]["event"]["messageId"] == "m3"
    assert events[0]["event"]["receivedAt"]


def test_recent_events_of_no_source_are_not_found(api: Api) -> None:
    status, _, _ = api.request("GET", "/sources/src_none/events")

    assert status == 404


def test_mappings_keep_the_order_they_are_put_into(api: Api, pigeon: Any) -> None:
    path = f"/destinations/{pigeon['id']}/subscriptions"
    new = {"name": "Second", "actionId": "track", "trigger": 'type = "page"'}
    api.ok("POST", path, new)
    first, second = (each["id"] for each in api.ok("GET", path)["subscriptions"])

    api.ok("PUT", path, {"subscriptionIds": [second, first]})

    assert [each["id"] for each in api.ok("GET", path)["subscriptions"]] == [second, first]


def test_an_order_that_leaves_a_mapping_out_is_refused(api: Api, pigeon: Any) -> None:
    path = f"/destinations/{pigeon['id']}/subscriptions"

    problem = api.refused("PUT", path, {"subscriptionIds": []})

    assert problem["field"] == "subscriptionIds"
