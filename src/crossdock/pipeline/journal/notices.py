"""Notices, counted: what browser plugins report, one entry for each kind of problem.

They come from anybody's browser, so everything about them is bounded: they are merged in memory
and written once a second, and no source has more kinds than `_KINDS_PER_SOURCE_MAX`.
"""

from __future__ import annotations

import asyncio
import collections

import msgspec
from nats.errors import Error as NatsError
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError, NoKeysError
from nats.js.kv import KeyValue

from crossdock.base.clock import Clock
from crossdock.events import Notice
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.connection import raise_if_cancelled

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
        self._kinds_by_source: collections.defaultdict[str, set[str]] = collections.defaultdict(set)

    def report(self, notice: Notice) -> bool:
        """Count a notice; it is written within a second.

        Returns:
            Whether it was taken: False where its source has too many kinds already.
        """
        key = f"{notice.source_id}.{notice.connection_id or '-'}.{notice.code}"
        kinds = self._kinds_by_source[notice.source_id]
        if key not in kinds:
            if len(kinds) >= _KINDS_PER_SOURCE_MAX:
                return False
            kinds.add(key)
        before = self._new_by_key.get(key)
        self._new_by_key[key] = notice if before is None else _merged(before, notice)
        return True

    async def all(self, bucket: KeyValue) -> list[Notice]:
        """Return every notice, the last seen first."""
        await self.write(bucket)
        try:
            keys = await bucket.keys()
        except NoKeysError:
            return []
        found = await asyncio.gather(*(_find(bucket, key) for key in keys))
        notices = [notice for notice, _ in found if notice is not None]
        for notice in notices:
            key = f"{notice.source_id}.{notice.connection_id or '-'}.{notice.code}"
            self._kinds_by_source[notice.source_id].add(key)
        return sorted(notices, key=lambda notice: notice.last_at, reverse=True)

    async def write(self, bucket: KeyValue) -> None:
        """Write what was reported since the last time."""
        while self._new_by_key:
            key, new = self._new_by_key.popitem()
            try:
                await _add(bucket, key, new)
            except (NatsError, OSError, TimeoutError):
                newer = self._new_by_key.get(key)
                self._new_by_key[key] = new if newer is None else _merged(new, newer)
                raise

    async def run(self, bucket: KeyValue) -> None:
        """Write once a second, until cancelled."""
        while True:
            await self._clock.sleep(_WRITE_SECONDS)
            try:
                await self.write(bucket)
            except (NatsError, OSError, TimeoutError) as error:
                report.background_failed("notices", error)
            raise_if_cancelled()


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
