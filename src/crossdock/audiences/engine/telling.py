"""The loop that puts what is to be told into the journal, and takes it off the outbox then."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

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
from crossdock.workspace import Computation, FindDestination, Output, Workspace

_RETRY_SECONDS = 1.0
_OPENING_SECONDS = 0.1
# Looking for what is next costs as much for a few as for thousands.
_PORTION_CHANGES_MAX = 5_000


@dataclasses.dataclass(frozen=True, slots=True)
class _Addressed:
    """How one connection is told about one definition."""

    source_id: SourceId
    computation: Computation
    output: Output
    address: Address


@dataclasses.dataclass(frozen=True, slots=True)
class _Ready:
    """What is told next, as the bodies of requests."""

    portion: Portion
    key: str
    source_id: SourceId
    bodies: list[bytes]
    messages: int


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
            waiting = await self._worker.do(lambda *on: Outbox(*on).waiting())
            report.waiting(sum(waiting.values()))
            found = [await self._next(pair, count) for pair, count in waiting.items()]
            ready = [one for one in found if one is not None]
            if not ready:
                return any(self._addressed(pair) for pair in waiting)
            await asyncio.gather(
                *(
                    self._journal.append(self._envelope(one.source_id, body))
                    for one in ready
                    for body in one.bodies
                )
            )
            for one in ready:
                report.told(one.key, one.messages)
            portions, now = [one.portion for one in ready], self._clock.now()
            await self._worker.do(
                lambda *on, portions=portions, now=now: Outbox(*on).told(portions, now)
            )

    def _addressed(self, pair: Pair) -> _Addressed | None:
        """Return how a connection is told about a definition, if it is."""
        workspace, programs = self._in_force()
        output = programs.output(pair)
        connection = workspace.connections_by_id.get(ConnectionId(pair[1]))
        engage = workspace.engage_source
        if output is None or connection is None or engage is None:
            return None
        destination = self._find_destination(connection.destination)
        name = destination.name if destination else connection.destination
        address = Address(space_id_of(engage.id), name)
        return _Addressed(engage.id, programs.by_id[pair[0]].computation, output, address)

    async def _next(self, pair: Pair, waiting: int) -> _Ready | None:
        to = self._addressed(pair)
        if to is None:
            return None
        allowed = self._paces.allowed(
            to.output.connection_id,
            to.output.per_second_max,
            wanted=min(waiting, _PORTION_CHANGES_MAX),
        )
        if allowed < 1:
            return None
        ready = await self._worker.do(lambda *on: _ready(Outbox(*on), pair, to, limit=allowed))
        if ready is not None:
            self._paces.given(to.output.connection_id, len(ready.portion.changes))
        return ready

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


def _ready(outbox: Outbox, pair: Pair, to: _Addressed, *, limit: int) -> _Ready | None:
    """Return what is to be told next as requests; in a thread, as it takes its time."""
    portion = outbox.next(pair, limit=limit, is_about_users=to.computation.subject == "users")
    if portion is None:
        return None
    messages = [
        message
        for change in portion.changes
        for message in messages_of(change, to.computation, to.output, to.address)
    ]
    return _Ready(portion, to.computation.key, to.source_id, requests_of(messages), len(messages))
