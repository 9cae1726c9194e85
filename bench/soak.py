"""Measures what memory a server and its journal hold while traffic goes on: an hour, compressed.

Steady traffic goes to four webhooks: one that is healthy, one that takes batches, one that is slow,
and one that refuses every second request. Memory may grow with what waits, up to its bounds, and
must not grow with what has gone through. Run it with `python -m bench.soak [SECONDS]`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import msgspec
import uvloop

from bench.delivery import event
from bench.serving import Receiver, Server, listen, serving

_PER_SECOND = 2_000
_BATCH_EVENTS = 20
_SENDERS = 16
_LOOK_SECONDS = 10.0
_RESTS_MAX = 6
_SLOW_SECONDS = 0.5
_REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
_TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_MIB = 1024**2


class Vendor(Receiver):
    """A vendor that takes its time, or refuses."""

    def __init__(self, answer: Callable[[], tuple[float, bytes]]) -> None:
        super().__init__(lambda _: None, self._say)
        self._next = answer

    def _say(self, transport: asyncio.Transport) -> None:
        wait_seconds, answer = self._next()
        asyncio.get_running_loop().call_later(wait_seconds, transport.write, answer)


class Failing:
    """Refuses every second request."""

    def __init__(self) -> None:
        self._requests = 0

    def answer(self) -> tuple[float, bytes]:
        """Return how long to wait, and what to say."""
        self._requests += 1
        return 0.0, _REFUSED if self._requests % 2 else _TAKEN


def resident_bytes(process_id: int) -> int:
    """Return what a process holds in memory."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return 1024 * int(status.partition("VmRSS:")[2].split()[0])


def children(process_id: int) -> list[int]:
    """Return the processes that it has started: its journal."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    return [int(each) for each in listed.split()]


async def send(server: Server, *, seconds: float, name: str) -> int:
    """Send at a steady rate, and return how many events were accepted."""
    started_at = time.perf_counter()
    turn = iter(range(int(_PER_SECOND * seconds) // _BATCH_EVENTS))
    accepted = 0
    async with aiohttp.ClientSession() as session:

        async def send_in_turn() -> None:
            nonlocal accepted
            for number in turn:
                due_at = started_at + number * _BATCH_EVENTS / _PER_SECOND
                await asyncio.sleep(max(0.0, due_at - time.perf_counter()))
                batch = [event(f"{name}-{number}-{n}") for n in range(_BATCH_EVENTS)]
                body = msgspec.json.encode({"batch": batch, "writeKey": server.write_key})
                async with session.post(f"{server.url}/v1/batch", data=body) as answer:
                    accepted += _BATCH_EVENTS if answer.status == 200 else 0

        await asyncio.gather(*(send_in_turn() for _ in range(_SENDERS)))
    return accepted


class Watch:
    """Looks at what a server and its journal hold.

    Attributes:
        looks: Seconds since the start, and bytes of the server and of its journal.
    """

    def __init__(self, server: Server, connection_ids: list[str]) -> None:
        self._server = server
        self._connection_ids = connection_ids
        self._started_at = time.perf_counter()
        self.looks: list[tuple[float, int, int]] = []

    async def look(self) -> int:
        """Note and print a line; return how many deliveries wait."""
        own = resident_bytes(self._server.process_id)
        journal = sum(resident_bytes(child) for child in children(self._server.process_id))
        at_seconds = time.perf_counter() - self._started_at
        self.looks.append((at_seconds, own, journal))
        waiting = await asyncio.to_thread(self._waiting)
        print(
            f"  {at_seconds:5.0f} s   server {own / _MIB:5.0f} MiB   nats {journal / _MIB:5.0f} MiB"
            f"   {waiting:9,} deliveries wait",
            flush=True,
        )
        return waiting

    async def go_on(self) -> None:
        """Look every ten seconds until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def until_nothing_waits(self) -> None:
        """Look every ten seconds until nothing waits, or for a minute."""
        for _ in range(_RESTS_MAX):
            if not await self.look():
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _waiting(self) -> int:
        return sum(self._server.unfinished(one) for one in self._connection_ids)


async def main(seconds: float) -> None:
    """Print what is held at the start, every ten seconds, and at the end."""
    failing = Failing()
    vendors = [
        await listen(lambda: Receiver(lambda _: None)),
        await listen(lambda: Receiver(lambda _: None)),
        await listen(lambda: Vendor(lambda: (_SLOW_SECONDS, _TAKEN))),
        await listen(lambda: Vendor(failing.answer)),
    ]
    with serving(*(port for _, port in vendors)) as server:
        connection_ids = [
            await asyncio.to_thread(
                server.connect, f"http://127.0.0.1:{port}/", batchSize=batch_size
            )
            for (_, port), batch_size in zip(vendors, (1, 500, 500, 500), strict=True)
        ]
        watch = Watch(server, connection_ids)
        watching = asyncio.create_task(watch.go_on())
        accepted = await send(server, seconds=seconds, name="soak")
        watching.cancel()
        await asyncio.wait([watching])
        # What waits is held for a reason; what is held once nothing does was leaked, or is kept.
        await watch.until_nothing_waits()
    looks = watch.looks
    at_first, halfway, at_last = looks[0], looks[len(looks) // 2], looks[-1]
    server_way = _way(at_first[1], halfway[1], at_last[1])
    nats_way = _way(at_first[2], halfway[2], at_last[2])
    print(f"{accepted:,} events to 4 destinations, at first → halfway → at the end:")
    print(f"  server {server_way}, nats {nats_way}")
    for listening, _ in vendors:
        listening.close()


def _way(*held_bytes: int) -> str:
    return " → ".join(f"{held / _MIB:.0f}" for held in held_bytes) + " MiB"


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 90.0))
