"""Deliver payloads, and record how each attempt ended.

Each connection has a lane: a bound on its attempts at a time, and, where the destination asks for
it, the order of each person's events. A vendor that hangs fills its own lane and no other.

- `attempt`: one try at one delivery, and how it ended.
- `lane`: which of a connection's deliveries may be attempted next.
- `once`: one delivery, sent for a person who looks.
- `report`: everything that send logs and counts.
- `sender`: the loop.
- `target`: where a connection's deliveries go, with the settings to get there.
"""

from __future__ import annotations

from crossdock.pipeline.send.lane import LaneLimits
from crossdock.pipeline.send.once import Sent, send_once
from crossdock.pipeline.send.sender import Sender

__all__ = ["LaneLimits", "Sender", "Sent", "send_once"]
