"""An outcome: what became of an event, at the door, for a connection, or of one attempt."""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

from crossdock.events.event import ConnectionId, MappingId, MessageId, SourceId


class Step(enum.StrEnum):
    """Where an event can end, or get to."""

    DISCARDED = "discarded"
    """Refused at the door, or found unreadable: `reason` is one of Segment's discard reasons."""
    DUPLICATE = "duplicate"
    """Its messageId was accepted from this source before."""
    MAPPED = "mapped"
    """It became a payload for a connection: `payload` says which; the delivery is on its way."""
    FILTERED = "filtered"
    """A connection did not want it: `reason` says by what."""
    REJECTED = "rejected"
    """It could not become a payload, or the destination will never accept it."""
    DELIVERED = "delivered"
    """The destination took it."""
    WAITING = "waiting"
    """The attempt failed, and another is going to be made."""
    FAILED = "failed"
    """The attempt failed in a way that passes, but no other is made."""
    NEEDS_ATTENTION = "needs_attention"
    """The attempt failed, and no other will succeed until a person acts."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one event.

    Attributes:
        at: When, UTC.
        step: How it ended, or how far it got.
        reason: Stable code: `no_user_anon_id`, `filter`, `trigger`, `integrations`,
            `errors.discarded.400`; empty where the step says it all.
        what: What happened, in one sentence, without properties or secrets.
        do: What the owner can do about it, if anything.
        source_id: Where the event came from; empty for an unknown write key.
        connection_id: For which connection; None at the door.
        mapping_id: By which mapping, where one was involved.
        message_id: The event's; empty if it had none.
        event_type: The event's, as sent.
        event_name: The event's, if it has one.
        attempt: Which attempt, from 1; 0 where none was made.
        status: The HTTP status that the destination answered.
        duration_seconds: How long the attempt took.
        payload: What the action is given, as JSON; of a long one only the beginning.
        workspace_version: Of the workspace whose mapping made the payload.
        id: The same whenever the same thing is found again, after a crash or on redelivery, so that
            nobody counts it twice: `<sequence>-<index>-<connection or mapping id>` from `route`,
            with `-<attempt>` from `send`. A delivery's own id when it was mapped. Empty where there
            is no event in the journal.
    """

    at: dt.datetime
    step: Step
    reason: str = ""
    what: str = ""
    do: str = ""
    source_id: SourceId = SourceId("")
    connection_id: ConnectionId | None = None
    mapping_id: MappingId | None = None
    message_id: MessageId = MessageId("")
    event_type: str = ""
    event_name: str | None = None
    attempt: int = 0
    status: int | None = None
    duration_seconds: float | None = None
    payload: str | None = None
    workspace_version: int | None = None
    id: str = ""
