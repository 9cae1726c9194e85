"""docs/guides/where-is-my-event.md: what became of any event can be asked; nothing is missing."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import COMMAND, RunningServer, eventually, running_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as server:
        yield server


def command(server: RunningServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments, "--data-dir", server.data_dir, "--token", "token-of-the-tests"],
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def send(server: RunningServer, path: str, **message: object) -> None:
    answer = server.request("POST", path, json={"writeKey": "demo-write-key", **message})
    assert answer.status == 200


def life(server: RunningServer, message_id: str, *, until: str) -> list[dict[str, Any]]:
    """Return what happened to an event, as soon as it got to the step."""

    def look() -> list[dict[str, Any]] | None:
        answer = server.request(
            "GET",
            f"/api/v1/events/{message_id}/trace",
            headers={"authorization": "Bearer token-of-the-tests"},
        )
        if answer.status != 200:
            return None
        timeline: list[dict[str, Any]] = answer.json()["data"]["events"][0]["timeline"]
        return timeline if until in [entry["step"] for entry in timeline] else None

    return eventually(look)


def test_the_life_of_each_event_is_told_from_received_to_its_end(server: RunningServer) -> None:
    send(server, "/v1/track", userId="u1", event="Order Completed", messageId="taken")
    send(
        server,
        "/v1/track",
        userId="u1",
        event="Order Completed",
        messageId="unwanted",
        integrations={"All": False},
    )
    send(server, "/v1/track", userId="u1", messageId="nameless")

    taken = life(server, "taken", until="delivered")
    unwanted = life(server, "unwanted", until="filtered")
    nameless = life(server, "nameless", until="discarded")

    assert [entry["step"] for entry in taken] == ["received", "mapped", "delivered"]
    assert '"event":"Order Completed"' in taken[1]["payload"]
    assert taken[2]["status"] == 200
    assert [entry["step"] for entry in unwanted] == ["received", "filtered"]
    assert unwanted[1]["reason"] == "integrations"
    assert nameless[0]["reason"] == "event_not_defined"


def test_the_balance_holds_after_a_crash_under_load(server: RunningServer) -> None:
    for number in range(200):
        send(server, "/v1/track", userId=f"u{number}", event="Load", messageId=f"before-{number}")
    server.stop(signal_number=9)
    server.start()
    for number in range(50):
        send(server, "/v1/track", userId=f"u{number}", event="Load", messageId=f"after-{number}")
    # People are not held up by each other: the last one's event need not be the last to arrive.
    eventually(lambda: server.api("GET", "/balance")["accounts"][1]["delivered"] >= 250)

    told = command(server, "balance")

    assert told.returncode == 0, told.stdout
    assert "The balance holds." in told.stdout
    accounts = server.api("GET", "/balance")["accounts"]
    assert [account["accepted"] for account in accounts] == [250, 250]
    assert accounts[0]["routed"] == accounts[1]["delivered"] == 250


def test_the_command_traces_an_event(server: RunningServer) -> None:
    send(server, "/v1/page", userId="u1", name="Home", messageId="with/odd ?characters")
    life(server, "with%2Fodd%20%3Fcharacters", until="delivered")

    told = command(server, "trace", "with/odd ?characters")

    assert told.returncode == 0, told.stderr
    assert [word for word in ("received", "mapped", "delivered") if word in told.stdout] == [
        "received",
        "mapped",
        "delivered",
    ]


def test_without_a_server_the_commands_say_what_to_do(tmp_path: Path) -> None:
    told = subprocess.run(
        [COMMAND, "balance", "--data-dir", tmp_path],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert told.returncode == 1
    assert "Name the --data-dir that it uses" in told.stderr


def test_the_tail_shows_what_happens(server: RunningServer) -> None:
    tail = subprocess.Popen(
        [COMMAND, "tail", "--data-dir", server.data_dir, "--token", "token-of-the-tests"],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONUNBUFFERED": "1"},
    )
    is_seen = threading.Event()

    def send_until_seen() -> None:
        number = 0
        while not is_seen.wait(0.1):
            number += 1
            send(server, "/v1/track", userId="u1", event="Seen", messageId=f"tailed-{number}")

    # It may not listen yet when the first is sent.
    sending = threading.Thread(target=send_until_seen)
    sending.start()
    try:
        assert tail.stdout is not None
        line = tail.stdout.readline()
    finally:
        is_seen.set()
        sending.join()
        tail.kill()
        tail.wait()
        if tail.stdout is not None:
            tail.stdout.close()

    assert "Seen  tailed-" in line
