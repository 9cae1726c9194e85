"""Which deliveries of a bundle are done while others of it are not.

A bundle is finished when all in it are done, and one that has to wait can wait for a day. What is
done in it by then must not come again, neither when the journal is read anew nor after a restart,
when the outcomes that say so lie too far back to be looked at. So it is kept here, and noted in
the journal a second later; until then the outcomes are recent enough.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping

import msgspec
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import KeyNotFoundError, NotFoundError
from nats.js.kv import KeyValue

from crossdock.base.clock import Clock
from crossdock.events import ConnectionId
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.connection import answered, raise_if_cancelled
from crossdock.pipeline.journal.errors import JournalError
from crossdock.pipeline.journal.keys import keys_of
from crossdock.pipeline.journal.streams import DELIVERIES

_NOTE_SECONDS = 1.0
_QUESTIONS_AT_ONCE = 16
# A NATS server as it comes takes a megabyte, and a note of a long bundle has fifty bytes. Beyond
# that it takes a crash, and a vendor that took most of each of so many bundles, to repeat some.
_NOTED_MAX = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a bundle lies.

    Attributes:
        sequence: In the stream.
        stored_at: When it was stored, UTC: a stream that was made anew gives places again.
    """

    sequence: int
    stored_at: dt.datetime


class Bundle:
    """A message of deliveries that is with `send`.

    Attributes:
        place: Where it lies.
        left: Which of its deliveries are not done, by their place in it.
        count: How many it has.
    """

    def __init__(self, place: Place, count: int) -> None:
        self.place = place
        self.count = count
        self.left = set(range(count))

    @property
    def done_count(self) -> int:
        """How many are done."""
        return self.count - len(self.left)


class _Note(msgspec.Struct, array_like=True):
    """What is kept of one bundle: `done` has a bit for each delivery that is done."""

    sequence: int
    stored_at: dt.datetime
    count: int
    done: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Note]).decode


class Partly:
    """The bundles of which a part is done, of all connections."""

    def __init__(self) -> None:
        self._bundles: dict[ConnectionId, dict[Place, Bundle]] = {}
        self._changed: set[ConnectionId] = set()
        self._noted: set[ConnectionId] = set()

    def bundle(self, connection_id: ConnectionId, place: Place, count: int) -> Bundle:
        """Return the bundle as it is known, or as new."""
        known = self._bundles.get(connection_id, {}).get(place)
        return known if known is not None and known.count == count else Bundle(place, count)

    def is_done(self, connection_id: ConnectionId, bundle: Bundle, index: int) -> bool:
        """Note that one delivery of a bundle is done; return whether all are."""
        bundle.left.discard(index)
        if bundle.left:
            self._bundles.setdefault(connection_id, {})[bundle.place] = bundle
        self._changed.add(connection_id)
        return not bundle.left

    def forget(self, connection_id: ConnectionId, bundle: Bundle) -> None:
        """Know a bundle no longer: the journal has been told that it is finished."""
        self._bundles.get(connection_id, {}).pop(bundle.place, None)

    def left_of(self, unfinished: Mapping[ConnectionId, int]) -> dict[ConnectionId, int]:
        """Return how many deliveries are not done, of so many in messages that are not finished."""
        return {
            connection_id: left
            for connection_id, count in unfinished.items()
            if (left := count - sum(one.done_count for one in self._of(connection_id))) > 0
        }

    async def load(self, bucket: KeyValue, jetstream: JetStreamContext) -> None:
        """Take over what was noted, of the bundles that are still there."""
        for key in await keys_of(bucket, jetstream):
            try:
                notes = _decode((await bucket.get(key)).value or b"")
            except (KeyNotFoundError, msgspec.DecodeError):
                continue
            connection_id = ConnectionId(key)
            self._noted.add(connection_id)
            self._changed.add(connection_id)
            known = self._bundles.setdefault(connection_id, {})
            for start in range(0, len(notes), _QUESTIONS_AT_ONCE):
                some = [_bundle_of(note) for note in notes[start : start + _QUESTIONS_AT_ONCE]]
                there = await asyncio.gather(*(_is_there(jetstream, one.place) for one in some))
                known |= {
                    one.place: one for one, is_there in zip(some, there, strict=True) if is_there
                }

    async def run(self, bucket: KeyValue, clock: Clock) -> None:
        """Note what has changed, now and then, until cancelled."""
        while True:
            await clock.sleep(_NOTE_SECONDS)
            try:
                await self.write(bucket)
            except (JournalError, NatsError, OSError, TimeoutError) as error:
                report.background_failed("partly", error)
            raise_if_cancelled()

    async def write(self, bucket: KeyValue) -> None:
        """Note what has changed. May raise NATS' errors; it is noted the next time then."""
        while self._changed:
            connection_id = self._changed.pop()
            try:
                await answered(self._write(bucket, connection_id))
            except BaseException:
                self._changed.add(connection_id)
                raise

    async def _write(self, bucket: KeyValue, connection_id: ConnectionId) -> None:
        notes = [_note_of(one) for one in self._of(connection_id) if one.left]
        if notes:
            self._noted.add(connection_id)
            await bucket.put(connection_id, _encode(notes[:_NOTED_MAX]))
        elif connection_id in self._noted:
            await bucket.delete(connection_id)
            self._noted.discard(connection_id)

    def _of(self, connection_id: ConnectionId) -> Iterator[Bundle]:
        yield from self._bundles.get(connection_id, {}).values()


def _note_of(bundle: Bundle) -> _Note:
    done = sum(1 << index for index in range(bundle.count) if index not in bundle.left)
    size_bytes = (bundle.count + 7) // 8
    return _Note(
        sequence=bundle.place.sequence,
        stored_at=bundle.place.stored_at,
        count=bundle.count,
        done=done.to_bytes(size_bytes, "little"),
    )


def _bundle_of(note: _Note) -> Bundle:
    bundle = Bundle(Place(note.sequence, note.stored_at), note.count)
    done = int.from_bytes(note.done, "little")
    bundle.left = {index for index in range(note.count) if not done >> index & 1}
    return bundle


async def _is_there(jetstream: JetStreamContext, place: Place) -> bool:
    try:
        found = await jetstream.get_msg(DELIVERIES, place.sequence)
    except NotFoundError:
        return False
    return found.time is not None and abs(found.time - place.stored_at) < dt.timedelta(seconds=1)
