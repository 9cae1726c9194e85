"""Sends the deliveries of one connection, and knows of no other."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime as dt
import math
from collections.abc import Awaitable, Callable, Coroutine

from crossdock.events import ConnectionId, DeadLetter, Delivery, Pause, Step
from crossdock.kit import RetryLater
from crossdock.pipeline.send import report
from crossdock.pipeline.send.attempt import Attempted, attempt
from crossdock.pipeline.send.conclude import (
    Conclusion,
    Then,
    conclude,
    conclude_without_attempt,
)
from crossdock.pipeline.send.gate import Gate
from crossdock.pipeline.send.lane import DeliveryMessage, Held, Lane
from crossdock.pipeline.send.parts import SendParts
from crossdock.pipeline.send.target import NoTarget, Target, find_target, forgotten

_RETRY_SECONDS = 1.0
_STUCK_SECONDS = 60.0

# The journal brings a delivery again whose finish it did not hear of. So many are remembered, to be
# finished then and not delivered a second time.
_ENDED_MAX = 50_000


@dataclasses.dataclass(frozen=True, slots=True)
class _Began:
    """What was so when an attempt began, and what a person changes to make the next succeed."""

    connection_version: int
    pauses_ended: int


class ConnectionSender:
    """Sends the deliveries of one connection. `run` it in a task, and `stop` it.

    Args:
        connection_id: Whose.
        parts: What it needs.
    """

    def __init__(self, connection_id: ConnectionId, parts: SendParts) -> None:
        self._id = connection_id
        self._parts = parts
        self._clock = parts.clock
        limits = parts.limits
        connection = parts.feed.current.connections_by_id.get(connection_id)
        self._slug = connection.destination if connection else ""
        destination = parts.destinations_by_slug.get(self._slug)
        self._lane = Lane(
            keeps_order=destination is not None and destination.keeps_order, limits=limits.lane
        )
        self._gate = Gate(
            limits.gate,
            requests_per_second_max=destination.requests_per_second_max if destination else None,
        )
        self._attempts: set[asyncio.Task[None]] = set()
        self._ended: collections.OrderedDict[tuple[str, int], None] = collections.OrderedDict()
        self._something_changed = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None
        self._timer_at_seconds = math.inf
        self._last_failure: Attempted | None = None
        self._is_stopping = False

    async def run(self) -> None:
        """Send until cancelled, or until the connection is gone and nothing of it is left."""
        reader = self._parts.journal.delivery_reader(self._id)
        try:
            while not self._is_over:
                messages = await reader.next(await self._room())
                for message in messages:
                    await self._take(message)
                self._begin()
                if not messages and self._is_unwanted and self._lane.is_empty:
                    return
        finally:
            self._cancel_timer()
            await reader.close()

    def wake(self) -> None:
        """Look again: the workspace or a pause has changed."""
        self._something_changed.set()
        self._begin()

    def stop(self) -> set[asyncio.Task[None]]:
        """Begin nothing more; return what is under way."""
        self._is_stopping = True
        self._cancel_timer()
        self._something_changed.set()
        return set(self._attempts)

    @property
    def _is_over(self) -> bool:
        # A cancellation can meet the journal's client in the middle of something, and be swallowed.
        task = asyncio.current_task()
        return self._is_stopping or (task is not None and task.cancelling() > 0)

    @property
    def _is_unwanted(self) -> bool:
        return self._id not in self._parts.feed.current.connections_by_id

    @property
    def _is_paused(self) -> bool:
        return self._id in self._parts.pauses.by_connection

    async def _room(self) -> int:
        """Return for how many there is room, when there is."""
        while not (room := 0 if self._is_paused else self._lane.room):
            self._something_changed.clear()
            await self._something_changed.wait()
        return room

    async def _take(self, message: DeliveryMessage) -> None:
        delivery = message.delivery
        if _key(delivery) in self._ended:
            await self._finish(message)
        else:
            self._lane.admit(message)

    def _begin(self) -> None:
        """Begin as many attempts as may be, and look again when there may be more."""
        if self._is_stopping or self._is_paused:
            return
        now_seconds = self._clock.monotonic_seconds()
        self._lane.wake(now_seconds)
        wait_seconds = 0.0
        while self._lane.has_ready and not self._is_paused:
            wait_seconds = self._gate.wait_seconds(now_seconds)
            if self._gate.is_open and (old := self._lane.begin_older(self._give_up_before())):
                self._give_up(old)
            elif wait_seconds > 0 or not self._begin_one(now_seconds):
                break
        self._something_changed.set()
        times = [self._lane.next_wake_seconds()]
        if self._lane.has_ready and 0 < wait_seconds < math.inf:
            times.append(now_seconds + wait_seconds)
        self._look_again_at(min((at for at in times if at is not None), default=math.inf))

    def _begin_one(self, now_seconds: float) -> bool:
        """Begin the next attempt; return False if there is no room for it now."""
        held = self._lane.begin()
        if held is None:
            return False
        delivery = held.delivery
        if self._is_forgotten(delivery):
            self._settle_without_attempt(held, forgotten(self._slug))
            return True
        target = find_target(delivery, self._parts.feed.current, self._parts.destinations_by_slug)
        if isinstance(target, NoTarget):
            self._settle_without_attempt(held, target)
            return True
        batch = [held]
        if target.perform_batch is not None:
            if self._gate.under_way >= self._parts.limits.batches_max:
                self._lane.put_back(held)
                return False
            batch += self._lane.begin_more(
                lambda other: other.action == delivery.action and not self._is_forgotten(other),
                count_max=target.batch_size_max - 1,
            )
        is_probe = self._gate.begin(now_seconds)
        self._start(self._deliver(batch, target, is_probe=is_probe))
        return True

    def _is_forgotten(self, delivery: Delivery) -> bool:
        return self._parts.is_forgotten(delivery.person, delivery.received_at)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)

    async def _deliver(self, batch: list[Held], target: Target, *, is_probe: bool) -> None:
        """Attempt deliveries, and do what follows from how that ended."""
        began = _Began(target.connection_version, self._parts.pauses.ends_of(self._id))
        try:
            attempts = await self._attempt(batch, target)
        except asyncio.CancelledError:
            self._gate.abandon(is_probe=is_probe)
            raise
        has_failed = all(isinstance(one.failure, RetryLater) for one in attempts)
        if has_failed:
            self._last_failure = attempts[-1]
        has_turned = self._gate.end(
            has_failed=has_failed,
            is_probe=is_probe,
            now_seconds=self._clock.monotonic_seconds(),
            fraction=self._parts.chance.fraction(),
        )
        if has_turned:
            report.circuit_turned(self._id, is_open=self._gate.is_open)
        settling: list[Coroutine[None, None, None]] = []
        for held, attempted in zip(batch, attempts, strict=True):
            held.attempts += 1
            conclusion = conclude(
                held.delivery,
                attempted,
                attempt=held.attempts,
                made_at=held.message.made_at,
                fraction=self._parts.chance.fraction(),
                limits=self._parts.limits.retry,
            )
            self._pause_if_asked(conclusion, began)
            settling.append(self._settle(held, conclusion))
        # The next may go out while what became of this one is on its way to the disk.
        self._begin()
        await asyncio.gather(*settling)
        self._begin()

    async def _attempt(self, batch: list[Held], target: Target) -> list[Attempted]:
        report.attempt_began(self._slug)
        try:
            return await attempt(
                [held.delivery for held in batch],
                target,
                http=self._parts.http.with_label(target.destination.name),
                clock=self._clock,
                seconds_max=self._parts.limits.attempt_seconds_max,
            )
        finally:
            report.attempt_ended(self._slug)

    def _settle_without_attempt(self, held: Held, why: NoTarget) -> None:
        conclusion = conclude_without_attempt(
            held.delivery, why, attempts=held.attempts, now=self._clock.now()
        )
        began = _Began(why.connection_version, self._parts.pauses.ends_of(self._id))
        self._pause_if_asked(conclusion, began)
        self._start(self._settle_and_go_on(held, conclusion))

    async def _settle_and_go_on(self, held: Held, conclusion: Conclusion) -> None:
        await self._settle(held, conclusion)
        self._begin()

    def _give_up(self, held: Held) -> None:
        """Bury what became too old while only probes were made."""
        last = self._last_failure
        why = NoTarget(
            slug=self._slug,
            step=Step.DEAD,
            reason=last.failure.reason if last and last.failure else "",
            what=last.what if last else "",
            do="When the destination answers again, send its dead letters again.",
        )
        self._settle_without_attempt(held, why)

    async def _settle(self, held: Held, conclusion: Conclusion) -> None:
        """Make what became of a delivery durable, and only then let it go."""
        try:
            await self._record(held, conclusion)
        except Exception as error:  # noqa: BLE001 - a bug costs this delivery time, others nothing.
            report.delivery_stuck(held.delivery, error)
            until_seconds = self._clock.monotonic_seconds() + _STUCK_SECONDS
            self._lane.wait(held, until_seconds=until_seconds)
            return
        report.delivery_ended(self._slug, conclusion.outcome)
        match conclusion.then:
            case Then.FINISH | Then.BURY:
                self._remember(held.delivery)
                await self._finish(held.message)
                self._lane.end(held)
            case Then.WAIT:
                self._lane.wait(held, until_seconds=self._seconds_of(conclusion))
            case Then.PAUSE:
                self._lane.put_back(held)

    async def _record(self, held: Held, conclusion: Conclusion) -> None:
        journal, outcome = self._parts.journal, conclusion.outcome
        if conclusion.then is Then.BURY:
            letter = DeadLetter(delivery=held.delivery, outcome=outcome)
            await self._until_taken(lambda: journal.append_dead_letter(letter))
        await self._until_taken(lambda: journal.append_outcomes([outcome]))
        if conclusion.then is Then.PAUSE:
            await self._until_taken(lambda: self._parts.pauses.store(self._id))

    def _pause_if_asked(self, conclusion: Conclusion, began: _Began) -> None:
        """Pause at once: nothing more is to begin while the outcome is on its way to the disk."""
        connection = self._parts.feed.current.connections_by_id.get(self._id)
        # Somebody may have acted while the attempt was under way.
        if conclusion.then is not Then.PAUSE or self._is_paused or connection is None:
            return
        if began != _Began(connection.version, self._parts.pauses.ends_of(self._id)):
            return
        outcome = conclusion.outcome
        self._parts.pauses.put(
            Pause(
                connection_id=self._id,
                since_at=outcome.at,
                reason=outcome.reason,
                what=outcome.what,
                do=outcome.do,
                connection_version=began.connection_version,
            )
        )

    async def _until_taken(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write, and write the same again until the journal takes it."""
        while True:
            try:
                await write()
            except Exception as error:  # noqa: BLE001 - the journal may come back.
                report.journal_refused(error)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                return

    async def _finish(self, message: DeliveryMessage) -> None:
        try:
            await message.done()
        except Exception as error:  # noqa: BLE001 - it comes again, and is finished then.
            report.finishing_failed(message.delivery, error)

    def _remember(self, delivery: Delivery) -> None:
        self._ended[_key(delivery)] = None
        if len(self._ended) > _ENDED_MAX:
            self._ended.popitem(last=False)

    def _seconds_of(self, conclusion: Conclusion) -> float:
        """Return when a delivery that waits is next, on the clock that never goes back."""
        outcome = conclusion.outcome
        next_at = outcome.next_attempt_at or outcome.at
        return self._clock.monotonic_seconds() + (next_at - self._clock.now()).total_seconds()

    def _give_up_before(self) -> dt.datetime:
        seconds = self._parts.limits.retry.give_up_after_seconds
        return self._clock.now() - dt.timedelta(seconds=seconds)

    def _look_again_at(self, at_seconds: float) -> None:
        if self._timer is not None:
            if self._timer_at_seconds <= at_seconds:
                return
            self._timer.cancel()
            self._timer = None
        if at_seconds < math.inf:
            self._timer_at_seconds = at_seconds
            self._timer = asyncio.create_task(self._look_again(at_seconds))

    async def _look_again(self, at_seconds: float) -> None:
        await self._clock.sleep(max(0.0, at_seconds - self._clock.monotonic_seconds()))
        self._timer = None
        self._begin()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _key(delivery: Delivery) -> tuple[str, int]:
    """Return what a delivery is known by; a dead letter that is sent again is another one."""
    return delivery.id, delivery.attempts
