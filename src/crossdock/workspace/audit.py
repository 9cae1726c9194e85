"""Who did what, and when: changes of the workspace, and whatever else somebody may ask about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, or_, select
from sqlalchemy import Connection as Database

from crossdock.base import json
from crossdock.base.clock import Clock
from crossdock.base.json import JsonObject
from crossdock.workspace import tables
from crossdock.workspace.differences import Change
from crossdock.workspace.transactions import Transactions

# Years of work by people; a script that runs wild does not fill the disk.
AUDIT_EVENTS_MAX = 100_000
# Counted apart: whoever tries passwords all day does not push out what was changed.
SESSION_EVENTS_MAX = 10_000
SESSION_KIND = "session"
_NAME_CHARACTERS_MAX = 100


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did.

    Attributes:
        kind: To what: `source`, `mapping`, `person`, `session`.
        change: In the past: `created`, `paused`, `signed in`.
        id: Of what it was done to; may be empty.
        path: For people: `demo/actions-ripe/Track event`, `ada@example.com`.
        before: What it was, without secrets.
        after: What it is now, likewise.
    """

    kind: str
    change: str
    id: str = ""
    path: str = ""
    before: JsonObject | None = None
    after: JsonObject | None = None


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, and when.

    Attributes:
        id: Counts up.
        version: The workspace's version that it made, or at which it happened.
        by: Who, for people: `Ada`, `admin token`, `crossdock apply`, `first start`.
        by_id: The id of the person or token; empty for everything else.
        change: What.
    """

    id: int
    version: int
    at: dt.datetime
    by: str
    by_id: str = ""
    change: Deed


class AuditLog:
    """What was done, newest first. Synchronous: use it in a thread.

    Args:
        transactions: In the database.
        clock: For when it was done.
        events_max: So many are kept, without sign-ins.
        session_events_max: So many sign-ins are kept.
    """

    def __init__(
        self,
        transactions: Transactions,
        *,
        clock: Clock,
        events_max: int = AUDIT_EVENTS_MAX,
        session_events_max: int = SESSION_EVENTS_MAX,
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._events_max = events_max
        self._session_events_max = session_events_max

    def write(self, deed: Deed, *, by: str, by_id: str = "") -> None:
        """Keep what was done."""
        with self._transactions.writing() as database:
            version = database.execute(select(tables.workspace.c.version)).scalar_one()
            self.append(database, [deed], version=version, by=by, by_id=by_id)

    def append(
        self,
        database: Database,
        deeds: Sequence[Deed] | Sequence[Change],
        *,
        version: int,
        by: str,
        by_id: str,
    ) -> None:
        """Keep what was done, in the transaction that does it, and forget what is too old."""
        now = self._clock.now().astimezone(dt.UTC).replace(tzinfo=None)
        database.execute(
            insert(tables.audit_events),
            [
                {
                    "version": version,
                    "at": now,
                    "by": by[:_NAME_CHARACTERS_MAX],
                    "by_id": by_id,
                    "kind": deed.kind,
                    "change": deed.change,
                    "object_id": deed.id,
                    "object_path": deed.path,
                    "before": _encoded(deed.before),
                    "after": _encoded(deed.after),
                }
                for deed in deeds
            ],
        )
        kind = tables.audit_events.c.kind
        if any(deed.kind == SESSION_KIND for deed in deeds):
            _keep_newest(database, kind == SESSION_KIND, self._session_events_max)
        else:
            _keep_newest(database, kind != SESSION_KIND, self._events_max)

    def events(
        self,
        *,
        limit: int,
        before_id: int | None = None,
        kind: str | None = None,
        object_id: str | None = None,
        who: str | None = None,
    ) -> list[AuditEvent]:
        """Return the newest, newest first.

        Args:
            limit: At most this many.
            before_id: Only those older than this one.
            kind: Only those about this.
            object_id: Only those about the one with this id.
            who: Only those of the person or token with this id, or of whoever is called so.
        """
        table = tables.audit_events
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        query = query.where(*_conditions(kind=kind, object_id=object_id, who=who))
        if before_id is not None:
            query = query.where(table.c.id < before_id)
        with self._transactions.reading() as database:
            return [
                AuditEvent(
                    id=row.id,
                    version=row.version,
                    at=row.at.replace(tzinfo=dt.UTC),
                    by=row.by,
                    by_id=row.by_id,
                    change=Deed(
                        kind=row.kind,
                        change=row.change,
                        id=row.object_id,
                        path=row.object_path,
                        before=_decoded(row.before),
                        after=_decoded(row.after),
                    ),
                )
                for row in database.execute(query)
            ]

    def count(
        self, *, kind: str | None = None, object_id: str | None = None, who: str | None = None
    ) -> int:
        """Return how many there are."""
        query = select(func.count()).select_from(tables.audit_events)
        query = query.where(*_conditions(kind=kind, object_id=object_id, who=who))
        with self._transactions.reading() as database:
            count: int = database.execute(query).scalar_one()
        return count


def _keep_newest(database: Database, ours: ColumnElement[bool], count_max: int) -> None:
    table = tables.audit_events
    newest = select(table.c.id).where(ours).order_by(table.c.id.desc())
    oldest_kept = database.execute(newest.offset(count_max - 1).limit(1)).scalar_one_or_none()
    if oldest_kept is not None:
        database.execute(delete(table).where(ours, table.c.id < oldest_kept))


def _conditions(
    *, kind: str | None, object_id: str | None, who: str | None
) -> list[ColumnElement[bool]]:
    table = tables.audit_events
    conditions: list[ColumnElement[bool]] = []
    if kind is not None:
        conditions.append(table.c.kind == kind)
    if object_id is not None:
        conditions.append(table.c.object_id == object_id)
    if who is not None:
        conditions.append(or_(table.c.by_id == who, table.c.by == who))
    return conditions


def _encoded(value: JsonObject | None) -> str | None:
    return None if value is None else json.encode(value).decode()


def _decoded(text: str | None) -> JsonObject | None:
    if text is None:
        return None
    value: JsonObject = json.decode(text)
    return value
