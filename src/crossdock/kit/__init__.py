"""What a destination is made of: definition, fields, mapping, FQL, validation, http, outcomes.

- `dates`: dates as JavaScript reads them.
- `definition`: what a destination's folder exports.
- `addresses`: which addresses an outgoing request may connect to.
- `http`: the way out, with its time-outs, bounds and refusals.
- `loopback`: a vendor on this machine, for the tests of a destination.
- `fql`: conditions, for triggers and filters.
- `javascript`: how JavaScript sees a value, where that is visible.
- `loose_dates`: the part of that which no standard describes.
- `mapping`: where each part of a payload comes from.
- `payload`: mapping, cleaning and validation as one function.
- `validation`: whether a payload is what an action takes.
- `outcomes`: the three ways in which a delivery can fail.
- `verdict`: what an HTTP answer, or the lack of one, means for a delivery.
"""

from __future__ import annotations

from crossdock.kit.definition import (
    Action,
    Answer,
    BrowserValues,
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
    batch_key,
)
from crossdock.kit.fql import Condition, FqlError, compile_condition, routing_rule
from crossdock.kit.http import HttpClient, HttpLimits, encode_json
from crossdock.kit.mapping import MappingError, compile_mapping
from crossdock.kit.outcomes import DeliveryFailed, NeedsAttention, Rejected, RetryLater
from crossdock.kit.payload import compile_payload
from crossdock.kit.validation import (
    PayloadError,
    PayloadRejected,
    PayloadSchema,
    SchemaError,
    compile_schema,
)

__all__ = [
    "Action",
    "Answer",
    "BrowserValues",
    "Call",
    "Choice",
    "Condition",
    "DeliveryFailed",
    "Destination",
    "Explanation",
    "Field",
    "FqlError",
    "Http",
    "HttpClient",
    "HttpLimits",
    "MappingError",
    "Mode",
    "NeedsAttention",
    "PayloadError",
    "PayloadRejected",
    "PayloadSchema",
    "Plugin",
    "Preset",
    "Rejected",
    "RetryLater",
    "SchemaError",
    "Setting",
    "batch_key",
    "compile_condition",
    "compile_mapping",
    "compile_payload",
    "compile_schema",
    "encode_json",
    "routing_rule",
]
