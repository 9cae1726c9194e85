"""The loop of send: read deliveries, attempt each in its connection's lane, record, finish."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from crossdock.base.clock import Clock
from crossdock.events import ConnectionId, Delivery, Outcome
from crossdock.kit import Destination, Http
from crossdock.pipeline.send import report
from crossdock.pipeline.send.attempt import attempt
from crossdock.pipeline.send.lane import DeliveryMessage, Lane, LaneLimits
from crossdock.pipeline.send.target import NoTarget, Target, find_target
from crossdock.workspace import WorkspaceFeed

_RETRY_SECONDS = 1.0
_STUCK_SECONDS = 60.0

# The journal brings a delivery again whose finish it did not hear of. So many are remembered, to be
# finished then and not delivered a second time: several minutes' worth at a thousand a second.
_ENDED_MAX = 200_000


class SendJournal(Protocol):
    """What send needs of the journal. Each method may raise; send then tries again."""

    def deliveries(self) -> AsyncGenerator[DeliveryMessage, None]:
        """Yield deliveries that are not finished, for ever."""

    async def append_outcomes(self, outcomes: Sequence[Outcome], /) -> None:
        """Return once they are durable."""


class WayOut(Protocol):
    """What send needs of the kit's HTTP client."""

    def with_label(self, vendor: str, /) -> Http:
        """Return the way out for one vendor, who is called so in messages."""


class Sender:
    """Delivers. `run` it in a task, and `stop` it.

    Args:
        journal: Where deliveries come from and outcomes go.
        feed: What is configured.
        destinations_by_slug: All that are installed.
        http: The way out.
        clock: Stamps outcomes, and waits while the journal is away.
        limits: For each connection.
        attempt_seconds_max: How long one attempt may take, whatever the destination does.
    """

    def __init__(  # noqa: PLR0913 - parts of the system, each by name.
        self,
        *,
        journal: SendJournal,
        feed: WorkspaceFeed,
        destinations_by_slug: Mapping[str, Destination],
        http: WayOut,
        clock: Clock,
        limits: LaneLimits | None = None,
        attempt_seconds_max: float = 30.0,
    ) -> None:
        self._journal = journal
        self._feed = feed
        self._destinations_by_slug = destinations_by_slug
        self._http = http
        self._clock = clock
        self._limits = limits or LaneLimits()
        self._attempt_seconds_max = attempt_seconds_max
        self._lanes_by_connection: dict[ConnectionId, Lane] = {}
        self._attempts: set[asyncio.Task[None]] = set()
        self._ended: collections.OrderedDict[str, None] = collections.OrderedDict()
        self._is_stopping = asyncio.Event()

    async def run(self) -> None:
        """Deliver until `stop` is called. If it is cancelled, so is every attempt."""
        reading = asyncio.create_task(self._read())
        try:
            await self._is_stopping.wait()
        except asyncio.CancelledError:
            self._is_stopping.set()
            await self._cut_off()
            raise
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def stop(self, *, drain_seconds_max: float) -> None:
        """Begin nothing more, and return when what is under way has ended.

        What has not begun, or does not end in time, stays in the journal.

        Args:
            drain_seconds_max: How long to wait for attempts that are under way.
        """
        self._is_stopping.set()
        for lane in self._lanes_by_connection.values():
            for message in lane.give_up_waiting():
                await self._send_back(message, seconds=0.0)
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=drain_seconds_max)
        report.drained(cut_off=await self._cut_off())

    async def _cut_off(self) -> int:
        """Cancel every attempt; return how many there were."""
        left = list(self._attempts)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return len(left)

    async def _read(self) -> None:
        while True:
            try:
                async with contextlib.aclosing(self._journal.deliveries()) as messages:
                    async for message in messages:
                        await self._take(message)
            except Exception as error:  # noqa: BLE001 - the journal may come back; deliveries wait.
                report.journal_refused(error)
                await self._clock.sleep(_RETRY_SECONDS)

    async def _take(self, message: DeliveryMessage) -> None:
        """Put a delivery into its lane, or back into the journal."""
        delivery = message.delivery
        if delivery.id in self._ended:
            await self._finish(message)
            return
        if self._is_stopping.is_set():
            await self._send_back(message, seconds=0.0)
            return
        lane = self._lanes_by_connection.get(delivery.connection_id)
        if lane is None:
            lane = Lane(keeps_order=self._keeps_order(delivery), limits=self._limits)
            self._lanes_by_connection[delivery.connection_id] = lane
        if lane.admit(message):
            self._begin(lane)
        else:
            report.delivery_sent_back(self._slug(delivery))
            await self._send_back(message, seconds=lane.back_seconds())

    def _begin(self, lane: Lane) -> None:
        """Begin as many attempts as the lane has room for."""
        while (delivery := lane.begin()) is not None:
            task = asyncio.create_task(self._deliver(delivery, lane))
            self._attempts.add(task)
            task.add_done_callback(self._attempts.discard)

    async def _deliver(self, delivery: Delivery, lane: Lane) -> None:
        """Attempt a delivery, make its outcome durable, and only then finish it."""
        outcome: Outcome | None = None
        try:
            target = find_target(delivery, self._feed.current, self._destinations_by_slug)
            outcome = await self._attempt(delivery, target)
            await self._record(outcome)
            self._remember(delivery)
            await self._finish(lane.message_of(delivery))
        except Exception as error:  # noqa: BLE001 - a bug costs this delivery time, others nothing.
            report.delivery_stuck(delivery, error)
            await self._send_back(lane.message_of(delivery), seconds=_STUCK_SECONDS)
        finally:
            lane.end(
                delivery,
                attempt_seconds=None if outcome is None else outcome.duration_seconds,
            )
            if not self._is_stopping.is_set():
                self._begin(lane)
            if lane.is_idle:
                self._lanes_by_connection.pop(delivery.connection_id, None)

    async def _attempt(self, delivery: Delivery, target: Target | NoTarget) -> Outcome:
        slug = target.slug if isinstance(target, NoTarget) else target.destination.slug
        name = slug if isinstance(target, NoTarget) else target.destination.name
        report.attempt_began(slug)
        try:
            outcome = await attempt(
                delivery,
                target,
                http=self._http.with_label(name),
                clock=self._clock,
                seconds_max=self._attempt_seconds_max,
            )
        finally:
            report.attempt_ended(slug)
        report.delivery_ended(slug, outcome)
        return outcome

    async def _record(self, outcome: Outcome) -> None:
        """Return when the outcome is durable, however long that takes."""
        while True:
            try:
                await self._journal.append_outcomes([outcome])
            except Exception as error:  # noqa: BLE001 - the journal may come back.
                report.journal_refused(error)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                return

    def _remember(self, delivery: Delivery) -> None:
        self._ended[delivery.id] = None
        if len(self._ended) > _ENDED_MAX:
            self._ended.popitem(last=False)

    async def _finish(self, message: DeliveryMessage) -> None:
        try:
            await message.done()
        except Exception as error:  # noqa: BLE001 - it comes again, and is finished then.
            report.finishing_failed(message.delivery, error)

    async def _send_back(self, message: DeliveryMessage, *, seconds: float) -> None:
        try:
            await message.later(seconds)
        except Exception as error:  # noqa: BLE001 - it comes again, only later.
            report.journal_refused(error)

    def _keeps_order(self, delivery: Delivery) -> bool:
        destination = self._destinations_by_slug.get(self._slug(delivery))
        return destination is not None and destination.keeps_order

    def _slug(self, delivery: Delivery) -> str:
        connection = self._feed.current.connections_by_id.get(delivery.connection_id)
        return connection.destination if connection else ""
