"""Pauses of connections, kept over restarts."""

from __future__ import annotations

import msgspec
from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError
from nats.js.kv import KeyValue

from crossdock.events import ConnectionId, Pause
from crossdock.pipeline.journal.keys import keys_of

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Pause).decode


async def all_pauses(bucket: KeyValue, jetstream: JetStreamContext) -> list[Pause]:
    """Return every pause that is stored."""
    found: list[Pause] = []
    for key in await keys_of(bucket, jetstream):
        try:
            found.append(_decode((await bucket.get(key)).value or b""))
        except (KeyNotFoundError, msgspec.DecodeError):
            # Gone meanwhile, or of another version: the next attempt finds its reason again.
            continue
    return found


async def store_pause(bucket: KeyValue, connection_id: ConnectionId, pause: Pause | None) -> None:
    """Store a pause, or that there is none."""
    if pause is None:
        await bucket.delete(connection_id)
    else:
        await bucket.put(connection_id, _encode(pause))
