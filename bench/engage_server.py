"""How quick audiences are in a running server, from an event's acceptance to a destination.

The server begins with a history that was written beforehand, and 50 audiences are made, some of
them costly. One webhook is told everybody who is in one; then 500 events come a second, single
ones, a tenth of which let somebody new into an audience, while others leave one as its window
slides; once alone, and once while one audience after the other is edited. Two moments are measured
of each change: when it was stored in the journal, and when it was at the webhook.
Run it with `python -m bench.engage_server [EVENTS] [PEOPLE]`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import sys
import time
from collections.abc import Collection
from pathlib import Path

import aiohttp
import msgspec
import uvloop

from bench.delivery import quantile
from bench.engage import NAMES, definitions, write_history
from bench.serving import Receiver, Server, listen, serving
from bench.soak import resident_bytes
from bench.stored import stored_changes
from crossdock.audiences.history.store import Store

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
_HALF, _PROBED, _LEFT = "half", "probed", "lately"
_COSTLY = {
    "windowed": "event('Order Completed').within(30 days).count() >= 1",
    "sequence": "event('Product Viewed').where(event('Order Completed').where(property('product') "
    "= property(parent: 'product')).within(parent: 5 days).count() >= 1).count() >= 1",
    "unique": "event('Product Viewed').unique(property('product')).count() >= 1",
    "session": "event('Page Viewed').expires_after(30 minutes).count() >= 1",
}


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

    async def until(self, key: str, wanted: Collection[str] | int, *, is_in: bool) -> None:
        """Return when it was told of these, or of so many."""
        give_up_at = time.monotonic() + _WAIT_SECONDS_MAX
        count = wanted if isinstance(wanted, int) else len(wanted)
        while True:
            found = self.of(key, is_in=is_in)
            have = len(found) if isinstance(wanted, int) else sum(one in found for one in wanted)
            if have >= count:
                return
            if time.monotonic() > give_up_at:
                raise SystemExit(f"{key}: {have} of {count} were told; gave up.")
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


async def steady(server: Server, people: int, name: str) -> dict[str, float]:
    """Send single events at a steady rate; return when each probe was accepted."""
    accepted_at: dict[str, float] = {}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256)) as session:

        async def send(number: int) -> None:
            is_probe = number % _PROBE_EVERY == 0
            who = f"{name}-probe-{number}" if is_probe else f"u{1 + number * 7919 % people}"
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


async def main(events: int, people: int) -> None:
    """Print the figures."""
    told = Told()
    receiver, port = await listen(lambda: Receiver(told.note))

    def prepare(folder: Path) -> None:
        store = Store(folder / "history.duckdb", memory_bytes_max=512 * _MIB)
        write_history(store, events=events, people=people, now=dt.datetime.now(dt.UTC))
        store.close()

    with serving(port, prepare=prepare) as server:
        print(f"{events:,} events of {people:,} people, {_AUDIENCES} audiences")
        at_first = resident_bytes(server.process_id)
        highest = Highest(server)
        watching = asyncio.create_task(highest.watch())
        await asyncio.to_thread(print_computations, server)
        destination_id = await print_first_sync(server, told, port, people // 2)
        await prepare_changes(server, destination_id)
        await print_changes(server, told, people, "nothing else")
        await print_changes(server, told, people, "one audience edited after the other")
        watching.cancel()
        await asyncio.wait([watching])
        at_last = resident_bytes(server.process_id)
        print(
            f"memory of the server: {at_first / _MIB:.0f} MiB at first, "
            f"{highest.bytes / _MIB:.0f} MiB at most, {at_last / _MIB:.0f} MiB at last"
        )
    receiver.close()


def print_computations(server: Server) -> None:
    """Make the audiences, and print how long the first computations take."""
    took: list[float] = []
    for name, text in _COSTLY.items():
        started_at = time.perf_counter()
        create(server, name, text)
        settle(server)
        took.append(time.perf_counter() - started_at)
    print("saved → computed: " + ", ".join(f"{one:.2f} s" for one in took))
    started_at = time.perf_counter()
    count = _AUDIENCES - len(_COSTLY) - 3
    for number, text in enumerate(definitions(count)):
        create(server, f"a{number}", text)
    settle(server)
    print(f"{count} more, saved one after the other: {time.perf_counter() - started_at:.1f} s")


async def print_first_sync(server: Server, told: Told, port: int, people: int) -> str:
    """Print how long it takes to tell everybody who is in one; return the destination."""
    path = await asyncio.to_thread(create, server, _HALF, "trait('even') = true")
    await asyncio.to_thread(settle, server)
    started_at = time.time()
    made = await asyncio.to_thread(
        server.api,
        "POST",
        f"{path}/destinations",
        {
            "metadataId": "webhook",
            "settings": {"url": f"http://127.0.0.1:{port}/", "batchSize": 500},
        },
    )
    await told.until(_HALF, people, is_in=True)
    times = sorted(told.of(_HALF, is_in=True).values())
    seconds = time.time() - started_at
    print(
        f"first sync of {people:,}: {seconds:.1f} s, {people / seconds:,.0f} a second; "
        f"the first came after {times[0] - started_at:.1f} s, in the journal by "
        f"{await asyncio.to_thread(put_after, server, path, started_at):.1f} s"
    )
    return str(made["computation"]["destinations"][0]["destinationId"])


def put_after(server: Server, path: str, started_at: float) -> float:
    """Return how long it took until all of a first sync was in the journal."""
    sync = server.api("GET", path)["computation"]["destinations"][0]["sync"]
    return dt.datetime.fromisoformat(sync["finishedAt"]).timestamp() - started_at


async def prepare_changes(server: Server, destination_id: str) -> None:
    """Make two audiences that people come into and leave, and connect them."""
    for key, query in (
        (_PROBED, "event('Probe').count() >= 1"),
        (_LEFT, "event('Cart Left').within(1 hours).count() >= 1"),
    ):
        path = await asyncio.to_thread(create, server, key, query)
        await asyncio.to_thread(server.api, "PUT", f"{path}/destinations/{destination_id}", {})
    await asyncio.to_thread(settle, server)
    # The running parts follow a change within a second.
    await asyncio.sleep(1.5)


async def edit(server: Server) -> None:
    """Edit costly audiences, one as soon as the other is computed, until cancelled."""
    found = await asyncio.to_thread(server.api, "GET", "/audiences?pagination.count=200")
    ids = {one["key"]: one["id"] for one in found["computations"]}
    for number in itertools.count(21):
        for key, text in _COSTLY.items():
            query = text.replace(" >= 1", f" >= {number}")
            change = {"definition": {"query": query}}
            await asyncio.to_thread(server.api, "PATCH", f"/audiences/{ids[key]}", change)
            await asyncio.to_thread(settle, server)


async def print_changes(server: Server, told: Told, people: int, meanwhile: str) -> None:
    """Print how long it takes to tell of a change, by an event and by time alone."""
    editing = asyncio.create_task(edit(server)) if meanwhile != "nothing else" else None
    name = "quiet" if editing is None else "busy"
    began_at = time.time()
    first_at = began_at + _LEAVE_AFTER_SECONDS
    due_at = {f"{name}-leaver-{n}": first_at + n * 0.1 for n in range(_LEAVING)}
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
    accepted_at = await steady(server, people, name)
    await told.until(_PROBED, accepted_at, is_in=True)
    await told.until(_LEFT, due_at, is_in=False)
    if editing is not None:
        editing.cancel()
        await asyncio.wait([editing])
    print(f"at {_PER_SECOND} events/s, meanwhile {meanwhile}")
    stored = await stored_changes(server.folder, dt.datetime.fromtimestamp(began_at, dt.UTC))
    for where, at in (
        ("in the journal", {change: moment.timestamp() for change, moment in stored.items()}),
        ("at the webhook", told.at),
    ):
        came = [at[_PROBED, who, True] - since for who, since in accepted_at.items()]
        left = [at[_LEFT, who, False] - since for who, since in due_at.items()]
        report(f"  accepted → {where} that somebody came", came)
        report(f"  due → {where} that somebody left", left)


def report(name: str, seconds: list[float]) -> None:
    """Print quantiles."""
    ordered = sorted(seconds)
    print(
        f"{name}: p50 {quantile(ordered, 0.5):.2f} s, p95 {quantile(ordered, 0.95):.2f} s, "
        f"slowest {ordered[-1]:.2f} s, soonest {ordered[0]:.2f} s"
    )


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    uvloop.run(main(*(given or [1_000_000, 20_000])))
