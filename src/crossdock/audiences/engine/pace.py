"""No faster than a destination takes."""

from __future__ import annotations

from collections.abc import Hashable

from crossdock.base.clock import Clock


class Paces:
    """How much each may be given now; a second's worth is saved up at most.

    Args:
        clock: Measures.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._saved: dict[Hashable, tuple[float, float]] = {}

    def allowed(self, who: Hashable, per_second_max: float | None, *, wanted: int) -> int:
        """Return how many of those wanted may go now."""
        if per_second_max is None:
            return wanted
        now = self._clock.monotonic_seconds()
        most = max(1.0, per_second_max)
        saved, since = self._saved.get(who, (most, now))
        saved = min(most, saved + (now - since) * per_second_max)
        self._saved[who] = (saved, now)
        return min(wanted, int(saved))

    def given(self, who: Hashable, count: int) -> None:
        """Note that so many went."""
        if who in self._saved:
            saved, since = self._saved[who]
            self._saved[who] = (saved - count, since)
