"""How large, how long and how patient the journal is."""

from __future__ import annotations

import dataclasses

_MB = 1024**2
_GB = 1024**3
_DAY_SECONDS = 86_400.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings:
    """What an operator, or a test, decides about the journal.

    Attributes:
        events_bytes_max: Disk for the stream of events. Events that every reader has finished make
            room, oldest first; when there are none, appends are refused.
        events_age_seconds_max: How long events that every reader has finished are kept.
        deliveries_bytes_max: Disk for deliveries that are not finished.
        dead_letters_bytes_max: Disk for dead letters; the oldest make room.
        dead_letters_of_one_connection_max: How many of one connection are kept; the oldest make
            room.
        outcomes_bytes_max: Disk for outcomes; the oldest make room.
        outcomes_age_seconds_max: How long outcomes are kept.
        notices_age_seconds_max: How long a notice is kept after it was last seen.
        disk_reserve_bytes: Free disk space below which appends are refused. A NATS server that
            meets a full disk stops to store until it is restarted; this keeps it from that, and
            leaves room to note what was read.
        replicas: Copies of each stream in a cluster; 3 is usual, 1 for a single server.
        group_bytes_max: Size of a group commit.
        waiting_bytes_max: What may wait for its group commit before senders are asked to wait.
        append_seconds_max: How long an append is tried again before its sender is told.
        attempt_seconds_max: How long one attempt may take.
        duplicate_seconds: How long the journal recognises an append or a delivery that it has.
        trim_seconds: How often old messages are looked for.
    """

    events_bytes_max: int = 10 * _GB
    events_age_seconds_max: float = 7 * _DAY_SECONDS
    deliveries_bytes_max: int = 10 * _GB
    dead_letters_bytes_max: int = 2 * _GB
    dead_letters_of_one_connection_max: int = 100_000
    outcomes_bytes_max: int = 1 * _GB
    outcomes_age_seconds_max: float = 7 * _DAY_SECONDS
    notices_age_seconds_max: float = 7 * _DAY_SECONDS
    disk_reserve_bytes: int = 128 * _MB
    replicas: int = 1
    group_bytes_max: int = 4 * _MB
    waiting_bytes_max: int = 64 * _MB
    append_seconds_max: float = 10.0
    attempt_seconds_max: float = 5.0
    duplicate_seconds: float = 120.0
    trim_seconds: float = 5.0
