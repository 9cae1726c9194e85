"""What the history tells its operator: the only module in it that logs or counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from crossdock.audiences.history.intake import Changes
from crossdock.base.errors import CrossdockError
from crossdock.base.logs import logger

_log = logger("history")

_events = Counter("crossdock_history_events_total", "Events taken into the history.")
_seconds = Histogram(
    "crossdock_history_write_seconds",
    "How long one micro-batch of the history took.",
    buckets=(0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0),
)
_merges = Counter(
    "crossdock_profiles_merged_total", "Profiles that turned out to be another's person."
)
_left_out = Counter(
    "crossdock_identifiers_left_out_total",
    "Identifiers of events that were not believed, since a person would have had too many.",
)
_behind = Gauge("crossdock_history_behind_messages", "Messages not in the history yet.")
_missed = Counter(
    "crossdock_history_missed_messages_total",
    "Journal messages that were removed before the history had read them.",
)
_unreadable = Counter(
    "crossdock_history_unreadable_events_total", "Events that the database does not take."
)
_failures = Counter("crossdock_history_failures_total", "Times the history could not write.")
_bytes = Gauge("crossdock_history_bytes", "Size of the history.")


class HistoryUnavailable(CrossdockError):
    """The history of profiles does not answer at the moment."""

    code = "history_unavailable"

    def __init__(self) -> None:
        super().__init__(
            "The history of profiles cannot be asked at the moment.",
            do="Try again; if it stays so, look at the disk and at the server's log.",
        )


class HistoryBusy(CrossdockError):
    """A question takes the history too long."""

    code = "history_busy"

    def __init__(self, seconds_max: float) -> None:
        super().__init__(
            f"The question takes the history longer than {seconds_max:g} seconds.",
            do="Ask about a shorter time, or about fewer columns.",
        )


class NotAQuestion(CrossdockError):
    """What was to be asked in SQL cannot be."""

    code = "not_a_question"


def taken_in(changes: Changes, *, seconds: float) -> None:
    """Count a micro-batch."""
    _events.inc(len(changes.events))
    _merges.inc(len(changes.merges))
    _left_out.inc(changes.left_out)
    _seconds.observe(seconds)


def behind(messages: int) -> None:
    """Note how far the history is behind."""
    _behind.set(messages)


def missed(messages: int) -> None:
    """Count and log messages that the history will never see."""
    _missed.inc(messages)
    _log.error(
        "The history was too far behind: what people did meanwhile is not in it.",
        messages=messages,
    )


def events_left_out(count: int) -> None:
    """Count and log events that the database does not take."""
    _unreadable.inc(count)
    _log.error("The history left events out that its database does not take.", events=count)


def writing_failed(error: Exception, *, wait_seconds: float) -> None:
    """Count and log that the history cannot be written; events wait for it in the journal."""
    _failures.inc()
    # Its text can hold a row.
    _log.error(
        "The history cannot be written; the pipeline goes on without it, and it catches up later.",
        error=type(error).__name__,
        wait_seconds=wait_seconds,
    )


def file_set_aside(path: str, error: Exception) -> None:
    """Log that the file could not be read and a new one was begun."""
    _log.error(
        "The history's file cannot be read. It was renamed, and a new one is begun with what the "
        "journal still holds.",
        renamed_to=path,
        error=type(error).__name__,
    )


def duplicates_unknown(error: Exception) -> None:
    """Log that it cannot be told which events are duplicates; the history waits."""
    _log.warning(
        "It cannot be told which events are duplicates; the history waits.",
        error=type(error).__name__,
    )


def kept(size_bytes: int) -> None:
    """Note how much is kept."""
    _bytes.set(size_bytes)
