"""An event: one Segment message, once it has been accepted and stamped."""

from __future__ import annotations

import datetime as dt
import enum
from typing import NewType

import msgspec

from crossdock.base.json import JsonObject

MessageId = NewType("MessageId", str)
SourceId = NewType("SourceId", str)
ConnectionId = NewType("ConnectionId", str)
MappingId = NewType("MappingId", str)


class EventType(enum.StrEnum):
    """The six kinds of message."""

    TRACK = "track"
    IDENTIFY = "identify"
    PAGE = "page"
    SCREEN = "screen"
    GROUP = "group"
    ALIAS = "alias"


class Offset(msgspec.Struct, frozen=True, order=True, gc=False):
    """The place of an event in the journal; the same after a restart and on redelivery.

    Attributes:
        sequence: Number of the journal message, counted by JetStream from 1.
        index: Number of the event in that message, counted from 0.
    """

    sequence: int
    index: int


class Event(msgspec.Struct, frozen=True, gc=False):
    """An accepted event.

    Attributes:
        offset: Its place in the journal.
        source_id: Where it came from.
        type: Which of the six.
        message_id: The client's, or ours if it sent none.
        received_at: When we accepted it, UTC.
        body: The stamped Segment message as mappings and triggers see it: `type`, `messageId`,
            `timestamp`, `originalTimestamp`, `receivedAt`, `sentAt`, `userId`, `anonymousId`,
            `context`, `integrations`, `version: 2`, and what belongs to its type. Times are
            ISO-8601 strings in UTC with milliseconds. Shared by all readers: never changed.
    """

    offset: Offset
    source_id: SourceId
    type: EventType
    message_id: MessageId
    received_at: dt.datetime
    body: JsonObject

    @property
    def name(self) -> str | None:
        """The event's name: of a track its `event`, of a page or screen its `name`."""
        name = self.body.get("event" if self.type is EventType.TRACK else "name")
        return name if isinstance(name, str) else None

    @property
    def person(self) -> str:
        """Whom the event is about, for keeping the order of one person's events."""
        user_id = self.body.get("userId")
        return f"u:{user_id}" if user_id else f"a:{self.body.get('anonymousId')}"
