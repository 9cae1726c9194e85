"""What docs/guides/test-an-event.md promises, with a real server and a destination on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.receiving import Receiver, connect_webhook, receiving
from tests.running import RunningServer

EVENT = {"type": "track", "event": "Bought", "userId": "u1", "messageId": "of-the-test"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path, "--allowed-addresses", f"127.0.0.1:{receiver.port}")
    yield server
    server.stop()


def tried(server: RunningServer, destination_id: str, **body: object) -> Any:
    path = f"/destinations/{destination_id}/test-event"
    return server.api("POST", path, {"event": EVENT, **body})["test"]


def test_a_test_shows_each_step_and_sends_only_if_asked_and_leaves_no_trace(
    server: RunningServer, receiver: Receiver
) -> None:
    _, destination_id = connect_webhook(server, receiver)

    dry = tried(server, destination_id)
    before = len(receiver.received)
    wet = tried(server, destination_id, send=True)

    assert [step["step"] for step in dry["steps"]] == [
        "accept",
        "integrations",
        "trigger",
        "mapping",
        "validate",
    ]
    assert before == 0
    assert receiver.message_ids() == ["of-the-test"]
    request = wet["deliveries"][0]["request"]
    assert (request["isTaken"], request["status"], request["method"]) == (True, 200, "POST")
    assert request["url"] == f"http://127.0.0.1:{receiver.port}/"
    assert request["durationSeconds"] > 0
    assert server.api("GET", "/outcomes")["outcomes"] == []


def test_a_refusal_is_shown_with_the_answer_and_without_secrets(
    server: RunningServer, receiver: Receiver
) -> None:
    _, destination_id = connect_webhook(server, receiver, sharedSecret="hush-hush")
    receiver.status = 422
    receiver.answer = b'{"error": "no such plan, hush-hush"}' + b"x" * 10_000

    request = tried(server, destination_id, send=True)["deliveries"][0]["request"]

    assert (request["isTaken"], request["status"], request["code"]) == (False, 422, "rejected")
    assert request["answer"].startswith('{"error": "no such plan, •••"}')
    assert len(request["answer"]) <= 4096
    assert "Bought" in request["request"]


def test_a_filter_stops_the_test_as_it_stops_the_event(
    server: RunningServer, receiver: Receiver
) -> None:
    _, destination_id = connect_webhook(server, receiver)
    server.api(
        "POST",
        f"/destination/{destination_id}/filters",
        {
            "title": "No purchases",
            "if": 'event = "Bought"',
            "actions": [{"type": "DROP"}],
            "enabled": True,
        },
    )

    test = tried(server, destination_id, send=True)

    assert (test["steps"][-1]["name"], test["steps"][-1]["result"]) == ("No purchases", "held")
    assert (test["deliveries"], receiver.received) == ([], [])
