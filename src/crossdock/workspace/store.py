"""Keeps the workspace in a database: SQLite in the data directory, or any that SQLAlchemy knows.

Synchronous: call it in a thread. All changes run one after the other, also those of other
processes, each on the newest version, in a transaction that writes rows, audit events and version
together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec
from sqlalchemy import Connection as Database
from sqlalchemy import Engine, create_engine, delete, event, func, insert, select, update
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from crossdock.base import json
from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.base.json import JsonObject
from crossdock.workspace import secret_box, tables
from crossdock.workspace.differences import Change, differences
from crossdock.workspace.errors import DatabaseProblem, KeyProblem
from crossdock.workspace.migrate import migrate
from crossdock.workspace.model import Connection, Filter, Mapping, Source, Workspace
from crossdock.workspace.rows import read_rows, write_rows
from crossdock.workspace.rules import Rules
from crossdock.workspace.secret_box import SecretBox

Decide = Callable[[Workspace], Workspace]
"""Returns the next workspace; may raise, and then nothing is changed."""

# Longer than any change takes; after it SQLite gives up waiting for another process.
BUSY_MILLISECONDS_MAX = 5_000
# Years of work by people; a script that runs wild does not fill the disk.
AUDIT_EVENTS_MAX = 100_000

_IS_WRITER = "crossdock_is_writer"


class Identity(msgspec.Struct, frozen=True):
    """What the workspace is called."""

    id: str
    slug: str
    name: str


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Who changed what, and when.

    Attributes:
        id: Counts up.
        version: The workspace's version that it made.
        by: Who: `admin`, `cli`, `first start`.
        change: What, without secrets.
    """

    id: int
    version: int
    at: dt.datetime
    by: str
    change: Change


class Store:
    """The workspace in its database. Make one with `Store.open`."""

    def __init__(
        self, engine: Engine, box: SecretBox, identity: Identity, *, rules: Rules, clock: Clock
    ) -> None:
        self._engine = engine
        self._box = box
        self._clock = clock
        self._rules = rules
        self._loaded: Workspace | None = None
        self._on_change: list[Callable[[Workspace], object]] = []
        self.identity = identity

    @classmethod
    def open(
        cls,
        url: str,
        *,
        rules: Rules,
        clock: Clock,
        ids: Ids,
        key: Path | str,
    ) -> Self:
        """Open the database, and make or update its tables.

        Args:
            url: SQLAlchemy URL; `sqlite_url()` makes that of a file.
            rules: What every change is held to.
            clock: For audit events and filters.
            ids: For the id of a new workspace.
            key: The file with the key of the secrets, which is made for a new workspace; or the
                key itself.

        Raises:
            DatabaseProblem: The database cannot be reached or used.
            KeyProblem: The key is missing, or is another one than the secrets were written with.
        """
        engine = _engine(url)
        try:
            with _told_apart(), _writing(engine) as database:
                migrate(database)
                box, identity = _unlock(database, ids=ids, key=key)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, box, identity, rules=rules, clock=clock)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def on_change(self, callback: Callable[[Workspace], object]) -> Callable[[], None]:
        """Call back after each change that this store makes, in the thread that made it.

        Returns:
            Ends it.
        """
        self._on_change.append(callback)
        return lambda: self._on_change.remove(callback)

    def version(self) -> int:
        """Return the version; cheap enough to be asked several times a second."""
        with _told_apart(), self._engine.connect() as database:
            return _version(database)

    def load(self) -> Workspace:
        """Return the newest version, from memory if it is that one.

        Raises:
            KeyProblem: The settings were sealed with another key.
        """
        loaded = self._loaded
        with _told_apart(), self._engine.connect() as database:
            version = _version(database)
            if loaded is None or loaded.version != version:
                self._loaded = loaded = read_rows(database, version=version, box=self._box)
        return loaded

    def change(self, decide: Decide, *, by: str) -> Workspace:
        """Make a change, and return the workspace as it is then.

        Args:
            decide: Is given the newest version, and returns the next one.
            by: Who asked for it.

        Raises:
            Refused: A rule is broken.
            RefusedTogether: Several are.
            WorkspaceError: Whatever `decide` raises; nothing is changed.
        """
        with _told_apart(), _writing(self._engine) as database:
            before = read_rows(database, version=_version(database), box=self._box)
            after = decide(before)
            self._rules.check(before, after)
            changes = differences(before, after, self._rules.find_destination)
            if not changes:
                return before
            now = self._clock.now()
            after = _stamped(after, changes, version=before.version + 1, now=now)
            write_rows(database, before, after, box=self._box)
            _write_audit_events(database, changes, version=after.version, by=by, now=now)
            database.execute(update(tables.workspace).values(version=after.version))
        self._loaded = after
        for callback in tuple(self._on_change):
            callback(after)
        return after

    def differences(self, before: Workspace, after: Workspace) -> list[Change]:
        """Return what differs, without secrets."""
        return differences(before, after, self._rules.find_destination)

    def check(self, before: Workspace, after: Workspace) -> None:
        """Refuse what `change` would refuse.

        Raises:
            Refused: A rule is broken.
            RefusedTogether: Several are.
        """
        self._rules.check(before, after)

    def audit_events(self, *, limit: int, before_id: int | None = None) -> list[AuditEvent]:
        """Return the newest audit events, newest first.

        Args:
            limit: At most this many.
            before_id: Only those older than this one.
        """
        table = tables.audit_events
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(table.c.id < before_id)
        with _told_apart(), self._engine.connect() as database:
            return [
                AuditEvent(
                    id=row.id,
                    version=row.version,
                    at=row.at.replace(tzinfo=dt.UTC),
                    by=row.by,
                    change=Change(
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

    def audit_event_count(self) -> int:
        """Return how many audit events there are."""
        with _told_apart(), self._engine.connect() as database:
            count: int = database.execute(
                select(func.count()).select_from(tables.audit_events)
            ).scalar_one()
        return count


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path}"


def _engine(url: str) -> Engine:
    try:
        engine = create_engine(url)
    except (SQLAlchemyError, ImportError, NoSuchModuleError) as error:
        # The URL may hold a password: only the kind of error is told.
        raise DatabaseProblem(
            f"The URL of the workspace's database cannot be used ({type(error).__name__}).",
            do="Give a SQLAlchemy URL, such as sqlite:////var/lib/crossdock/workspace.db, and "
            "install the driver it names.",
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(database: object, _entry: ConnectionPoolEntry) -> None:
    # Python's own handling of transactions begins them late; `_begin_sqlite` does it at once.
    database.isolation_level = None  # type: ignore[attr-defined]  # SQLAlchemy types it as object.
    cursor = database.cursor()  # type: ignore[attr-defined]  # As above.
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS_MAX}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(database: Database) -> None:
    # A writer takes its turn before it reads: else two could read the same version, and the second
    # would fail instead of waiting.
    is_writer = database.get_execution_options().get(_IS_WRITER, False)
    database.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


@contextmanager
def _writing(engine: Engine) -> Iterator[Database]:
    with engine.connect().execution_options(**{_IS_WRITER: True}) as database, database.begin():
        yield database


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turn what the driver raises into an error for people, without the statement's values."""
    try:
        yield
    except SQLAlchemyError as error:
        why = error.orig if isinstance(error, DBAPIError) else type(error).__name__
        raise DatabaseProblem(
            f"The workspace's database cannot be used: {why}.",
            do="Check that it can be reached, that its disk is not full, and that the user that "
            "runs the server may write to it.",
        ) from error


def _version(database: Database) -> int:
    # On a server, locking the row makes changes wait for each other; SQLite has no such clause.
    query = select(tables.workspace.c.version)
    if database.get_execution_options().get(_IS_WRITER, False):
        query = query.with_for_update()
    version: int = database.execute(query).scalar_one()
    return version


def _unlock(database: Database, *, ids: Ids, key: Path | str) -> tuple[SecretBox, Identity]:
    row = database.execute(select(tables.workspace)).one_or_none()
    found = secret_box.find_key(key) if isinstance(key, Path) else key
    if row is None:
        box = SecretBox(found or secret_box.create_key(Path(key)))
        identity = Identity(id=ids.new("ws"), slug="workspace", name="Workspace")
        database.execute(
            insert(tables.workspace).values(
                id=identity.id,
                slug=identity.slug,
                name=identity.name,
                version=0,
                key_check=box.seal({"id": identity.id}),
            )
        )
        return box, identity
    if found is None:
        raise KeyProblem(
            f'The workspace has secrets, and the file with their key, "{key}", is missing.',
            do="Restore the key file from a backup. Without it, delete the database and set up "
            "the workspace again.",
        )
    box = SecretBox(found)
    box.unseal(row.key_check)
    return box, Identity(id=row.id, slug=row.slug, name=row.name)


def _stamped(
    workspace: Workspace, changes: list[Change], *, version: int, now: dt.datetime
) -> Workspace:
    """Return the workspace with the version, and with it on everything that changed."""
    changed = {change.id for change in changes if change.change != "reordered"}
    created = {change.id for change in changes if change.change == "created"}

    def source(one: Source) -> Source:
        return msgspec.structs.replace(one, version=version) if one.id in changed else one

    def mapping(one: Mapping) -> Mapping:
        return msgspec.structs.replace(one, version=version) if one.id in changed else one

    def filter_(one: Filter) -> Filter:
        if one.id not in changed:
            return one
        created_at = now if one.id in created else one.created_at
        return msgspec.structs.replace(one, version=version, created_at=created_at, updated_at=now)

    def connection(one: Connection) -> Connection:
        return msgspec.structs.replace(
            one,
            version=version if one.id in changed else one.version,
            mappings=tuple(map(mapping, one.mappings)),
            filters=tuple(map(filter_, one.filters)),
        )

    return Workspace(
        version=version,
        sources=tuple(map(source, workspace.sources)),
        connections=tuple(map(connection, workspace.connections)),
    )


def _write_audit_events(
    database: Database, changes: list[Change], *, version: int, by: str, now: dt.datetime
) -> None:
    table = tables.audit_events
    database.execute(
        insert(table),
        [
            {
                "version": version,
                "at": now.astimezone(dt.UTC).replace(tzinfo=None),
                "by": by,
                "kind": change.kind,
                "change": change.change,
                "object_id": change.id,
                "object_path": change.path,
                "before": _encoded(change.before),
                "after": _encoded(change.after),
            }
            for change in changes
        ],
    )
    newest = database.execute(select(func.max(table.c.id))).scalar_one()
    database.execute(delete(table).where(table.c.id <= newest - AUDIT_EVENTS_MAX))


def _encoded(value: JsonObject | None) -> str | None:
    return None if value is None else json.encode(value).decode()


def _decoded(text: str | None) -> JsonObject | None:
    if text is None:
        return None
    value: JsonObject = json.decode(text)
    return value
