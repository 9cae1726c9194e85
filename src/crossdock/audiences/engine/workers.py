"""Threads that read and write the history, beside the one that takes events in.

There are several, so that nothing that takes long holds up what must be quick. What they write is
written in turn: who writes holds the history's lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import duckdb

from crossdock.audiences.history import History
from crossdock.duck import Turns

Answer = TypeVar("Answer")

Work = Callable[[duckdb.DuckDBPyConnection, Turns], Answer]
"""Is given a connection, and what it holds while it writes."""

# Of a core that somebody else wants as well it gets a quarter.
_NICE = 5


class Worker:
    """A thread with a connection for each piece of work. Close it afterwards.

    Args:
        history: What it reads and writes.
        name: Of the thread.
    """

    def __init__(self, history: History, *, name: str) -> None:
        self._history = history
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"audiences-{name}")
        self._cursor: duckdb.DuckDBPyConnection | None = None

    async def do(self, work: Work[Answer]) -> Answer:
        """Return what the work returns, done in the thread.

        Raises:
            HistoryUnavailable: The history is not open at the moment.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._done, work)

    async def close(self) -> None:
        """End what is under way."""
        if self._cursor is not None:
            with contextlib.suppress(duckdb.Error):
                self._cursor.interrupt()
        await asyncio.to_thread(self._thread.shutdown)

    def _done(self, work: Work[Answer]) -> Answer:
        cursor, quiet = self._history.connection()
        with contextlib.closing(cursor):
            self._cursor = cursor
            try:
                return work(cursor, quiet)
            finally:
                self._cursor = None


class Aside:
    """A thread that leaves the cores to the others when they need them. Close it afterwards.

    What it does must hold nothing that others wait for.

    Args:
        name: Of the thread.
    """

    def __init__(self, *, name: str) -> None:
        self._thread = ThreadPoolExecutor(
            1, thread_name_prefix=f"audiences-{name}", initializer=_let_others_go_first
        )

    def do(self, work: Callable[[], Answer]) -> Answer:
        """Return what the work returns, done in the thread; wait for it."""
        return self._thread.submit(work).result()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()


def _let_others_go_first() -> None:
    # Elsewhere it would be the whole process.
    if sys.platform == "linux":
        os.nice(_NICE)
