"""Which versions of the workspace browsers have got: whether a change has arrived."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict

import msgspec

from crossdock.base.clock import Clock
from crossdock.events import SourceId

# A change is looked for by whoever made it, and they made few since.
_VERSIONS_MAX = 50
# Beyond this, the sources that no browser has asked for lately are forgotten.
_SOURCES_MAX = 10_000


class Pickup(msgspec.Struct, gc=False):
    """A version of the workspace that browsers got for a source.

    Attributes:
        version: Of the workspace.
        first_at: When the first browser asked for it, UTC.
        last_at: When the latest did, UTC.
        count: How often it was asked for.
    """

    version: int
    first_at: dt.datetime
    last_at: dt.datetime
    count: int = 1


class Pickups:
    """Remembers, since the start of the server, when browsers asked for the settings of a source.

    It is in memory alone: it tells somebody who waits that their change has arrived, and after a
    restart the next page load tells it again.

    Args:
        clock: What time it is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_source_id: OrderedDict[SourceId, list[Pickup]] = OrderedDict()

    def note(self, source_id: SourceId, version: int) -> None:
        """Remember that a browser has got this version just now."""
        now = self._clock.now()
        found = self._by_source_id.setdefault(source_id, [])
        self._by_source_id.move_to_end(source_id)
        if found and found[-1].version == version:
            found[-1].last_at = now
            found[-1].count += 1
            return
        found.append(Pickup(version, now, now))
        del found[:-_VERSIONS_MAX]
        if len(self._by_source_id) > _SOURCES_MAX:
            self._by_source_id.popitem(last=False)

    def of(self, source_id: SourceId) -> tuple[Pickup, ...]:
        """Return what browsers got for the source, oldest first."""
        return tuple(self._by_source_id.get(source_id, ()))
