"""The ledger over the API: traces, search, the balance, and Segment's delivery overview."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock.events import ConnectionId, MappingId, Step
from tests.control.conftest import Api
from tests.ledger.builders import batch, delivered, event, outcome
from tests.running import eventually

NOON_TO_ONE = "startTime=2030-01-01T12:00:00Z&endTime=2030-01-01T13:00:00Z"


@pytest.fixture
def filled(api: Api) -> Api:
    """One event that was delivered and one that waits, both in the ledger."""
    api.ledger_journal.put(
        events=[batch(event("m1"), event("m2"))],
        outcomes=[
            outcome("1-0-map", payload="{}"),
            delivered("1-0-map"),
            outcome("1-1-map", message_id="m2"),
        ],
    )
    api.ledger_journal.state.deliveries_by_connection = {ConnectionId("ripe"): 1}
    eventually(lambda: len(entries(api)) == 5)
    return api


def entries(api: Api, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.ok("GET", f"/ledger?{query}")["entries"]
    return found


def test_a_trace_tells_the_life_of_an_event_and_where_it_stands(filled: Api) -> None:
    (life,) = filled.ok("GET", "/events/m1/trace")["events"]

    assert [entry["step"] for entry in life["timeline"]] == ["received", "mapped", "delivered"]
    assert life["timeline"][1]["payload"] == "{}"
    assert {entry["eventSequence"] for entry in life["timeline"]} == {1}
    assert life["states"] == [
        {"destinationId": "ripe", "subscriptionId": "map", "state": "delivered"}
    ]


def test_a_death_that_is_undone_when_the_event_was_delivered_leaves_it_delivered(
    filled: Api,
) -> None:
    # A crash left a dead letter of an attempt that was made once more, and then succeeded.
    again = outcome("1-0-map-9-again", Step.SENT_AGAIN, mapping_id=MappingId("map"))
    filled.ledger_journal.put(outcomes=[again])
    eventually(lambda: len(entries(filled)) == 6)

    (life,) = filled.ok("GET", "/events/m1/trace")["events"]

    assert [entry["step"] for entry in life["timeline"]][-1] == "sent_again"
    assert [one["state"] for one in life["states"]] == ["delivered"]


def test_an_event_that_is_not_known_is_not_found(api: Api) -> None:
    status, answer, _ = api.request("GET", "/events/nobody/trace")

    assert status == 404
    assert "nobody" in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "message_ids"),
    [
        pytest.param("step=received", ["m2", "m1"], id="by step"),
        pytest.param("step=mapped&destinationId=ripe", ["m2", "m1"], id="by destination"),
        pytest.param("userId=ann&step=delivered", ["m1"], id="by user"),
        pytest.param("eventName=Nothing", [], id="by the event's name"),
        pytest.param("endTime=2030-01-01T12:00:00Z", [], id="by time"),
    ],
)
def test_entries_can_be_looked_for(filled: Api, query: str, message_ids: list[str]) -> None:
    assert [entry["messageId"] for entry in entries(filled, query)] == message_ids


def test_one_page_leads_to_the_next(filled: Api) -> None:
    first = filled.ok("GET", "/ledger?limit=4")
    second = filled.ok("GET", f"/ledger?limit=4&cursor={first['next']}")

    assert len(first["entries"]) == 4
    assert len(second["entries"]) == 1
    assert second["next"] is None


@pytest.mark.parametrize("cursor", ["x", "AAAA", "W10=", "WzEsMSwxLC0xXQ=="])
def test_a_cursor_of_somebody_elses_is_refused(api: Api, cursor: str) -> None:
    assert api.refused("GET", f"/ledger?cursor={cursor}")["type"] == "unusable_cursor"


def test_the_balance_names_every_account(filled: Api) -> None:
    balance = filled.ok("GET", "/balance")

    assert balance["holds"]
    assert balance["isSettled"]
    shop, ripe = balance["accounts"]
    assert (shop["accepted"], shop["routed"]) == (2, 2)
    assert (ripe["accepted"], ripe["delivered"], ripe["waiting"]) == (2, 1, 1)


def test_an_overview_has_the_shape_of_segments(filled: Api) -> None:
    answer = filled.ok(
        "GET",
        f"/delivery-overview/successful-delivery?sourceId=shop&destinationConfigId=ripe"
        f"&{NOON_TO_ONE}&granularity=HOUR&groupBy=eventName,eventType",
    )

    assert answer == {
        "dataset": [
            {
                "eventName": "Order Completed",
                "eventType": "track",
                "total": 1,
                "series": [{"time": "2030-01-01T12:00:00Z", "count": 1, "retryCount": 0}],
            }
        ]
    }


@pytest.mark.parametrize(
    "step",
    [
        "successfully-received",
        "failed-on-ingest",
        "filtered-at-source",
        "filtered-at-destination",
        "failed-delivery",
        "successful-delivery",
    ],
)
def test_each_of_the_six_steps_can_be_asked_by_the_minute(filled: Api, step: str) -> None:
    answer = filled.ok(
        "GET",
        f"/delivery-overview/{step}?sourceId=shop&{NOON_TO_ONE}&granularity=MINUTE"
        "&groupBy=discardReason&groupBy=subscriptionId",
    )

    assert isinstance(answer["dataset"], list)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param(
            "startTime=2030-01-01T12:00:00Z&endTime=2030-01-02T12:00:00Z&granularity=MINUTE",
            "unusable_range",
            id="a day by the minute",
        ),
        pytest.param(
            "startTime=2030-01-01T12:00:00Z&endTime=2030-01-01T12:00:00Z&granularity=DAY",
            "unusable_range",
            id="no time at all",
        ),
        pytest.param(f"{NOON_TO_ONE}&granularity=HOUR&groupBy=moon", "unknown_group", id="moon"),
        pytest.param(f"{NOON_TO_ONE}&granularity=WEEK", "invalid_request", id="by the week"),
    ],
)
def test_an_overview_that_cannot_be_is_refused(api: Api, query: str, code: str) -> None:
    problem = api.refused("GET", f"/delivery-overview/failed-delivery?sourceId=shop&{query}")

    assert problem["type"] == code


def test_an_overview_of_all_sources_can_be_split_by_destination(filled: Api) -> None:
    answer = filled.ok(
        "GET",
        f"/delivery-overview/successful-delivery?{NOON_TO_ONE}&granularity=HOUR"
        "&groupBy=destinationConfigId,sourceId",
    )

    (dataset,) = answer["dataset"]
    assert (dataset["destinationConfigId"], dataset["sourceId"]) == ("ripe", "shop")
    assert dataset["total"] == 1


def test_attempts_are_counted_and_measured(filled: Api) -> None:
    filled.ledger_journal.put(
        outcomes=[
            outcome("1-1-map-1", Step.WAITING, attempt=1, duration_seconds=0.25),
            outcome("1-1-map-2", Step.WAITING, attempt=2, duration_seconds=0.25),
        ]
    )
    eventually(lambda: len(entries(filled)) == 7)

    ripe = filled.ok("GET", f"/attempts?destinationId=ripe&{NOON_TO_ONE}")["attempts"]
    another = filled.ok("GET", f"/attempts?destinationId=another&{NOON_TO_ONE}")["attempts"]

    assert ripe == {
        "attemptCount": 2,
        "retryCount": 1,
        "medianSeconds": 0.25,
        "p95Seconds": 0.25,
    }
    assert (another["attemptCount"], another["medianSeconds"]) == (0, None)
