"""Measures delivery through a real server to a receiver on loopback: latency and sustained rate.

Sender and receiver run in this process, the server and its journal in theirs, on the same machine.
Run it with `python -m bench.delivery [SECONDS]`.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
import urllib.parse
from collections.abc import Sequence

import aiohttp
import msgspec
import uvloop

from bench.serving import Receiver, Server, listen, serving

_EVENTS = 20_000
_BATCH_EVENTS = 100
# How many in a request, and what differs from the server as it comes.
_BACKLOGS: tuple[tuple[int, tuple[str, ...]], ...] = ((1, ()), (500, ()), (500, ("--no-profiles",)))
_ROUNDS = 3


class Arrivals:
    """When which message came."""

    def __init__(self) -> None:
        self.at_by_message_id: dict[str, float] = {}

    def note(self, body: bytes) -> None:
        """Note one event, or a list of them."""
        now = time.perf_counter()
        decoded = msgspec.json.decode(body)
        for event in decoded if isinstance(decoded, list) else [decoded]:
            self.at_by_message_id.setdefault(event["messageId"], now)

    async def until(self, count: int, *, seconds_max: float) -> None:
        """Return when so many have come."""
        give_up_at = time.perf_counter() + seconds_max
        while len(self.at_by_message_id) < count:
            if time.perf_counter() > give_up_at:
                raise SystemExit(f"{len(self.at_by_message_id)} of {count} came.")
            await asyncio.sleep(0.01)


def event(message_id: str) -> dict[str, object]:
    """Return a track event of about 400 bytes."""
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": f"user-{hash(message_id) % 1000}",
        "messageId": message_id,
        "properties": {"total": 12.5, "currency": "EUR", "products": ["a", "b"], "note": "x" * 200},
    }


def quantile(ordered: list[float], share: float) -> float:
    """Return a quantile of sorted numbers."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def latencies(
    server: Server, arrivals: Arrivals, *, per_second: int, seconds: float, name: str
) -> list[float]:
    """Return how long each event took from being sent to being received, sorted."""
    sent_at: dict[str, float] = {}
    count = int(per_second * seconds)
    arrivals.at_by_message_id.clear()
    url = f"{server.url}/v1/track"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256)) as session:

        async def send(number: int) -> None:
            message_id = f"{name}-{number}"
            body = msgspec.json.encode({**event(message_id), "writeKey": server.write_key})
            sent_at[message_id] = time.perf_counter()
            async with session.post(url, data=body) as answer:
                assert answer.status == 200

        started_at = time.perf_counter()
        sending: list[asyncio.Task[None]] = []
        for number in range(count):
            wait_seconds = started_at + number / per_second - time.perf_counter()
            if wait_seconds > 0:
                await asyncio.sleep(wait_seconds)
            sending.append(asyncio.create_task(send(number)))
        await asyncio.gather(*sending)
        await arrivals.until(count, seconds_max=120)
    return sorted(arrivals.at_by_message_id[key] - at for key, at in sent_at.items())


async def sustained(server: Server, arrivals: Arrivals, *, count: int, name: str) -> float:
    """Return how many deliveries a second arrive while as many as can are being accepted."""
    arrivals.at_by_message_id.clear()
    await send_batches(server, count=count, name=name)
    await arrivals.until(count, seconds_max=180)
    ordered = sorted(arrivals.at_by_message_id.values())
    # The first tenth came before there was a backlog.
    first = len(ordered) // 10
    return (len(ordered) - first) / (ordered[-1] - ordered[first])


async def drained(
    server: Server, arrivals: Arrivals, *, connection_id: str, count: int, name: str
) -> float:
    """Return how many deliveries a second arrive of those that waited for a paused connection."""
    arrivals.at_by_message_id.clear()
    path = f"/destinations/{connection_id}"
    await asyncio.to_thread(server.api, "POST", f"{path}/pause")
    await send_batches(server, count=count, name=name)
    while await asyncio.to_thread(server.unfinished, connection_id) < count:  # noqa: ASYNC110 - another process.
        await asyncio.sleep(0.1)
    await asyncio.to_thread(server.api, "POST", f"{path}/resume")
    await arrivals.until(count, seconds_max=180)
    ordered = sorted(arrivals.at_by_message_id.values())
    return len(ordered) / (ordered[-1] - ordered[0])


async def send_batches(server: Server, *, count: int, name: str) -> None:
    """Send events by the hundred, the next when the last are answered."""
    async with aiohttp.ClientSession() as session:
        for start in range(0, count, _BATCH_EVENTS):
            batch = [event(f"{name}-{n}") for n in range(start, start + _BATCH_EVENTS)]
            body = msgspec.json.encode({"batch": batch, "writeKey": server.write_key})
            async with session.post(f"{server.url}/v1/batch", data=body) as answer:
                assert answer.status == 200


async def main(seconds: float) -> None:
    """Print the figures."""
    arrivals = Arrivals()
    receiver, port = await listen(lambda: Receiver(arrivals.note))
    await print_latencies(arrivals, port, seconds)
    for batch_size, options in _BACKLOGS:
        await print_sustained(arrivals, port, batch_size, options)
    receiver.close()


async def print_latencies(arrivals: Arrivals, port: int, seconds: float) -> None:
    """Print a line for each rate."""
    with serving(port) as server:
        assert urllib.parse.urlsplit(server.url).hostname == "127.0.0.1"
        await asyncio.to_thread(server.connect, f"http://127.0.0.1:{port}/")
        await latencies(server, arrivals, per_second=50, seconds=1, name="warm-up")
        print("sent → delivered, one event a request")
        for per_second in (10, 100, 1_000):
            found = await latencies(
                server, arrivals, per_second=per_second, seconds=seconds, name=f"at-{per_second}"
            )
            p50, p99 = quantile(found, 0.5), quantile(found, 0.99)
            print(f"  {per_second:>6,} events/s   p50 {p50 * 1e3:.1f} ms   p99 {p99 * 1e3:.1f} ms")


async def print_sustained(
    arrivals: Arrivals, port: int, batch_size: int, options: Sequence[str]
) -> None:
    """Print the median of some rounds, each of which sends and delivers a backlog."""
    with serving(port, options=options) as server:
        connection_id = await asyncio.to_thread(
            server.connect, f"http://127.0.0.1:{port}/", batchSize=batch_size
        )
        await latencies(server, arrivals, per_second=50, seconds=1, name="warm-up")
        rates = [
            await sustained(server, arrivals, count=_EVENTS, name=f"{batch_size}-{number}")
            for number in range(_ROUNDS)
        ]
        rates_of_waiting = [
            await drained(
                server,
                arrivals,
                connection_id=connection_id,
                count=_EVENTS,
                name=f"{batch_size}-waiting-{number}",
            )
            for number in range(_ROUNDS)
        ]
    name = "one delivery a request" if batch_size == 1 else f"up to {batch_size} in a request"
    name = " ".join((name, *options))
    for what, found in (("while accepting", rates), ("of what waited", rates_of_waiting)):
        spread = ", ".join(f"{rate:,.0f}" for rate in found)
        rate = statistics.median(found)
        print(f"{what}, {name}: {rate:,.0f} deliveries/s   (rounds: {spread})")


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
