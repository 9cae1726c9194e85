"""What docs/guides/replay.md promises, through a real server and a destination on loopback."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.receiving import Receiver, connect_webhook, receiving
from tests.running import ADMIN_TOKEN, COMMAND, RunningServer, eventually


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver) -> Iterator[RunningServer]:
    server = RunningServer(tmp_path, "--allowed-addresses", f"127.0.0.1:{receiver.port}")
    yield server
    server.stop()


def send(server: RunningServer, *message_ids: str) -> None:
    batch = [
        {"type": "track", "event": f"Event {n % 2}", "userId": "u1", "messageId": message_id}
        for n, message_id in enumerate(message_ids)
    ]
    answer = server.request(
        "POST", "/v1/batch", json={"writeKey": "demo-write-key", "batch": batch}
    )
    assert answer.status == 200


def outcomes(server: RunningServer) -> list[dict[str, Any]]:
    """Return the last outcomes, newest first."""
    found: list[dict[str, Any]] = server.api("GET", "/outcomes")["outcomes"]
    return found


def hour_until_now(source_id: str, destination_id: str) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC)
    return {
        "sourceId": source_id,
        "destinationId": destination_id,
        "startTime": (now - dt.timedelta(hours=1)).isoformat(),
        "endTime": (now + dt.timedelta(hours=1)).isoformat(),
    }


def replayed(receiver: Receiver) -> Counter[str]:
    keys = [each.headers["idempotency-key"] for each in list(receiver.received)]
    return Counter(key for key in keys if key.startswith("replay-"))


def test_a_dry_run_counts_and_a_replay_delivers_once_more_what_matches(
    server: RunningServer, receiver: Receiver
) -> None:
    order = hour_until_now(*connect_webhook(server, receiver))
    send(server, *(f"m{n}" for n in range(20)), "m0", "m1")
    eventually(lambda: len(receiver.received) >= 20)
    order["filter"] = 'event = "Event 1"'

    dry = server.api("POST", "/replays", {**order, "dryRun": True})["replay"]
    begun = server.api("POST", "/replays", order)["replay"]
    done = eventually(
        lambda: (
            found
            if (found := server.api("GET", f"/replays/{begun['id']}")["replay"])["state"]
            != "running"
            else None
        )
    )
    eventually(lambda: len(replayed(receiver)) == 10)

    assert (dry["state"], dry["eventCount"], dry["deliveryCount"]) == ("done", 22, 10)
    assert dry["countsByReason"] == {"duplicate": 2, "replay_filter": 10}
    assert (done["state"], done["progress"], done["deliveryCount"]) == ("done", 1.0, 10)
    assert set(replayed(receiver).values()) == {1}
    assert len(receiver.received) == 30


def test_the_command_line_replays_and_says_what_it_did(
    server: RunningServer, receiver: Receiver
) -> None:
    _, destination_id = connect_webhook(server, receiver)
    send(server, "m1", "m2")
    eventually(lambda: len(receiver.received) == 2)
    access = ("--data-dir", str(server.data_dir), "--token", ADMIN_TOKEN)
    order = ("--destination", destination_id, "--from", "2020-01-01T00:00:00Z")

    said = [
        subprocess.run([COMMAND, *arguments, *access], capture_output=True, text=True, check=True)
        for arguments in (
            ("replay", *order, "--dry-run"),
            ("replay", *order, "--filter", 'event = "Event 1"'),
            ("replays",),
        )
    ]

    dry, wet, listed = (each.stdout.splitlines()[-1] for each in said)
    assert "done  100%  2 events, 2 deliveries would be made" in dry
    assert wet == "  1 without a delivery: replay_filter"
    assert "2 deliveries would be made" in listed
    eventually(lambda: len(replayed(receiver)) == 1)


def test_replayed_deliveries_are_marked_in_the_outcomes(
    server: RunningServer, receiver: Receiver
) -> None:
    order = hour_until_now(*connect_webhook(server, receiver))
    send(server, "m1")
    eventually(lambda: receiver.received)

    replay_id = server.api("POST", "/replays", order)["replay"]["id"]

    eventually(
        lambda: any(
            outcome.get("replayId") == replay_id and outcome["step"] == "delivered"
            for outcome in outcomes(server)
        )
    )


def test_a_replay_that_kill_9_interrupts_goes_on_and_sends_nothing_twice(
    server: RunningServer, receiver: Receiver
) -> None:
    order = hour_until_now(*connect_webhook(server, receiver))
    send(server, *(f"m{n}" for n in range(100)))
    eventually(lambda: len(receiver.received) >= 100)
    begun = server.api("POST", "/replays", {**order, "ratePerSecond": 40})["replay"]
    eventually(lambda: len(replayed(receiver)) > 20)

    server.stop(signal_number=signal.SIGKILL)
    server.start()
    eventually(lambda: len(replayed(receiver)) == 100, seconds=30)

    done = server.api("GET", f"/replays/{begun['id']}")["replay"]
    assert done["deliveryCount"] == 100
    # What was under way in the moment of the kill may arrive again, as any delivery may.
    assert sum(replayed(receiver).values()) <= 100 + 8


def test_a_cancelled_replay_stops(server: RunningServer, receiver: Receiver) -> None:
    order = hour_until_now(*connect_webhook(server, receiver))
    send(server, *(f"m{n}" for n in range(50)))
    eventually(lambda: len(receiver.received) >= 50)
    begun = server.api("POST", "/replays", {**order, "ratePerSecond": 5})["replay"]
    eventually(lambda: replayed(receiver))

    cancelled = server.api("DELETE", f"/replays/{begun['id']}")["replay"]

    listed = server.api("GET", "/replays")["replays"]
    assert (cancelled["state"], [each["state"] for each in listed]) == ("cancelled", ["cancelled"])
    assert cancelled["deliveryCount"] < 50


def test_an_event_sent_twice_is_delivered_once_and_shown_as_a_duplicate(
    server: RunningServer, receiver: Receiver
) -> None:
    connect_webhook(server, receiver)
    send(server, "same")
    # What is killed before it has noted an answer has to ask again.
    eventually(lambda: "delivered" in [each["step"] for each in outcomes(server)])
    server.stop(signal_number=signal.SIGKILL)
    server.start()

    send(server, "same", "other")

    eventually(lambda: "other" in receiver.message_ids())
    steps = eventually(
        lambda: [
            each["step"]
            for each in outcomes(server)
            if each["messageId"] == "same" and each["step"] == "duplicate"
        ]
    )
    assert len(steps) == 1
    assert receiver.message_ids().count("same") == 1
