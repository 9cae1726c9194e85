"""The composition root: starts the parts, hands them to each other, and stops them in order.

Start: data directory → workspace → journal → outgoing HTTP → route and send → the door opens.
Stop (SIGTERM, SIGINT): the door closes, what was accepted is appended, route and send finish what
they hold, the journal is flushed, and the process exits 0. What is not finished waits in the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator

import uvicorn

from crossdock.base import logs
from crossdock.base.clock import SystemClock
from crossdock.base.ids import RandomIds
from crossdock.base.settings import ServerSettings

log = logs.logger("server")


class _Uvicorn(uvicorn.Server):
    """Uvicorn, but signals are ours: it would raise them again after its own shutdown."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(settings: ServerSettings, *, is_demo: bool) -> None:
    """Serve until a signal says stop. Everything wrong with the settings is said at once."""
    import uvloop  # noqa: PLC0415 - not on every platform.

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_serve(settings, is_demo=is_demo)))
