"""Begins transactions in the workspace's database, and says in words what the driver raises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection as Database
from sqlalchemy import Dialect, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from crossdock.workspace.errors import DatabaseProblem

# Longer than any change takes; after it the database gives up waiting for another process.
BUSY_MILLISECONDS_MAX = 5_000
_CONNECT_SECONDS_MAX = 5
# Any number, as long as it stays the same: those who write to a workspace take turns by it.
_POSTGRESQL_TURN = 7_226_339_001

_IS_WRITER = "crossdock_is_writer"


class Transactions:
    """Begins transactions in one database. Synchronous: use it in a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def of(cls, url: str) -> Self:
        """Return those of the database at the SQLAlchemy URL.

        Raises:
            DatabaseProblem: The URL cannot be used.
        """
        return cls(_engine(url))

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """Begin a transaction that only reads.

        Raises:
            DatabaseProblem: The database cannot be used.
        """
        with _told_apart(), self._engine.connect() as database:
            yield database

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """Begin a transaction that takes its turn among all that write, and commit it at the end.

        Raises:
            DatabaseProblem: The database cannot be used.
        """
        with (
            _told_apart(),
            self._engine.connect().execution_options(**{_IS_WRITER: True}) as database,
            database.begin(),
        ):
            yield database

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def is_writer(database: Database) -> bool:
    """Return whether the transaction is one that writes."""
    return bool(database.get_execution_options().get(_IS_WRITER, False))


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path}"


def _engine(url: str) -> Engine:
    try:
        # One that was restarted is asked again, and nobody notices.
        engine = create_engine(url, pool_pre_ping=True)
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
    if engine.dialect.name == "postgresql":
        event.listen(engine, "do_connect", _be_impatient)
        event.listen(engine, "begin", _begin_postgresql)
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
    database.exec_driver_sql("BEGIN IMMEDIATE" if is_writer(database) else "BEGIN")


def _be_impatient(
    dialect: Dialect, _entry: object, arguments: Sequence[object], options: dict[str, object]
) -> None:
    """Give up connecting to a host that does not answer: by itself it would take minutes."""
    is_named = any("connect_timeout" in str(argument) for argument in arguments)
    # Other drivers have other words for it.
    if dialect.driver in {"psycopg", "psycopg2"} and not is_named:
        options.setdefault("connect_timeout", _CONNECT_SECONDS_MAX)


def _begin_postgresql(database: Database) -> None:
    # As with SQLite: whoever makes the tables at a first start must be alone, and there is no row
    # yet that could be locked.
    if is_writer(database):
        database.exec_driver_sql(f"SET LOCAL lock_timeout = {BUSY_MILLISECONDS_MAX}")
        database.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_POSTGRESQL_TURN})")


@contextmanager
def _told_apart() -> Iterator[None]:
    """Turn what the driver raises into an error for people, without the statement's values."""
    try:
        yield
    except SQLAlchemyError as error:
        said = str(error.orig if isinstance(error, DBAPIError) else type(error).__name__)
        # What follows the first line is a driver's guess.
        why = said.strip().partition("\n")[0].rstrip(".")
        raise DatabaseProblem(
            f"The workspace's database cannot be used: {why}.",
            do="Check that it can be reached, that its disk is not full, and that the user that "
            "runs the server, or that the URL names, may write to it.",
        ) from error
