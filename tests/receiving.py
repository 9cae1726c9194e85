"""A destination on loopback for tests: an HTTP server that notes what it is sent."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from typing_extensions import override

from tests.running import RunningServer


@dataclasses.dataclass(frozen=True)
class Received:
    """One request."""

    body: Any
    headers: dict[str, str]


class Receiver:
    """Answers everything with one status and body.

    Attributes:
        received: In the order in which it came.
        status: What is answered.
        answer: The body of the answer.
    """

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 200
        self.answer = b""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(msgspec.json.decode(body), headers))
                self.send_response(receiver.status)
                self.send_header("content-length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            @override
            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def message_ids(self) -> list[str]:
        """Return the messageIds that arrived."""
        return [each.body["messageId"] for each in list(self.received)]


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that ends with the block."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()


def connect_webhook(server: RunningServer, receiver: Receiver, **settings: str) -> tuple[str, str]:
    """Make the webhook the server's only destination; return the ids of source and destination."""
    for connection in server.api("GET", "/destinations")["destinations"]:
        server.api("DELETE", f"/destinations/{connection['id']}")
    source = server.api("GET", "/sources")["sources"][0]
    created = server.api(
        "POST",
        "/destinations",
        {
            "sourceId": source["id"],
            "metadataId": "crossdock-webhook",
            "settings": {"url": f"http://127.0.0.1:{receiver.port}/", **settings},
            "enabled": True,
        },
    )
    return source["id"], created["destination"]["id"]
