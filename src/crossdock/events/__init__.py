"""The six messages as types; no I/O.

- `event`: an accepted event and its place in the journal.
- `delivery`: one payload for one connection.
- `outcome`: what became of an event.
- `notice`: a problem that a browser plugin reported.
- `limits`: how large a message may be.
- `discard`: why a message is refused.
- `id_text`: what an id is as text.
- `accept`: decides whether a message becomes an event.
- `parse`: reads a request's body.
- `envelope`: a request as it lies in the journal.
- `stamp`: ids, times, address and defaults of an event.
- `unfold`: makes events of an envelope.
"""

from __future__ import annotations

from crossdock.events.delivery import Delivery
from crossdock.events.discard import Discard
from crossdock.events.envelope import Envelope
from crossdock.events.event import (
    ConnectionId,
    Event,
    EventType,
    MappingId,
    MessageId,
    Offset,
    SourceId,
)
from crossdock.events.limits import MessageLimits
from crossdock.events.notice import Notice
from crossdock.events.outcome import Outcome, Step

__all__ = [
    "ConnectionId",
    "Delivery",
    "Discard",
    "Envelope",
    "Event",
    "EventType",
    "MappingId",
    "MessageId",
    "MessageLimits",
    "Notice",
    "Offset",
    "Outcome",
    "SourceId",
    "Step",
]
