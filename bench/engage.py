"""How quick audiences are: a first computation over a history, and a round after new events.

.venv/bin/python bench/engage.py --events 10000000 --people 200000
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from crossdock.audiences.history.rows import hash_of
from crossdock.audiences.history.store import Store
from crossdock.audiences.identity import Identifier
from tests.audiences.engaging import Scene, computation

NAMES = ["Order Completed", "Product Viewed", "Cart Viewed", "Page Viewed", "Signed In"]


def definitions(count: int) -> list[str]:
    """Return so many definitions, each with another threshold."""
    texts = [
        "event('Order Completed').within({n} days).count() >= 2",
        "event('Product Viewed').where(property('total') >= {n}0).count() >= 1",
        "event('Cart Viewed').within({n} days).count() >= 1 OR event('Signed In').count() >= 9",
        "event('Signed In').count() >= {n}",
        "event('Order Completed').sum(property('total')) >= {n}00",
    ]
    return [texts[n % len(texts)].format(n=n + 1) for n in range(count)]


def write_history(store: Store, *, events: int, people: int, now: dt.datetime) -> None:
    """Write events of the last 90 days; every second person has the trait `even`."""
    connection = store.cursor()
    at, ids = now.astimezone(dt.UTC).replace(tzinfo=None), [*range(1, people + 1)]
    connection.execute(
        "INSERT INTO profile_rows SELECT i, false, $now, $now, 0, "
        "CASE WHEN i % 2 = 0 THEN '{\"even\": true}' ELSE '{}' END, '{}' "
        "FROM (SELECT unnest($ids) AS i)",
        {"ids": ids, "now": at},
    )
    hashes = [hash_of(Identifier("user_id", f"u{number}")) for number in ids]
    connection.execute(
        "INSERT INTO identifiers SELECT h, i, 'user_id', 'u' || i, $now, 's', 'm' "
        "FROM (SELECT unnest($hashes::UBIGINT[]) AS h, unnest($ids) AS i)",
        {"hashes": hashes, "ids": ids, "now": at},
    )
    connection.execute(
        "INSERT INTO event_rows "
        "SELECT i, 0, 1 + CAST(hash(i) % $people AS BIGINT), 's', 'm' || i, 'track', "
        "list_extract($names, 1 + CAST(i % 5 AS INT)), moment, moment, NULL, NULL, 'u', "
        "NULL, NULL, NULL, NULL, "
        "'{\"total\": ' || (i % 1000) || ', \"product\": \"shoe-' || (i % 5000) || '\"}', NULL, "
        '\'{"ip": "10.0.0.1", "library": {"name": "analytics.js", "version": "next-1.81.0"}}\' '
        "FROM (SELECT i, $now - to_microseconds(CAST("
        "7776000000000 * (1.0 - i / $events) AS BIGINT)) AS moment FROM range($events) t(i))",
        {"events": events, "people": people, "now": at, "names": NAMES},
    )
    connection.execute("UPDATE places SET next_profile_id = $n", {"n": people + 1})
    connection.execute("CHECKPOINT")
    connection.close()


async def measure(folder: Path, *, events: int, people: int, audiences: int, rounds: int) -> None:
    """Print the figures."""
    scene = Scene(folder)
    await scene.open()
    write_history(scene.store(), events=events, people=people, now=scene.clock.moment)
    texts = definitions(audiences)
    started = time.perf_counter()
    scene.define(*(computation(f"a{n}", text) for n, text in enumerate(texts)))
    await scene.catch_up()
    seconds = time.perf_counter() - started
    members = scene.rows("SELECT count(*) FROM memberships WHERE value IS NOT NULL")[0][0]
    print(f"{events} events of {people} people; {members} memberships")
    print(f"first computation: {seconds / audiences:.2f} s for each of {audiences} audiences")
    took = []
    for number in range(rounds):
        scene.clock.moment += dt.timedelta(seconds=1)
        scene.take_in(
            *(
                {
                    "type": "track",
                    "userId": f"u{1 + (number * 500 + n * 13) % people}",
                    "event": NAMES[n % 5],
                    "properties": {"total": n},
                }
                for n in range(500)
            )
        )
        started = time.perf_counter()
        await scene.catch_up()
        took.append(time.perf_counter() - started)
    took.sort()
    print(
        f"a round after 500 events: p50 {statistics.median(took):.2f} s, slowest {took[-1]:.2f} s"
    )
    await scene.close()


def main() -> None:
    """Read the options and measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=500_000)
    options.add_argument("--people", type=int, default=20_000)
    options.add_argument("--audiences", type=int, default=50)
    options.add_argument("--rounds", type=int, default=20)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            measure(
                Path(folder),
                events=given.events,
                people=given.people,
                audiences=given.audiences,
                rounds=given.rounds,
            )
        )


if __name__ == "__main__":
    main()
