"""What the journal tells its operator: the only module in it that logs or counts."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import Counter, Gauge, Histogram

from crossdock.base.logs import logger
from crossdock.events import ConnectionId

_log = logger("journal")

_groups = Counter("crossdock_journal_groups_total", "Group commits stored.", ["stream"])
_retries = Counter("crossdock_journal_append_retries_total", "Appends tried again.", ["stream"])
_failures = Counter(
    "crossdock_journal_append_failures_total", "Group commits given up.", ["stream", "code"]
)
_seconds = Histogram(
    "crossdock_journal_append_seconds",
    "From the first attempt of a group commit until it is on disk.",
    ["stream"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0),
)
_held_back: dict[str, bool] = {}
_restarts = Counter(
    "crossdock_journal_child_restarts_total", "Times the NATS child was started again."
)
_connected = Gauge("crossdock_journal_is_connected", "1 while there is a connection to NATS.")
_stream_bytes = Gauge("crossdock_journal_stream_bytes", "Size of a stream.", ["stream"])
_stream_bytes_max = Gauge(
    "crossdock_journal_stream_bytes_max", "How large a stream may become.", ["stream"]
)
_stream_messages = Gauge(
    "crossdock_journal_stream_messages",
    "Messages in a stream: groups of events, deliveries, dead letters, groups of outcomes.",
    ["stream"],
)
_unread = Gauge(
    "crossdock_journal_unread_messages", "Messages a reader has not finished.", ["reader"]
)

_lost = Counter(
    "crossdock_journal_lost_messages_total",
    "Messages that were stored, and lost as the journal's files were damaged.",
    ["stream"],
)
_oldest_unread = Gauge(
    "crossdock_journal_oldest_unread_seconds",
    "How long the oldest message has waited that a reader has not finished.",
    ["reader"],
)
_oldest_delivery = Gauge(
    "crossdock_deliveries_oldest_seconds",
    "How long the oldest unfinished delivery of a connection has waited.",
    ["connection"],
)


def group_was_stored(stream: str, seconds: float) -> None:
    """Count a group commit."""
    _groups.labels(stream).inc()
    _seconds.labels(stream).observe(seconds)


def append_is_tried_again(stream: str, error: BaseException) -> None:
    """Count and log an attempt that failed."""
    _retries.labels(stream).inc()
    _log.warning("An append is tried again.", stream=stream, error=type(error).__name__)


def group_was_given_up(stream: str, code: str, *, requests: int) -> None:
    """Count and log a group commit whose requests are answered with an error."""
    _failures.labels(stream, code).inc()
    _log.error("An append was given up.", stream=stream, code=code, requests=requests)


def group_met_a_bug(stream: str, error: Exception) -> None:
    """Log a group commit that could not even be tried."""
    _failures.labels(stream, "bug").inc()
    _log.error("An append met a bug.", stream=stream, exc_info=error)


def background_died(task: str, error: BaseException) -> None:
    """Log that a background task met a bug and is gone."""
    _log.error("A background task met a bug.", task=task, exc_info=error)


def child_died(*, exit_code: int, restart_seconds: float) -> None:
    """Count and log that the NATS child ended by itself."""
    _restarts.inc()
    _log.error(
        "The NATS server ended; it is started again.",
        exit_code=exit_code,
        restart_seconds=restart_seconds,
    )


def child_cannot_start(error: OSError) -> None:
    """Log that the NATS program cannot be run."""
    _log.error("The NATS server cannot be started; trying again.", error=str(error))


def child_is_restarted() -> None:
    """Log that the NATS child is restarted because it no longer stores."""
    _log.warning("The NATS server has stopped to store; it is restarted.")


def connected(url: str) -> None:
    """Note that there is a connection."""
    _connected.set(1)
    _log.info("Connected to the journal.", url=url)


def not_there_yet(url: str, reason: str) -> None:
    """Log, once, that the server could not be reached at the first try of a start."""
    _log.warning("The journal's server cannot be reached; trying again.", url=url, reason=reason)


def disconnected() -> None:
    """Note that the connection is lost."""
    _connected.set(0)
    _log.warning("The connection to the journal is lost; connecting again.")


def client_error(error: BaseException) -> None:
    """Log what the NATS client met in the background."""
    _log.info("The journal's client met an error.", error=type(error).__name__)


def reading_failed(reader: str, error: BaseException) -> None:
    """Log that reading has to be tried again."""
    _log.warning("Reading is tried again.", reader=reader, error=type(error).__name__)


def reading_lost_a_message(reader: str) -> None:
    """Log that a message was lost on its way from NATS; the reader begins anew."""
    _log.warning("A message was lost on its way; reading begins anew.", reader=reader)


def message_is_unreadable(stream: str, sequence: int) -> None:
    """Log that a journal message was skipped."""
    _log.error("A journal message cannot be read; it is skipped.", stream=stream, sequence=sequence)


def stream_size(stream: str, size_bytes: int, *, bytes_max: int, messages: int) -> None:
    """Note how large a stream is, and may be."""
    _stream_bytes.labels(stream).set(size_bytes)
    _stream_bytes_max.labels(stream).set(bytes_max)
    _stream_messages.labels(stream).set(messages)


def damaged(stream: str, *, messages: int, is_at_end: bool) -> None:
    """Count and log messages that NATS had stored and no longer has."""
    _lost.labels(stream).inc(messages)
    _log.error(
        "The journal has lost messages that it had stored: a file of it is damaged.",
        stream=stream,
        messages=messages,
        is_at_end=is_at_end,
    )


def oldest_unread(reader: str, seconds: float) -> None:
    """Note how long the oldest message has waited for a reader."""
    _oldest_unread.labels(reader).set(seconds)


def oldest_deliveries(seconds_by_connection: Mapping[ConnectionId, float]) -> None:
    """Note how long the oldest delivery of each connection has waited that has any."""
    # Those that have none any more, or are gone, are not to be there for ever.
    _oldest_delivery.clear()
    for connection_id, seconds in seconds_by_connection.items():
        _oldest_delivery.labels(connection_id).set(seconds)


def unread(reader: str, messages: int) -> None:
    """Note how far behind a reader is."""
    _unread.labels(reader).set(messages)


def follower_is_behind(*, messages: int) -> None:
    """Note how far behind the ledger is."""
    _unread.labels("ledger").set(messages)


def trimmed(stream: str, *, before_sequence: int) -> None:
    """Log that old messages were removed."""
    _log.info("Old messages were removed.", stream=stream, before_sequence=before_sequence)


def held_back(stream: str, readers: list[str]) -> None:
    """Log, once, that a stream is over its bounds but these readers have not finished its oldest.

    Args:
        stream: Which.
        readers: Who; nobody means that all is well.
    """
    if readers and not _held_back.get(stream):
        _log.warning("A stream is full: readers are behind.", stream=stream, readers=readers)
    _held_back[stream] = bool(readers)


def background_failed(task: str, error: BaseException) -> None:
    """Log that a background task has to be tried again."""
    _log.warning("A background task is tried again.", task=task, error=type(error).__name__)
