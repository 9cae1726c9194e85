"""Deliver payloads, try again what may succeed later, and record how each attempt ended.

Each connection has a sender of its own, with a reader, a lane, a gate and a pause of its own. So a
vendor that hangs, fails or is slow has an effect on its own connection and on no other.

- `attempt`: one try at one delivery or a batch.
- `conclude`: what follows from it.
- `connection`: sends the deliveries of one connection.
- `gate`: whether a connection may be asked now.
- `lane`: which of a connection's deliveries may be attempted next.
- `watched`: what an attempt asked last, and what was answered.
- `once`: one delivery, sent for a person who looks.
- `parts`: the ports that send needs, and its bounds.
- `past`: what became of a connection's deliveries before the server was started.
- `pauses`: which connections send nothing at the moment, and why.
- `report`: everything that send logs and counts.
- `retry`: when a delivery that failed is tried again, and when it is given up.
- `sender`: runs a sender for each connection.
- `standing`: how sending to a connection stands, for people who look.
- `target`: where a connection's deliveries go, with the settings to get there.
"""

from __future__ import annotations

from crossdock.pipeline.send.gate import GateLimits
from crossdock.pipeline.send.lane import LaneLimits
from crossdock.pipeline.send.once import Sent, send_once
from crossdock.pipeline.send.parts import SendLimits, SendParts
from crossdock.pipeline.send.pauses import Pauses
from crossdock.pipeline.send.retry import RetryLimits
from crossdock.pipeline.send.sender import Sender
from crossdock.pipeline.send.standing import Standing

__all__ = [
    "GateLimits",
    "LaneLimits",
    "Pauses",
    "RetryLimits",
    "SendLimits",
    "SendParts",
    "Sender",
    "Sent",
    "Standing",
    "send_once",
]
