"""One DuckDB file that follows the journal: what the ledger and the history have in common.

A DuckDB file belongs to one process, and DuckDB blocks: what writes runs in one thread of its own,
what reads in another. A database that met a full disk has to be opened again, and one that is
broken is set aside.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.resources
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import duckdb

from crossdock.base.clock import Clock
from crossdock.base.errors import CrossdockError

Answer = TypeVar("Answer")

_RETRY_SECONDS_MIN = 1.0
_RETRY_SECONDS_MAX = 30.0
# What was written last, and then the whole file.
_SET_ASIDE_MAX = 2
# A question that has not begun cannot be interrupted yet.
_INTERRUPT_SECONDS = 0.1
# A few thousand events: more would hold the interpreter for too long at a time.
PORTION_BYTES_MAX = 1024**2
# So much at once is a rush: deliveries need the interpreter more, for as long as what is written
# is no older than this. Then whoever writes goes on as ever, or would never catch up.
RUSH_BYTES_MIN = 2 * 1024**2
RUSH_AGE_SECONDS_MAX = 5.0
_RUSH_REST = 3.0
_RUSH_REST_SECONDS_MAX = 2.0


class Closable(Protocol):
    """What stands on a file."""

    def close(self) -> None:
        """Write everything into the file, and let go of it."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the same file, for another thread."""


class Sized(Protocol):
    """A message that says how much there is to decode."""

    @property
    def size_bytes(self) -> int:
        """How much."""


StoreT = TypeVar("StoreT", bound=Closable)
SizedT = TypeVar("SizedT", bound=Sized)


class DuckReport(Protocol):
    """Who is told what happens to a file; each part's `report` module."""

    def writing_failed(self, error: Exception, *, wait_seconds: float) -> None:
        """The file cannot be written; it is tried again."""

    def file_set_aside(self, path: str, error: Exception) -> None:
        """The file was broken; a new one was begun."""


class Turns:
    """A lock that whoever waits longest gets next.

    A plain one goes to whoever is quickest: a thread that takes it again at once can keep others
    waiting for seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def __enter__(self) -> None:
        """Wait for one's turn."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(self, *_error: object) -> None:
        """Let the next have theirs."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


class DuckFile(Generic[StoreT]):
    """A store on a file, its two threads, and the loops that write to it.

    Args:
        path: The file.
        make: Opens the store.
        clock: Waits.
        report: Who is told.
        unavailable: Makes the error for who asks while the file is not open.
        busy: Makes the error for who asks what takes longer than the seconds given.
        name: Of the threads.
    """

    def __init__(  # noqa: PLR0913 - what differs between the files, each by name.
        self,
        path: Path,
        *,
        make: Callable[[], StoreT],
        clock: Clock,
        report: DuckReport,
        unavailable: Callable[[], CrossdockError],
        busy: Callable[[float], CrossdockError],
        name: str,
    ) -> None:
        self._path = path
        self._make = make
        self._clock = clock
        self._report = report
        self._unavailable = unavailable
        self._busy = busy
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-writes")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-answers")
        self._store: StoreT | None = None
        self._cursors_by_question: dict[asyncio.Future[Any], duckdb.DuckDBPyConnection] = {}
        self._has_failed = False

    @property
    def has_failed(self) -> bool:
        """Whether the last that was to be written could not be."""
        return self._has_failed

    def has_written(self) -> None:
        """Note that what follows the journal could write."""
        self._has_failed = False

    @property
    def store(self) -> StoreT:
        """The store.

        Raises:
            CrossdockError: It is not open; what `unavailable` makes.
        """
        if self._store is None:
            raise self._unavailable()
        return self._store

    async def open(self) -> None:
        """Open the file. One that cannot be read is set aside, and a new one begun.

        Raises:
            duckdb.Error: The file cannot be opened, nor another in its place.
        """
        await self.write(self._open)

    async def close(self) -> None:
        """Write everything into the file, and end the threads."""
        await self._let_go()
        self._writer.shutdown()
        self._reader.shutdown()

    async def write(self, work: Callable[[], Answer]) -> Answer:
        """Return what the work returns, done in the thread that writes."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def ask(
        self,
        question: Callable[[duckdb.DuckDBPyConnection], Answer],
        *,
        seconds_max: float,
        executor: ThreadPoolExecutor | None = None,
    ) -> Answer:
        """Return the answer, found in the thread that reads, or in that of `executor`.

        Raises:
            CrossdockError: It is not open, or the question takes longer than `seconds_max`.
        """
        try:
            cursor = self.store.cursor()
            asked = asyncio.get_running_loop().run_in_executor(
                executor or self._reader, _asked, question, cursor
            )
            self._cursors_by_question[asked] = cursor
            asked.add_done_callback(self._forget_question)
            try:
                await asyncio.wait([asked], timeout=seconds_max)
            finally:
                # Too late, or nobody waits for the answer any more: others need the thread.
                if not asked.done():
                    _interrupt(cursor)
            return await asked
        except duckdb.InterruptException as error:
            raise self._busy(seconds_max) from error
        except duckdb.ConnectionException as error:
            raise self._unavailable() from error

    def _forget_question(self, asked: asyncio.Future[Any]) -> None:
        del self._cursors_by_question[asked]
        if not asked.cancelled():
            # Whoever asked may have gone away: then nobody else takes its error.
            asked.exception()

    async def _let_go(self) -> None:
        """Close the file. DuckDB refuses that while a question is being answered."""
        while self._cursors_by_question:
            for cursor in self._cursors_by_question.values():
                _interrupt(cursor)
            await asyncio.wait([*self._cursors_by_question], timeout=_INTERRUPT_SECONDS)
        await self.write(self._close)

    async def keep_running(self, *loops: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run the loops until cancelled; where the file fails them, open it anew and go on."""
        wait_seconds = _RETRY_SECONDS_MIN
        while True:
            started_at = self._clock.monotonic_seconds()
            try:
                if self._store is None:
                    await self.open()
                async with asyncio.TaskGroup() as group:
                    for loop in loops:
                        group.create_task(loop())
            except (ExceptionGroup, duckdb.Error, OSError) as error:
                # A full disk, mostly. A database that met one has to be opened again.
                if self._clock.monotonic_seconds() - started_at > _RETRY_SECONDS_MAX:
                    wait_seconds = _RETRY_SECONDS_MIN
                self._has_failed = True
                self._report.writing_failed(_first_of(error), wait_seconds=wait_seconds)
                with contextlib.suppress(duckdb.Error, OSError):
                    await self._let_go()
                    # It can be asked meanwhile, if it can be opened.
                    await self.open()
                await self._clock.sleep(wait_seconds)
                wait_seconds = min(wait_seconds * 2, _RETRY_SECONDS_MAX)

    def _open(self) -> None:
        for _ in range(_SET_ASIDE_MAX):
            try:
                self._store = self._make()
            except duckdb.Error as error:
                # Not a full disk, and not another process that has it: what is in it is broken.
                if not _is_broken(error):
                    raise
                self._set_aside(error)
            else:
                return
        self._store = self._make()

    def _set_aside(self, error: duckdb.Error) -> None:
        """Rename what is broken: what was written last, if it is only that, or all of it.

        What was written last lies in a file of its own, whose end a power failure can spoil. The
        other file is whole without it, and says how far it is.
        """
        aside = self._path.with_suffix(f".broken-{self._clock.now():%Y%m%dT%H%M%S}")
        last, last_aside = (one.with_name(f"{one.name}.wal") for one in (self._path, aside))
        if last.exists():
            last.rename(last_aside)
        if "WAL file" in str(error):
            aside = last_aside
        else:
            self._path.rename(aside)
        self._report.file_set_aside(str(aside), error)

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()


def connect(path: Path, *, memory_bytes_max: int, **more: object) -> duckdb.DuckDBPyConnection:
    """Return a connection to the file, made if it is missing.

    Args:
        path: The file.
        memory_bytes_max: What DuckDB may use; beyond that it spills into a folder beside the file.
        more: Other settings of DuckDB.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    config: dict[str, object] = {
        "memory_limit": f"{memory_bytes_max // 1024**2}MiB",
        # One for the thread that asks, and no other: the pipeline needs the second core.
        "threads": 1,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        **more,
    }
    # The type that DuckDB declares is narrower than what it takes.
    return duckdb.connect(path, config=config)  # type: ignore[arg-type]


def _interrupt(cursor: duckdb.DuckDBPyConnection) -> None:
    # Its question may have ended, and closed it, this very moment.
    with contextlib.suppress(duckdb.Error):
        cursor.interrupt()


def _asked(
    question: Callable[[duckdb.DuckDBPyConnection], Answer], cursor: duckdb.DuckDBPyConnection
) -> Answer:
    with contextlib.closing(cursor):
        return question(cursor)


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what the block does, or nothing of it."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.rollback()
        raise


def statements(package: str, file: str) -> dict[str, str]:
    """Return the statements of a file by name; each begins with `-- name: what it is for`."""
    text = importlib.resources.files(package).joinpath(file).read_text("utf-8")
    by_name: dict[str, str] = {}
    for part in text.split("-- ")[1:]:
        heading, _, sql = part.partition("\n")
        by_name[heading.partition(":")[0]] = sql.strip()
    return by_name


def portions(
    messages: Sequence[SizedT], *, bytes_max: int = PORTION_BYTES_MAX
) -> Iterator[list[SizedT]]:
    """Yield the messages in order, as many at a time as may be decoded in one go."""
    portion: list[SizedT] = []
    portion_bytes = 0
    for message in messages:
        if portion and portion_bytes + message.size_bytes > bytes_max:
            yield portion
            portion, portion_bytes = [], 0
        portion.append(message)
        portion_bytes += message.size_bytes
    if portion:
        yield portion


def rest_seconds(seconds: float, *, size_bytes: int, age_seconds: float) -> float:
    """Return how long to leave the interpreter to others; in a rush longer than otherwise.

    Args:
        seconds: How long otherwise.
        size_bytes: How much lay there to be written.
        age_seconds: How long ago the last of it had happened.
    """
    if size_bytes < RUSH_BYTES_MIN or age_seconds > RUSH_AGE_SECONDS_MAX:
        return seconds
    return max(seconds, min(seconds * _RUSH_REST, _RUSH_REST_SECONDS_MAX))


def _is_broken(error: duckdb.Error) -> bool:
    return any(
        sign in str(error)
        for sign in ("not a valid DuckDB database", "Corrupt", "corrupt", "checksum", "deserialize")
    )


def _first_of(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
