"""A delivery: one payload for one connection, on its way from `route` to `send`."""

from __future__ import annotations

import datetime as dt

import msgspec

from crossdock.base import json
from crossdock.base.json import JsonObject
from crossdock.events.event import ConnectionId, EventType, MappingId, MessageId, Offset, SourceId
from crossdock.events.outcome import Outcome, Step

# Enough to see what a mapping made; a payload may have 512 KB, and each is kept for weeks.
SHOWN_BYTES_MAX = 4 * 1024


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One payload for one connection.

    Attributes:
        id: `<sequence>-<index>-<mapping id>`: the same whenever the same event is routed again,
            so it is both the journal's de-duplication key and the idempotency key that a
            destination sees.
        offset: The event's place in the journal.
        source_id: Where the event came from.
        connection_id: Where the payload goes.
        mapping_id: What made the payload.
        action: The destination's action that takes it.
        message_id: The event's.
        event_type: The event's.
        event_name: The event's, if it has one.
        person: Whom it is about; see `Event.person`.
        received_at: When the event was accepted, UTC.
        replay_id: Of the replay that made it, whose id then begins with `replay-<replay id>-`;
            None where the event came by itself.
        payload: What the action is given, mapped and validated.
        workspace_version: The version of the workspace that made it.
        attempts: How many attempts were made before it became a dead letter and was sent again.
        resends: How many times that was so: with its id, what tells it from the one that died.
    """

    id: str
    offset: Offset
    source_id: SourceId
    connection_id: ConnectionId
    mapping_id: MappingId
    action: str
    message_id: MessageId
    event_type: EventType
    event_name: str | None
    person: str
    received_at: dt.datetime
    replay_id: str | None = None
    payload: JsonObject
    workspace_version: int
    attempts: int = 0
    resends: int = 0


def mapped(delivery: Delivery, *, at: dt.datetime) -> Outcome:
    """Return the outcome of an event having become this delivery."""
    shown = json.encode(delivery.payload)[:SHOWN_BYTES_MAX]
    return Outcome(
        at=at,
        step=Step.MAPPED,
        source_id=delivery.source_id,
        connection_id=delivery.connection_id,
        mapping_id=delivery.mapping_id,
        message_id=delivery.message_id,
        event_type=delivery.event_type,
        event_name=delivery.event_name,
        # A character may have been cut in two.
        payload=shown.decode(errors="ignore"),
        workspace_version=delivery.workspace_version,
        replay_id=delivery.replay_id,
        id=delivery.id,
    )
