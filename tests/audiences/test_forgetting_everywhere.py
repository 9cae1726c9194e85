"""Somebody who wants to be forgotten is, wherever word of them was, and also after a kill -9."""

from __future__ import annotations

import datetime as dt
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.receiving import Receiver, receiving
from tests.running import RunningServer, eventually

# Vendors that fail are asked again after seconds, and what is forgotten is looked for twice.
pytestmark = pytest.mark.timeout(240)

NAME = "Ada Lovelace"
EVERYBODY = "trait('name') = 'Ada Lovelace' OR trait('name') = 'Bob'"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver) -> Iterator[RunningServer]:
    allowed = f"127.0.0.1:{receiver.port}"
    server = RunningServer(tmp_path, "--allowed-addresses", allowed, command="serve")
    try:
        yield server
    finally:
        server.stop()


def source(server: RunningServer) -> dict[str, Any]:
    found: dict[str, Any] = server.api("GET", "/sources")["sources"][0]
    return found


def identify(server: RunningServer, message_id: str, user_id: str, name: str) -> int:
    message = {"messageId": message_id, "userId": user_id, "traits": {"name": name}}
    body = {**message, "writeKey": source(server)["writeKeys"][0]}
    strict = {"x-crossdock-strict": "true"}
    return server.request("POST", "/v1/identify", json=body, headers=strict).status


def connect(server: RunningServer, receiver: Receiver) -> str:
    body = {
        "sourceId": source(server)["id"],
        "metadataId": "crossdock-webhook",
        "settings": {"url": f"http://127.0.0.1:{receiver.port}"},
        "enabled": True,
    }
    return str(server.api("POST", "/destinations", body)["destination"]["id"])


def forget(server: RunningServer, user_id: str) -> str:
    order = {
        "regulationType": "SUPPRESS_WITH_DELETE",
        "subjectType": "USER_ID",
        "subjectIds": [user_id],
    }
    return str(server.api("POST", "/regulations", order)["regulateId"])


def until_forgotten(server: RunningServer, regulation_id: str) -> None:
    def is_finished() -> bool:
        found = server.api("GET", f"/regulations/{regulation_id}")["regulation"]
        return bool(found["overallStatus"] == "FINISHED")

    eventually(is_finished, seconds=60)


def until_settled(server: RunningServer) -> None:
    def is_settled() -> bool:
        balance = server.api("GET", "/balance")
        waits = sum(account["waiting"] for account in balance["accounts"])
        return bool(balance["isSettled"] and not waits)

    eventually(is_settled, seconds=60)


def until_step(server: RunningServer, step: str, message_id: str) -> None:
    def is_there() -> bool:
        entries = server.api("GET", f"/ledger?step={step}&limit=1000")["entries"]
        return any(entry["messageId"] == message_id for entry in entries)

    eventually(is_there, seconds=30)


def replay(server: RunningServer, connection_id: str) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    order = {
        "sourceId": source(server)["id"],
        "destinationId": connection_id,
        "startTime": (now - dt.timedelta(days=1)).isoformat(),
        "endTime": (now + dt.timedelta(minutes=1)).isoformat(),
    }
    begun = server.api("POST", "/replays", order)["replay"]["id"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = server.api("GET", f"/replays/{begun}")["replay"]
        return found if found["state"] != "running" else None

    return eventually(ended, seconds=30)


def bodies(receiver: Receiver) -> list[str]:
    return [str(one.body) for one in list(receiver.received)]


def everything(server: RunningServer) -> str:
    """Return all that the server says of what became of events, as text."""
    return msgspec.json.encode(server.api("GET", "/ledger?limit=1000")).decode()


def test_what_was_delivered_replayed_and_is_dead_is_forgotten(
    server: RunningServer, receiver: Receiver
) -> None:
    connection_id = connect(server, receiver)
    identify(server, "m1", "ada", NAME)
    until_step(server, "delivered", "m1")
    replay(server, connection_id)
    receiver.status = 400
    identify(server, "m2", "ada", NAME)
    identify(server, "m3", "bob", "Bob")
    until_step(server, "rejected", "m2")
    until_step(server, "rejected", "m3")

    until_forgotten(server, forget(server, "ada"))
    until_settled(server)

    letters = server.api("GET", f"/destinations/{connection_id}/dead-letters")["deadLetters"]
    assert [letter["messageId"] for letter in letters] == ["m3"]
    assert NAME not in everything(server)
    assert server.api("GET", "/balance")["holds"]


def test_what_waits_is_not_delivered_and_a_replay_brings_nobody_back(
    server: RunningServer, receiver: Receiver
) -> None:
    connection_id = connect(server, receiver)
    receiver.status = 503
    identify(server, "m1", "ada", NAME)
    identify(server, "m2", "bob", "Bob")
    until_step(server, "waiting", "m1")
    until_step(server, "waiting", "m2")

    regulation_id = forget(server, "ada")
    receiver.received.clear()
    receiver.status = 200
    until_forgotten(server, regulation_id)
    until_settled(server)
    replay(server, connection_id)
    until_settled(server)

    assert {one.body["messageId"] for one in receiver.received} == {"m2"}
    assert NAME not in everything(server)
    assert server.api("GET", "/balance")["holds"]


def test_a_kill_in_the_middle_is_made_good_after_the_start(
    server: RunningServer, receiver: Receiver
) -> None:
    connection_id = connect(server, receiver)
    receiver.status = 400
    identify(server, "m1", "ada", NAME)
    until_step(server, "rejected", "m1")

    regulation_id = forget(server, "ada")
    server.stop(signal_number=signal.SIGKILL)
    server.start()
    refused = identify(server, "m2", "ada", NAME)
    until_forgotten(server, regulation_id)
    until_settled(server)

    assert refused == 400
    found = server.api("GET", "/ledger?reason=user_suppressed")["entries"]
    assert len(found) == 1
    assert not server.api("GET", f"/destinations/{connection_id}/dead-letters")["deadLetters"]
    assert server.api("GET", "/profiles")["total"] == 0
    assert NAME not in everything(server)
    assert server.api("GET", "/balance")["holds"]


def test_an_audience_tells_nobody_of_who_is_forgotten(
    server: RunningServer, receiver: Receiver
) -> None:
    identify(server, "m1", "ada", NAME)
    identify(server, "m2", "bob", "Bob")
    made = server.api("POST", "/audiences", {"name": "All", "definition": {"query": EVERYBODY}})
    path = f"/audiences/{made['computation']['id']}"
    eventually(lambda: server.api("GET", path)["computation"]["size"] == 2, seconds=30)
    receiver.status = 503
    server.api(
        "POST",
        f"{path}/destinations",
        {
            "metadataId": "crossdock-webhook",
            "settings": {"url": f"http://127.0.0.1:{receiver.port}"},
        },
    )
    eventually(lambda: len(receiver.received) >= 2, seconds=30)

    regulation_id = forget(server, "ada")
    receiver.received.clear()
    receiver.status = 200
    until_forgotten(server, regulation_id)
    until_settled(server)

    assert [one for one in bodies(receiver) if "ada" in one or NAME in one] == []
    members = server.api("GET", f"{path}/members")["members"]
    assert [one["profile"]["traits"]["name"] for one in members] == ["Bob"]
    assert eventually(lambda: server.api("GET", path)["computation"]["size"]) == 1
    assert "ada" not in everything(server)
    assert server.api("GET", "/balance")["holds"]
