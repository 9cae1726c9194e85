"""The six messages as types; no I/O.

- `event`: an accepted event and its place in the journal.
- `delivery`: one payload for one connection.
- `dead_letter`: a delivery that was given up.
- `pause`: why a connection sends nothing at the moment.
- `outcome`: what became of an event.
- `replay`: the events of a time range, once more for one connection.
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

from crossdock.events.dead_letter import DeadLetter
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
from crossdock.events.pause import Pause
from crossdock.events.replay import Replay, ReplayState

__all__ = [
    "ConnectionId",
    "DeadLetter",
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
    "Pause",
    "Replay",
    "ReplayState",
    "SourceId",
    "Step",
]
