"""Measures the collector against a bare uvicorn application that only reads the body.

Both run at the same time, each in a process of its own; rounds alternate between them, so that
whatever else the machine does hits both. The collector answers when the event is on disk, the bare
application at once. Run it with `python bench/collector.py [ROUNDS]`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import uvloop

from crossdock.base import json

_FOLDER = Path(__file__).parent
_ANSWER_END = b'{"success":true}'
_ROUND_SECONDS = 4.0
_WARM_UP_SECONDS = 1.0
_WRITE_KEY = "bench-write-key"


@dataclasses.dataclass(frozen=True)
class Load:
    """What is sent.

    Attributes:
        name: For the table.
        request: One request, whole.
        events: In one request.
        connections: Each sends the next request when it has its answer.
    """

    name: str
    request: bytes
    events: int
    connections: int


@dataclasses.dataclass
class Round:
    """What came of one round."""

    events_per_second: float
    p50_seconds: float
    p99_seconds: float


class _Sender(asyncio.Protocol):
    def __init__(self, request: bytes, durations: list[float]) -> None:
        self._request = request
        self._durations = durations
        self._transport: asyncio.Transport | None = None
        self._sent_at = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        if not data.endswith(_ANSWER_END):
            # Head and body may come apart; an error comes without the end that is waited for.
            self._received += data
            if len(self._received) > 1_000:
                raise SystemExit(self._received.decode())
            return
        self._received = b""
        self._durations.append(time.perf_counter() - self._sent_at)
        self._send()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _send(self) -> None:
        if self._transport is not None:
            self._sent_at = time.perf_counter()
            self._transport.write(self._request)


async def _round(load: Load, port: int, seconds: float) -> Round:
    loop = asyncio.get_running_loop()
    durations: list[float] = []
    senders: list[_Sender] = []
    for _ in range(load.connections):
        _, sender = await loop.create_connection(
            lambda: _Sender(load.request, durations), "127.0.0.1", port
        )
        senders.append(sender)
    await asyncio.sleep(_WARM_UP_SECONDS)
    durations.clear()
    started_at = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed_seconds = time.perf_counter() - started_at
    ordered = sorted(durations)
    for sender in senders:
        sender.close()
    await asyncio.sleep(0.2)
    return Round(
        len(ordered) * load.events / elapsed_seconds,
        ordered[len(ordered) // 2],
        ordered[int(len(ordered) * 0.99)],
    )


def _loads() -> list[Load]:
    event = json.decode((_FOLDER.parent / "tests/vectors/bench_event.json").read_bytes())
    event |= {"type": "track", "event": "Page Viewed"}
    one = msgspec.json.encode(event)
    many = msgspec.json.encode({"batch": [event] * 100, "sentAt": event["sentAt"]})
    return [
        Load(f"single events ({len(one):,} bytes)", _request("/v1/t", one), 1, 128),
        Load(f"batches of 100 ({len(many):,} bytes)", _request("/v1/b", many), 100, 16),
    ]


def _request(path: str, body: bytes) -> bytes:
    credentials = base64.b64encode(f"{_WRITE_KEY}:".encode()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
        f"Authorization: Basic {credentials}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextlib.contextmanager
def _running(which: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(_FOLDER / "collector_server.py"), which, str(port)]
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def main(rounds: int) -> None:
    """Print a table of both, for each load."""
    with (
        _running("bare") as bare_port,
        _running("collector") as collector_port,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        for load in _loads():
            bare: list[Round] = []
            collector: list[Round] = []
            for _ in range(rounds):
                bare.append(runner.run(_round(load, bare_port, _ROUND_SECONDS)))
                collector.append(runner.run(_round(load, collector_port, _ROUND_SECONDS)))
            _print(load, bare, collector)


def _print(load: Load, bare: list[Round], collector: list[Round]) -> None:
    print(f"\n{load.name}, {load.connections} connections, median of {len(bare)} rounds")
    for name, results in (("bare uvicorn, body read", bare), ("collector, durable", collector)):
        rate = statistics.median(result.events_per_second for result in results)
        p50 = statistics.median(result.p50_seconds for result in results)
        p99 = statistics.median(result.p99_seconds for result in results)
        print(
            f"  {name:26} {rate:>10,.0f} events/s   p50 {p50 * 1e3:.1f} ms   p99 {p99 * 1e3:.1f} ms"
        )
    ratios = [
        ours.events_per_second / theirs.events_per_second
        for ours, theirs in zip(collector, bare, strict=True)
    ]
    spread = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"  ratio                      {statistics.median(ratios):>10.2f}   (rounds: {spread})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
