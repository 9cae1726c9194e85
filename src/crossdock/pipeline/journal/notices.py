"""Notices, counted: what browser plugins report, one entry for each kind of problem.

They come from anybody's browser, so everything about them is bounded: they are merged in memory
and written once a second, and no source has more kinds than `_KINDS_PER_SOURCE_MAX`. A new kind
always finds room: of those seen least often, the one not seen for longest makes it. So nobody can
keep a real problem out by making up others, and what is seen again and again stays.
"""

from __future__ import annotations

import asyncio
import collections
import datetime as dt

import msgspec
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from crossdock.base.clock import Clock
from crossdock.events import Notice
from crossdock.pipeline.journal import report, streams
from crossdock.pipeline.journal.connection import raise_if_cancelled
from crossdock.pipeline.journal.keys import keys_of

_KINDS_PER_SOURCE_MAX = 200
_WRITE_SECONDS = 1.0

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Notice).decode


class NoticeBoard:
    """Where notices are kept.

    Args:
        clock: Waits between writes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._new_by_key: dict[str, Notice] = {}
        self._seen_by_key_by_source: collections.defaultdict[
            str, dict[str, tuple[int, dt.datetime]]
        ] = collections.defaultdict(dict)
        self._gone_keys: set[str] = set()
        # What has to make room is removed after it was written, and not while it is.
        self._lock = asyncio.Lock()

    def report(self, notice: Notice) -> bool:
        """Count a notice; it is written within a second.

        Returns:
            True: it was taken.
        """
        key = _key(notice)
        before = self._new_by_key.get(key)
        self._new_by_key[key] = notice if before is None else _merged(before, notice)
        self._gone_keys.discard(key)
        seen_by_key = self._seen_by_key_by_source[notice.source_id]
        count, _ = seen_by_key.get(key, (0, notice.last_at))
        if not count:
            self._make_room(seen_by_key)
        seen_by_key[key] = (count + notice.count, notice.last_at)
        return True

    def _make_room(self, seen_by_key: dict[str, tuple[int, dt.datetime]]) -> None:
        while len(seen_by_key) >= _KINDS_PER_SOURCE_MAX:
            key = min(seen_by_key, key=seen_by_key.__getitem__)
            del seen_by_key[key]
            self._new_by_key.pop(key, None)
            self._gone_keys.add(key)

    async def all(self, bucket: KeyValue, jetstream: JetStreamContext) -> list[Notice]:
        """Return every notice, the last seen first."""
        async with self._lock:
            await self._write(bucket, jetstream)
            return await self._load(bucket, jetstream)

    async def write(self, bucket: KeyValue, jetstream: JetStreamContext) -> None:
        """Write what was reported since the last time, and remove what had to make room."""
        async with self._lock:
            await self._write(bucket, jetstream)

    async def _load(self, bucket: KeyValue, jetstream: JetStreamContext) -> list[Notice]:
        keys = await keys_of(bucket, jetstream)
        found = await asyncio.gather(*(_find(bucket, key) for key in keys))
        notices = [notice for notice, _ in found if notice is not None]
        for notice in notices:
            key, seen_by_key = _key(notice), self._seen_by_key_by_source[notice.source_id]
            if key in self._gone_keys:
                continue
            if key not in seen_by_key:
                self._make_room(seen_by_key)
            seen_by_key[key] = (notice.count, notice.last_at)
        return sorted(notices, key=lambda notice: notice.last_at, reverse=True)

    async def _write(self, bucket: KeyValue, jetstream: JetStreamContext) -> None:
        while self._gone_keys:
            key = self._gone_keys.pop()
            try:
                # Deleting would leave a mark, and those would fill the bucket one day.
                await jetstream.purge_stream(
                    f"KV_{streams.NOTICES}", subject=f"$KV.{streams.NOTICES}.{key}"
                )
            except (NatsError, OSError, TimeoutError):
                self._gone_keys.add(key)
                raise
        while self._new_by_key:
            key, new = self._new_by_key.popitem()
            try:
                await _add(bucket, key, new)
            except (NatsError, OSError, TimeoutError):
                newer = self._new_by_key.get(key)
                self._new_by_key[key] = new if newer is None else _merged(new, newer)
                raise

    async def run(self, bucket: KeyValue, jetstream: JetStreamContext) -> None:
        """Write once a second, until cancelled."""
        is_loaded = False
        while True:
            await self._clock.sleep(_WRITE_SECONDS)
            try:
                if not is_loaded:
                    # What an earlier process wrote counts towards the bound too.
                    async with self._lock:
                        await self._load(bucket, jetstream)
                    is_loaded = True
                await self.write(bucket, jetstream)
            except (NatsError, OSError, TimeoutError) as error:
                report.background_failed("notices", error)
            raise_if_cancelled()


def _key(notice: Notice) -> str:
    return f"{notice.source_id}.{notice.connection_id or '-'}.{notice.code}"


async def _add(bucket: KeyValue, key: str, new: Notice) -> None:
    while True:
        before, revision = await _find(bucket, key)
        notice = new if before is None else _merged(before, new)
        try:
            await bucket.update(key, _encode(notice), last=revision)
        except KeyWrongLastSequenceError:
            # Another collector wrote in between.
            continue
        return


async def _find(bucket: KeyValue, key: str) -> tuple[Notice | None, int]:
    try:
        entry = await bucket.get(key)
    except KeyNotFoundError:
        return None, 0
    try:
        return _decode(entry.value or b""), entry.revision or 0
    except msgspec.DecodeError:
        return None, entry.revision or 0


def _merged(before: Notice, after: Notice) -> Notice:
    return msgspec.structs.replace(
        after, first_at=before.first_at, count=before.count + after.count
    )
