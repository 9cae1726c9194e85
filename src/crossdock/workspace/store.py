"""Keeps the workspace in a database: SQLite in the data directory, or any that SQLAlchemy knows.

Synchronous: call it in a thread. All changes run one after the other, also those of other
processes, each on the newest version, in a transaction that writes rows, audit events and version
together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Self

import msgspec
from sqlalchemy import Connection as Database
from sqlalchemy import insert, select, update

from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.workspace import secret_box, tables
from crossdock.workspace.audit import AuditLog
from crossdock.workspace.differences import Change, differences
from crossdock.workspace.errors import KeyProblem
from crossdock.workspace.migrate import migrate
from crossdock.workspace.model import (
    Computation,
    Connection,
    Filter,
    Mapping,
    Source,
    Workspace,
)
from crossdock.workspace.rows import read_rows, write_rows
from crossdock.workspace.rules import Rules
from crossdock.workspace.secret_box import SecretBox
from crossdock.workspace.transactions import Transactions, is_writer

Decide = Callable[[Workspace], Workspace]
"""Returns the next workspace; may raise, and then nothing is changed."""


class Identity(msgspec.Struct, frozen=True):
    """What the workspace is called."""

    id: str
    slug: str
    name: str


class Store:
    """The workspace in its database. Make one with `Store.open`.

    Attributes:
        identity: What the workspace is called.
        transactions: In its database, for what else is kept there.
        audit: Who did what.
    """

    def __init__(
        self,
        transactions: Transactions,
        box: SecretBox,
        identity: Identity,
        *,
        rules: Rules,
        clock: Clock,
    ) -> None:
        self._box = box
        self._clock = clock
        self._rules = rules
        self._loaded: Workspace | None = None
        self._on_change: list[Callable[[Workspace], object]] = []
        self.identity = identity
        self.transactions = transactions
        self.audit = AuditLog(transactions, clock=clock)

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
        transactions = Transactions.of(url)
        try:
            with transactions.writing() as database:
                migrate(database)
                box, identity = _unlock(database, ids=ids, key=key)
        except BaseException:
            transactions.close()
            raise
        return cls(transactions, box, identity, rules=rules, clock=clock)

    def close(self) -> None:
        """Let go of the database."""
        self.transactions.close()

    def on_change(self, callback: Callable[[Workspace], object]) -> Callable[[], None]:
        """Call back after each change that this store makes, in the thread that made it.

        Returns:
            Ends it.
        """
        self._on_change.append(callback)
        return lambda: self._on_change.remove(callback)

    def version(self) -> int:
        """Return the version; cheap enough to be asked several times a second."""
        with self.transactions.reading() as database:
            return _version(database)

    def load(self) -> Workspace:
        """Return the newest version, from memory if it is that one.

        Raises:
            KeyProblem: The settings were sealed with another key.
        """
        loaded = self._loaded
        with self.transactions.reading() as database:
            version = _version(database)
            if loaded is None or loaded.version != version:
                self._loaded = loaded = read_rows(database, version=version, box=self._box)
        return loaded

    def change(self, decide: Decide, *, by: str, by_id: str = "") -> Workspace:
        """Make a change, and return the workspace as it is then.

        Args:
            decide: Is given the newest version, and returns the next one.
            by: Who asked for it, for people.
            by_id: The id of the person or token, if it was one.

        Raises:
            Refused: A rule is broken.
            RefusedTogether: Several are.
            WorkspaceError: Whatever `decide` raises; nothing is changed.
        """
        with self.transactions.writing() as database:
            before = read_rows(database, version=_version(database), box=self._box)
            after = decide(before)
            self._rules.check(before, after)
            changes = differences(before, after, self._rules.find_destination)
            if not changes:
                return before
            now = self._clock.now()
            after = _stamped(after, changes, version=before.version + 1, now=now)
            write_rows(database, before, after, box=self._box)
            self.audit.append(database, changes, version=after.version, by=by, by_id=by_id)
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


def _version(database: Database) -> int:
    # On a server, locking the row makes changes wait for each other; SQLite has no such clause.
    query = select(tables.workspace.c.version)
    if is_writer(database):
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

    def computation(one: Computation) -> Computation:
        if one.id not in changed:
            return one
        created_at = now if one.id in created else one.created_at
        return msgspec.structs.replace(one, version=version, created_at=created_at, updated_at=now)

    return Workspace(
        version=version,
        sources=tuple(map(source, workspace.sources)),
        connections=tuple(map(connection, workspace.connections)),
        computations=tuple(map(computation, workspace.computations)),
        retired_keys=workspace.retired_keys,
    )
