"""What a destination is made of: definition, fields, mapping, FQL, validation, http, outcomes.

- `definition`: what a destination's folder exports.
- `addresses`: which addresses an outgoing request may connect to.
- `http`: the way out, with its time-outs, bounds and refusals.
- `loopback`: a vendor on this machine, for the tests of a destination.
- `outcomes`: the three ways in which a delivery can fail.
- `verdict`: what an HTTP answer, or the lack of one, means for a delivery.
"""

from __future__ import annotations

from crossdock.kit.definition import (
    Action,
    Answer,
    Call,
    Choice,
    Destination,
    Explanation,
    Field,
    Http,
    Mode,
    Plugin,
    Preset,
    Setting,
)
from crossdock.kit.http import HttpClient, HttpLimits, encode_json
from crossdock.kit.outcomes import DeliveryFailed, NeedsAttention, Rejected, RetryLater

__all__ = [
    "Action",
    "Answer",
    "Call",
    "Choice",
    "DeliveryFailed",
    "Destination",
    "Explanation",
    "Field",
    "Http",
    "HttpClient",
    "HttpLimits",
    "Mode",
    "NeedsAttention",
    "Plugin",
    "Preset",
    "Rejected",
    "RetryLater",
    "Setting",
    "encode_json",
]
