"""Which of one connection's deliveries may be attempted next. Pure: no clock, no journal.

A lane holds a bounded number of deliveries. It lets a bounded number of them be attempted at a
time, and, if it keeps order, never two of one person: the next waits until the one before has
ended. What it has no room for goes back to the journal, and in a lane that keeps order everything
later of the same person then goes back too, until what was sent back has returned.
"""

from __future__ import annotations

import collections
import dataclasses
from typing import Protocol

from crossdock.events import Delivery

# Before any attempt has ended nothing is known; a vendor answers in about so long.
_ATTEMPT_SECONDS_EXPECTED = 0.2
_BACK_SECONDS_MIN = 0.5
_BACK_SECONDS_MAX = 60.0


class DeliveryMessage(Protocol):
    """A delivery as the journal hands it out."""

    @property
    def delivery(self) -> Delivery: ...  # noqa: D102 - see above.

    async def done(self) -> None:
        """Finish it: its outcome is durable."""

    async def later(self, seconds: float, /) -> None:
        """Ask for it again after a while."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LaneLimits:
    """How much of one connection is in memory and on the wire.

    Attributes:
        attempts_max: Attempts at a time.
        held_max: Deliveries in memory, those under way included.
    """

    attempts_max: int = 32
    held_max: int = 2000


class Lane:
    """The deliveries of one connection that are in memory.

    Args:
        keeps_order: Whether each person's deliveries are attempted one after the other.
        limits: Bounds.
    """

    def __init__(self, *, keeps_order: bool, limits: LaneLimits) -> None:
        self._keeps_order = keeps_order
        self._limits = limits
        self._messages_by_id: dict[str, DeliveryMessage] = {}
        self._ready: collections.deque[str] = collections.deque()
        self._waiting_by_person: dict[str, collections.deque[str]] = {}
        self._sent_back_by_person: dict[str, dict[str, Delivery]] = {}
        self._under_way: set[str] = set()
        self._attempt_seconds = _ATTEMPT_SECONDS_EXPECTED

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held and nothing is expected back."""
        return not self._messages_by_id and not self._sent_back_by_person

    @property
    def under_way(self) -> int:
        """How many deliveries are being attempted."""
        return len(self._under_way)

    def admit(self, message: DeliveryMessage) -> bool:
        """Take a delivery in; return False if it has to go back to the journal for a while.

        One that is held already came again because the journal waited too long for it: it is the
        same delivery, and the newer message is the one to finish.
        """
        delivery = message.delivery
        if delivery.id in self._messages_by_id:
            self._messages_by_id[delivery.id] = message
            return True
        is_full = len(self._messages_by_id) >= self._limits.held_max
        if is_full or self._is_overtaking(delivery):
            if self._keeps_order:
                self._sent_back_by_person.setdefault(delivery.person, {})[delivery.id] = delivery
            return False
        self._returned(delivery)
        self._messages_by_id[delivery.id] = message
        if not self._keeps_order:
            self._ready.append(delivery.id)
        elif delivery.person in self._waiting_by_person:
            self._waiting_by_person[delivery.person].append(delivery.id)
        else:
            self._waiting_by_person[delivery.person] = collections.deque()
            self._ready.append(delivery.id)
        return True

    def begin(self) -> Delivery | None:
        """Return the next delivery to attempt, or None if there is none or no room for it."""
        if not self._ready or len(self._under_way) >= self._limits.attempts_max:
            return None
        delivery_id = self._ready.popleft()
        self._under_way.add(delivery_id)
        return self._messages_by_id[delivery_id].delivery

    def end(self, delivery: Delivery, *, attempt_seconds: float | None = None) -> DeliveryMessage:
        """Let go of a delivery that was begun, and return the message to finish.

        Args:
            delivery: As `begin` returned it.
            attempt_seconds: How long the attempt took, if one was made.
        """
        self._under_way.remove(delivery.id)
        if attempt_seconds is not None:
            self._attempt_seconds += (attempt_seconds - self._attempt_seconds) / 8
        if self._keeps_order:
            waiting = self._waiting_by_person[delivery.person]
            if waiting:
                self._ready.append(waiting.popleft())
            else:
                del self._waiting_by_person[delivery.person]
        return self._messages_by_id.pop(delivery.id)

    def message_of(self, delivery: Delivery) -> DeliveryMessage:
        """Return the newest message of a delivery that is held."""
        return self._messages_by_id[delivery.id]

    def back_seconds(self) -> float:
        """Return after how long there may be room for what has to go back, in seconds."""
        drained_seconds = (
            len(self._messages_by_id) * self._attempt_seconds / self._limits.attempts_max
        )
        return min(max(drained_seconds, _BACK_SECONDS_MIN), _BACK_SECONDS_MAX)

    def give_up_waiting(self) -> list[DeliveryMessage]:
        """Return what is held and not under way, and hold it no longer."""
        left = [
            message
            for delivery_id, message in self._messages_by_id.items()
            if delivery_id not in self._under_way
        ]
        for message in left:
            del self._messages_by_id[message.delivery.id]
        self._ready.clear()
        for waiting in self._waiting_by_person.values():
            waiting.clear()
        return left

    def _is_overtaking(self, delivery: Delivery) -> bool:
        """Return whether something earlier of the same person was sent back and is still out."""
        return any(
            earlier.offset < delivery.offset
            for earlier in self._sent_back_by_person.get(delivery.person, {}).values()
        )

    def _returned(self, delivery: Delivery) -> None:
        out = self._sent_back_by_person.get(delivery.person)
        if out is not None:
            out.pop(delivery.id, None)
            if not out:
                del self._sent_back_by_person[delivery.person]
