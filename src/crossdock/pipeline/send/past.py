"""What became of a connection's deliveries before: the journal can bring one again that has ended.

A delivery is finished after its outcome is durable, and a crash can come between the two. It comes
again then, and would be sent again: behind what came after it, with a second end, and a rejected
one might be taken after all. So the outcomes that were stored last are read at the start. They also
tell which attempt is next and, where a vendor asked for patience, when.
"""

from __future__ import annotations

import collections
import datetime as dt
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from crossdock.base.clock import Clock
from crossdock.events import ConnectionId, Delivery, Outcome, Step
from crossdock.pipeline.send.conclude import delivery_id_of

# Of one connection, of each kind. A finish gets lost seconds before a crash, not hours.
_REMEMBERED_MAX = 50_000
# Behind everything that is sent again.
_FOR_GOOD = (sys.maxsize, 0)
_ENDS = frozenset({Step.DELIVERED, Step.REJECTED, Step.DEAD, Step.FAILED, Step.FILTERED})


class Past:
    """What is known of one connection's deliveries that the journal may bring again."""

    def __init__(self) -> None:
        # How often each was sent again before its end, and after how many attempts that was.
        self._end_by_id: collections.OrderedDict[str, tuple[int, int]] = collections.OrderedDict()
        self._last_by_unfinished: collections.OrderedDict[str, Outcome] = collections.OrderedDict()

    def note(self, delivery_id: str, outcome: Outcome) -> None:
        """Take in an outcome of `send`; the older ones first."""
        if outcome.step in _ENDS:
            self._last_by_unfinished.pop(delivery_id, None)
            self._end(delivery_id, outcome)
        else:
            self._last_by_unfinished[delivery_id] = outcome
            self._last_by_unfinished.move_to_end(delivery_id)
            if len(self._last_by_unfinished) > _REMEMBERED_MAX:
                self._last_by_unfinished.popitem(last=False)

    def end(self, delivery: Delivery, outcome: Outcome) -> None:
        """Remember that a delivery has ended with this outcome."""
        self._end(delivery.id, outcome)

    def has_ended(self, delivery: Delivery) -> bool:
        """Return whether the delivery has ended.

        A dead letter that is sent again says how often that was so, and has not; unless it was
        delivered meanwhile. A crash can leave a letter of what is still under way.
        """
        return (delivery.resends, delivery.attempts) < self._end_by_id.get(delivery.id, (0, 0))

    def take_last(self, delivery: Delivery) -> Outcome | None:
        """Return the last outcome of an unfinished delivery, and forget it; None if none is known.

        One from before it became a dead letter and was sent again does not count.
        """
        last = self._last_by_unfinished.pop(delivery.id, None)
        if last is None or last.resends != delivery.resends or last.attempt <= delivery.attempts:
            return None
        return last

    def _end(self, delivery_id: str, outcome: Outcome) -> None:
        # What ended without an attempt, which takes no time, has ended, too.
        attempts = outcome.attempt + (outcome.duration_seconds is None)
        is_for_good = outcome.step is Step.DELIVERED
        self._end_by_id[delivery_id] = _FOR_GOOD if is_for_good else (outcome.resends, attempts)
        self._end_by_id.move_to_end(delivery_id)
        if len(self._end_by_id) > _REMEMBERED_MAX:
            self._end_by_id.popitem(last=False)


async def pasts_of(
    outcomes: AsyncGenerator[Sequence[Outcome], None],
) -> dict[ConnectionId, Past]:
    """Return the past of each connection that these outcomes, oldest first, tell of."""
    pasts: dict[ConnectionId, Past] = {}
    async with aclosing(outcomes) as following:
        async for found in following:
            for outcome in found:
                delivery_id = delivery_id_of(outcome)
                if delivery_id is not None and outcome.connection_id is not None:
                    pasts.setdefault(outcome.connection_id, Past()).note(delivery_id, outcome)
    return pasts


def wait_left_seconds(last: Outcome, *, clock: Clock, wait_seconds_max: float) -> float:
    """Return how long a delivery is still to wait for its next attempt.

    Not at all where the clock says that its last attempt is still to come: it was turned back, and
    what it said before means nothing now.
    """
    now = clock.now()
    if last.next_attempt_at is None or last.at > now + dt.timedelta(seconds=1):
        return 0.0
    return min(max(0.0, (last.next_attempt_at - now).total_seconds()), wait_seconds_max)
