"""Which event first came with a messageId: ids on disk, for as long as repetitions are looked for.

An id is kept as 128 bits of hash, with the offset of the event that has it and when that event was
accepted. A generation is a RocksDB of its own for a seventh of the time, so that forgetting is
deleting a folder. RocksDB, because almost every id that is looked for is new: its Bloom filters
say so from memory (10 bits an id) where a B-tree such as SQLite's or LMDB's reads a random page in
each generation; and it writes in sequence what a B-tree spreads over the file.

Claims are written before what follows from the event is. They are in the operating system's hands
then, and survive the process; they are on disk within about a second, so a power failure can
forget the last of them. That costs a repetition in that moment, never an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, cast

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, WriteBatch

from crossdock.base.clock import Clock
from crossdock.base.errors import CrossdockError
from crossdock.events import Event, Offset
from crossdock.pipeline.route import report

_DAY_SECONDS = 86_400
# The sequence and index of the offset, and the second in which the event was accepted.
_CLAIM = struct.Struct(">QII")
_GENERATIONS = 7
_SYNC_SECONDS = 1.0
_MEASURE_SECONDS = 30.0
_MB = 1024**2

Found = tuple[Offset, int]


class ClaimsUnavailable(CrossdockError):
    """The ids cannot be read or written at the moment."""

    code: ClassVar[str] = "claims_unavailable"

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"The ids of events that were seen cannot be read or written ({error}).",
            do="Check the disk of the data directory; routing goes on by itself.",
        )


class Claims:
    """Remembers who came first with an id. Close it at the end.

    Args:
        folder: Where; made if it is not there. Of one process.
        clock: Says when an id is old enough to be forgotten.
        days_max: For how long a repetition is recognised; 0 recognises none.
    """

    def __init__(self, folder: Path, *, clock: Clock, days_max: float) -> None:
        self._folder = folder
        self._clock = clock
        self._kept_seconds = days_max * _DAY_SECONDS
        self._generation_seconds = max(1, int(self._kept_seconds / _GENERATIONS))
        self._is_off = days_max <= 0
        self._open_by_start: dict[tuple[int, int], Rdict] | None = None
        self._cache = Cache(8 * _MB)
        # Cancelling a caller does not end its thread; the next one waits for it here.
        self._lock = threading.Lock()
        self._synced_at = self._measured_at = -_MEASURE_SECONDS

    async def claim(self, events: Sequence[Event]) -> list[Offset | None]:
        """Return, for each event, which other came first with its id; None if it was this one.

        An event that is asked about again, after a crash or on redelivery, is still the first.

        Raises:
            ClaimsUnavailable: Try again with the same.
        """
        if self._is_off:
            return [None] * len(events)
        return await asyncio.to_thread(self._answer, events, is_claiming=True)

    async def find(self, events: Sequence[Event]) -> list[Offset | None]:
        """Return the same as `claim`, but remember nothing.

        Raises:
            ClaimsUnavailable: Try again with the same.
        """
        if self._is_off:
            return [None] * len(events)
        return await asyncio.to_thread(self._answer, events, is_claiming=False)

    def close(self) -> None:
        """Write what is in memory, and let go of the files."""
        with self._lock:
            self._close()

    def _answer(self, events: Sequence[Event], *, is_claiming: bool) -> list[Offset | None]:
        with self._lock:
            try:
                return self._decide(events, is_claiming=is_claiming)
            except Exception as error:
                # RocksDB that met a full disk stays so until it is opened again.
                self._close()
                raise ClaimsUnavailable(error) from error

    def _decide(self, events: Sequence[Event], *, is_claiming: bool) -> list[Offset | None]:
        now = int(self._clock.now().timestamp())
        current = self._current(now)
        keys = [_key(event) for event in events]
        found_by_key = self._found(keys)
        firsts: list[Offset | None] = []
        new = WriteBatch(raw_mode=True)
        for key, event in zip(keys, events, strict=True):
            accepted_second = int(event.received_at.timestamp())
            found = found_by_key.setdefault(key, [])
            first = self._first(event.offset, accepted_second, found)
            firsts.append(first)
            if first is None and all(offset != event.offset for offset, _ in found):
                found.append((event.offset, accepted_second))
                new.put(
                    key, _CLAIM.pack(event.offset.sequence, event.offset.index, accepted_second)
                )
        if is_claiming and len(new):
            current.write(new)
        self._keep_up(current)
        return firsts

    def _first(self, own: Offset, accepted_second: int, found: list[Found]) -> Offset | None:
        if any(offset == own for offset, _ in found):
            return None
        for offset, first_second in found:
            if abs(accepted_second - first_second) <= self._kept_seconds:
                return offset
        return None

    def _found(self, keys: list[bytes]) -> dict[bytes, list[Found]]:
        """Return the claims on these ids, of every generation."""
        found_by_key: dict[bytes, list[Found]] = {}
        for generation in self._generations().values():
            values = cast("list[bytes | None]", generation.get([*keys]))
            for key, value in zip(keys, values, strict=True):
                if value is not None:
                    sequence, index, second = _CLAIM.unpack(value)
                    claims = found_by_key.setdefault(key, [])
                    # The same key can be asked for twice.
                    if (claim := (Offset(sequence, index), second)) not in claims:
                        claims.append(claim)
        return found_by_key

    def _generations(self) -> dict[tuple[int, int], Rdict]:
        if self._open_by_start is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._open_by_start = {}
            for path in sorted(self._folder.iterdir()):
                start, _, seconds = path.name.partition("-")
                if start.isdigit() and seconds.isdigit():
                    self._open(int(start), int(seconds))
        return self._open_by_start

    def _current(self, now: int) -> Rdict:
        """Return the generation of this moment; forget those whose time is over."""
        seconds = self._generation_seconds
        start = now // seconds * seconds
        generations = self._generations()
        current = generations.get((start, seconds))
        if current is None:
            for others in generations.values():
                # Nothing more is added to it: it needs no memory for that.
                others.flush()
            for begun, lasted in list(generations):
                if begun + lasted + self._kept_seconds < now:
                    generations.pop((begun, lasted)).close()
                    shutil.rmtree(self._path(begun, lasted))
            current = self._open(start, seconds)
        return current

    def _open(self, start: int, seconds: int) -> Rdict:
        path = self._path(start, seconds)
        try:
            opened = Rdict(str(path), _options(self._cache))
        except Exception as error:
            if "Corruption" not in str(error):
                raise
            report.claims_are_broken(path, error)
            shutil.rmtree(path)
            opened = Rdict(str(path), _options(self._cache))
        self._generations()[start, seconds] = opened
        return opened

    def _path(self, start: int, seconds: int) -> Path:
        return self._folder / f"{start:012d}-{seconds}"

    def _keep_up(self, current: Rdict) -> None:
        """Now and then, put on disk what was written, and measure."""
        now_seconds = self._clock.monotonic_seconds()
        if now_seconds - self._synced_at >= _SYNC_SECONDS:
            self._synced_at = now_seconds
            current.flush_wal(sync=True)
        if now_seconds - self._measured_at >= _MEASURE_SECONDS:
            self._measured_at = now_seconds
            report.claims_measured(sum(_sizes(self._folder)))

    def _close(self) -> None:
        generations, self._open_by_start = self._open_by_start or {}, None
        for generation in generations.values():
            with contextlib.suppress(Exception):
                generation.close()


def _key(event: Event) -> bytes:
    named = f"{event.source_id}\0{event.message_id}".encode(errors="surrogatepass")
    return hashlib.blake2b(named, digest_size=16).digest()


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.glob("*/*"):
        # RocksDB may just have removed it.
        with contextlib.suppress(FileNotFoundError):
            yield path.stat().st_size


def _options(cache: Cache) -> Options:
    tables = BlockBasedOptions()
    tables.set_bloom_filter(10, block_based=False)
    tables.set_block_size(16 * 1024)
    tables.set_block_cache(cache)
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 - the binding takes it by place.
    options.set_block_based_table_factory(tables)
    options.set_write_buffer_size(8 * _MB)
    # Hashes cannot be made smaller.
    options.set_compression_type(DBCompressionType.none())
    options.set_max_background_jobs(2)
    options.set_keep_log_file_num(1)
    options.set_max_log_file_size(_MB)
    return options
