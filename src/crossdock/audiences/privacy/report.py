"""What is told of forgetting people: the only module here that logs or counts."""

from __future__ import annotations

from prometheus_client import Counter

from crossdock.base.logs import logger

_log = logger("privacy")

_forgotten = Counter("crossdock_people_forgotten_total", "Users that were asked to be forgotten.")


def forgotten(regulation_id: str) -> None:
    """Count and log that somebody is forgotten."""
    _forgotten.inc()
    _log.info("A user is forgotten.", regulation_id=regulation_id)


def forgetting_failed(regulation_id: str, error: Exception) -> None:
    """Log that it did not work; it is tried again."""
    # Its text can hold who it is about.
    _log.warning(
        "A user could not be forgotten yet; it is tried again.",
        regulation_id=regulation_id,
        error=type(error).__name__,
    )
