"""Kill the server or its NATS child under the load of many clients, as hard as the system can: what
was answered with success is there afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import msgspec
import pytest

from crossdock.base.clock import SystemClock
from crossdock.pipeline.journal import Journal
from tests.clients.serve import SETTINGS
from tests.collect.serving import basic, track

CLIENTS = 200
SERVE = Path(__file__).with_name("serve.py")


class Process:
    """The server's process, and its NATS child."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.nats_id = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(SERVE),
            str(self.folder),
            str(self.port),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        while True:
            line = await asyncio.wait_for(self._process.stdout.readline(), 30)
            assert line, "The server ended before it was ready."
            if line.startswith(b"ready"):
                self.nats_id = int(line.split()[1])
                return

    async def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        assert await asyncio.wait_for(self._process.wait(), 30) == 0


class Clients:
    """Clients that send one event after the other, and note what was acknowledged."""

    def __init__(self, port: int) -> None:
        self.acknowledged: list[str] = []
        self.refused = 0
        self._port = port
        self._goes_on = True
        self._tasks = [asyncio.create_task(self._send(client)) for client in range(CLIENTS)]

    async def stop(self) -> None:
        self._goes_on = False
        await asyncio.gather(*self._tasks)

    async def acknowledges(self, more: int) -> None:
        """Wait until so many more were acknowledged."""
        enough = len(self.acknowledged) + more
        async with asyncio.timeout(40):
            while len(self.acknowledged) < enough:  # noqa: ASYNC110 - a count has no event.
                await asyncio.sleep(0.01)

    async def _send(self, client: int) -> None:
        number = 0
        while self._goes_on:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                with contextlib.closing(writer):
                    while self._goes_on:
                        number += 1
                        message_id = f"{client}-{number}"
                        writer.write(_request(message_id))
                        if await _status(reader) == 200:
                            self.acknowledged.append(message_id)
                        else:
                            self.refused += 1
            if self._goes_on:
                await asyncio.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.mark.timeout(150)
async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(folder: Path) -> None:
    process = Process(folder)
    await process.start()
    clients = Clients(process.port)

    for _ in range(2):
        await clients.acknowledges(2_000)
        await process.kill()
        await process.start()
    await clients.acknowledges(2_000)
    await clients.stop()
    await process.stop()

    assert set(clients.acknowledged) <= await _kept(folder)


@pytest.mark.timeout(150)
async def test_nothing_acknowledged_is_lost_when_nats_is_killed(folder: Path) -> None:
    process = Process(folder)
    await process.start()
    clients = Clients(process.port)

    await clients.acknowledges(2_000)
    os.kill(process.nats_id, signal.SIGKILL)
    await clients.acknowledges(2_000)
    await clients.stop()
    await process.stop()

    assert set(clients.acknowledged) <= await _kept(folder)
    # The appends waited for the new server; nobody was sent away.
    assert clients.refused == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_the_nats_child_does_not_outlive_a_killed_server(folder: Path) -> None:
    process = Process(folder)
    await process.start()

    await process.kill()

    async with asyncio.timeout(10):
        while _is_running(process.nats_id):  # noqa: ASYNC110 - nobody tells.
            await asyncio.sleep(0.01)


def _is_running(process_id: int) -> bool:
    try:
        # A zombie whom nobody has fetched is dead all the same.
        return Path(f"/proc/{process_id}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False


def _request(message_id: str) -> bytes:
    body = msgspec.json.encode(track(messageId=message_id))
    head = (
        "POST /v1/t HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
        f"Authorization: {basic('shop-key')}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _status(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    await reader.readexactly(length)
    return int(head.split()[1])


async def _kept(folder: Path) -> set[str]:
    """Return every messageId in the journal."""
    journal = Journal(folder, clock=SystemClock(), settings=SETTINGS)
    await journal.open()
    found: set[str] = set()
    batches = journal.events("route")
    with contextlib.suppress(TimeoutError):
        while True:
            # All is on disk: what does not come within two seconds is not there.
            batch = await asyncio.wait_for(anext(batches), 2)
            found.update(event.message_id for event in batch.events)
            await batch.done()
    await journal.close()
    return found
