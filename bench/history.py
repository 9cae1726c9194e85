"""How fast the history takes events in, at a few million of them, and how large it becomes.

python bench/history.py [EVENTS]      default: ten million of 200,000 people
"""

from __future__ import annotations

import datetime as dt
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from crossdock.audiences.history import people
from crossdock.audiences.history.store import Store
from crossdock.audiences.identity import Identifier
from crossdock.events import Envelope, Event, SourceId
from crossdock.events.unfold import unfold

PEOPLE = 200_000
BATCH = 1_000
STARTED_AT = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
NAMES = ["Order Completed", "Product Viewed", "Product Added", "Cart Viewed", "Signed In"]


def context(chance: random.Random) -> dict[str, object]:
    """What Analytics.js sends with every event."""
    return {
        "library": {"name": "analytics.js", "version": "next-1.70.0"},
        "page": {
            "path": f"/products/{chance.randrange(1000)}",
            "url": f"https://shop.example/products/{chance.randrange(1000)}",
            "title": "A product",
            "referrer": "https://search.example/",
            "search": "",
        },
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36",
        "locale": "en-GB",
        "timezone": "Europe/London",
    }


def message(number: int, chance: random.Random) -> dict[str, object]:
    """One event of somebody with two browsers; one in ten is an identify."""
    person = chance.randrange(PEOPLE)
    at = STARTED_AT + dt.timedelta(milliseconds=100 * number)
    body: dict[str, object] = {
        "messageId": f"ajs-next-{number:032x}",
        "timestamp": at.isoformat(),
        "anonymousId": f"browser-{person}-{chance.randrange(2)}",
        "context": context(chance),
    }
    if number % 10 == 0:
        traits = {"email": f"{person}@example.com", "plan": chance.choice(["free", "pro"])}
        return {**body, "type": "identify", "userId": f"user-{person}", "traits": traits}
    if number % 10 < 4:
        return {**body, "type": "page", "name": "Product", "properties": {"path": "/products"}}
    properties = {"total": chance.randrange(100), "currency": "EUR", "products": [{"id": "p1"}]}
    return {**body, "type": "track", "event": chance.choice(NAMES), "properties": properties}


def batches(count: int) -> Iterator[list[Event]]:
    """Events as the history reads them."""
    chance = random.Random(7)  # noqa: S311 - the same events each time.
    for sequence in range(1, count // BATCH + 1):
        first = (sequence - 1) * BATCH
        messages = [message(number, chance) for number in range(first, first + BATCH)]
        envelope = Envelope(
            STARTED_AT + dt.timedelta(milliseconds=100 * (first + BATCH)),
            SourceId("src_shop"),
            None,
            True,  # noqa: FBT003 - by place, as the journal has it.
            "192.0.2.1",
            "",
            {},
            {},
            msgspec.json.encode({"batch": messages}),
        )
        unfolded = unfold(envelope, sequence=sequence, first_index=0)
        yield [one for one in unfolded if isinstance(one, Event)]


def main() -> None:
    """Print a line now and then, and the figures at the end."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.duckdb"
        store = Store(path, memory_bytes_max=512 * 1024**2)
        seconds = part_seconds = 0.0
        for sequence, events in enumerate(batches(count), 1):
            started = time.perf_counter()
            store.take_in(events, sequence=sequence, missed=0)
            took = time.perf_counter() - started
            seconds += took
            part_seconds += took
            if sequence % 100 == 0:
                rate = 100 * BATCH / part_seconds
                print(f"{sequence * BATCH:>12,} events: {rate:,.0f} a second", flush=True)
                part_seconds = 0.0
        print(f"all: {count / seconds:,.0f} events a second")
        measure(store)
        store.close()
        size_mib = sum(one.stat().st_size for one in Path(folder).iterdir()) / 1024**2
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"file {size_mib:,.0f} MiB; memory at most {peak_mib:,.0f} MiB")


def _ask(question: Callable[[], object]) -> None:
    question()


def measure(store: Store) -> None:
    """Print how long questions take."""
    cursor = store.cursor()
    for name, ask in {
        "one profile": lambda: people.find(cursor, Identifier("user_id", "user-77")),
        "its 20 latest events": lambda: people.events(cursor, 77, limit=20),
        "count by event name": lambda: cursor.execute(
            "SELECT event, count(*) FROM events GROUP BY 1"
        ).fetchall(),
        "orders by person": lambda: cursor.execute(
            "SELECT count(*) FROM (SELECT profile_id FROM events WHERE event = 'Order Completed' "
            "GROUP BY 1 HAVING count(*) > 3)"
        ).fetchall(),
        "sum of a property": lambda: cursor.execute(
            "SELECT sum(total) FROM warehouse.order_completed"
        ).fetchall(),
    }.items():
        started = time.perf_counter()
        _ask(ask)
        print(f"{name}: {(time.perf_counter() - started) * 1000:,.0f} ms")
    cursor.close()


if __name__ == "__main__":
    main()
