"""The six messages as types; no I/O.

- `event`: an accepted event and its place in the journal.
- `delivery`: one payload for one connection.
- `outcome`: what became of an event.
"""

from __future__ import annotations

from crossdock.events.delivery import Delivery
from crossdock.events.event import (
    ConnectionId,
    Event,
    EventType,
    MappingId,
    MessageId,
    Offset,
    SourceId,
)
from crossdock.events.outcome import Outcome, Step

__all__ = [
    "ConnectionId",
    "Delivery",
    "Event",
    "EventType",
    "MappingId",
    "MessageId",
    "Offset",
    "Outcome",
    "SourceId",
    "Step",
]
