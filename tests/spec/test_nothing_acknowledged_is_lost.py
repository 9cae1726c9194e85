"""What was answered with 200 reaches the destination, whatever is killed in between."""

from __future__ import annotations

import contextlib
import http.client
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from tests.running import RunningServer, eventually

CLIENTS = 200


class Receiver:
    """A destination that notes every messageId it is sent."""

    def __init__(self) -> None:
        self.message_ids: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.message_ids.append(msgspec.json.decode(body)["messageId"])
                self.send_response(200)
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
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def send_until_stopped(
    port: int, client: int, acknowledged: list[str], stopped: threading.Event
) -> None:
    """Send one event after the other, like a client that gives up on none and retries none."""
    count = 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    while not stopped.is_set():
        count += 1
        message_id = f"{client}-{count}"
        event = {"event": "Load", "userId": f"u{client}", "messageId": message_id}
        body = msgspec.json.encode({**event, "writeKey": "demo-write-key"})
        try:
            connection.request("POST", "/v1/track", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            stopped.wait(0.05)
            continue
        if answer.status == 200:
            acknowledged.append(message_id)
    connection.close()


@contextlib.contextmanager
def load(server: RunningServer) -> Iterator[list[str]]:
    """200 clients that send while the block runs; yields what was acknowledged so far."""
    acknowledged: list[str] = []
    stopped = threading.Event()
    port = int(server.url.rpartition(":")[2])
    clients = [
        threading.Thread(target=send_until_stopped, args=(port, n, acknowledged, stopped))
        for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        yield acknowledged
    finally:
        stopped.set()
        for client in clients:
            client.join()


def connect_webhook(server: RunningServer, receiver: Receiver) -> None:
    for connection in server.api("GET", "/destinations")["destinations"]:
        server.api("DELETE", f"/destinations/{connection['id']}")
    source = server.api("GET", "/sources")["sources"][0]
    catalog = server.api("GET", "/catalog/destinations?pagination[count]=200")
    webhook = next(d for d in catalog["destinationsCatalog"] if d["slug"] == "webhook")
    server.api(
        "POST",
        "/destinations",
        {
            "sourceId": source["id"],
            "metadataId": webhook["id"],
            "settings": {"url": f"http://127.0.0.1:{receiver.port}/"},
            "enabled": True,
        },
    )


@pytest.mark.timeout(180)
def test_kill_9_of_server_and_journal_under_load_loses_nothing(
    tmp_path: Path, receiver: Receiver
) -> None:
    allowed = ("--allowed-addresses", f"127.0.0.1:{receiver.port}")
    server = RunningServer(tmp_path, *allowed)
    try:
        connect_webhook(server, receiver)

        with load(server) as first:
            eventually(lambda: len(first) > 500, seconds=60)
            server.kill_journal()
            before = len(first)
            eventually(lambda: len(first) > before + 500, seconds=60)
            server.stop(signal_number=signal.SIGKILL)
        server.start()
        with load(server) as second:
            eventually(lambda: len(second) > 200, seconds=60)

        acknowledged = {*first, *(f"{message_id}" for message_id in second)}
        missing = eventually(
            lambda: None if acknowledged - set(receiver.message_ids) else "nothing", seconds=90
        )
        assert missing == "nothing"
    finally:
        server.stop()
