"""An outcome: what became of an event, at the door, for a connection, or of one attempt."""

from __future__ import annotations

import datetime as dt
import enum

import msgspec

from crossdock.events.event import ConnectionId, MappingId, MessageId, SourceId


class Step(enum.StrEnum):
    """Where an event can end, or get to."""

    DISCARDED = "discarded"
    """Refused at the door, or found unreadable: `reason` is one of Segment's discard reasons. Or a
    person discarded a dead letter: `dead_letter_discarded`."""
    DUPLICATE = "duplicate"
    """Its messageId was accepted from this source before."""
    MAPPED = "mapped"
    """It became a payload for a connection: `payload` says which; the delivery is on its way."""
    FILTERED = "filtered"
    """A connection did not want it: `reason` says by what."""
    REJECTED = "rejected"
    """It could not become a payload, or the destination will never accept it. The latter is a dead
    letter too."""
    DELIVERED = "delivered"
    """The destination took it."""
    WAITING = "waiting"
    """The attempt failed, and another is made at `next_attempt_at`."""
    FAILED = "failed"
    """As `DEAD`, from a version that did not try again; journals may hold it."""
    DEAD = "dead"
    """It was tried for as long as it may be, and is a dead letter now."""
    SENT_AGAIN = "sent_again"
    """A person had a dead letter sent again: it waits once more."""
    NEEDS_ATTENTION = "needs_attention"
    """No attempt will succeed until a person acts; it waits, and its connection is paused."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
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
        replay_id: Of the replay that made the delivery, if one did: it says nothing about the
            event's own way, and does not count in the balance.
        attempt: Which attempt, from 1; 0 where none was made.
        resends: See `Delivery.resends`.
        status: The HTTP status that the destination answered.
        duration_seconds: How long the attempt took.
        next_attempt_at: When it is tried again, UTC; for `WAITING` only.
        request: Method and address of the attempt's last request without its query, and, if the
            attempt failed, the beginning of its body; without secrets.
        answer: The beginning of what was answered to it, without secrets.
        payload: What the action is given, as JSON; of a long one only the beginning.
        workspace_version: Of the workspace whose mapping made the payload.
        id: The same whenever the same thing is found again, after a crash or on redelivery, so that
            nobody counts it twice: `<sequence>-<index>-door` or `-unreadable` where a message was
            refused, `<sequence>-<index>-<connection or mapping id>` from `route`, a delivery's own
            id when it was mapped. `send` adds to a delivery's id the moment at which the attempt
            ended, since an attempt after a restart is another one: `<delivery id>-<milliseconds>`.
            What a person does with a dead letter adds a word to that, `-again` or `-discarded`.
            Empty where there is no event in the journal.
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
    replay_id: str | None = None
    attempt: int = 0
    resends: int = 0
    status: int | None = None
    duration_seconds: float | None = None
    next_attempt_at: dt.datetime | None = None
    request: str = ""
    answer: str = ""
    payload: str | None = None
    workspace_version: int | None = None
    id: str = ""
