"""A pause: why a connection sends nothing at the moment."""

from __future__ import annotations

import datetime as dt

import msgspec

from crossdock.events.event import ConnectionId

BY_OWNER = "owner"
"""The reason of a pause that a person wanted."""


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Why a connection sends nothing at the moment. Its deliveries wait.

    Attributes:
        connection_id: Which.
        since_at: Since when, UTC.
        reason: Stable code: `BY_OWNER`, or what the destination's failure is called.
        what: What happened, in one sentence, without secrets.
        do: What the owner does about it.
        connection_version: The version of the connection that could not deliver; another one ends
            the pause. None: only a person ends it.
    """

    connection_id: ConnectionId
    since_at: dt.datetime
    reason: str
    what: str
    do: str
    connection_version: int | None = None
