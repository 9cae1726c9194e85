"""What the ledger tells its operator: the only module in it that logs or counts."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

from crossdock.base.errors import CrossdockError
from crossdock.base.logs import logger
from crossdock.ledger.balance import Balance
from crossdock.ledger.standing import State

_log = logger("ledger")

_entries = Counter("crossdock_ledger_entries_total", "Rows written.", ["stream"])
_seconds = Histogram(
    "crossdock_ledger_write_seconds",
    "How long one micro-batch took.",
    buckets=(0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0),
)
_behind = Gauge("crossdock_ledger_behind_messages", "Messages not recorded yet.", ["stream"])
_missed = Counter(
    "crossdock_ledger_missed_messages_total",
    "Journal messages that were removed before the ledger had read them.",
    ["stream"],
)
_failures = Counter("crossdock_ledger_failures_total", "Times the ledger could not write.")
_bytes = Gauge("crossdock_ledger_bytes", "Size of what is kept.")
_tails_missed = Counter(
    "crossdock_ledger_tails_missed_total",
    "Entries that live tails left out, because they came faster than they were taken.",
)
_balance = Gauge(
    "crossdock_balance",
    "Events and deliveries, by where they are.",
    ["source", "connection", "state"],
)
_difference = Gauge(
    "crossdock_balance_difference",
    "What is missing from the balance; anything but 0 is a bug or a loss.",
    ["source", "connection"],
)


class LedgerUnavailable(CrossdockError):
    """The ledger does not answer at the moment."""

    code = "ledger_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "The ledger cannot be asked at the moment.",
            do="Try again; if it stays so, look at the disk and at the server's log.",
        )


class LedgerBusy(CrossdockError):
    """A question takes too long."""

    code = "ledger_busy"

    def __init__(self, seconds_max: float) -> None:
        super().__init__(
            f"The question takes the ledger longer than {seconds_max:g} seconds.",
            do="Ask about a shorter time.",
        )


def written(stream: str, *, rows: int, seconds: float) -> None:
    """Count a micro-batch."""
    _entries.labels(stream).inc(rows)
    _seconds.observe(seconds)


def behind(messages_by_stream: Mapping[str, int]) -> None:
    """Note how far the ledger is behind."""
    for stream, messages in messages_by_stream.items():
        _behind.labels(stream).set(messages)


def missed(stream: str, *, messages: int) -> None:
    """Count and log messages that the ledger will never see."""
    _missed.labels(stream).inc(messages)
    _log.error(
        "The ledger was too far behind: what happened meanwhile is not in it.",
        stream=stream,
        messages=messages,
    )


def writing_failed(error: Exception, *, wait_seconds: float) -> None:
    """Count and log that the ledger cannot write; events wait for it in the journal."""
    _failures.inc()
    # Its text can hold a row.
    _log.error(
        "The ledger cannot write; the pipeline goes on without it, and it catches up later.",
        error=type(error).__name__,
        wait_seconds=wait_seconds,
    )


def file_set_aside(path: str, error: Exception) -> None:
    """Log that the file could not be read and a new one was begun."""
    _log.error(
        "The ledger's file cannot be read. It was renamed, and the ledger is made anew of what "
        "the journal still holds.",
        renamed_to=path,
        error=type(error).__name__,
    )


def journal_refused(error: Exception) -> None:
    """Log that the journal does not answer; the ledger tries again."""
    _log.warning("The journal is not available; the ledger waits.", error=type(error).__name__)


def kept(size_bytes: int) -> None:
    """Note how much is kept."""
    _bytes.set(size_bytes)


def tail_missed(count: int) -> None:
    """Count entries that a live tail left out."""
    _tails_missed.inc(count)


def written_off(balance: Balance) -> None:
    """Log what is missing because the journal had removed it before it could be read."""
    for account in balance.accounts:
        if account.difference:
            _log.warning(
                "The journal had removed what became of some events before the ledger read it.",
                source_id=account.source_id,
                connection_id=account.connection_id,
                unrecorded=account.difference,
            )


def balance_drawn_up(balance: Balance) -> None:
    """Show the balance, and log what is missing from it."""
    for account in balance.accounts:
        for state in State:
            if (count := account.counts.get(state)) is not None:
                _balance.labels(account.source_id, account.connection_id, state).set(count)
        _difference.labels(account.source_id, account.connection_id).set(account.difference)
        if account.difference:
            _log.error(
                "The balance does not hold.",
                source_id=account.source_id,
                connection_id=account.connection_id,
                difference=account.difference,
            )
