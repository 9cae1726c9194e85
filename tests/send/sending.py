"""Runs the sender for a test, with a vendor in memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from crossdock.base.chance import Chance
from crossdock.base.clock import Clock, FakeClock, SystemClock
from crossdock.kit import Answer, Call, DeliveryFailed, Destination, Http
from crossdock.pipeline.send import (
    GateLimits,
    LaneLimits,
    Pauses,
    RetryLimits,
    Sender,
    SendLimits,
    SendParts,
)
from crossdock.workspace import WorkspaceFeed
from tests.send.builders import MemoryJournal, by_slug, connection, destination, workspace

FEW = SendLimits(
    lane=LaneLimits(ready_max=50, held_max=100),
    gate=GateLimits(attempts_max=2, failures_max=5),
    retry=RetryLimits(),
)


class Vendor:
    """A vendor in memory: notes who was delivered, and hangs or fails where it is told."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self.taken: list[str] = []
        self.begun: list[str] = []
        self.keys: list[str] = []
        self.hung_connections: set[str] = set()
        self.goes_on = asyncio.Event()
        self.failure_of: Callable[[Call], DeliveryFailed | None] = lambda _: None

    async def perform(self, _: Http, call: Call) -> None:
        """Take a payload."""
        self.begun.append(call.message_id)
        self.keys.append(call.idempotency_key)
        self._journal.changed()
        if call.settings["apiKey"] in self.hung_connections:
            await self.goes_on.wait()
        failure = self.failure_of(call)
        if failure is not None:
            raise failure
        self.taken.append(call.message_id)
        self._journal.changed()


class NoWayOut:
    """A way out for destinations that ask nobody."""

    def with_label(self, _: str) -> Http:
        return self

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        raise NotImplementedError


@contextlib.asynccontextmanager
async def sending(  # noqa: PLR0913 - a builder names what it can vary.
    journal: MemoryJournal,
    vendor: Vendor,
    *,
    installed: Destination | None = None,
    feed: WorkspaceFeed | None = None,
    clock: Clock | None = None,
    limits: SendLimits = FEW,
    pauses: Pauses | None = None,
) -> AsyncIterator[Sender]:
    """Send while the block runs."""
    sender = Sender(
        SendParts(
            journal=journal,
            feed=feed
            or WorkspaceFeed(
                workspace(connection("con_1", apiKey="one"), connection("con_2", apiKey="two"))
            ),
            destinations_by_slug=by_slug(installed or destination(vendor.perform)),
            http=NoWayOut(),
            clock=clock or SystemClock(),
            chance=Chance(1),
            pauses=pauses or Pauses(journal),
            limits=limits,
        )
    )
    running = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def advance_until(clock: FakeClock, is_so: Callable[[], bool], *, step: float = 1.0) -> None:
    """Let time pass until it is so, or fail after a while."""
    async with asyncio.timeout(10):
        while not is_so():
            clock.advance(step)
            # What time woke is to have its turn before time goes on.
            for _ in range(20):
                await asyncio.sleep(0)
