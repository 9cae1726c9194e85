"""How long the ledger takes to answer, over ten million events with two outcomes each, on disk."""

from __future__ import annotations

import dataclasses
import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from crossdock.ledger import Overview, Wanted, queries
from crossdock.ledger.entries import Entry, hash_of, moment
from crossdock.ledger.store import Place, Store

EVENTS = 10_000_000
USERS = 200_000
BROWSERS = 300_000
PORTION = 250_000
STARTED_US = 1_767_225_600_000_000
TRACED = 20

_FILL = """
INSERT INTO entries BY NAME
SELECT
  (part > 0)::UTINYINT AS stream, event_sequence AS sequence, event_index AS position,
  $started_us + i * 25920 + part * 5000 AS happened_us,
  ['received', 'mapped', 'delivered'][part + 1] AS step,
  'src_' || owner AS source_id,
  CASE WHEN part > 0 THEN 'dst_' || owner END AS connection_id,
  CASE WHEN part > 0 THEN 'map_' || owner END AS mapping_id,
  (hash(i) % 4294967296)::UINTEGER AS message_hash, 'ajs-next-' || own AS message_id,
  'track' AS event_type, ['Order Completed', 'Product Viewed'][i % 2 + 1] AS event_name,
  CASE WHEN part = 0 THEN 'user-' || (i % $users) END AS user_id,
  CASE WHEN part = 0 THEN md5((i % $browsers)::VARCHAR) END AS anonymous_id,
  event_sequence, event_index,
  CASE WHEN part > 0 THEN delivery || CASE part WHEN 2 THEN '-1' ELSE '' END ELSE '' END
    AS outcome_id,
  (hash(i + 1) % 4294967296)::UINTEGER AS subject_hash,
  CASE WHEN part > 0 THEN delivery ELSE '' END AS subject_id,
  '' AS reason, (part = 2)::UINTEGER AS attempt,
  CASE WHEN part = 2 THEN 200::SMALLINT END AS status,
  CASE WHEN part = 2 THEN 0.01 END AS duration_seconds,
  CASE WHEN part = 1 THEN '{"payload":"an order of ' || own || '"}' END AS more
FROM (
  SELECT
    *, (i // 500 + 1)::UBIGINT AS event_sequence, (i % 500)::UINTEGER AS event_index,
    md5((i % 3)::VARCHAR) AS owner, md5(i::VARCHAR) AS own,
    (i // 500 + 1) || '-' || (i % 500) || '-map_' || md5((i % 3)::VARCHAR) AS delivery
  FROM (SELECT unnest(range($first, $last)) AS i), (SELECT unnest([0, 1, 2]) AS part)
)
"""


_FILL_PEOPLE = """
INSERT INTO people
SELECT DISTINCT unnest([user_hashes[i % $users + 1], browser_hashes[i % $browsers + 1]]),
  i // 500 + 1
FROM (SELECT unnest(range($first, $last)) AS i), hashes
"""


def main() -> None:
    """Print one line for each figure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.duckdb"
        ids = _filled(path)
        store = Store(path, memory_bytes_max=256 * 1024**2)
        print(
            f"events {EVENTS:,}; rows {3 * EVENTS:,}; file {path.stat().st_size / 1024**2:.0f} MiB"
        )
        _measure("trace, all", [_traced(store, one) for one in ids])
        day = Wanted(
            since=moment(STARTED_US + 86_400_000_000), until=moment(STARTED_US + 2 * 86_400_000_000)
        )
        cursor = store.cursor()
        for name, ask in {
            "latest 100": lambda: queries.search(cursor, Wanted()),
            "latest 100 of a user": lambda: queries.search(cursor, Wanted(user_id="user-77")),
            "latest 100 of a user in a day": lambda: queries.search(
                cursor, dataclasses.replace(day, user_id="user-77")
            ),
            "latest 100 of an event name and step": lambda: queries.search(
                cursor, Wanted(event_name="Order Completed", step="delivered")
            ),
            "overview of a day by hour": lambda: queries.overview(
                cursor,
                Overview.SUCCESSFUL_DELIVERY,
                day,
                grain_seconds=3600,
                group_by=["event_name"],
            ),
            "overview of all by day": lambda: queries.overview(
                cursor,
                Overview.SUCCESSFULLY_RECEIVED,
                Wanted(),
                grain_seconds=86_400,
                group_by=["event_name"],
            ),
        }.items():
            _measure(name, [_seconds(ask) for _ in range(5)])
        entries = [_entry(f"new-{n}", n) for n in range(10_000)]
        _measure(
            "append of 10,000 rows",
            [_seconds(lambda: store.add_events(entries, Place(10**6))) for _ in range(10)],
        )
        started = time.perf_counter()
        store.forget(before_us=STARTED_US + 86_400_000_000, bytes_max=1 << 40)
        print(f"forget a tenth: {1000 * (time.perf_counter() - started):.0f} ms")
        store.close()


def _filled(path: Path) -> list[str]:
    store = Store(path, memory_bytes_max=1024**3)
    ids = []
    connection = store.cursor()
    connection.execute(
        "CREATE TEMP TABLE hashes AS SELECT $users AS user_hashes, $browsers AS browser_hashes",
        {
            "users": [hash_of(f"user-{n}") for n in range(USERS)],
            "browsers": [hash_of(_md5(str(n))) for n in range(BROWSERS)],
        },
    )
    people = {"users": USERS, "browsers": BROWSERS}
    for first in range(0, EVENTS, PORTION):
        portion = {"first": first, "last": first + PORTION, **people}
        connection.execute(_FILL, portion | {"started_us": STARTED_US})
        connection.execute(_FILL_PEOPLE, portion)
        connection.execute(
            "INSERT INTO messages SELECT (hash(i) % 4294967296)::UINTEGER, i // 500 + 1 "
            "FROM (SELECT unnest(range($first, $last)) AS i)",
            {"first": first, "last": first + PORTION},
        )
        if first % (EVENTS // TRACED) == 0:
            ids.append(f"ajs-next-{hashlib.sha256(str(first).encode()).hexdigest()[:32]}")
            store.add_events([_entry(ids[-1], first)], Place(first))
    store.close()
    return ids


def _entry(message_id: str, number: int) -> Entry:
    return Entry(
        stream=0,
        sequence=number // 500 + 1,
        position=number % 500,
        happened_us=STARTED_US + number * 25_920,
        step="received",
        source_id="src_1",
        message_id=message_id,
        message_hash=hash_of(message_id),
        event_type="track",
        event_name="Order Completed",
        user_id="ann",
        event_sequence=number // 500 + 1,
        event_index=number % 500,
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _traced(store: Store, message_id: str) -> float:
    def ask() -> None:
        assert len(queries.trace(store.cursor(), message_id)) == 1

    return _seconds(ask)


def _seconds(ask: Callable[[], object]) -> float:
    started = time.perf_counter()
    ask()
    return time.perf_counter() - started


def _measure(name: str, seconds: list[float]) -> None:
    print(
        f"{name}: first {1000 * seconds[0]:.0f} ms, median {1000 * statistics.median(seconds):.0f}"
        f" ms, worst {1000 * max(seconds):.0f} ms"
    )


if __name__ == "__main__":
    main()
