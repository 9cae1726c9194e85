"""What is known of somebody: for each key the latest value by event time, in whatever order."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossdock.base.json import JsonObject

KEYS_MAX = 1_000
"""How many traits somebody can have; further ones are not kept."""


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

    def learn(self, said: Mapping[str, object], mark: Mark) -> bool:
        """Take over what an event says; return whether anything is different now.

        A value of null removes a trait. Of two events of one moment the one that came later wins.
        """
        is_changed = False
        for key, value in said.items():
            before = self.marks.get(key)
            if before is None and len(self.marks) >= KEYS_MAX:
                continue
            if before is not None and mark.us < before.us:
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
