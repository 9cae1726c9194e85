"""A running server tells who is in an audience, and a kill in the middle costs nothing."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import ADMIN_TOKEN, COMMAND, RunningServer, eventually, running_server

LAST_30_DAYS = "event('Order Completed').within(30 days).count() >= 1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path, command="demo") as running:
        yield running


def send(server: RunningServer, *messages: dict[str, Any]) -> None:
    key = server.api("GET", "/sources")["sources"][0]["writeKeys"][0]
    sent = server.request("POST", "/v1/batch", json={"batch": [*messages], "writeKey": key})
    assert sent.status == 200


def order(who: str) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "userId": who, "messageId": f"o-{who}"}


def make(server: RunningServer, name: str, query: str) -> str:
    made = server.api("POST", "/audiences", {"name": name, "definition": {"query": query}})
    found: str = made["computation"]["id"]
    return found


def ramen_traits(server: RunningServer, who: str) -> dict[str, Any]:
    users = server.request("GET", "/sandbox/ramen/api/users").json()["users"]
    return next((user["traits"] for user in users if user["id"] == who), {})


def test_m10_an_audience_arrives_in_ramen_as_a_property(server: RunningServer) -> None:
    send(server, order("ada"))
    audience = make(server, "Order Completed Last 30 Days", LAST_30_DAYS)

    server.api(
        "POST",
        f"/audiences/{audience}/destinations",
        {
            "metadataId": "ramen-server",
            "settings": {
                "apiKey": "demo-ramen-api-key",
                "endpoint": f"{server.url}/sandbox/ramen/api/v1",
            },
        },
    )
    eventually(lambda: ramen_traits(server, "ada"))
    send(server, order("ben"))

    assert eventually(lambda: ramen_traits(server, "ben")) == {"order_completed_last_30_days": True}
    assert ramen_traits(server, "ada") == {"order_completed_last_30_days": True}
    told = subprocess.run(
        [COMMAND, "audiences", "--data-dir", server.data_dir, "--token", ADMIN_TOKEN],
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )
    assert told.stdout.splitlines() == [
        "order_completed_last_30_days  live  2 users",
        "  ramen-server  told",
    ]


def test_m11_a_first_sync_shows_its_progress_and_a_kill_in_it_tells_nobody_twice(
    server: RunningServer,
) -> None:
    people = [f"u{number}" for number in range(1500)]
    for start in range(0, len(people), 100):
        send(server, *map(order, people[start : start + 100]))
    audience = make(server, "Buyers", LAST_30_DAYS)
    path = f"/audiences/{audience}"
    eventually(lambda: server.api("GET", path)["computation"]["size"] == len(people), seconds=30)
    connected = server.api(
        "POST",
        f"{path}/destinations",
        {
            "metadataId": "actions-ripe-cloud",
            "settings": {
                "apiKey": "demo-ripe-key",
                "endpoint": f"{server.url}/sandbox/ripe/event",
            },
            "perSecondMax": 700,
        },
    )["computation"]["destinations"][0]["destinationId"]

    eventually(lambda: (sync(server, path) or {}).get("told", 0) > 0)
    server.stop(signal_number=signal.SIGKILL)
    server.start_again()
    eventually(lambda: (sync(server, path) or {}).get("finishedAt"), seconds=30)

    def delivered() -> list[str]:
        accounts = server.api("GET", "/balance")["accounts"]
        return [
            str(one["delivered"])
            for one in accounts
            if one["destinationId"] == connected and one["delivered"] >= len(people)
        ]

    assert eventually(delivered, seconds=30) == [str(len(people))]
    assert sync(server, path)["waiting"] == 0


def sync(server: RunningServer, path: str) -> dict[str, Any]:
    found: dict[str, Any] = server.api("GET", path)["computation"]["destinations"][0]["sync"]
    return found
