"""Everything that send logs and counts: what an operator can see of it."""

from __future__ import annotations

import traceback

from prometheus_client import Counter, Gauge, Histogram

from crossdock.base.logs import logger
from crossdock.events import Delivery, Outcome, Step

_log = logger("send")

_deliveries = Counter(
    "crossdock_deliveries_total", "Deliveries that ended, by how.", ["destination", "outcome"]
)
_duration = Histogram(
    "crossdock_delivery_attempt_duration_seconds",
    "How long attempts took.",
    ["destination"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_under_way = Gauge("crossdock_deliveries_in_flight", "Attempts being made.", ["destination"])
_sent_back = Counter(
    "crossdock_deliveries_sent_back_total",
    "Deliveries that went back to the journal for a while, since their connection is slow.",
    ["destination"],
)


def attempt_began(destination: str) -> None:
    """Report an attempt. Counts `deliveries_in_flight{destination}` up."""
    _under_way.labels(destination).inc()


def attempt_ended(destination: str) -> None:
    """Report the end of an attempt. Counts `deliveries_in_flight{destination}` down."""
    _under_way.labels(destination).dec()


def delivery_ended(destination: str, outcome: Outcome) -> None:
    """Report how a delivery ended.

    Counts `deliveries_total{destination, outcome}`, and how long the attempt took in
    `delivery_attempt_duration_seconds{destination}`.
    """
    _deliveries.labels(destination, outcome.step).inc()
    if outcome.duration_seconds is not None:
        _duration.labels(destination).observe(outcome.duration_seconds)
    if outcome.step is Step.NEEDS_ATTENTION:
        _log.error(
            "A delivery failed and the next ones will, until someone acts.",
            connection_id=outcome.connection_id,
            message_id=outcome.message_id,
            what=outcome.what,
            do=outcome.do,
        )
    elif outcome.step in {Step.FAILED, Step.REJECTED}:
        _log.warning(
            "A delivery failed.",
            connection_id=outcome.connection_id,
            message_id=outcome.message_id,
            outcome=outcome.step,
            reason=outcome.reason,
            what=outcome.what,
        )


def delivery_sent_back(destination: str) -> None:
    """Report a delivery for which its connection has no room yet.

    Counts `deliveries_sent_back_total{destination}`.
    """
    _sent_back.labels(destination).inc()


def journal_refused(error: Exception) -> None:
    """Report that the journal did not take or give something; send tries again."""
    _log.warning("The journal is not available; sending waits.", **_place(error))


def delivery_stuck(delivery: Delivery, error: Exception) -> None:
    """Report a delivery that met a bug of ours; it is tried again in a while."""
    _log.error("A delivery met a bug and is kept.", delivery_id=delivery.id, **_place(error))


def finishing_failed(delivery: Delivery, error: Exception) -> None:
    """Report a delivery that ended and could not be finished; it will be when it comes again."""
    _log.info("A delivery could not be finished yet.", delivery_id=delivery.id, **_place(error))


def drained(*, cut_off: int) -> None:
    """Report that sending has stopped.

    Args:
        cut_off: Attempts that did not end in time; they are made again after the next start.
    """
    _log.info("Sending has stopped.", cut_off=cut_off)


def _place(error: Exception) -> dict[str, str]:
    """Return the kind of an error and where it was raised; its text may hold an event's values."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "place": place}
