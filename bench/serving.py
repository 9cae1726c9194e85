"""A real server with webhook connections, and receivers on loopback, for the benches."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import urllib3

_TOKEN = "token-of-the-bench"  # noqa: S105 - of a server that lives for a bench.
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_COMMAND = Path(sys.executable).with_name("crossdock")


class Receiver(asyncio.Protocol):
    """A vendor that notes when which message came, and answers at once or as it is told to."""

    def __init__(
        self,
        on_body: Callable[[bytes], None],
        answer: Callable[[asyncio.Transport], None] | None = None,
    ) -> None:
        self._on_body = on_body
        self._answer = answer or (lambda transport: transport.write(_ANSWER))
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        """Note who is there."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        """Answer every request that is complete."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            at = head.index(b"content-length:") + 15
            length = int(head[at:].split(b"\r\n", 1)[0])
            if len(self._received) < end + 4 + length:
                return
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            self._on_body(body)
            if self._transport is not None:
                self._answer(self._transport)


class Hanging(asyncio.Protocol):
    """A vendor that takes everything and never answers."""


class Server:
    """A running server.

    Attributes:
        url: Where it is.
        write_key: Of its only source.
        process_id: Its own.
        folder: Its data directory.
    """

    def __init__(self, url: str, process_id: int, folder: Path) -> None:
        self.url = url
        self.process_id = process_id
        self.folder = folder
        self._http = urllib3.PoolManager(retries=False)
        self._source = self.api("GET", "/sources")["sources"][0]
        self.write_key: str = self._source["writeKeys"][0]

    def connect(self, url: str, **settings: Any) -> str:
        """Connect a webhook; return the connection's id."""
        made = self.api(
            "POST",
            "/destinations",
            {
                "sourceId": self._source["id"],
                "metadataId": "webhook",
                "settings": {"url": url, **settings},
                "enabled": True,
            },
        )
        # The running parts follow a change within a second.
        time.sleep(1.5)
        return str(made["destination"]["id"])

    def unfinished(self, connection_id: str) -> int:
        """Return how many deliveries of a connection wait, or are under way."""
        state = self.api("GET", f"/destinations/{connection_id}/state")["state"]
        return int(state["unfinished"])

    def api(self, method: str, path: str, json: object = None) -> Any:
        """Return what the management API answers."""
        answer = self._http.request(
            method,
            f"{self.url}/api/v1{path}",
            body=None if json is None else msgspec.json.encode(json),
            headers={"authorization": f"Bearer {_TOKEN}", "content-type": "application/json"},
        )
        assert answer.status < 300, answer.data
        return msgspec.json.decode(answer.data)["data"]


@contextlib.contextmanager
def serving(
    *ports: int,
    options: Sequence[str] = (),
    prepare: Callable[[Path], None] = lambda _folder: None,
) -> Iterator[Server]:
    """Run a server that may reach these ports of this machine, on a folder that was prepared."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        allowed = ",".join(f"127.0.0.1:{port}" for port in ports)
        process = subprocess.Popen(
            [
                str(_COMMAND),
                "serve",
                f"--data-dir={folder}",
                "--port=0",
                "--log-level=error",
                f"--allowed-addresses={allowed}",
                *options,
            ],
            stdout=subprocess.PIPE,
            env={**os.environ, "CROSSDOCK_ADMIN_TOKEN": _TOKEN},
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith(b"Ready: "):
                    url = line.removeprefix(b"Ready: ").decode().strip()
                    yield Server(url, process.pid, Path(folder))
                    break
            else:
                raise SystemExit("The server did not start: run `make setup` first.")
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()


async def listen(factory: Callable[[], asyncio.Protocol]) -> tuple[asyncio.Server, int]:
    """Listen on a free port of this machine."""
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return server, port
