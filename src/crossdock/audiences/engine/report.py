"""What audiences and computed traits tell their operator: the only module that logs or counts."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

from crossdock.base.logs import logger

_log = logger("audiences")

_changes = Counter(
    "crossdock_audience_changes_total",
    "People and accounts that came into an audience, left it, or got another value.",
    ["key"],
)
_told = Counter(
    "crossdock_audience_events_total", "Events that tell a destination of a change.", ["key"]
)
_seconds = Histogram(
    "crossdock_audience_round_seconds",
    "How long it took to look at everybody who was touched.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0),
)
_computing = Histogram(
    "crossdock_audience_computing_seconds",
    "How long it took to compute a definition over everybody.",
    buckets=(0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 120.0),
)
_waiting = Gauge("crossdock_audience_waiting_events", "Changes that are not in the journal yet.")
_failures = Counter("crossdock_audience_failures_total", "Times audiences could not be computed.")


def computed(key: str, *, seconds: float, changes: int) -> None:
    """Count and log that a definition was computed over everybody."""
    _computing.observe(seconds)
    _changes.labels(key).inc(changes)
    _log.info(
        "A definition was computed over everybody.",
        key=key,
        seconds=round(seconds, 3),
        changes=changes,
    )


def followed(changes: Mapping[str, int], *, seconds: float) -> None:
    """Count a round."""
    _seconds.observe(seconds)
    for key, count in changes.items():
        _changes.labels(key).inc(count)


def told(key: str, count: int) -> None:
    """Count events that went into the journal."""
    _told.labels(key).inc(count)


def waiting(count: int) -> None:
    """Note how much is to be told."""
    _waiting.set(count)


def definition_failed(key: str, error: BaseException) -> None:
    """Count and log that the database does not take a definition; the others go on."""
    _failures.inc()
    # Its text can hold a value.
    _log.error(
        "An audience or computed trait cannot be computed; who is in it stays in it.",
        key=key,
        error=type(error.__cause__ or error).__name__,
    )


def clock_set_back(seconds: float) -> None:
    """Log that what depends on time is computed anew."""
    _log.warning(
        "The clock was set back; audiences with windows are computed anew.", seconds=round(seconds)
    )


def round_failed(error: Exception, *, wait_seconds: float) -> None:
    """Count and log that nothing could be computed; it is tried again."""
    _failures.inc()
    _log.error(
        "Audiences cannot be computed at the moment; it is tried again.",
        error=type(error).__name__,
        wait_seconds=wait_seconds,
    )


def telling_failed(error: Exception, *, wait_seconds: float) -> None:
    """Log that the journal did not take changes; they are given to it again."""
    _log.warning(
        "Changes of audiences could not be put into the journal; it is tried again.",
        error=type(error).__name__,
        wait_seconds=wait_seconds,
    )
