"""What the app's pages of audiences ask a running server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import ADMIN_TOKEN, RunningServer, eventually, running_server

RIPE = {"apiKey": "demo-ripe-key", "endpoint": "https://ripe.example.com/event"}
DEFINITION = {"query": "event('Order Completed').within(30 days).count() >= 1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("pages"), command="demo") as running:
        yield running


def make(server: RunningServer, name: str) -> str:
    body = {"name": name, "definition": DEFINITION}
    found: str = server.api("POST", "/audiences", body)["computation"]["id"]
    return f"/audiences/{found}"


def test_who_was_slower_with_an_audience_is_told_by_whom(server: RunningServer) -> None:
    path = make(server, "Two editors")
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    seen = server.request("GET", f"/api/v1{path}", headers=headers).headers["etag"]
    server.api("PATCH", path, {"description": "first"})

    answer = server.request(
        "PATCH", f"/api/v1{path}", json={"name": "Late"}, headers={**headers, "if-match": seen}
    )

    conflict = answer.json()["errors"][0]["conflict"]
    assert answer.status == 412
    assert conflict["changedBy"] == "admin token"
    assert conflict["etag"] != seen
    assert conflict["current"]["description"] == "first"


def test_how_a_destination_is_told_is_changed_only_as_it_was_seen(server: RunningServer) -> None:
    path = make(server, "Told otherwise")
    body = {"metadataId": "actions-ripe-cloud", "settings": RIPE, "enabled": False}
    one = server.api("POST", f"{path}/destinations", body)["computation"]
    there = f"{path}/destinations/{one['destinations'][0]['destinationId']}"
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    told = {"sends": ["identify", "track"], "enteredEvent": "In", "perSecondMax": 5}

    stale = server.request(
        "PUT", f"/api/v1{there}", json=told, headers={**headers, "if-match": '"1"'}
    )
    server.api("PUT", there, told)

    (output,) = server.api("GET", path)["computation"]["destinations"]
    assert stale.status == 412
    assert (output["sends"], output["enteredEvent"]) == (["identify", "track"], "In")
    assert (output["exitedEvent"], output["perSecondMax"]) == ("Audience Exited", 5)


def test_sizes_are_told_of_one_and_of_all(server: RunningServer) -> None:
    path = make(server, "Sized")

    one = eventually(
        lambda: (found := server.api("GET", f"{path}/sizes")["sizes"])["points"] and found
    )

    assert [point["size"] for point in one["points"]] == [0]
    assert one["dayAgo"] is None
    assert one["id"] in {each["id"] for each in server.api("GET", "/audiences/sizes")["sizes"]}
    assert server.api("GET", "/computed-traits/sizes") == {"sizes": []}
