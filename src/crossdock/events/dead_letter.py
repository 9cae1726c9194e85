"""A dead letter: a delivery that was given up, and can be sent again."""

from __future__ import annotations

import msgspec

from crossdock.events.delivery import Delivery
from crossdock.events.outcome import Outcome


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that was given up.

    Attributes:
        id: Its place among the dead letters; 0 before it has one.
        delivery: What was to be delivered.
        outcome: How its last attempt ended, and why that was the last.
    """

    id: int = 0
    delivery: Delivery
    outcome: Outcome
