"""Where replays are kept, so that they go on after a restart."""

from __future__ import annotations

import asyncio

import msgspec
from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError
from nats.js.kv import KeyValue

from crossdock.events import Replay
from crossdock.pipeline.journal.keys import keys_of

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Replay).decode


async def save_replay(bucket: KeyValue, replay: Replay) -> None:
    """Return once it is durable."""
    await bucket.put(replay.id, _encode(replay))


async def load_replays(bucket: KeyValue, jetstream: JetStreamContext) -> list[Replay]:
    """Return every replay, the oldest first."""
    ids = await keys_of(bucket, jetstream)
    found = await asyncio.gather(*(_find(bucket, replay_id) for replay_id in ids))
    return sorted((each for each in found if each), key=lambda replay: replay.created_at)


async def _find(bucket: KeyValue, replay_id: str) -> Replay | None:
    try:
        return _decode((await bucket.get(replay_id)).value or b"")
    except (KeyNotFoundError, msgspec.DecodeError):
        return None
