"""How quick audiences are in a running server, from an event's acceptance to a destination.

100,000 people have bought something, and 50 audiences are kept. One webhook is told all of the
buyers once; then 500 events come a second, single ones, a tenth of which let somebody new into an
audience, while others leave one as its window slides. What is measured ends at the webhook: the
change was computed, put into the journal, routed and delivered by then.
Run it with `python -m bench.engage_server [PEOPLE]`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import time

import aiohttp
import msgspec
import uvloop

from bench.delivery import quantile
from bench.engage import NAMES, definitions
from bench.serving import Receiver, Server, listen, serving
from bench.soak import resident_bytes

_PER_SECOND = 500
_LOAD_SECONDS = 20
_PROBE_EVERY = 10
_BATCH_EVENTS = 100
_SENDERS = 16
_AUDIENCES = 50
_LEAVING = 100
# They begin to leave that long after they are sent, in the middle of the load.
_LEAVE_AFTER_SECONDS = 6.0
_WAIT_SECONDS_MAX = 100.0
_MIB = 1024**2
_BUYERS, _PROBED, _LEFT = "buyers", "probed", "lately"


class Told:
    """What a webhook was told: when, who, in or out, by the key of an audience."""

    def __init__(self) -> None:
        self.at: dict[tuple[str, str, bool], float] = {}
        self.count = 0

    def note(self, body: bytes) -> None:
        """Note one request."""
        now = time.time()
        found = msgspec.json.decode(body)
        for message in found if isinstance(found, list) else [found]:
            for key, value in message["traits"].items():
                if isinstance(value, bool):
                    self.at[key, message["userId"], value] = now
                    self.count += 1

    def of(self, key: str, *, is_in: bool) -> dict[str, float]:
        """Return when it was told of whom that they came or left."""
        return {
            who: at for (name, who, value), at in self.at.items() if (name, value) == (key, is_in)
        }

    async def until(self, key: str, count: int, *, is_in: bool) -> None:
        """Return when it was told of so many."""
        give_up_at = time.monotonic() + _WAIT_SECONDS_MAX
        while len(found := self.of(key, is_in=is_in)) < count:
            if time.monotonic() > give_up_at:
                raise SystemExit(f"{key}: {len(found)} of {count} were told; gave up.")
            await asyncio.sleep(0.05)


async def send_batches(server: Server, messages: list[dict[str, object]]) -> None:
    """Send events as fast as they are taken."""
    starts = iter(range(0, len(messages), _BATCH_EVENTS))
    async with aiohttp.ClientSession() as session:

        async def send_in_turn() -> None:
            for start in starts:
                batch = messages[start : start + _BATCH_EVENTS]
                body = msgspec.json.encode({"batch": batch, "writeKey": server.write_key})
                async with session.post(f"{server.url}/v1/batch", data=body) as answer:
                    assert answer.status == 200

        await asyncio.gather(*(send_in_turn() for _ in range(_SENDERS)))


async def steady(server: Server, people: int) -> dict[str, float]:
    """Send single events at a steady rate; return when each probe was accepted."""
    accepted_at: dict[str, float] = {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256)) as session:

        async def send(number: int) -> None:
            is_probe = number % _PROBE_EVERY == 0
            who = f"probe-{number}" if is_probe else f"u{number * 7919 % people}"
            body = {
                "type": "track",
                "userId": who,
                "event": "Probe" if is_probe else NAMES[number % len(NAMES)],
                "properties": {"total": number % 1000},
                "writeKey": server.write_key,
            }
            async with session.post(
                f"{server.url}/v1/track", data=msgspec.json.encode(body)
            ) as answer:
                assert answer.status == 200
            if is_probe:
                accepted_at[who] = time.time()

        started_at = time.perf_counter()
        sending: list[asyncio.Task[None]] = []
        for number in range(_PER_SECOND * _LOAD_SECONDS):
            wait_seconds = started_at + number / _PER_SECOND - time.perf_counter()
            if wait_seconds > 0:
                await asyncio.sleep(wait_seconds)
            sending.append(asyncio.create_task(send(number)))
        await asyncio.gather(*sending)
    return accepted_at


def create(server: Server, name: str, query: str) -> str:
    """Make an audience; return its path."""
    made = server.api("POST", "/audiences", {"name": name, "definition": {"query": query}})
    return f"/audiences/{made['computation']['id']}"


def grow(server: Server, path: str, size: int) -> None:
    """Return when so many are in."""
    give_up_at = time.monotonic() + _WAIT_SECONDS_MAX
    while server.api("GET", path)["computation"]["size"] < size:
        if time.monotonic() > give_up_at:
            raise SystemExit("The people were not computed in time.")
        time.sleep(0.2)


def settle(server: Server, seconds_max: float = _WAIT_SECONDS_MAX) -> None:
    """Return when everything is computed."""
    give_up_at = time.monotonic() + seconds_max
    while time.monotonic() < give_up_at:
        found = server.api("GET", "/audiences?pagination.count=200")["computations"]
        if all(one["state"] == "live" for one in found):
            return
        time.sleep(0.2)
    raise SystemExit("The audiences were not computed in time.")


class Highest:
    """The most that a server held in memory."""

    def __init__(self, server: Server) -> None:
        self._process_id = server.process_id
        self.bytes = 0

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            self.bytes = max(self.bytes, resident_bytes(self._process_id))
            await asyncio.sleep(0.25)


async def main(people: int) -> None:
    """Print the figures."""
    told = Told()
    receiver, port = await listen(lambda: Receiver(told.note))
    with serving(port) as server:
        at_first = resident_bytes(server.process_id)
        highest = Highest(server)
        watching = asyncio.create_task(highest.watch())
        await print_first_sync(server, told, port, people)
        await print_changes(server, told, people)
        watching.cancel()
        await asyncio.wait([watching])
        print(
            f"memory of the server: {at_first / _MIB:.0f} MiB at first, "
            f"{highest.bytes / _MIB:.0f} MiB at most"
        )
    receiver.close()


async def print_first_sync(server: Server, told: Told, port: int, people: int) -> None:
    """Make the audiences, and print how long it takes to tell everybody who is in one."""
    started_at = time.time()
    await send_batches(
        server,
        [
            {
                "type": "track",
                "userId": f"u{number}",
                "event": "Order Completed",
                "properties": {"total": number % 1000},
            }
            for number in range(people)
        ],
    )
    buyers = await asyncio.to_thread(
        create, server, _BUYERS, "event('Order Completed').count() >= 1"
    )
    await asyncio.to_thread(grow, server, buyers, people)
    print(f"{people:,} people known and computed: {time.time() - started_at:.1f} s after the first")
    for number, text in enumerate(definitions(_AUDIENCES - 3)):
        await asyncio.to_thread(create, server, f"a{number}", text)
    await asyncio.to_thread(settle, server)
    started_at = time.time()
    made = await asyncio.to_thread(
        server.api,
        "POST",
        f"{buyers}/destinations",
        {
            "metadataId": "webhook",
            "settings": {"url": f"http://127.0.0.1:{port}/", "batchSize": 500},
        },
    )
    await told.until(_BUYERS, people, is_in=True)
    seconds = time.time() - started_at
    print(f"first sync of {people:,}: {seconds:.1f} s, {people / seconds:,.0f} a second")
    destination_id = made["computation"]["destinations"][0]["destinationId"]
    for key, query in (
        (_PROBED, "event('Probe').count() >= 1"),
        (_LEFT, "event('Cart Left').within(1 hours).count() >= 1"),
    ):
        path = await asyncio.to_thread(create, server, key, query)
        await asyncio.to_thread(server.api, "PUT", f"{path}/destinations/{destination_id}", {})
    await asyncio.to_thread(settle, server)
    # The running parts follow a change within a second.
    await asyncio.sleep(1.5)


async def print_changes(server: Server, told: Told, people: int) -> None:
    """Print how long it takes to tell of a change, by an event and by time alone."""
    before = told.count
    first_at = time.time() + _LEAVE_AFTER_SECONDS
    due_at = {f"leaver-{n}": first_at + n * 0.1 for n in range(_LEAVING)}
    await send_batches(
        server,
        [
            {
                "type": "track",
                "userId": who,
                "event": "Cart Left",
                "timestamp": dt.datetime.fromtimestamp(at - 3600, dt.UTC).isoformat(),
            }
            for who, at in due_at.items()
        ],
    )
    accepted_at = await steady(server, people)
    await told.until(_PROBED, len(accepted_at), is_in=True)
    await told.until(_LEFT, len(due_at), is_in=False)
    came, left = told.of(_PROBED, is_in=True), told.of(_LEFT, is_in=False)
    report("accepted → told that somebody came", [came[k] - at for k, at in accepted_at.items()])
    report("due → told that somebody left", [left[k] - at for k, at in due_at.items()])
    print(f"  at {_PER_SECOND} events/s, {_AUDIENCES} audiences; {told.count - before:,} told")


def report(name: str, seconds: list[float]) -> None:
    """Print quantiles."""
    ordered = sorted(seconds)
    print(
        f"{name}: p50 {quantile(ordered, 0.5):.2f} s, p95 {quantile(ordered, 0.95):.2f} s, "
        f"slowest {ordered[-1]:.2f} s, soonest {ordered[0]:.2f} s"
    )


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
