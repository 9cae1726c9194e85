"""A notice: a problem that a plugin met in a visitor's browser, for the owner to see."""

from __future__ import annotations

import datetime as dt

import msgspec

from crossdock.events.event import ConnectionId, SourceId

DETAIL_CHARACTERS_MAX = 500


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of problem, counted.

    Attributes:
        source_id: On whose page it happened.
        connection_id: Whose plugin met it; empty if it was no connection's.
        code: Stable, such as `script_blocked`.
        detail: What the plugin said last, at most 500 characters.
        first_at: When it was first seen, UTC.
        last_at: When it was last seen, UTC.
        count: How often.
    """

    source_id: SourceId
    connection_id: ConnectionId
    code: str
    detail: str
    first_at: dt.datetime
    last_at: dt.datetime
    count: int = 1
