"""What a destination is made of: definition, fields, mapping, FQL, validation, http, outcomes.

- `definition`: what a destination's folder exports.
- `outcomes`: the three ways in which a delivery can fail.
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
    "Mode",
    "NeedsAttention",
    "Plugin",
    "Preset",
    "Rejected",
    "RetryLater",
    "Setting",
]
