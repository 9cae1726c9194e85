"""What a workspace's file would change, and the change. Both decide by the same reading."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from crossdock.base import json
from crossdock.base.ids import Ids
from crossdock.base.json import JsonObject
from crossdock.workspace.differences import Change, FindDestination
from crossdock.workspace.errors import ChangedMeanwhile, Refused
from crossdock.workspace.model import Workspace
from crossdock.workspace.store import Store
from crossdock.workspace.yaml_reading import FindEnv, Reading

# A line of a plan is read by people; a whole mapping on one line is not.
VALUE_CHARACTERS_MAX = 120

NEW = "(new)"
"""Stands in a plan for what nobody knows yet."""

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

        What is made up when the file is applied, ids and write keys, is `(new)`.

        Raises:
            Refused: One thing in the file is wrong; the message names its path.
            RefusedTogether: Several are.
        """
        current = store.load()
        reading = self._reading(current)
        wanted = reading.read(self._text, check=lambda wanted: store.check(current, wanted))
        return [_shown(change, reading.made) for change in store.differences(current, wanted)]

    def apply(
        self,
        store: Store,
        *,
        by: str,
        by_id: str = "",
        may_delete_sources: bool = False,
        planned_version: int | None = None,
    ) -> list[Change]:
        """Make the workspace what the file says, in one step, and return what changed.

        Args:
            store: Where.
            by: Who asked for it, for people.
            by_id: The id of the person or token, if it was one.
            may_delete_sources: Without it a source that the file does not name is a problem: an
                empty or half-written file would otherwise take everything with it.
            planned_version: Of the workspace that the asker's plan was made for; None: any.

        Raises:
            ChangedMeanwhile: The workspace is no longer the one of the plan.
            Refused: One thing in the file is wrong; nothing is changed.
            RefusedTogether: Several are.
        """
        # Filled by `decide`, which the store calls once, in its transaction.
        seen: list[Workspace] = []

        def decide(current: Workspace) -> Workspace:
            seen.append(current)
            if planned_version not in {None, current.version}:
                raise ChangedMeanwhile(
                    "The workspace changed after this plan was made.",
                    do="Plan again, look at what would change now, and apply that.",
                    object_id="",
                )
            wanted = self._reading(current).read(
                self._text, check=lambda wanted: store.check(current, wanted)
            )
            if not may_delete_sources:
                _keep_sources(current, wanted)
            return wanted

        after = store.change(decide, by=by, by_id=by_id)
        return store.differences(seen[-1], after)

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


def _keep_sources(current: Workspace, wanted: Workspace) -> None:
    kept = {source.id for source in wanted.sources}
    gone = [source.slug for source in current.sources if source.id not in kept]
    if gone:
        raise Refused(
            f"The file does not name {_listed(gone)}, which would be deleted with all "
            "destinations; what still sends with those write keys would be discarded.",
            do="Look at the plan, and say that you mean it: `--allow-delete` for `crossdock "
            "apply`, `?allowDelete=true` for the API. Or add what is missing to the file.",
            reason="would_delete_sources",
        )


def _listed(slugs: Sequence[str]) -> str:
    word = "the source" if len(slugs) == 1 else "the sources"
    return f"{word} " + ", ".join(f'"{slug}"' for slug in slugs)


def _shown(change: Change, made: Collection[str]) -> Change:
    after = dict(change.after or {})
    if after.get("sourceId") in made:
        after["sourceId"] = NEW
    if "writeKeys" in after:
        after["writeKeys"] = [NEW if key in made else key for key in after["writeKeys"]]
    return msgspec.structs.replace(
        change,
        id=NEW if change.id in made else change.id,
        after=None if change.after is None else after,
    )
