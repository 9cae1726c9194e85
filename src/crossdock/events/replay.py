"""A replay: the events of a time range, given to one connection once more."""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

from crossdock.events.event import ConnectionId, Offset, SourceId


class ReplayState(enum.StrEnum):
    """How far a replay is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    """It could not go on; `what` says why."""


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, and how far it is. New fields come with a default: old ones are stored.

    Attributes:
        id: `rpl_…`.
        source_id: Whose events.
        connection_id: Who gets them.
        start_at: Events accepted from this moment on, UTC.
        end_at: Events accepted before this moment, UTC.
        filter: FQL; events that do not match are left out. Empty: all.
        rate_per_second: At most so many deliveries are made in a second.
        is_dry_run: Count only.
        created_at: When it was asked for, UTC.
        updated_at: When it last got further, UTC.
        first_sequence: Of the first journal message to read.
        last_sequence: Of the last one; smaller than the first if there is none.
        next_offset: The first event that is not finished.
        state: How far it is.
        what: Why it failed.
        do: What can be done about that.
        event_count: Events of the source in the time range so far.
        delivery_count: Deliveries made of them.
        counts_by_reason: Events that the connection did not get, or not by one of its mappings,
            by why: an outcome's reason, `duplicate`, or `replay_filter`.
    """

    id: str
    source_id: SourceId
    connection_id: ConnectionId
    start_at: dt.datetime
    end_at: dt.datetime
    filter: str
    rate_per_second: float
    is_dry_run: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    first_sequence: int
    last_sequence: int
    next_offset: Offset
    state: ReplayState = ReplayState.RUNNING
    what: str = ""
    do: str = ""
    event_count: int = 0
    delivery_count: int = 0
    counts_by_reason: dict[str, int] = {}

    @property
    def progress(self) -> float:
        """The share of the journal messages that were read, from 0 to 1."""
        messages = self.last_sequence - self.first_sequence + 1
        if self.state is ReplayState.DONE or messages <= 0:
            return 1.0
        return (self.next_offset.sequence - self.first_sequence) / messages
