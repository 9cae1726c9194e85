"""Keeps what the sandbox vendors know in one SQLite file, bounded, across restarts.

The vendors are small: each kind of thing is a shelf of JSON records, and the shelf has a size. When
it is full, what was touched longest ago is forgotten.
"""

from __future__ import annotations

import dataclasses
import importlib.resources
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

Record = TypeVar("Record", bound=msgspec.Struct)


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf(Generic[Record]):
    """Where records of one kind are kept.

    Attributes:
        name: Stable; it is in the file.
        kind: What a record is.
        records_max: How many each workspace keeps.
    """

    name: str
    kind: type[Record]
    records_max: int


def _named_queries() -> dict[str, str]:
    text = importlib.resources.files(__package__).joinpath("store.sql").read_text("utf-8")
    queries: dict[str, str] = {}
    for part in text.split("-- ")[1:]:
        heading, _, sql = part.partition("\n")
        queries[heading.partition(":")[0]] = sql.strip()
    return queries


class Store:
    """The shelves in one SQLite file.

    Every call is made from the event loop's thread. A vendor's whole event, with its person, takes
    about a millisecond on full shelves, and five at most but for one in a hundred: too little for a
    worker thread, as a production server has no stand-ins unless it is told to. The file
    survives a crash of the process; the last seconds before a power cut may be missing, which is
    fair for a stand-in.

    Args:
        path: The file; made if it is missing, with its folder.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._queries = _named_queries()
        # The event loop may run in another thread than the one that built the app, but it is one.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(self._queries["create"])
        self._encoder = msgspec.json.Encoder()

    def close(self) -> None:
        """Close the file. The store is of no use afterwards."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything written inside, or, if it raises, nothing. They nest as one."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def put(
        self, shelf: Shelf[Record], record: Record, *, workspace_id: str, record_id: str
    ) -> None:
        """Write a record over the one with the same id, and forget what no longer fits."""
        with self.transaction():
            self._connection.execute(
                self._queries["put"],
                (shelf.name, workspace_id, record_id, self._encoder.encode(record)),
            )
            self._connection.execute(
                self._queries["trim"],
                {
                    "shelf": shelf.name,
                    "workspace_id": workspace_id,
                    "records_max": shelf.records_max,
                },
            )

    def find(self, shelf: Shelf[Record], *, workspace_id: str, record_id: str) -> Record | None:
        """Return one record, or None."""
        row = self._connection.execute(
            self._queries["find"], (shelf.name, workspace_id, record_id)
        ).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=shelf.kind)

    def latest(
        self, shelf: Shelf[Record], *, workspace_id: str, limit: int | None = None
    ) -> list[Record]:
        """Return the records that were touched last, oldest of them first.

        Args:
            shelf: Which kind.
            workspace_id: Whose.
            limit: How many at most; None means all that are kept.
        """
        rows = self._connection.execute(
            self._queries["latest"],
            (shelf.name, workspace_id, shelf.records_max if limit is None else limit),
        ).fetchall()
        return [msgspec.json.decode(row[0], type=shelf.kind) for row in reversed(rows)]

    def remove(self, shelf: Shelf[Record], *, workspace_id: str, record_id: str) -> None:
        """Forget one record, if it is there."""
        self._connection.execute(self._queries["remove"], (shelf.name, workspace_id, record_id))

    def clear(self, shelf: Shelf[Record], *, workspace_id: str) -> None:
        """Forget every record of the shelf."""
        self._connection.execute(self._queries["clear"], (shelf.name, workspace_id))
