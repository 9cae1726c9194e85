"""One run of the server: starts what `composition` makes, and stops it in order.

Start: room on the disk → catalog → workspace → the parts → the door opens.
Stop (SIGTERM, SIGINT, during the start too): the door closes, what was accepted is on disk,
attempts under way end, and the process exits 0. All of that has one deadline; what is not finished
by then waits in the journal for the next start. A second signal moves the deadline to now.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from crossdock import checks, startup
from crossdock.admin_token import AdminToken
from crossdock.alarms import Alarms
from crossdock.base import logs
from crossdock.base.clock import SystemClock
from crossdock.base.ids import RandomIds
from crossdock.base.settings import ServerSettings
from crossdock.catalog import load_catalog
from crossdock.composition import Ground, Running, compose
from crossdock.control import wrong_token
from crossdock.http_server import HttpServer
from crossdock.pipeline.send import Sender
from crossdock.room import until_room
from crossdock.wire import allow_many_connections
from crossdock.workspace import Source, Store
from crossdock.workspace.bootstrap import bootstrap, demo

# What comes after the deadline takes a second or two: storing what waits, ending NATS.
_STUCK_SECONDS = 15.0
# Who answers and delivers gets the interpreter back from the thread that writes the ledger after
# this time; Python's own 5 ms cost a tenth of the deliveries under load.
_SWITCH_SECONDS = 0.0005
# Events are thousands of dicts that no cycle holds. After Python's own 700 new ones they were
# looked through again and again, which cost a sixth of the loop's time under load.
_COLLECT_EVERY = 10_000

T = TypeVar("T")

log = logs.logger("server")


def run(settings: ServerSettings, *, is_demo: bool) -> None:
    """Serve until a signal says stop, then exit.

    Raises:
        CrossdockError: It cannot be started; says why, and what to do.
    """
    checks.check_settings(settings)
    # What the server writes is for its user alone, whichever part or library makes the file.
    os.umask(0o077)
    allow_many_connections()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_Server(settings, is_demo=is_demo).serve()))


class _Server:
    """One run of the server."""

    def __init__(self, settings: ServerSettings, *, is_demo: bool) -> None:
        self._settings = settings
        self._is_demo = is_demo
        self._clock = SystemClock()
        self._ids = RandomIds()
        self._catalog = load_catalog()
        self._alarms = Alarms(self._clock)
        self._is_accepting = False
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()

    async def serve(self) -> int:
        """Start everything, wait for the end, stop everything, and return the exit code."""
        settings = self._settings
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._when_signalled)
        with contextlib.ExitStack() as files:
            listener = files.enter_context(contextlib.closing(startup.listener(settings)))
            url = startup.own_url(settings, listener)
            is_stopped = self._stop.is_set
            if not await until_room(settings, listener, self._alarms, self._clock, is_stopped):
                log.info("The server was stopped before it was ready.")
                return 0
            store = startup.open_store(
                settings.data_dir,
                settings.database_url,
                catalog=self._catalog,
                clock=self._clock,
            )
            files.callback(store.close)
            is_first_start = not store.load().sources
            source = self._first_source(store, url)
            token_text = settings.admin_token or startup.kept_token(
                settings.data_dir / "admin-token"
            )
            async with contextlib.AsyncExitStack() as parts:
                token = AdminToken(token_text, self._clock, when_refused=wrong_token)
                ground = Ground(
                    settings=settings,
                    is_demo=self._is_demo,
                    url=url,
                    store=store,
                    catalog=self._catalog,
                    admin_token=token,
                    alarms=self._alarms,
                    is_accepting=lambda: self._is_accepting,
                    clock=self._clock,
                    ids=self._ids,
                )
                running = await self._unless_stopped(compose(ground, parts))
                if running is None:
                    log.info("The server was stopped before it was ready.")
                    return 0
                code = await self._until_stopped(
                    running,
                    listener,
                    announce=lambda: startup.announce(
                        settings,
                        url,
                        source,
                        token_text if is_first_start else None,
                        is_demo=self._is_demo,
                    ),
                )
            log.info("The server has stopped.")
            _ignore_signals(loop)
            return code

    def _when_signalled(self) -> None:
        if self._stop.is_set():
            # Asked twice: somebody does not want to wait. The journal keeps what is unfinished.
            self._hurry.set()
        self._stop.set()

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what the work returns, or None if a signal came first."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
        stopping.cancel()
        await asyncio.wait([working, stopping])
        return None if working.cancelled() else working.result()

    def _first_source(self, store: Store, url: str) -> Source:
        if self._is_demo:
            return demo(store, url, find_destination=self._catalog.find, ids=self._ids)
        return bootstrap(store, ids=self._ids)

    async def _until_stopped(
        self, running: Running, listener: socket.socket, *, announce: Callable[[], None]
    ) -> int:
        """Open the door, wait for a signal or for a part that broke, and close in order."""
        http = HttpServer(running.door, self._settings, self._clock)
        serving = await http.start(listener)
        # What is there now stays: the collector of cycles need not walk over it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_EVERY)
        sys.setswitchinterval(_SWITCH_SECONDS)
        if not serving.done():
            self._is_accepting = True
            announce()
        stopping = asyncio.ensure_future(self._stop.wait())
        running_parts: list[asyncio.Task[None]] = [serving, *running.loops]
        await asyncio.wait([stopping, *running_parts], return_when=asyncio.FIRST_COMPLETED)
        broken = [task for task in running_parts if task.done()]
        for task in broken:
            log.error(
                "A part of the server has ended.",
                part_name=task.get_name(),
                exc_info=task.exception(),
            )
        log.info("The server is stopping.")
        last_word = threading.Timer(self._settings.drain_seconds_max + _STUCK_SECONDS, _end_at_once)
        last_word.daemon = True
        last_word.start()
        # Or it would not find them at the very end, and DuckDB would report them as leaks.
        gc.unfreeze()
        self._is_accepting = False
        if running.sandbox is not None:
            running.sandbox.end_streams()
        running.ledger.end_tails()
        await self._drain(http, running.sender)
        stopping.cancel()
        for loop_task in running.loops:
            loop_task.cancel()
        await asyncio.gather(stopping, *running.loops, return_exceptions=True)
        return 1 if broken else 0

    async def _drain(self, http: HttpServer, sender: Sender) -> None:
        """End what is under way, inwards and outwards, before the one deadline of both."""
        seconds_max = self._settings.drain_seconds_max
        closing = asyncio.create_task(http.close(seconds_max))
        sending = asyncio.create_task(sender.stop(drain_seconds_max=seconds_max))
        hurry = asyncio.create_task(self._hurry.wait())
        both = asyncio.create_task(asyncio.wait([closing, sending]))
        await asyncio.wait([both, hurry], return_when=asyncio.FIRST_COMPLETED)
        if not both.done():
            closing.cancel()
            sending.cancel()
            await asyncio.wait([closing, sending])
            await http.close(0.0)
            await sender.stop(drain_seconds_max=0.0)
        hurry.cancel()
        await asyncio.gather(both, closing, sending, hurry, return_exceptions=True)


def _end_at_once() -> None:
    """End a stop that hangs, in a disk that is gone or in a library: the journal has everything.

    In a thread of its own, as it may be the event loop that hangs.
    """
    log.error("The stop took too long, and was cut off.")
    os._exit(1)


def _ignore_signals(loop: asyncio.AbstractEventLoop) -> None:
    """See that nobody who asks a third time kills a process that has done everything already."""
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
