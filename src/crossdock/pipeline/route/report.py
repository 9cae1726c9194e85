"""Everything that route logs and counts: what an operator can see of it."""

from __future__ import annotations

import traceback

from prometheus_client import Counter

from crossdock.base.logs import logger
from crossdock.events import Outcome, Step

_log = logger("route")

_events = Counter("crossdock_route_events_total", "Events that were routed.")
_deliveries = Counter(
    "crossdock_route_deliveries_total", "Payloads made for a destination.", ["destination"]
)
_outcomes = Counter(
    "crossdock_route_outcomes_total",
    "Events that a connection did not get, by why.",
    ["destination", "outcome", "reason"],
)


def event_routed() -> None:
    """Report an event of which everything was decided. Counts `route_events_total`."""
    _events.inc()


def delivery_made(destination: str) -> None:
    """Report a payload for a destination. Counts `route_deliveries_total{destination}`."""
    _deliveries.labels(destination).inc()


def outcome_found(destination: str, outcome: Outcome) -> None:
    """Report that a connection does not get an event.

    Counts `route_outcomes_total{destination, outcome, reason}`.
    """
    _outcomes.labels(destination, outcome.step, outcome.reason).inc()
    if outcome.step is Step.DISCARDED:
        # Nothing that was accepted should be unreadable here: this is a bug.
        _log.error(
            "An event could not be read and was recorded as discarded.",
            message_id=outcome.message_id,
            source_id=outcome.source_id,
            connection_id=outcome.connection_id,
            what=outcome.what,
        )


def journal_refused(error: Exception) -> None:
    """Report that the journal did not take or give something; route tries again."""
    _log.warning("The journal is not available; routing waits.", **_place(error))


def plan_compiled(version: int) -> None:
    """Report that another version of the workspace is in force."""
    _log.info("Routing by another version of the workspace.", workspace_version=version)


def _place(error: Exception) -> dict[str, str]:
    """Return the kind of an error and where it was raised; its text may hold an event's values."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "place": place}
