"""Which keys a bucket has."""

from __future__ import annotations

from nats.js import JetStreamContext
from nats.js.kv import KeyValue


async def keys_of(bucket: KeyValue, jetstream: JetStreamContext) -> list[str]:
    """Return every key, those too that were deleted: nothing is found under them.

    `KeyValue.keys` of nats-py 2.16 says now and then that there is none: it looks whether anything
    has come while what was delivered already has not been handed over yet.
    """
    name = (await bucket.status()).bucket
    prefix = f"$KV.{name}."
    info = await jetstream.stream_info(f"KV_{name}", subjects_filter=f"{prefix}>")
    return [subject.removeprefix(prefix) for subject in info.state.subjects or ()]
