"""Group commit: whatever arrived while the last append was under way becomes the next one.

One append costs one fsync, however much it carries. So a single sender waits for one fsync, and a
thousand senders wait for two, and no timer has to be tuned.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from crossdock.base.clock import Clock
from crossdock.base.ids import new_secret
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.connection import raise_if_cancelled
from crossdock.pipeline.journal.errors import (
    JournalBusy,
    JournalError,
    JournalUnavailable,
)
from crossdock.pipeline.journal.settings import JournalSettings

Item = TypeVar("Item")

_RETRY_SECONDS = 0.05


class Append(Protocol):
    """Stores one message; see `Connection.append`."""

    def __call__(
        self, subject: str, data: bytes, *, stream: str, append_id: str, seconds_max: float
    ) -> Awaitable[None]:
        """Store it."""


class GroupCommit(Generic[Item]):
    """Appends items to one stream, many at a time, in the order given.

    Args:
        append: Stores one message.
        encode: Makes one message of many items.
        stream: The stream's name.
        subject: The stream's subject.
        settings: Bounds.
        clock: Measures and waits.
        when_given_up: Called when appends failed for as long as they may.
    """

    def __init__(  # noqa: PLR0913 - where it appends, how, and within which bounds.
        self,
        append: Append,
        encode: Callable[[list[Item]], bytes],
        *,
        stream: str,
        subject: str,
        settings: JournalSettings,
        clock: Clock,
        when_given_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._append = append
        self._encode = encode
        self._stream = stream
        self._subject = subject
        self._settings = settings
        self._clock = clock
        self._when_given_up = when_given_up
        self._waiting: collections.deque[tuple[Item, int, asyncio.Future[None]]] = (
            collections.deque()
        )
        self._waiting_bytes = 0
        self._something_waits = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        # Another process, or this one after a restart, must not use the same ids.
        self._id_prefix = new_secret(16)
        self._group_count = 0

    @property
    def waiting_bytes(self) -> int:
        """What has not been stored yet, the group under way included."""
        return self._waiting_bytes

    def append(self, item: Item, *, size_bytes: int) -> asyncio.Future[None]:
        """Return what is done when the item is on disk.

        Raises:
            JournalBusy: Too much is waiting. Nothing was stored.
        """
        waiting_bytes = self._waiting_bytes + size_bytes
        if waiting_bytes > self._settings.waiting_bytes_max:
            raise JournalBusy
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, size_bytes, stored))
        self._waiting_bytes = waiting_bytes
        self._something_waits.set()
        return stored

    async def run(self) -> None:
        """Store what is given to `append`, until cancelled."""
        while True:
            if not self._waiting:
                self._is_idle.set()
                self._something_waits.clear()
                await self._something_waits.wait()
            self._is_idle.clear()
            await self._store(self._next_group())

    async def drain(self) -> None:
        """Wait until nothing waits."""
        while self._waiting or not self._is_idle.is_set():
            self._is_idle.clear()
            await self._is_idle.wait()

    def _next_group(self) -> list[tuple[Item, int, asyncio.Future[None]]]:
        waiting = self._waiting
        group = [waiting.popleft()]
        room_bytes = self._settings.group_bytes_max - group[0][1]
        while waiting and waiting[0][1] <= room_bytes:
            group.append(waiting.popleft())
            room_bytes -= group[-1][1]
        return group

    async def _store(self, group: list[tuple[Item, int, asyncio.Future[None]]]) -> None:
        self._group_count += 1
        append_id = f"{self._id_prefix}-{self._group_count}"
        started_at = self._clock.monotonic_seconds()
        try:
            data = self._encode([item for item, _, _ in group])
            await append_until_stored(
                self._append,
                self._subject,
                data,
                stream=self._stream,
                append_id=append_id,
                settings=self._settings,
                clock=self._clock,
            )
        except JournalError as error:
            report.group_was_given_up(self._stream, error.code, requests=len(group))
            self._settle(group, error)
            if isinstance(error, JournalUnavailable):
                # Those behind have waited as well, and would now wait as long again.
                behind, self._waiting = list(self._waiting), collections.deque()
                self._settle(behind, error)
                await self._when_given_up()
        except asyncio.CancelledError:
            self._settle(group, JournalUnavailable())
            self._settle(list(self._waiting), JournalUnavailable())
            self._waiting.clear()
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one group must not stop all others.
            report.group_met_a_bug(self._stream, error)
            self._settle(group, error)
        else:
            self._settle(group, None)
            report.group_was_stored(self._stream, self._clock.monotonic_seconds() - started_at)

    def _settle(
        self,
        group: list[tuple[Item, int, asyncio.Future[None]]],
        error: Exception | None,
    ) -> None:
        for _, size_bytes, stored in group:
            self._waiting_bytes -= size_bytes
            # Its sender may have gone away and cancelled it.
            if stored.done():
                continue
            if error is None:
                stored.set_result(None)
            else:
                stored.set_exception(error)


async def append_until_stored(  # noqa: PLR0913 - two of them are the clock and the bounds.
    append: Append,
    subject: str,
    data: bytes,
    *,
    stream: str,
    append_id: str,
    settings: JournalSettings,
    clock: Clock,
) -> None:
    """Store one message, trying again while it is not known whether it was stored.

    Raises:
        JournalFull: There is no room; it was not stored.
        JournalUnavailable: It could not be stored within `append_seconds_max`.
    """
    give_up_at = clock.monotonic_seconds() + settings.append_seconds_max
    while True:
        try:
            await append(
                subject,
                data,
                stream=stream,
                append_id=append_id,
                seconds_max=settings.attempt_seconds_max,
            )
        except JournalUnavailable as error:
            raise_if_cancelled()
            if clock.monotonic_seconds() + _RETRY_SECONDS >= give_up_at:
                raise
            report.append_is_tried_again(stream, error.__cause__ or error)
            await clock.sleep(_RETRY_SECONDS)
        else:
            return
