"""What docs/guides/delivery.md promises: nothing is lost that a destination did not take."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from tests.running import RunningServer, eventually, running_server


class Moody:
    """A destination that answers as it is told, and notes what it took."""

    def __init__(self) -> None:
        self.status = 200
        self.asked: list[str] = []
        self.taken: list[str] = []
        moody = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = msgspec.json.decode(self.rfile.read(int(self.headers["content-length"])))
                moody.asked.append(body["messageId"])
                if moody.status == 200:
                    moody.taken.append(body["messageId"])
                self.send_response(moody.status)
                self.send_header("content-length", "0")
                self.end_headers()

            @override
            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def vendor() -> Iterator[Moody]:
    vendor = Moody()
    yield vendor
    vendor.close()


@pytest.fixture
def server(tmp_path: Path, vendor: Moody) -> Iterator[RunningServer]:
    allowed = f"127.0.0.1:{vendor.port}"
    with running_server(tmp_path, "--allowed-addresses", allowed, command="serve") as server:
        yield server


def connect(server: RunningServer, vendor: Moody) -> str:
    source = server.api("GET", "/sources")["sources"][0]
    made = server.api(
        "POST",
        "/destinations",
        {
            "sourceId": source["id"],
            "metadataId": "webhook",
            "settings": {"url": f"http://127.0.0.1:{vendor.port}/"},
            "enabled": True,
        },
    )
    path = f"/destinations/{made['destination']['id']}"

    def has_arrived() -> bool:
        send(server, "first")
        return "first" in vendor.taken

    # The running parts follow a change within a second.
    eventually(has_arrived)
    return path


def send(server: RunningServer, *message_ids: str) -> None:
    source = server.api("GET", "/sources")["sources"][0]
    batch = [
        {"type": "track", "event": "Sent", "userId": "u1", "messageId": each}
        for each in message_ids
    ]
    body = {"batch": batch, "writeKey": source["writeKeys"][0]}
    assert server.request("POST", "/v1/batch", json=body).status == 200


def state(server: RunningServer, path: str) -> Any:
    return server.api("GET", f"{path}/state")["state"]


def dead_letters(server: RunningServer, path: str, *message_ids: str) -> list[Any]:
    """Return the dead letters of these messages if all are there."""
    listed = server.api("GET", f"{path}/dead-letters")["deadLetters"]
    found = [letter for letter in listed if letter["messageId"] in message_ids]
    return found if len(found) == len(message_ids) else []


def test_a_connection_that_was_refused_goes_on_where_it_stopped(
    server: RunningServer, vendor: Moody
) -> None:
    path = connect(server, vendor)
    vendor.status = 401
    send(server, "a", "b")
    why = eventually(lambda: state(server, path)["pause"])
    send(server, "c")
    server.stop()
    server.start()
    after_restart = state(server, path)
    vendor.status = 200

    server.api("POST", f"{path}/resume")
    eventually(lambda: {"a", "b", "c"} <= set(vendor.taken))

    assert why["what"] == "Webhook answered 401 Unauthorized."
    assert after_restart["isPaused"]
    assert eventually(lambda: state(server, path)["unfinished"] == 0)


def test_a_dead_letter_is_sent_again_when_the_vendor_is_mended(
    server: RunningServer, vendor: Moody
) -> None:
    path = connect(server, vendor)
    vendor.status = 422
    send(server, "a", "b")
    letters = eventually(lambda: dead_letters(server, path, "a", "b"))
    letter = server.api("GET", f"{path}/dead-letters/{letters[0]['id']}")["deadLetter"]
    vendor.status = 200

    server.api("POST", f"{path}/dead-letters/retry")
    eventually(lambda: {"a", "b"} <= set(vendor.taken))

    assert letter["payload"]["data"]["messageId"] == letter["messageId"]
    assert (letter["status"], letter["reason"]) == (422, "errors.discarded.422")
    assert state(server, path)["deadLetters"] == 0


def test_a_vendor_that_was_down_gets_everything(server: RunningServer, vendor: Moody) -> None:
    connect(server, vendor)
    vendor.status = 503
    names = [f"m{n}" for n in range(50)]
    send(server, *names)
    eventually(lambda: len(vendor.asked) > 10)

    vendor.status = 200

    eventually(lambda: set(names) <= set(vendor.taken), seconds=30)
