"""What is known of somebody: for each key the latest value by event time, in whatever order."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossdock.base.json import JsonObject

KEYS_MAX = 1_000
"""How many traits somebody can have; further ones are not kept."""


# Events of one moment are accepted in any order; a clock that is set right goes back by less.
_AHEAD_US = 5_000_000


class Mark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Why a trait is what it is.

    Attributes:
        us: By what time of the event, in microseconds since 1970.
        source_id: Where the event came from.
    """

    us: int
    source_id: str


class Traits(msgspec.Struct):
    """What is known of somebody.

    Attributes:
        values: By key.
        marks: Why, by key. A key that was removed has one too, so that an older event, which
            comes late, does not bring it back.
    """

    values: JsonObject = msgspec.field(default_factory=dict)
    marks: dict[str, Mark] = msgspec.field(default_factory=dict)

    def learn(self, said: Mapping[str, object], mark: Mark, *, now_us: int | None = None) -> bool:
        """Take over what an event says; return whether anything is different now.

        A value of null removes a trait. Of two events of one moment the one that came later wins.
        What is known from a time after `now_us` is from a clock that was ahead then: it must not
        be the latest until that time has come.
        """
        is_changed = False
        for key, value in said.items():
            before = self.marks.get(key)
            if before is None and len(self.marks) >= KEYS_MAX:
                continue
            if before is not None and mark.us < before.us and not _is_ahead(before, now_us):
                continue
            self._put(key, value, mark)
            is_changed = True
        return is_changed

    def merge(self, others: Traits) -> None:
        """Take over what is known of somebody who turned out to be the same."""
        for key, mark in others.marks.items():
            before = self.marks.get(key)
            if before is None and len(self.marks) >= KEYS_MAX:
                continue
            if before is None or mark.us > before.us:
                self._put(key, others.values.get(key), mark)

    def _put(self, key: str, value: object, mark: Mark) -> None:
        self.marks[key] = mark
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value


def _is_ahead(mark: Mark, now_us: int | None) -> bool:
    return now_us is not None and mark.us > now_us + _AHEAD_US
