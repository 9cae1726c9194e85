"""The events themselves, how many each source sends, and when its write keys were last used."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from crossdock.events import Step
from tests.control.conftest import NOON, Api
from tests.ledger.builders import batch, event, outcome
from tests.running import eventually

HOUR = "startTime=2030-01-01T12:00:00Z&endTime=2030-01-01T13:00:00Z&granularity=MINUTE"
LATER = "startTime=2030-01-01T15:00:00Z&endTime=2030-01-01T16:00:00Z&granularity=HOUR"


@pytest.fixture
def shop(api: Api) -> Any:
    """A source that has sent two events, of which the journal has both."""
    source = api.source()
    api.ledger_journal.put(
        events=[
            batch(event("m1"), source_id=source["id"]),
            batch(
                event("m2", type="identify", event=None, traits={"plan": "pro"}),
                source_id=source["id"],
            ),
        ],
        outcomes=[
            outcome(
                "",
                Step.DISCARDED,
                source_id=source["id"],
                connection_id=None,
                mapping_id=None,
                reason="no_user_anon_id",
            )
        ],
    )
    eventually(lambda: len(api.ok("GET", "/ledger")["entries"]) == 3)
    return source


def test_the_latest_events_of_a_source_are_as_mappings_see_them(api: Api, shop: Any) -> None:
    newest, oldest = api.ok("GET", f"/sources/{shop['id']}/events")["events"]

    assert (newest["messageId"], oldest["messageId"]) == ("m2", "m1")
    assert newest["event"]["traits"] == {"plan": "pro"}
    assert newest["event"]["receivedAt"] == "2030-01-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("query", "message_ids"),
    [
        ("eventType=identify", ["m2"]),
        ("eventName=Order%20Completed", ["m1"]),
        ("limit=1", ["m2"]),
        ("eventType=page", []),
    ],
)
def test_the_latest_events_can_be_of_one_kind(
    api: Api, shop: Any, query: str, message_ids: list[str]
) -> None:
    found = api.ok("GET", f"/sources/{shop['id']}/events?{query}")["events"]

    assert [one["messageId"] for one in found] == message_ids


def test_the_latest_events_can_be_those_that_told_a_destination_of_one_audience(
    api: Api, shop: Any
) -> None:
    def told(number: int, computation_id: str) -> Any:
        personas = {"computation_id": computation_id}
        return event(f"t{number}", type="identify", event=None, context={"personas": personas})

    # Between two of the one audience there is more than a page of another. The shop has sent one
    # message before.
    about = ["aud_1", *["aud_2"] * 120, "aud_1"]
    api.ledger_journal.put(
        events=[batch(*map(told, range(len(about)), about), source_id=shop["id"])],
        outcomes=[
            outcome(f"2-{index}-map", source_id=shop["id"], message_id=f"t{index}")
            for index in range(len(about))
        ],
    )
    path = f"/sources/{shop['id']}/events?destinationId=ripe"
    eventually(lambda: len(api.ok("GET", f"{path}&limit=100")["events"]) == 100)

    of_one = api.ok("GET", f"{path}&computationId=aud_1&limit=5")["events"]
    of_nobody = api.ok("GET", f"{path}&computationId=aud_3&limit=5")["events"]
    of_another = api.ok("GET", f"/sources/{shop['id']}/events?destinationId=ramen")["events"]

    assert [one["messageId"] for one in of_one] == ["t121", "t0"]
    assert (of_nobody, of_another) == ([], [])


def test_an_event_is_found_by_its_message_id(api: Api, shop: Any) -> None:
    found = api.ok("GET", "/events/m1")["event"]

    assert found["sourceId"] == shop["id"]
    assert found["event"]["event"] == "Order Completed"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("path", ["/events/nobody", "/events/m1?sourceId=src_other"])
def test_an_event_that_nobody_sent_is_not_found(api: Api, path: str) -> None:
    status, answer, _ = api.request("GET", path)

    assert status == 404
    assert "messageId" in answer["errors"][0]["message"]


@pytest.mark.usefixtures("shop")
def test_an_event_that_the_journal_has_no_longer_is_said_to_be_gone(api: Api) -> None:
    api.ledger_journal.events.clear()

    status, answer, _ = api.request("GET", "/events/m1")

    assert status == 404
    assert "gone" in answer["errors"][0]["message"]


def test_volumes_count_what_came_and_what_was_refused_by_time(api: Api, shop: Any) -> None:
    (volume,) = api.ok("GET", f"/volumes?{HOUR}")["volumes"]

    assert (volume["sourceId"], volume["received"], volume["discarded"]) == (shop["id"], 2, 1)
    assert volume["lastReceivedAt"] == "2030-01-01T12:00:00Z"
    assert volume["series"] == [{"time": "2030-01-01T12:00:00Z", "received": 2, "discarded": 1}]


def test_a_quiet_source_still_says_when_its_last_event_came(api: Api, shop: Any) -> None:
    silent = api.source("silent")

    volumes = api.ok("GET", f"/volumes?{LATER}")["volumes"]

    assert {one["sourceId"]: one["lastReceivedAt"] for one in volumes} == {
        shop["id"]: "2030-01-01T12:00:00Z",
        silent["id"]: None,
    }


def test_volumes_of_too_long_a_time_are_refused(api: Api) -> None:
    query = "startTime=2030-01-01T12:00:00Z&endTime=2030-01-03T12:00:00Z&granularity=MINUTE"

    assert api.refused("GET", f"/volumes?{query}")["type"] == "unusable_range"


def test_write_keys_say_when_they_were_last_used(api: Api) -> None:
    source = api.source()
    old_key = source["writeKeys"][0]
    new_key = api.ok("POST", f"/sources/{source['id']}/writekey")["source"]["writeKeys"][0]
    api.key_use.note(old_key, NOON + dt.timedelta(minutes=5))

    found = api.ok("GET", f"/sources/{source['id']}/writekeys")

    assert found == {
        "writeKeys": [
            {"writeKey": new_key, "isCurrent": True, "lastUsedAt": None},
            {"writeKey": old_key, "isCurrent": False, "lastUsedAt": "2030-01-01T12:05:00Z"},
        ],
        "knownSince": "2030-01-01T12:00:00Z",
    }
