"""Which connections send nothing at the moment, and why; kept over restarts."""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from crossdock.events import ConnectionId, Pause
from crossdock.pipeline.send import report


class PauseJournal(Protocol):
    """What this needs of the journal. Each method may raise."""

    async def pauses(self) -> Sequence[Pause]:
        """Return what was stored."""

    async def store_pause(self, connection_id: ConnectionId, pause: Pause | None, /) -> None:
        """Return once it is durable; None forgets it."""


class Pauses:
    """The paused connections.

    A change is in effect at once, and durable when `store` has returned: where a pause is lost in a
    crash, the next attempt finds its reason again.

    Args:
        journal: Where they are kept.
    """

    def __init__(self, journal: PauseJournal) -> None:
        self._journal = journal
        self._pauses_by_connection: dict[ConnectionId, Pause] = {}
        self._ends_by_connection: collections.Counter[ConnectionId] = collections.Counter()
        self._is_loaded = False
        self._on_change: list[Callable[[ConnectionId], None]] = []

    @property
    def by_connection(self) -> Mapping[ConnectionId, Pause]:
        """Every pause."""
        return self._pauses_by_connection

    def ends_of(self, connection_id: ConnectionId) -> int:
        """Return how often a pause of the connection has ended."""
        return self._ends_by_connection[connection_id]

    def subscribe(self, on_change: Callable[[ConnectionId], None]) -> None:
        """Call back when a connection was paused or goes on."""
        self._on_change.append(on_change)

    async def load(self) -> None:
        """Take over what was stored, once: later it is known better here."""
        if self._is_loaded:
            return
        for pause in await self._journal.pauses():
            self._pauses_by_connection.setdefault(pause.connection_id, pause)
        self._is_loaded = True
        report.paused(len(self._pauses_by_connection))

    def put(self, pause: Pause) -> None:
        """Pause a connection from now on; call `store` too."""
        self._pauses_by_connection[pause.connection_id] = pause
        report.connection_paused(pause)
        self._changed(pause.connection_id)

    def remove(self, connection_id: ConnectionId) -> None:
        """Let a connection go on from now on; call `store` too."""
        if self._pauses_by_connection.pop(connection_id, None) is not None:
            self._ends_by_connection[connection_id] += 1
            report.connection_resumed(connection_id)
            self._changed(connection_id)

    async def store(self, connection_id: ConnectionId) -> None:
        """Return once the connection's state is durable, whatever it is."""
        pause = self._pauses_by_connection.get(connection_id)
        await self._journal.store_pause(connection_id, pause)

    async def pause(self, pause: Pause) -> None:
        """Pause a connection, durably. The journal's error means: until the next restart."""
        self.put(pause)
        await self.store(pause.connection_id)

    async def resume(self, connection_id: ConnectionId) -> None:
        """Let a connection go on from where it stopped, durably; see `pause`."""
        self.remove(connection_id)
        await self.store(connection_id)

    def _changed(self, connection_id: ConnectionId) -> None:
        report.paused(len(self._pauses_by_connection))
        for on_change in self._on_change:
            on_change(connection_id)
