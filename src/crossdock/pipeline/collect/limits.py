"""How much the door takes."""

from __future__ import annotations

import dataclasses

from crossdock.events import MessageLimits


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CollectLimits:
    """What the tracking API accepts from one request, and from one source.

    Attributes:
        messages: Sizes of events and batches, after decompression.
        metrics_bytes_max: What Analytics.js may report about itself in one request.
        notice_bytes_max: One notice of a plugin.
        notices_per_second_max: Notices of one source; more are dropped.
        values_per_second_max: How many times a second plugins on the pages of one source are told
            in which audiences a user is; others are told nothing.
        discards_per_second_max: Discards without an accepted event in the same request that are
            recorded one by one; more are counted only.
    """

    messages: MessageLimits = dataclasses.field(default_factory=MessageLimits)
    metrics_bytes_max: int = 64 * 1024
    notice_bytes_max: int = 4 * 1024
    notices_per_second_max: int = 20
    values_per_second_max: int = 200
    discards_per_second_max: int = 200
