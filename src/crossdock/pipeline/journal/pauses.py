"""Pauses of connections, kept over restarts."""

from __future__ import annotations

import msgspec
from nats.js.errors import KeyNotFoundError, NoKeysError
from nats.js.kv import KeyValue

from crossdock.events import ConnectionId, Pause

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Pause).decode


async def all_pauses(bucket: KeyValue) -> list[Pause]:
    """Return every pause that is stored."""
    try:
        keys = await bucket.keys()
    except NoKeysError:
        return []
    found: list[Pause] = []
    for key in keys:
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
