"""When each write key was last used, so that nobody removes one that something still sends with.

It is known from the start of the process on and kept in memory: to write it down would cost the
door a write for each request, and whoever rotates a key looks at the minutes since.
"""

from __future__ import annotations

import datetime as dt


class KeyUse:
    """What is known of the use of write keys.

    Attributes:
        since: From when on it is known, UTC.
    """

    def __init__(self, since: dt.datetime) -> None:
        self.since = since
        self._last_by_key: dict[str, dt.datetime] = {}

    def note(self, write_key: str, at: dt.datetime) -> None:
        """Note that events were accepted with a source's key; of no other, so there are few."""
        self._last_by_key[write_key] = at

    def find_last(self, write_key: str) -> dt.datetime | None:
        """Return when it was last used, or None if it was not since `since`."""
        return self._last_by_key.get(write_key)
