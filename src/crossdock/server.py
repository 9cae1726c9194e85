"""The composition root: starts the parts, hands them to each other, and stops them in order.

Start: room on the disk → catalog → workspace → journal → the way out → route and send → the door
opens.
Stop (SIGTERM, SIGINT, during the start too): the door closes, what was accepted is on disk,
attempts under way end, and the process exits 0. All of that has one deadline; what is not finished
by then waits in the journal for the next start. A second signal moves the deadline to now.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import uvloop
from starlette.types import ASGIApp

from crossdock import checks, startup
from crossdock.admin_token import AdminToken
from crossdock.alarms import Alarms
from crossdock.audiences.engine import Engine, ToldInBrowser
from crossdock.audiences.history import History, HistorySettings
from crossdock.audiences.privacy import Forgetting, Register
from crossdock.base import logs
from crossdock.base.chance import Chance
from crossdock.base.clock import SystemClock
from crossdock.base.ids import RandomIds
from crossdock.base.settings import ServerSettings
from crossdock.catalog import load_catalog
from crossdock.control import Parts, build_control, session_check, wrong_token
from crossdock.control.profile_api import PROFILE_API_PATH, ProfileApi
from crossdock.door import Door, is_loopback
from crossdock.events import ConnectionId
from crossdock.http_server import HttpServer
from crossdock.kit import (
    HttpClient,
    compile_condition,
    compile_payload,
)
from crossdock.ledger import Ledger, LedgerSettings
from crossdock.pipeline.collect import Collector, ValueDoor
from crossdock.pipeline.collect.cdn import Cdn, Pickups
from crossdock.pipeline.journal import Journal, JournalSettings
from crossdock.pipeline.route import Claims, Compilers, EventTester, Replays, Router, preview_filter
from crossdock.pipeline.send import (
    Pauses,
    RetryLimits,
    Sender,
    SendLimits,
    SendParts,
    send_once,
)
from crossdock.room import until_room
from crossdock.sandbox import Owner, Sandbox, build_demo, build_sandbox
from crossdock.web_app import WebApp
from crossdock.wire import allow_many_connections
from crossdock.workspace import Source, Store, WorkspaceFeed, follow
from crossdock.workspace.bootstrap import bootstrap, demo, sandbox_settings

WEB_ASSETS = Path(__file__).parent / "web_assets"
_DAY_SECONDS = 86_400.0
_HOUR_SECONDS = 3_600.0
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """The parts that run, for whoever stops them."""

    door: Door
    sandbox: Sandbox | None
    collector: Collector
    sender: Sender
    ledger: Ledger
    loops: list[asyncio.Task[None]]


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
                running = await self._unless_stopped(self._start(store, token, url, parts))
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

    async def _start(  # noqa: PLR0915 - one part after the other.
        self, store: Store, admin_token: AdminToken, url: str, parts: contextlib.AsyncExitStack
    ) -> _Running:
        """Start the parts, each with what it needs; `parts` stops them in the opposite order."""
        settings, clock, ids, catalog = self._settings, self._clock, self._ids, self._catalog
        feed = WorkspaceFeed(store.load())
        journal = Journal(
            settings.data_dir / "journal",
            clock=clock,
            nats_url=settings.nats_url,
            settings=JournalSettings(
                events_bytes_max=settings.journal_bytes_max,
                events_age_seconds_max=settings.journal_age_days_max * _DAY_SECONDS,
            ),
        )
        await journal.open()
        parts.push_async_callback(journal.close)
        http = await parts.enter_async_context(
            HttpClient(clock=clock, allowed_addresses=self._allowed_addresses(url))
        )
        # Before the door opens: nobody is to resume what is not known yet.
        pauses = Pauses(journal)
        await pauses.load()
        ledger = Ledger(
            settings.data_dir / "ledger.duckdb",
            journal=journal,
            clock=clock,
            settings=LedgerSettings(
                age_days_max=settings.ledger_age_days_max,
                bytes_max=settings.ledger_bytes_max,
            ),
        )
        parts.push_async_callback(ledger.close)
        self._alarms.watch(journal.problems)
        self._alarms.watch(ledger.problems)
        destinations_by_slug = {destination.slug: destination for destination in catalog}
        register = Register(settings.data_dir / "privacy.sqlite3", clock=clock)
        parts.callback(register.close)
        told_in_browser: ToldInBrowser | None = None

        async def values_of(connection_id: ConnectionId, user_id: str) -> Mapping[str, object]:
            known = told_in_browser
            return {} if known is None else await known.values_of(connection_id, user_id)

        collector = Collector(
            journal,
            feed,
            clock=clock,
            ids=ids,
            suppressed=lambda: register.suppressed,
            values=ValueDoor(
                clock,
                find_destination=catalog.find,
                find_values=values_of,
                report_notice=journal.report_notice,
            ),
        )
        parts.push_async_callback(collector.close)
        pickups = Pickups(clock)
        cdn = Cdn(
            feed,
            catalog.find,
            routing_rule=startup.routing_rule_of,
            assets_dir=WEB_ASSETS,
            kept_dir=settings.data_dir / "cdn",
            public_url=settings.public_url,
            path_prefix=settings.cdn_path_prefix,
            when_picked_up=pickups.note,
        )
        apps: dict[str, ASGIApp] = {}
        has_sandbox = self._is_demo or settings.has_sandbox
        claims = Claims(
            settings.data_dir / "duplicates", clock=clock, days_max=settings.duplicate_days_max
        )
        parts.callback(claims.close)
        history: History | None = None
        engine: Engine | None = None
        if settings.has_profiles:
            history = History(
                settings.data_dir / "history.duckdb",
                journal=journal,
                duplicates=claims,
                clock=clock,
                settings=HistorySettings(
                    age_days_max=settings.history_age_days_max,
                    bytes_max=settings.history_bytes_max,
                ),
                is_forgotten=register.is_forgotten,
                is_own=lambda source_id: source_id == feed.current.engage_source_id,
            )
            parts.push_async_callback(history.close)
            engine = Engine(
                history, journal=journal, feed=feed, clock=clock, find_destination=catalog.find
            )
            parts.push_async_callback(engine.close)
            told_in_browser = ToldInBrowser(history, feed)
            parts.callback(told_in_browser.close)
        compilers = Compilers(condition=compile_condition, payload=compile_payload)
        router = Router(
            journal=journal,
            feed=feed,
            destinations_by_slug=destinations_by_slug,
            compilers=compilers,
            clock=clock,
            claims=claims,
            is_forgotten=register.is_forgotten,
        )
        replays = Replays(
            journal=journal,
            plan=lambda: router.plan,
            compile_condition=compile_condition,
            claims=claims,
            clock=clock,
            ids=ids,
            is_forgotten=register.is_forgotten,
        )
        forgetting = Forgetting(
            register,
            history=history,
            ledger=ledger,
            dead_letters=journal.dead_letters,
            clock=clock,
        )
        sender = Sender(
            SendParts(
                journal=journal,
                feed=feed,
                destinations_by_slug=destinations_by_slug,
                http=http,
                clock=clock,
                chance=Chance(),
                pauses=pauses,
                is_forgotten=register.is_forgotten,
                limits=SendLimits(
                    retry=RetryLimits(
                        give_up_after_seconds=settings.retry_hours_max * _HOUR_SECONDS
                    )
                ),
            )
        )
        control = build_control(
            Parts(
                store=store,
                catalog=catalog,
                clock=clock,
                ids=ids,
                admin_token=admin_token,
                public_url=settings.public_url,
                http=http,
                notices=journal.notices,
                latest_outcomes=journal.latest_outcomes,
                dead_letters=journal.dead_letters,
                pauses=pauses,
                unfinished_deliveries=journal.connections_with_deliveries,
                ledger=ledger,
                history=history,
                engine=engine,
                register=register,
                forgetting=forgetting,
                key_use=collector.key_use,
                preview_filter=functools.partial(
                    preview_filter, compile_condition=compile_condition
                ),
                replays=replays,
                events_between=journal.events_between,
                try_event=EventTester(
                    destinations_by_slug=destinations_by_slug,
                    compilers=compilers,
                    clock=clock,
                    ids=ids,
                ).try_event,
                send_once=lambda delivery, connection: send_once(
                    delivery,
                    connection,
                    destinations_by_slug,
                    http=http.with_label(destinations_by_slug[connection.destination].name),
                    clock=clock,
                ),
                neutral_script_url=self._neutral_script_url,
                pickups=pickups.of,
                sandbox_settings=sandbox_settings if has_sandbox else lambda _base_url, _slug: None,
                standing=sender.standing,
            )
        )
        sandbox: Sandbox | None = None
        if has_sandbox:
            # Who visits the demo's pages on one's own machine is its owner.
            is_open = self._is_demo and is_loopback(settings.host)
            sandbox = build_sandbox(
                settings.data_dir,
                clock=clock,
                ids=ids,
                owner=None if is_open else Owner(admin_token, session_check(control)),
                has_shop=self._is_demo,
            )
            parts.callback(sandbox.close)
            apps["/sandbox"] = sandbox
            if self._is_demo:
                apps["/demo"] = build_demo(sandbox)
        apps["/api/v1"] = control
        apps[PROFILE_API_PATH] = ProfileApi(control)
        door = Door(
            collector=collector,
            cdn=cdn,
            apps_by_path=apps,
            web_app=WebApp(
                WEB_ASSETS / "app",
                features=[
                    *(["demo"] if self._is_demo else []),
                    *(["sandbox"] if has_sandbox else []),
                ],
            ),
            admin_token=admin_token,
            is_published=settings.public_url is not None,
            readiness=lambda: {"door": self._is_accepting, "journal": journal.is_ready},
            problems=self._alarms.problems,
        )
        loops = [
            asyncio.create_task(follow(store, feed, clock=clock), name="follow the workspace"),
            asyncio.create_task(router.run(), name="route"),
            asyncio.create_task(replays.run(), name="replay"),
            asyncio.create_task(sender.run(), name="send"),
            asyncio.create_task(ledger.run(), name="ledger"),
            asyncio.create_task(self._alarms.run(), name="alarms"),
            asyncio.create_task(forgetting.run(), name="forget people"),
        ]
        if history is not None:
            loops.append(asyncio.create_task(history.run(), name="history"))
        if engine is not None:
            loops.append(asyncio.create_task(engine.run(), name="audiences"))
        return _Running(
            door=door,
            sandbox=sandbox,
            collector=collector,
            sender=sender,
            ledger=ledger,
            loops=loops,
        )

    async def _until_stopped(
        self, running: _Running, listener: socket.socket, *, announce: Callable[[], None]
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

    def _allowed_addresses(self, url: str) -> tuple[str, ...]:
        allowed = self._settings.allowed_addresses
        # The demo's vendors are this server itself.
        return (*allowed, url.partition("://")[2]) if self._is_demo else allowed

    def _neutral_script_url(self, base_url: str, source: Source) -> str | None:
        prefix = self._settings.cdn_path_prefix
        if not prefix or not source.write_keys:
            return None
        return f"{base_url}/{prefix.strip('/')}/{source.write_keys[0]}.js"


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
