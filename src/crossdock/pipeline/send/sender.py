"""Runs a sender for each connection that may have something to send."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from crossdock.events import ConnectionId
from crossdock.pipeline.send import report
from crossdock.pipeline.send.connection import ConnectionSender
from crossdock.pipeline.send.parts import SendParts
from crossdock.pipeline.send.past import Past, pasts_of
from crossdock.pipeline.send.standing import Standing
from crossdock.workspace import Workspace

_RETRY_SECONDS = 1.0
# What the journal holds for connections that the workspace does not know (any more) is looked for
# now and then: route may still have been at work for one when it was deleted.
_SEARCH_SECONDS = 10.0
_ENDED_MAX = 16


class Sender:
    """Delivers. `run` it in a task, and `stop` it.

    Args:
        parts: What it needs.
    """

    def __init__(self, parts: SendParts) -> None:
        self._parts = parts
        self._senders_by_connection: dict[ConnectionId, ConnectionSender] = {}
        self._running_by_connection: dict[ConnectionId, asyncio.Task[None]] = {}
        self._pasts_by_connection: dict[ConnectionId, Past] = {}
        self._has_changed = asyncio.Event()
        self._is_stopping = False

    async def run(self) -> None:
        """Deliver until `stop` is called. If it is cancelled, so is every attempt."""
        try:
            await self._until_done(self._parts.pauses.load)
            await self._until_done(self._look_back)
            self._parts.pauses.subscribe(self._wake)
            self._parts.feed.subscribe(self._on_change)
            while not self._is_stopping:
                self._has_changed.clear()
                await self._until_done(self._end_pauses)
                await self._until_done(self._start_missing)
                await self._changed_or_later()
        except BaseException:
            # After `stop` this returns, and `stop` waits for what is under way.
            await self.stop(drain_seconds_max=0.0)
            raise

    async def stop(self, *, drain_seconds_max: float) -> None:
        """Begin nothing more, and return when what is under way has ended.

        What has not begun, or does not end in time, stays in the journal.

        Args:
            drain_seconds_max: How long to wait for attempts that are under way.
        """
        was_stopping, self._is_stopping = self._is_stopping, True
        self._has_changed.set()
        attempts: set[asyncio.Task[None]] = set()
        for sender in self._senders_by_connection.values():
            attempts |= sender.stop()
        if attempts and drain_seconds_max:
            _, attempts = await asyncio.wait(attempts, timeout=drain_seconds_max)
        await _end([*attempts, *self._running_by_connection.values()])
        if not was_stopping:
            report.drained(cut_off=len(attempts))

    def standing(self, connection_id: ConnectionId) -> Standing:
        """Return how sending to a connection stands."""
        sender = self._senders_by_connection.get(connection_id)
        return Standing() if sender is None else sender.standing()

    def _on_change(self, _: Workspace) -> None:
        self._has_changed.set()
        for sender in self._senders_by_connection.values():
            sender.wake()

    def _wake(self, connection_id: ConnectionId) -> None:
        sender = self._senders_by_connection.get(connection_id)
        if sender is not None:
            sender.wake()

    async def _end_pauses(self) -> None:
        """Let those go on whose connection was changed; forget those that are gone."""
        connections = self._parts.feed.current.connections_by_id
        for pause in list(self._parts.pauses.by_connection.values()):
            connection = connections.get(pause.connection_id)
            is_over = connection is None or pause.connection_version not in {
                None,
                connection.version,
            }
            if is_over:
                await self._parts.pauses.resume(pause.connection_id)

    async def _look_back(self) -> None:
        self._pasts_by_connection = await pasts_of(self._parts.journal.recent_outcomes())

    async def _start_missing(self) -> None:
        wanted = {
            connection.id
            for connection in self._parts.feed.current.connections
            if connection.enabled and self._is_from_server(connection.destination)
        }
        wanted.update(await self._parts.journal.connections_with_deliveries())
        for connection_id in wanted - self._senders_by_connection.keys():
            if self._is_stopping:
                return
            past = self._pasts_by_connection.setdefault(connection_id, Past())
            sender = ConnectionSender(connection_id, self._parts, past)
            self._senders_by_connection[connection_id] = sender
            self._running_by_connection[connection_id] = asyncio.create_task(
                self._run(connection_id, sender), name=f"send: {connection_id}"
            )

    def _is_from_server(self, slug: str) -> bool:
        destination = self._parts.destinations_by_slug.get(slug)
        return destination is not None and any(action.perform for action in destination.actions)

    async def _run(self, connection_id: ConnectionId, sender: ConnectionSender) -> None:
        try:
            await sender.run()
        except Exception as error:  # noqa: BLE001 - a bug in one must not end the others.
            report.sender_broke(connection_id, error)
            await _end(sender.stop())
        finally:
            del self._senders_by_connection[connection_id]
            del self._running_by_connection[connection_id]
            self._forget_pasts()

    def _forget_pasts(self) -> None:
        """Keep the pasts of the last few that ended: route may make their deliveries once more."""
        ended = [one for one in self._pasts_by_connection if one not in self._senders_by_connection]
        for connection_id in ended[:-_ENDED_MAX]:
            del self._pasts_by_connection[connection_id]

    async def _changed_or_later(self) -> None:
        waiting = asyncio.ensure_future(self._has_changed.wait())
        later = asyncio.ensure_future(self._parts.clock.sleep(_SEARCH_SECONDS))
        try:
            await asyncio.wait([waiting, later], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            later.cancel()

    async def _until_done(self, work: Callable[[], Awaitable[None]]) -> None:
        while not self._is_stopping:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - the journal may come back.
                report.journal_refused(error)
                await self._parts.clock.sleep(_RETRY_SECONDS)
            else:
                return


async def _end(tasks: list[asyncio.Task[None]] | set[asyncio.Task[None]]) -> None:
    """Cancel them until they have ended; the journal's client may swallow it once."""
    running = {task for task in tasks if task is not asyncio.current_task() and not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.5)
