"""Everything that send logs and counts: what an operator can see of it."""

from __future__ import annotations

import collections
import traceback
from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram

from crossdock.base.logs import logger
from crossdock.events import ConnectionId, Delivery, Outcome, Pause, Step
from crossdock.events.pause import BY_OWNER

_log = logger("send")

_deliveries = Counter(
    "crossdock_deliveries_total",
    "Attempts at deliveries, and deliveries that ended without one, by how.",
    ["destination", "outcome"],
)
_duration = Histogram(
    "crossdock_delivery_attempt_duration_seconds",
    "How long attempts took.",
    ["destination"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_under_way = Gauge("crossdock_deliveries_in_flight", "Attempts being made.", ["destination"])
_paused = Gauge("crossdock_connections_paused", "Connections that send nothing until someone acts.")
_circuits = Counter(
    "crossdock_circuits_opened_total", "Times a connection failed so often that it is only probed."
)


def attempt_began(destination: str) -> None:
    """Report an attempt. Counts `deliveries_in_flight{destination}` up."""
    _under_way.labels(destination).inc()


def attempt_ended(destination: str) -> None:
    """Report the end of an attempt. Counts `deliveries_in_flight{destination}` down."""
    _under_way.labels(destination).dec()


def deliveries_ended(destination: str, outcomes: Sequence[Outcome]) -> None:
    """Report what became of deliveries that were attempted together.

    Counts `deliveries_total{destination, outcome}`, and how long the attempt took in
    `delivery_attempt_duration_seconds{destination}`.
    """
    for step, count in collections.Counter(outcome.step for outcome in outcomes).items():
        _deliveries.labels(destination, step).inc(count)
    if outcomes and outcomes[0].duration_seconds is not None:
        _duration.labels(destination).observe(outcomes[0].duration_seconds)
    for outcome in outcomes:
        if outcome.step in {Step.DEAD, Step.REJECTED}:
            _log.error(
                "A delivery was given up; it is a dead letter.",
                connection_id=outcome.connection_id,
                message_id=outcome.message_id,
                outcome=outcome.step,
                reason=outcome.reason,
                what=outcome.what,
            )


def deliveries_wait(outcome: Outcome, *, deliveries: int) -> None:
    """Report an attempt that failed and is made again.

    Args:
        outcome: Of the first delivery in it.
        deliveries: How many were in it.
    """
    _log.info(
        "A delivery failed and is tried again.",
        connection_id=outcome.connection_id,
        message_id=outcome.message_id,
        reason=outcome.reason,
        attempt=outcome.attempt,
        deliveries=deliveries,
    )


def connection_paused(pause: Pause) -> None:
    """Report that a connection sends nothing until someone acts."""
    # Whoever paused it wanted that.
    log = _log.info if pause.reason == BY_OWNER else _log.error
    log(
        "A connection is paused.",
        connection_id=pause.connection_id,
        reason=pause.reason,
        what=pause.what,
        do=pause.do,
    )


def connection_resumed(connection_id: ConnectionId) -> None:
    """Report that a connection goes on."""
    _log.info("A connection goes on.", connection_id=connection_id)


def paused(connections: int) -> None:
    """Report how many connections are paused, in `connections_paused`."""
    _paused.set(connections)


def circuit_turned(connection_id: ConnectionId, *, is_open: bool) -> None:
    """Report that a connection is only probed from now on, or no longer.

    Counts `circuits_opened_total`.
    """
    if is_open:
        _circuits.inc()
        _log.warning("A connection keeps failing; it is only probed.", connection_id=connection_id)
    else:
        _log.info("A connection answers again.", connection_id=connection_id)


def sender_broke(connection_id: ConnectionId, error: Exception) -> None:
    """Report that sending for a connection met a bug of ours; it is begun anew in a while."""
    _log.error("Sending met a bug.", connection_id=connection_id, **_place(error))


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
