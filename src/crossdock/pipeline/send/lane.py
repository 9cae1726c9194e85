"""Which of one connection's deliveries may be attempted next. Pure: no clock, no journal.

A lane holds a bounded number of deliveries, in lines. In a lane that keeps order each person has a
line, and only its first may be attempted: the next waits until the one before has been delivered or
given up, retries included. In other lanes each delivery is a line of its own.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import heapq
from collections.abc import Callable, Sequence
from typing import Protocol

from crossdock.events import Delivery


class DeliveryMessage(Protocol):
    """A delivery as the journal hands it out."""

    @property
    def delivery(self) -> Delivery:
        """What to deliver."""

    @property
    def made_at(self) -> dt.datetime:
        """When the journal was given it, UTC."""

    @property
    def size_bytes(self) -> int:
        """How large it is in the journal."""

    @property
    def place(self) -> int:
        """Where it lies in the journal."""

    async def done(self) -> None:
        """Finish it: its outcome is durable."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LaneLimits:
    """How much of one connection is in memory.

    Attributes:
        ready_max: Deliveries that could be attempted; more are not read.
        held_max: All that are held: those that wait for their next attempt, and those in line
            behind them.
        held_bytes_max: Size of all that are held, as the journal has them.
    """

    ready_max: int = 500
    held_max: int = 20_000
    held_bytes_max: int = 32 * 1024**2


@dataclasses.dataclass(slots=True)
class Held:
    """A delivery in a lane.

    Attributes:
        attempts: How many were made of it, as far as is known.
        together: The others that go with it in one request, and nobody else: that is decided when
            they were attempted before, so that the vendor knows the request again. None while it
            is open.
        copies: The same delivery where it lies in the journal once more, by their places: what
            becomes of them is seen when this one has ended.
    """

    message: DeliveryMessage
    attempts: int = 0
    together: list[Held] | None = None
    copies: dict[int, DeliveryMessage] | None = None

    @property
    def delivery(self) -> Delivery:
        """What is held."""
        return self.message.delivery


class Lane:
    """The deliveries of one connection that are in memory.

    Args:
        keeps_order: Whether each person's deliveries are attempted one after the other.
        limits: Bounds.
    """

    def __init__(self, *, keeps_order: bool, limits: LaneLimits) -> None:
        self._keeps_order = keeps_order
        self._limits = limits
        self._held_by_id: dict[str, Held] = {}
        self._held_bytes = 0
        self._lines: dict[str, collections.deque[Held]] = {}
        self._ready: collections.deque[str] = collections.deque()
        self._waiting: list[tuple[float, int, str]] = []
        self._wait_count = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return not self._held_by_id

    @property
    def waiting(self) -> int:
        """How many wait for their next attempt."""
        return len(self._waiting)

    @property
    def held(self) -> int:
        """How many are held."""
        return len(self._held_by_id)

    @property
    def room(self) -> int:
        """How many deliveries may be admitted."""
        if self._held_bytes >= self._limits.held_bytes_max:
            return 0
        return max(
            0,
            min(
                self._limits.ready_max - len(self._ready),
                self._limits.held_max - len(self._held_by_id),
            ),
        )

    def admit(
        self, message: DeliveryMessage, *, attempts: int = 0, until_seconds: float = 0.0
    ) -> None:
        """Take a delivery in, behind all that were admitted before.

        One that is held already keeps its place. It came again because the journal was read anew,
        and then the newer message is the one to finish; or because it was made again after a crash,
        and lies in the journal twice.

        Args:
            message: What.
            attempts: How many were made of it before.
            until_seconds: Until when it waits if it is the first of its line; 0 if it does not.
        """
        delivery = message.delivery
        held = self._held_by_id.get(delivery.id)
        if held is not None:
            if message.place == held.message.place:
                held.message = message
            else:
                held.copies = {**(held.copies or {}), message.place: message}
            return
        held = Held(message, attempts)
        self._held_by_id[delivery.id] = held
        self._held_bytes += message.size_bytes
        name = self._line_of(delivery)
        line = self._lines.get(name)
        if line is None:
            self._lines[name] = collections.deque([held])
            if until_seconds:
                self._wait(held, until_seconds)
            else:
                self._ready.append(name)
        else:
            line.append(held)

    def wake(self, now_seconds: float) -> None:
        """Make ready whatever has waited long enough."""
        while self._waiting and self._waiting[0][0] <= now_seconds:
            self._ready.append(heapq.heappop(self._waiting)[2])

    def begin(self) -> Held | None:
        """Return the next delivery to attempt, or None if there is none."""
        return self._lines[self._ready.popleft()][0] if self._ready else None

    def begin_more(
        self, like: Callable[[Delivery], bool], *, count_max: int, bytes_max: int
    ) -> list[Held]:
        """Return further deliveries to attempt together with one that was begun.

        They are the next ones that are ready, up to the first that is not alike, does not fit, or
        has its company already.
        """
        found: list[Held] = []
        while len(found) < count_max and self._ready:
            following = self._first_ready()
            bytes_max -= following.message.size_bytes
            is_taken = following.together is not None
            if is_taken or bytes_max < 0 or not like(following.delivery):
                break
            self._ready.popleft()
            found.append(following)
        return found

    def begin_older(self, made_before: dt.datetime) -> Held | None:
        """Return the first that is ready if it was made before that moment, else None."""
        if self._ready and self._first_ready().message.made_at < made_before:
            return self.begin()
        return None

    def wait(self, batch: Sequence[Held], *, until_seconds: float) -> None:
        """Attempt deliveries that were begun again at that time, together; their lines wait."""
        first, *first.together = batch
        self._wait(first, until_seconds)

    def put_back(self, held: Held) -> None:
        """Make a delivery that was begun, and those that go with it, the next again."""
        self._ready.appendleft(self._line_of(held.delivery))

    def put_back_together(self, batch: Sequence[Held]) -> None:
        """Make deliveries that were begun the next ones again, as one request."""
        first, *first.together = batch
        self.put_back(first)

    def part(self, held: Held) -> None:
        """Let a delivery that was begun go without those that would go with it; they are next."""
        together, held.together = held.together or [], None
        for other in reversed(together):
            self.put_back(other)

    def end(self, held: Held) -> None:
        """Let go of a delivery that was begun: it was delivered or given up."""
        name = self._line_of(held.delivery)
        line = self._lines[name]
        line.popleft()
        if line:
            self._ready.append(name)
        else:
            del self._lines[name]
        del self._held_by_id[held.delivery.id]
        self._held_bytes -= held.message.size_bytes

    def next_wake_seconds(self) -> float | None:
        """Return when the next one has waited long enough; None if none waits."""
        return self._waiting[0][0] if self._waiting else None

    @property
    def has_ready(self) -> bool:
        """Whether one could be attempted."""
        return bool(self._ready)

    def _wait(self, held: Held, until_seconds: float) -> None:
        self._wait_count += 1
        name = self._line_of(held.delivery)
        heapq.heappush(self._waiting, (until_seconds, self._wait_count, name))

    def _first_ready(self) -> Held:
        return self._lines[self._ready[0]][0]

    def _line_of(self, delivery: Delivery) -> str:
        return delivery.person if self._keeps_order else delivery.id
