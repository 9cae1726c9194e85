"""Who is to be forgotten or left alone, in a small SQLite file of its own.

It is asked for every event, so all of it is in memory too. A request is durable when it is
answered, and what it asks for holds from that moment on.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from crossdock.base.clock import Clock

_TABLES = """
CREATE TABLE IF NOT EXISTS regulations (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, type TEXT NOT NULL,
  user_id TEXT NOT NULL, created_at TEXT NOT NULL, finished_at TEXT
);
CREATE TABLE IF NOT EXISTS suppressed (user_id TEXT PRIMARY KEY, since TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS forgotten (
  person TEXT PRIMARY KEY, until TEXT NOT NULL, user_id TEXT NOT NULL
);
"""


class RegulationType(enum.StrEnum):
    """What is asked for, in Segment's words."""

    SUPPRESS_WITH_DELETE = "SUPPRESS_WITH_DELETE"
    DELETE_ONLY = "DELETE_ONLY"
    SUPPRESS_ONLY = "SUPPRESS_ONLY"
    UNSUPPRESS = "UNSUPPRESS"


_SUPPRESSING = {RegulationType.SUPPRESS_WITH_DELETE, RegulationType.SUPPRESS_ONLY}
_DELETING = {RegulationType.SUPPRESS_WITH_DELETE, RegulationType.DELETE_ONLY}


class Regulation(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for about one user.

    Attributes:
        number: In the order they were asked.
        id: Shared by all users of one request.
        type: What is asked for.
        user_id: Of whom.
        created_at: Since when it holds.
        finished_at: When everything was deleted; None while it is not.
    """

    number: int
    id: str
    type: RegulationType
    user_id: str
    created_at: dt.datetime
    finished_at: dt.datetime | None


class Register:
    """Who is to be forgotten or left alone. Belongs to the event loop; close it at the end.

    Args:
        path: The file; made if it is missing.
        clock: Says since when.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.executescript(_TABLES)
        self.suppressed: frozenset[str] = frozenset()
        self._forgotten: dict[str, dt.datetime] = {}
        self._load()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def is_forgotten(self, person: str, received_at: dt.datetime) -> bool:
        """Return whether what somebody did is to be forgotten.

        Args:
            person: `u:` and a user id, or `a:` and an anonymous id; as `Event.person`.
            received_at: When it was accepted: what they do afterwards is not forgotten.
        """
        until = self._forgotten.get(person)
        return until is not None and received_at <= until

    def begin(
        self, regulation_id: str, kind: RegulationType, user_ids: Sequence[str]
    ) -> list[Regulation]:
        """Store what is asked for, and return it; what needs no time is finished."""
        now = self._clock.now().isoformat()
        finished_at = None if kind in _DELETING else now
        with self._transaction():
            for user_id in user_ids:
                self._file.execute(
                    "INSERT INTO regulations (id, type, user_id, created_at, finished_at) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (regulation_id, kind.value, user_id, now, finished_at),
                )
                if kind in _SUPPRESSING:
                    self._file.execute(
                        "INSERT OR IGNORE INTO suppressed VALUES (?, ?)", (user_id, now)
                    )
                if kind is RegulationType.UNSUPPRESS:
                    self._file.execute("DELETE FROM suppressed WHERE user_id = ?", (user_id,))
                if kind in _DELETING:
                    self._put_forgotten([f"u:{user_id}"], now, user_id)
        self._load()
        return self.regulations(regulation_id)

    def note_persons(self, regulation: Regulation, persons: Iterable[str]) -> None:
        """Forget what was done under these names too, up to when it was asked for."""
        with self._transaction():
            until = regulation.created_at.isoformat()
            self._put_forgotten(persons, until, regulation.user_id)
        self._load()

    def browsers_of(self, regulation: Regulation) -> list[str]:
        """Return the anonymous ids that were noted for somebody."""
        rows = self._file.execute(
            "SELECT person FROM forgotten WHERE user_id = ? AND person LIKE 'a:%'",
            (regulation.user_id,),
        )
        return [person.removeprefix("a:") for (person,) in rows]

    def finish(self, regulation: Regulation) -> None:
        """Note that everything is deleted."""
        self._file.execute(
            "UPDATE regulations SET finished_at = ? WHERE number = ?",
            (self._clock.now().isoformat(), regulation.number),
        )

    def regulations(self, regulation_id: str | None = None) -> list[Regulation]:
        """Return what was asked for, the newest first; of one request, or the last thousand."""
        rows = self._file.execute(
            "SELECT number, id, type, user_id, created_at, finished_at FROM regulations "
            "WHERE id = coalesce(?, id) ORDER BY number DESC LIMIT 5000",
            (regulation_id,),
        )
        return [_regulation(row) for row in rows]

    def unfinished(self) -> list[Regulation]:
        """Return what is not done yet, the oldest first."""
        rows = self._file.execute(
            "SELECT number, id, type, user_id, created_at, finished_at FROM regulations "
            "WHERE finished_at IS NULL ORDER BY number"
        )
        return [_regulation(row) for row in rows]

    def _put_forgotten(self, persons: Iterable[str], until: str, user_id: str) -> None:
        self._file.executemany(
            "INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?)",
            [(person, until, user_id) for person in persons],
        )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")

    def _load(self) -> None:
        self.suppressed = frozenset(
            row[0] for row in self._file.execute("SELECT user_id FROM suppressed")
        )
        self._forgotten = {
            person: dt.datetime.fromisoformat(until)
            for person, until in self._file.execute("SELECT person, until FROM forgotten")
        }


def _regulation(row: Sequence[object]) -> Regulation:
    return msgspec.convert(dict(zip(Regulation.__struct_fields__, row, strict=True)), Regulation)
