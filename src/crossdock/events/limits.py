"""How large a message may be."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MessageLimits:
    """The bounds that Segment documents for its tracking API.

    Attributes:
        event_bytes_max: One event, and the request that carries a single one.
        batch_bytes_max: A batch, after decompression.
        batch_events_max: Events in one batch.
        message_id_characters_max: Length of a messageId.
        group_id_characters_max: Length of a groupId.
    """

    event_bytes_max: int = 32 * 1024
    batch_bytes_max: int = 500 * 1024
    batch_events_max: int = 2_500
    message_id_characters_max: int = 100
    group_id_characters_max: int = 500
