"""Hands each new version of the workspace to whoever runs on it."""

from __future__ import annotations

from collections.abc import Callable

from crossdock.workspace import report
from crossdock.workspace.model import Workspace

OnChange = Callable[[Workspace], None]


class WorkspaceFeed:
    """The current workspace, and the news that there is another.

    Callbacks run on the event loop, one after the other, and must be quick: they compile what they
    need and swap it in. One that raises stays with the version it has, and the others go on. A feed
    never goes back to an older version.
    """

    def __init__(self, current: Workspace) -> None:
        self._current = current
        self._on_change: list[OnChange] = []

    @property
    def current(self) -> Workspace:
        """The newest version."""
        return self._current

    def subscribe(self, on_change: OnChange) -> None:
        """Call back now with the current version, and again with each newer one."""
        self._on_change.append(on_change)
        on_change(self._current)

    def publish(self, workspace: Workspace) -> None:
        """Make this version the current one, unless it is not newer."""
        if workspace.version <= self._current.version:
            return
        self._current = workspace
        for on_change in self._on_change:
            try:
                on_change(workspace)
            except Exception as error:  # noqa: BLE001 - one that cannot follow must not hold others up.
                report.subscriber_failed(workspace.version, error)
