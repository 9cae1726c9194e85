"""At most so many a second, with a burst of one second's worth."""

from __future__ import annotations

from crossdock.base.clock import Clock


class Pace:
    """A token bucket.

    Args:
        clock: Measures.
        per_second_max: How many it allows in a second, and at once after a pause.
    """

    def __init__(self, clock: Clock, *, per_second_max: float) -> None:
        self._clock = clock
        self._per_second_max = per_second_max
        self._left = per_second_max
        self._at_seconds = clock.monotonic_seconds()

    def allows(self) -> bool:
        """Return whether there may be one more now, and count it."""
        now = self._clock.monotonic_seconds()
        earned = (now - self._at_seconds) * self._per_second_max
        self._at_seconds = now
        self._left = min(self._per_second_max, self._left + earned)
        if self._left < 1:
            return False
        self._left -= 1
        return True
