"""What a workspace's file would change, and the change. Both decide by the same reading."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.base import json
from crossdock.base.ids import Ids
from crossdock.base.json import JsonObject
from crossdock.workspace.differences import Change, FindDestination
from crossdock.workspace.errors import Refused, RefusedTogether
from crossdock.workspace.model import Workspace
from crossdock.workspace.store import Store
from crossdock.workspace.yaml_reading import FindEnv, Reading

# A line of a plan is read by people; a whole mapping on one line is not.
VALUE_CHARACTERS_MAX = 120

_SIGNS = {"created": "+", "changed": "~", "deleted": "-", "reordered": "~"}


class WorkspaceFile:
    """A file, and what to do with it.

    Args:
        text: YAML.
        find_destination: For presets and names.
        find_env: For `{env: NAME}`; None where that is not allowed.
        ids: For what is new.
    """

    def __init__(
        self,
        text: str,
        *,
        find_destination: FindDestination,
        find_env: FindEnv | None,
        ids: Ids,
    ) -> None:
        self._text = text
        self._find_destination = find_destination
        self._find_env = find_env
        self._ids = ids

    def plan(self, store: Store) -> list[Change]:
        """Return what applying the file would change; empty if nothing.

        Raises:
            Refused: One thing in the file is wrong; the message names its path.
            RefusedTogether: Several are.
        """
        current = store.load()
        reading = self._reading(current)
        wanted = reading.read(self._text)
        try:
            store.check(current, wanted)
        except (Refused, RefusedTogether) as error:
            raise _located(error, reading) from error
        return store.differences(current, wanted)

    def apply(self, store: Store, *, by: str) -> list[Change]:
        """Make the workspace what the file says, in one step, and return what changed.

        Raises:
            Refused: One thing in the file is wrong; nothing is changed.
            RefusedTogether: Several are.
        """
        # Filled by `decide`, which the store calls once, in its transaction.
        readings: list[Reading] = []

        def decide(current: Workspace) -> Workspace:
            readings.append(self._reading(current))
            return readings[-1].read(self._text)

        try:
            after = store.change(decide, by=by)
        except (Refused, RefusedTogether) as error:
            raise _located(error, readings[-1]) from error
        return store.differences(readings[-1].current, after)

    def _reading(self, current: Workspace) -> Reading:
        return Reading(
            current,
            find_destination=self._find_destination,
            find_env=self._find_env,
            ids=self._ids,
        )


def plan_lines(changes: Sequence[Change]) -> list[str]:
    """Return the changes for people, one a line."""
    return [_line(change) for change in changes]


def _line(change: Change) -> str:
    head = f"{_SIGNS[change.change]} {change.kind} {change.path}".rstrip()
    if change.change == "deleted":
        return head
    if change.change == "created":
        return f"{head}: {_fields(change.after or {})}"
    before, after = change.before or {}, change.after or {}
    parts = [f"{key}: {_value(before, key)} → {_value(after, key)}" for key in {**before, **after}]
    return f"{head}: {'; '.join(parts)}"


def _fields(fields: JsonObject) -> str:
    return "; ".join(f"{key}: {_value(fields, key)}" for key in fields)


def _value(fields: JsonObject, key: str) -> str:
    if key not in fields:
        return "(none)"
    text = json.encode(fields[key]).decode()
    return text if len(text) <= VALUE_CHARACTERS_MAX else f"{text[:VALUE_CHARACTERS_MAX]}…"


def _located(error: Refused | RefusedTogether, reading: Reading) -> Refused | RefusedTogether:
    if isinstance(error, Refused):
        return reading.located(error) if error.object_id else error
    return RefusedTogether([reading.located(p) if p.object_id else p for p in error.problems])
