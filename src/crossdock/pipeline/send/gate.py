"""Whether a connection may be asked now: so many at a time, so often, and not while it is broken.

Pure: it is told what time it is. A connection whose attempts fail one after the other is *open*, as
the fuse of a house: only one delivery at a time tries whether it answers again, after waits that
double. So a vendor that is down is asked once a minute and not by every delivery that waits.
"""

from __future__ import annotations

import collections
import dataclasses
import math

_NEVER_SECONDS = math.inf


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GateLimits:
    """What one connection is asked.

    Attributes:
        attempts_max: Attempts at a time.
        failures_max: So many failures in a row open the circuit.
        probe_seconds_min: Wait before the first probe.
        probe_seconds_max: Longest wait between two probes.
    """

    attempts_max: int = 32
    failures_max: int = 20
    probe_seconds_min: float = 1.0
    probe_seconds_max: float = 60.0


class Gate:
    """What keeps a connection from being asked.

    Args:
        limits: Bounds.
        requests_per_second_max: How many attempts may begin in any second; None: no bound.
    """

    def __init__(self, limits: GateLimits, *, requests_per_second_max: float | None = None) -> None:
        self._limits = limits
        self._under_way = 0
        self._failures = 0
        self._probes = 0
        self._is_probing = False
        self._probe_at_seconds = 0.0
        self._begun: collections.deque[float] = collections.deque()
        self._window_seconds = 0.0
        if requests_per_second_max is not None:
            # Less than one a second is one in several seconds.
            begun_max = max(1, math.floor(requests_per_second_max))
            self._begun = collections.deque(maxlen=begun_max)
            self._window_seconds = max(1.0, 1.0 / requests_per_second_max)

    @property
    def is_open(self) -> bool:
        """Whether so many attempts failed in a row that only probes are made."""
        return self._failures >= self._limits.failures_max

    @property
    def under_way(self) -> int:
        """How many attempts are being made."""
        return self._under_way

    def wait_seconds(self, now_seconds: float) -> float:
        """Return how long not to ask; 0 means now, infinity until an attempt has ended."""
        if self._under_way >= self._limits.attempts_max:
            return _NEVER_SECONDS
        if self.is_open and self._is_probing:
            return _NEVER_SECONDS
        waits = [0.0]
        if self.is_open:
            waits.append(self._probe_at_seconds - now_seconds)
        if self._begun.maxlen is not None and len(self._begun) == self._begun.maxlen:
            waits.append(self._begun[0] + self._window_seconds - now_seconds)
        return max(waits)

    def begin(self, now_seconds: float) -> bool:
        """Note that an attempt begins; return whether it is a probe."""
        self._under_way += 1
        if self._begun.maxlen is not None:
            self._begun.append(now_seconds)
        is_probe = self.is_open
        self._is_probing = self._is_probing or is_probe
        return is_probe

    def end(self, *, has_failed: bool, is_probe: bool, now_seconds: float, fraction: float) -> bool:
        """Note that an attempt ended; return whether this opened or closed the circuit.

        Args:
            has_failed: Whether the connection did not answer, or asked for patience.
            is_probe: What `begin` said of it.
            now_seconds: What time it is.
            fraction: A random number from 0 up to 1, which shortens the wait for the next probe.
        """
        was_open = self.is_open
        self._under_way -= 1
        if is_probe:
            self._is_probing = False
        if not has_failed:
            self._failures = 0
            self._probes = 0
            return was_open
        self._failures += 1
        # What began before the circuit opened says nothing new when it fails too.
        if self.is_open and (is_probe or not was_open):
            seconds = self._limits.probe_seconds_min * 2.0 ** min(self._probes, 32)
            seconds = min(seconds, self._limits.probe_seconds_max) * (1 - fraction / 2)
            self._probe_at_seconds = now_seconds + seconds
            self._probes += 1
        return self.is_open and not was_open

    def abandon(self, *, is_probe: bool) -> None:
        """Note that an attempt ended without saying anything about the connection."""
        self._under_way -= 1
        if is_probe:
            self._is_probing = False
