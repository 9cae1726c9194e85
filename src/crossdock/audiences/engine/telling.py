"""The loop that puts what is to be told into the journal, and takes it off the outbox then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from crossdock.audiences.engine import report
from crossdock.audiences.engine.definitions import Programs
from crossdock.audiences.engine.messages import Address, messages_of, requests_of, space_id_of
from crossdock.audiences.engine.outbox import Outbox, Pair, Portion
from crossdock.audiences.engine.pace import Paces
from crossdock.audiences.engine.port import EngineJournal
from crossdock.audiences.engine.workers import Worker
from crossdock.audiences.history import HistoryUnavailable
from crossdock.base.clock import Clock
from crossdock.events import ConnectionId, Envelope, SourceId
from crossdock.workspace import FindDestination, Workspace

_RETRY_SECONDS = 1.0
_OPENING_SECONDS = 0.1
_PORTION_CHANGES_MAX = 500


class Teller:
    """Tells destinations what changed. `run` it in a task.

    Args:
        worker: Reads and writes the outbox.
        journal: Where changes are told.
        clock: Says what time it is, and waits.
        find_destination: Returns the destination of a slug, for what events call it.
        in_force: Returns what is defined.
    """

    def __init__(
        self,
        worker: Worker,
        *,
        journal: EngineJournal,
        clock: Clock,
        find_destination: FindDestination,
        in_force: Callable[[], tuple[Workspace, Programs]],
    ) -> None:
        self._worker = worker
        self._journal = journal
        self._clock = clock
        self._find_destination = find_destination
        self._in_force = in_force
        self._paces = Paces(clock)
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at the outbox now."""
        self._woken.set()

    async def run(self) -> None:
        """Tell what is to be told until cancelled."""
        while True:
            self._woken.clear()
            try:
                is_held_back = await self.tell_all()
            except HistoryUnavailable:
                await self._clock.sleep(_OPENING_SECONDS)
                continue
            except Exception as error:  # noqa: BLE001 - the journal may have room again; it waits.
                report.telling_failed(error, wait_seconds=_RETRY_SECONDS)
                await self._clock.sleep(_RETRY_SECONDS)
                continue
            if is_held_back:
                await self._clock.sleep(0.1)
            else:
                await self._woken.wait()

    async def tell_all(self) -> bool:
        """Tell what may be told now; return whether something is held back by a pace."""
        while True:
            portions: list[Portion] = []
            _, programs = self._in_force()
            waiting = await self._worker.do(lambda *on: Outbox(*on).waiting())
            report.waiting(sum(waiting.values()))
            for pair in waiting:
                portion = await self._next(programs, pair, waiting[pair])
                if portion is not None:
                    portions.append(portion)
            if not portions:
                return bool(self._tellable(programs, waiting))
            await self._put(programs, portions)
            now = self._clock.now()
            await self._worker.do(
                lambda *on, portions=portions, now=now: Outbox(*on).told(portions, now)
            )

    def _tellable(self, programs: Programs, waiting: dict[Pair, int]) -> list[Pair]:
        return [pair for pair in waiting if programs.output(pair) is not None]

    async def _next(self, programs: Programs, pair: Pair, waiting: int) -> Portion | None:
        output = programs.output(pair)
        if output is None:
            return None
        allowed = self._paces.allowed(
            output.connection_id,
            output.per_second_max,
            wanted=min(waiting, _PORTION_CHANGES_MAX),
        )
        if allowed < 1:
            return None
        is_about_users = programs.by_id[pair[0]].computation.subject == "users"
        portion = await self._worker.do(
            lambda *on: Outbox(*on).next(pair, limit=allowed, is_about_users=is_about_users)
        )
        if portion is not None:
            self._paces.given(output.connection_id, len(portion.changes))
        return portion

    async def _put(self, programs: Programs, portions: Sequence[Portion]) -> None:
        """Put changes into the journal, in order; return when they are on disk."""
        workspace, _ = self._in_force()
        engage = workspace.engage_source
        if engage is None:
            return
        space_id = space_id_of(engage.id)
        stored: list[Awaitable[None]] = []
        for portion in portions:
            output = programs.output(portion.pair)
            connection = workspace.connections_by_id.get(ConnectionId(portion.pair[1]))
            if output is None or connection is None:
                continue
            computation = programs.by_id[portion.pair[0]].computation
            destination = self._find_destination(connection.destination)
            name = destination.name if destination else connection.destination
            address = Address(space_id, name)
            messages = [
                message
                for change in portion.changes
                for message in messages_of(change, computation, output, address)
            ]
            stored += [
                self._journal.append(self._envelope(engage.id, body))
                for body in requests_of(messages)
            ]
            report.told(computation.key, len(messages))
        await asyncio.gather(*stored)

    def _envelope(self, source_id: SourceId, body: bytes) -> Envelope:
        return Envelope(
            received_at=self._clock.now(),
            source_id=source_id,
            type=None,
            is_from_client=False,
            ip="",
            user_agent="",
            message_ids_by_index={},
            discards_by_index={},
            body=body,
        )
