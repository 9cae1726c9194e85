"""Random numbers from a seed, so that a run can be repeated."""

from __future__ import annotations

import random  # noqa: TID251 - this is the module that the ban points to.


class Chance:
    """A source of random numbers.

    Args:
        seed: The same seed gives the same numbers; None takes one from the operating system.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - jitter and sampling, never secrets.

    def fraction(self) -> float:
        """Return a number from 0 up to, but not including, 1."""
        return self._random.random()
