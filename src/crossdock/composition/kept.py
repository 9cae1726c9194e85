"""What is kept on disk: journal, ledger, duplicates, who is forgotten, and profiles."""

from __future__ import annotations

import contextlib
import dataclasses

from crossdock.audiences.engine import Engine, ToldInBrowser
from crossdock.audiences.history import History, HistorySettings
from crossdock.audiences.privacy import Register
from crossdock.composition.ground import Ground
from crossdock.ledger import Ledger, LedgerSettings
from crossdock.pipeline.journal import Journal, JournalSettings
from crossdock.pipeline.route import Claims
from crossdock.workspace import WorkspaceFeed

_DAY_SECONDS = 86_400.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept on disk. Of profiles there is all or nothing."""

    feed: WorkspaceFeed
    journal: Journal
    ledger: Ledger
    register: Register
    claims: Claims
    history: History | None
    engine: Engine | None
    told_in_browser: ToldInBrowser | None


async def open_kept(ground: Ground, ends: contextlib.AsyncExitStack) -> Kept:
    """Open it; `ends` closes it."""
    settings, clock = ground.settings, ground.clock
    feed = WorkspaceFeed(ground.store.load())
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
    ends.push_async_callback(journal.close)
    ledger = Ledger(
        settings.data_dir / "ledger.duckdb",
        journal=journal,
        clock=clock,
        settings=LedgerSettings(
            age_days_max=settings.ledger_age_days_max,
            bytes_max=settings.ledger_bytes_max,
        ),
    )
    ends.push_async_callback(ledger.close)
    ground.alarms.watch(journal.problems)
    ground.alarms.watch(ledger.problems)
    register = Register(settings.data_dir / "privacy.sqlite3", clock=clock)
    ends.callback(register.close)
    claims = Claims(
        settings.data_dir / "duplicates", clock=clock, days_max=settings.duplicate_days_max
    )
    ends.callback(claims.close)
    history: History | None = None
    engine: Engine | None = None
    told_in_browser: ToldInBrowser | None = None
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
        ends.push_async_callback(history.close)
        engine = Engine(
            history,
            journal=journal,
            feed=feed,
            clock=clock,
            find_destination=ground.catalog.find,
        )
        ends.push_async_callback(engine.close)
        told_in_browser = ToldInBrowser(history, feed)
        ends.callback(told_in_browser.close)
    return Kept(
        feed=feed,
        journal=journal,
        ledger=ledger,
        register=register,
        claims=claims,
        history=history,
        engine=engine,
        told_in_browser=told_in_browser,
    )
