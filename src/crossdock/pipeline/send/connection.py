"""Sends the deliveries of one connection, and knows of no other."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import math
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from crossdock.events import ConnectionId, DeadLetter, Delivery, Step
from crossdock.kit import RetryLater
from crossdock.pipeline.send import report
from crossdock.pipeline.send.attempt import Attempted, attempt
from crossdock.pipeline.send.conclude import (
    Conclusion,
    Then,
    conclude,
    conclude_without_attempt,
    pause_for,
)
from crossdock.pipeline.send.gate import Gate
from crossdock.pipeline.send.lane import DeliveryMessage, Held, Lane
from crossdock.pipeline.send.parts import SendParts
from crossdock.pipeline.send.past import Past, wait_left_seconds
from crossdock.pipeline.send.retry import left_seconds
from crossdock.pipeline.send.standing import Standing, standing_of
from crossdock.pipeline.send.target import NoTarget, Target, find_target, forgotten

_RETRY_SECONDS = 1.0
_STUCK_SECONDS = 60.0
_TOO_LARGE = 413
_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)


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
        past: What became of its deliveries before.
    """

    def __init__(
        self, connection_id: ConnectionId, parts: SendParts, past: Past | None = None
    ) -> None:
        self._id = connection_id
        self._parts = parts
        self._past = past or Past()
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
        self._something_changed = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None
        self._timer_at_seconds = math.inf
        self._last_failure: Attempted | None = None
        # What a batch of so many bytes was refused for, with that version of the connection.
        self._found_too_large = (-1, 0)
        self._was_paused = self._is_paused
        # What waited behind a pause was not tried meanwhile: its time begins when that ends.
        self._patient_from = _EVER
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

    def standing(self) -> Standing:
        """Return how sending stands."""
        return standing_of(self._gate, self._lane, self._last_failure, self._clock)

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
        if self._past.has_ended(delivery):
            # The journal did not hear of its finish.
            await self._finish(message)
            return
        last = self._past.take_last(delivery)
        if last is None:
            self._lane.admit(message)
            return
        longest = self._parts.limits.retry.wait_seconds_max
        wait_seconds = wait_left_seconds(last, clock=self._clock, wait_seconds_max=longest)
        self._lane.admit(
            message,
            attempts=last.attempt - delivery.attempts,
            until_seconds=self._clock.monotonic_seconds() + wait_seconds if wait_seconds else 0.0,
        )

    def _begin(self) -> None:
        """Begin as many attempts as may be, and look again when there may be more."""
        was_paused, self._was_paused = self._was_paused, self._is_paused
        if self._is_stopping or self._is_paused:
            return
        if was_paused:
            self._patient_from = self._clock.now()
        now_seconds = self._clock.monotonic_seconds()
        # What waits for a connection that is gone waits for nothing, and keeps the disk.
        self._lane.wake(math.inf if self._is_unwanted else now_seconds)
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
            self._lane.part(held)
            self._settle_without_attempt(held, forgotten(self._slug))
            return True
        target = find_target(delivery, self._parts.feed.current, self._parts.destinations_by_slug)
        if isinstance(target, NoTarget):
            self._lane.part(held)
            self._settle_without_attempt(held, target)
            return True
        batches_max = self._parts.limits.batches_max
        if target.perform_batch is not None and self._gate.under_way >= batches_max:
            self._lane.put_back(held)
            return False
        batch = self._batch_of(held, target)
        is_probe = self._gate.begin(now_seconds)
        self._start(self._deliver(batch, target, is_probe=is_probe))
        return True

    def _batch_of(self, held: Held, target: Target) -> list[Held]:
        """Return what goes out in one request: what went together before, or what is next."""
        if held.together is not None and (
            1 + len(held.together) > target.batch_size_max
            or any(self._is_forgotten(other.delivery) for other in held.together)
        ):
            self._lane.part(held)
        together, held.together = held.together, None
        return [held, *(self._more(held, target) if together is None else together)]

    def _more(self, held: Held, target: Target) -> list[Held]:
        version, bytes_max = self._found_too_large
        if version != target.connection_version:
            bytes_max = self._parts.limits.batch_bytes_max
        return self._lane.begin_more(
            lambda other: other.action == held.delivery.action and not self._is_forgotten(other),
            count_max=target.batch_size_max - 1,
            bytes_max=bytes_max - held.message.size_bytes,
        )

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
        # One for all: what waits for another attempt waits together.
        fraction = self._parts.chance.fraction()
        ended: list[tuple[Held, Conclusion]] = []
        for held, attempted in zip(batch, attempts, strict=True):
            held.attempts += 1
            conclusion = conclude(
                held.delivery,
                attempted,
                attempt=held.attempts,
                made_at=max(held.message.made_at, self._patient_from),
                fraction=fraction,
                limits=self._parts.limits.retry,
                is_forgotten=self._is_forgotten(held.delivery),
            )
            self._pause_if_asked(conclusion, began)
            ended.append((held, conclusion))
        if attempts[0].status == _TOO_LARGE and len(batch) > 1:
            half_bytes = sum(held.message.size_bytes for held in batch) // 2
            self._found_too_large = target.connection_version, half_bytes
        # The next may go out while what became of this one is on its way to the disk.
        self._begin()
        await self._settle(ended)
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
        await self._settle([(held, conclusion)])
        self._begin()

    def _give_up(self, held: Held) -> None:
        """Bury what became too old while only probes were made."""
        self._lane.part(held)
        last = self._last_failure
        what = last.what if last else ""
        if not held.attempts and not held.delivery.attempts:
            what = f"It was not attempted: only another was, now and then. {what}"
        why = NoTarget(
            slug=self._slug,
            step=Step.DEAD,
            reason=last.failure.reason if last and last.failure else "",
            what=what,
            do="When the destination answers again, send its dead letters again.",
        )
        self._settle_without_attempt(held, why)

    async def _settle(self, ended: Sequence[tuple[Held, Conclusion]]) -> None:
        """Make durable what became of deliveries that were attempted together; then let go."""
        try:
            await self._record(ended)
        except Exception as error:  # noqa: BLE001 - a bug costs these deliveries time, others nothing.
            until_seconds = self._clock.monotonic_seconds() + _STUCK_SECONDS
            for held, _ in ended:
                report.delivery_stuck(held.delivery, error)
                self._lane.wait([held], until_seconds=until_seconds)
            return
        if again := [each.outcome for _, each in ended if each.outcome.step is Step.WAITING]:
            report.deliveries_wait(again[0], deliveries=len(again))
        report.deliveries_ended(self._slug, [conclusion.outcome for _, conclusion in ended])
        held_by_then: dict[Then, list[Held]] = {then: [] for then in Then}
        for held, conclusion in ended:
            held_by_then[conclusion.then].append(held)
        for held, conclusion in ended:
            if conclusion.then in {Then.FINISH, Then.BURY}:
                await self._let_go(held, conclusion)
        if waiting := held_by_then[Then.WAIT]:
            # They are of one batch, and differ only where one is about to be given up.
            at_seconds = min(self._seconds_of(each) for _, each in ended if each.then is Then.WAIT)
            self._lane.wait(waiting, until_seconds=at_seconds)
        if refused := held_by_then[Then.HALVE]:
            middle = len(refused) // 2
            self._lane.put_back_together(refused[middle:])
            self._lane.put_back_together(refused[:middle])
        for held in reversed(held_by_then[Then.PAUSE]):
            self._lane.put_back(held)

    async def _let_go(self, held: Held, conclusion: Conclusion) -> None:
        self._past.end(held.delivery, conclusion.outcome)
        await self._finish(held.message)
        self._lane.end(held)
        for copy in (held.copies or {}).values():
            # It has ended with this one, unless a person had it sent again meanwhile.
            await self._take(copy)

    async def _record(self, ended: Sequence[tuple[Held, Conclusion]]) -> None:
        journal = self._parts.journal
        letters = [
            DeadLetter(delivery=held.delivery, outcome=conclusion.outcome)
            for held, conclusion in ended
            if conclusion.then is Then.BURY
        ]
        await asyncio.gather(*(self._bury(letter) for letter in letters))
        outcomes = [conclusion.outcome for _, conclusion in ended]
        await self._until_taken(lambda: journal.append_outcomes(outcomes))
        if any(conclusion.then is Then.PAUSE for _, conclusion in ended):
            await self._until_taken(lambda: self._parts.pauses.store(self._id))

    async def _bury(self, letter: DeadLetter) -> None:
        await self._until_taken(lambda: self._parts.journal.append_dead_letter(letter))

    def _pause_if_asked(self, conclusion: Conclusion, began: _Began) -> None:
        """Pause at once: nothing more is to begin while the outcome is on its way to the disk."""
        connection = self._parts.feed.current.connections_by_id.get(self._id)
        # Somebody may have acted while the attempt was under way.
        if conclusion.then is not Then.PAUSE or self._is_paused or connection is None:
            return
        if began != _Began(connection.version, self._parts.pauses.ends_of(self._id)):
            return
        self._parts.pauses.put(
            pause_for(self._id, conclusion.outcome, connection_version=began.connection_version)
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

    def _seconds_of(self, conclusion: Conclusion) -> float:
        """Return when a delivery that waits is next, on the clock that never goes back."""
        failed_at, next_at = conclusion.outcome.at, conclusion.outcome.next_attempt_at
        left = left_seconds(next_at or failed_at, failed_at=failed_at, now=self._clock.now())
        return self._clock.monotonic_seconds() + left

    def _give_up_before(self) -> dt.datetime:
        retry = self._parts.limits.retry
        before = self._clock.now() - dt.timedelta(seconds=retry.give_up_after_seconds)
        return before if self._patient_from < before else _EVER

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
