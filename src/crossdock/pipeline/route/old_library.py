"""Whether a page's Analytics.js is too old for plugins, and telling its owner, but not too often.

Device-mode destinations need Analytics.js 2.0. A page with the classic one still sends its events,
so the owner sees events arrive and wonders why the vendor shows nothing.
"""

from __future__ import annotations

from crossdock.base.clock import Clock
from crossdock.base.json import JsonObject
from crossdock.events import ConnectionId, Event
from crossdock.events.notice import Notice

NOTICE_CODE = "old_analytics_js"

# A busy page sends thousands of events a minute; the owner needs one line.
_NOTICE_SECONDS_MIN = 60.0
_VERSION_CHARACTERS_MAX = 40


def old_version(body: JsonObject) -> str | None:
    """Return the version of classic Analytics.js that sent the event; None if it was another.

    Analytics.js 2.0 calls its versions `next-1.84.3` or `npm:next-1.84.3`, the classic one `4.1.0`.
    """
    context = body.get("context")
    library = context.get("library") if isinstance(context, dict) else None
    if not isinstance(library, dict) or library.get("name") != "analytics.js":
        return None
    version = library.get("version")
    if not isinstance(version, str) or not version[:1].isdigit():
        return None
    return version[:_VERSION_CHARACTERS_MAX]


class OldLibraryWatch:
    """Counts events from classic Analytics.js, and says when it is time to tell."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told_at_seconds: dict[ConnectionId, float] = {}
        self._count: dict[ConnectionId, int] = {}

    def notice_of(self, event: Event, connection_id: ConnectionId) -> Notice | None:
        """Return the notice to report for this event; None if there is none, or not yet.

        Args:
            event: Just routed.
            connection_id: A device-mode connection of its source.
        """
        version = old_version(event.body)
        if version is None:
            return None
        self._count[connection_id] = self._count.get(connection_id, 0) + 1
        now_seconds = self._clock.monotonic_seconds()
        told_at_seconds = self._told_at_seconds.get(connection_id)
        if told_at_seconds is not None and now_seconds - told_at_seconds < _NOTICE_SECONDS_MIN:
            return None
        self._told_at_seconds[connection_id] = now_seconds
        now = self._clock.now()
        return Notice(
            source_id=event.source_id,
            connection_id=connection_id,
            code=NOTICE_CODE,
            detail=f"A page of this source loads Analytics.js {version}; 2.0 is needed.",
            first_at=now,
            last_at=now,
            count=self._count.pop(connection_id),
        )
