"""Everything that route logs and counts: what an operator can see of it."""

from __future__ import annotations

import traceback
from pathlib import Path

from prometheus_client import Counter, Gauge

from crossdock.base.logs import logger
from crossdock.events import Outcome, Replay, Step

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
_duplicates = Counter(
    "crossdock_route_duplicates_total", "Events whose messageId came before.", ["source"]
)
_claims_bytes = Gauge(
    "crossdock_route_duplicates_store_bytes", "Disk taken by the ids that repetitions are known by."
)
_replayed = Counter("crossdock_route_replayed_total", "Deliveries made by replays.")


def events_routed(count: int) -> None:
    """Report events of which everything was decided. Counts `route_events_total`."""
    _events.inc(count)


def deliveries_made(destination: str, count: int) -> None:
    """Report payloads for a destination. Counts `route_deliveries_total{destination}`."""
    _deliveries.labels(destination).inc(count)


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


def duplicate_found(source_id: str) -> None:
    """Report an event that came before. Counts `route_duplicates_total{source}`."""
    _duplicates.labels(source_id).inc()


def claims_measured(size_bytes: int) -> None:
    """Note how much disk the ids take. Sets `route_duplicates_store_bytes`."""
    _claims_bytes.set(size_bytes)


def claims_refused(error: Exception) -> None:
    """Report that ids cannot be looked up or written; route tries again."""
    _log.warning("Duplicates cannot be looked for; routing waits.", what=str(error))


def claims_are_broken(path: Path, error: Exception) -> None:
    """Report that ids were lost to a damaged disk: what repeats them is not recognised."""
    _log.error("Ids of seen events are damaged and forgotten.", path=str(path), what=str(error))


def deliveries_replayed(count: int) -> None:
    """Report deliveries made by a replay. Counts `route_replayed_total`."""
    _replayed.inc(count)


def replay_ended(replay: Replay) -> None:
    """Report that a replay is done, was cancelled, or cannot go on."""
    _log.info(
        "A replay has ended.",
        replay_id=replay.id,
        state=replay.state,
        event_count=replay.event_count,
        delivery_count=replay.delivery_count,
        what=replay.what,
    )


def journal_refused(error: Exception) -> None:
    """Report that the journal did not take or give something; route tries again."""
    _log.warning("The journal is not available; routing waits.", **_place(error))


def plan_compiled(version: int, *, is_first: bool) -> None:
    """Report that another version of the workspace is in force, unless the server just started."""
    if not is_first:
        _log.info("Routing by another version of the workspace.", workspace_version=version)


def _place(error: Exception) -> dict[str, str]:
    """Return the kind of an error and where it was raised; its text may hold an event's values."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "place": place}
