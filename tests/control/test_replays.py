"""A replay can be asked for, looked at and cancelled; what cannot be is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.conftest import Api


def order(api: Api, **changes: object) -> dict[str, Any]:
    source = api.source()
    destination = api.destination(source["id"], settings={"apiKey": "right"}, enabled=True)
    return {
        "sourceId": source["id"],
        "destinationId": destination["id"],
        "startTime": "2030-01-01T00:00:00Z",
        "endTime": "2030-01-01T12:00:00+02:00",
        **changes,
    }


def test_a_replay_is_begun_and_found_again(api: Api) -> None:
    wanted = order(api, filter='type = "track"', ratePerSecond=50)

    begun = api.ok("POST", "/replays", wanted)["replay"]

    assert begun["startTime"] == "2030-01-01T00:00:00Z"
    assert begun["endTime"] == "2030-01-01T10:00:00Z"
    assert (begun["filter"], begun["ratePerSecond"]) == ('type = "track"', 50.0)
    assert (begun["state"], begun["progress"], begun["dryRun"]) == ("running", 0.25, False)
    assert api.ok("GET", f"/replays/{begun['id']}")["replay"] == begun
    assert api.ok("GET", "/replays")["replays"] == [begun]
    assert api.replays.waited_seconds == [0.0]


def test_a_dry_run_is_waited_for(api: Api) -> None:
    begun = api.ok("POST", "/replays", order(api, dryRun=True))["replay"]

    assert begun["dryRun"] is True
    assert api.replays.waited_seconds == [20.0]


def test_a_replay_can_be_cancelled(api: Api) -> None:
    begun = api.ok("POST", "/replays", order(api))["replay"]

    assert api.ok("DELETE", f"/replays/{begun['id']}")["replay"]["state"] == "cancelled"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_replay_that_is_not_there_is_not_found(api: Api, method: str) -> None:
    status, answer, _ = api.request(method, "/replays/rpl_none")

    assert (status, answer["errors"][0]["type"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"sourceId": "src_none"}, "other_source", id="another source"),
        pytest.param({"endTime": "2030-01-01T00:00:00Z"}, "empty_time_range", id="no time"),
        pytest.param({"startTime": "noon"}, "invalid_request", id="not a time"),
        pytest.param({"startTime": "2030-01-01T00:00:00"}, "invalid_request", id="no time zone"),
        pytest.param(
            {"endTime": "9999-12-31T23:59:59-12:00"}, "invalid_request", id="the end of time"
        ),
        pytest.param({"ratePerSecond": 0}, "invalid_request", id="no rate"),
        pytest.param({"speed": 1}, "invalid_request", id="an unknown key"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    api: Api, changes: dict[str, object], code: str
) -> None:
    assert api.refused("POST", "/replays", order(api, **changes))["type"] == code


def test_nothing_is_replayed_to_a_disabled_destination(api: Api) -> None:
    wanted = order(api)
    api.ok("PATCH", f"/destinations/{wanted['destinationId']}", {"enabled": False})

    assert api.refused("POST", "/replays", wanted)["type"] == "destination_disabled"


def test_nothing_is_replayed_to_a_destination_in_the_page(api: Api) -> None:
    wanted = order(api)
    page = api.destination(wanted["sourceId"], "pigeon-id", settings={"organizationId": "1"})

    refused = api.refused("POST", "/replays", {**wanted, "destinationId": page["id"]})

    assert refused["type"] == "not_cloud_mode"
