"""The loop of route: read events, decide, write deliveries and outcomes, and only then move on."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from crossdock.base.clock import Clock
from crossdock.events import Delivery, Event, Offset, Outcome, Step
from crossdock.events.notice import Notice
from crossdock.kit import Destination
from crossdock.pipeline.route import report
from crossdock.pipeline.route.decide import decide, forgotten, unwanted
from crossdock.pipeline.route.old_library import OldLibraryWatch
from crossdock.pipeline.route.plan import Compilers, RoutePlan, compile_plan
from crossdock.workspace import Workspace, WorkspaceFeed

READER = "route"

# Deciding does not wait for anything, so nothing else runs meanwhile: at about 30 µs for an event
# and connection, this many events keep the others waiting for a few milliseconds.
_EVENTS_AT_ONCE = 256
_RETRY_SECONDS = 1.0


class EventBatch(Protocol):
    """Events that are decided, stored and finished together.

    Attributes:
        events: The accepted ones.
        discards: What became of those that were refused at the door.
    """

    @property
    def events(self) -> Sequence[Event]: ...  # noqa: D102 - see above.

    @property
    def discards(self) -> Sequence[Outcome]: ...  # noqa: D102 - see above.

    async def done(self) -> None:
        """Never give this batch to this reader again. If it raises, the batch comes again."""


class RouteJournal(Protocol):
    """What route needs of the journal. Each method may raise; route then tries again."""

    def events(self, reader: str, /) -> AsyncGenerator[EventBatch, None]:
        """Yield the batches that the reader has not finished, in order, for ever."""

    async def append_deliveries(self, deliveries: Sequence[Delivery], /) -> None:
        """Return once they are durable. A delivery whose id is there already is left out."""

    async def append_outcomes(self, outcomes: Sequence[Outcome], /) -> None:
        """Return once they are durable."""

    def report_notice(self, notice: Notice, /) -> bool:
        """Count a notice with those of its kind; return whether it was taken."""


class Claims(Protocol):
    """Knows which event came first with an id. It may raise; route then tries again."""

    def claim(self, events: Sequence[Event], /) -> Awaitable[Sequence[Offset | None]]:
        """Return, for each, which other came first with its messageId; None if it was this one."""


class Router:
    """Turns events into deliveries. Cancel `run` to stop it: what it had begun, it begins again.

    Args:
        journal: Where events come from and deliveries go.
        feed: What is configured.
        destinations_by_slug: All that are installed.
        compilers: The kit's.
        clock: Stamps outcomes, and waits while the journal is away.
        claims: Knows duplicates; None lets every event pass.
        is_forgotten: Whether what somebody did up to a moment is to be forgotten.
    """

    def __init__(  # noqa: PLR0913 - parts of the system, each by name.
        self,
        *,
        journal: RouteJournal,
        feed: WorkspaceFeed,
        destinations_by_slug: Mapping[str, Destination],
        compilers: Compilers,
        clock: Clock,
        claims: Claims | None = None,
        is_forgotten: Callable[[str, dt.datetime], bool] = lambda _person, _received_at: False,
    ) -> None:
        self._journal = journal
        self._claims = claims
        self._is_forgotten = is_forgotten
        self._destinations_by_slug = destinations_by_slug
        self._compilers = compilers
        self._clock = clock
        self._watch = OldLibraryWatch(clock)
        self._plan: RoutePlan | None = None
        feed.subscribe(self._compile)

    @property
    def plan(self) -> RoutePlan:
        """The version of the workspace that is in force, compiled."""
        if self._plan is None:
            raise ValueError("the feed calls back with the current version when subscribed to")
        return self._plan

    async def run(self) -> None:
        """Route events until cancelled."""
        while True:
            try:
                async with contextlib.aclosing(self._journal.events(READER)) as batches:
                    async for batch in batches:
                        await self._route(batch)
            except Exception as error:  # noqa: BLE001 - the journal may come back; events wait.
                report.journal_refused(error)
                await self._clock.sleep(_RETRY_SECONDS)

    async def _route(self, batch: EventBatch) -> None:
        """Decide everything about a batch, make it durable, and only then finish the batch."""
        events = batch.events
        discards = list(batch.discards)
        for start in range(0, len(events), _EVENTS_AT_ONCE):
            chunk = events[start : start + _EVENTS_AT_ONCE]
            new, duplicates = await self._claimed(chunk)
            deliveries, outcomes = self._decided(new)
            await self._write(deliveries, [*duplicates, *outcomes])
        await self._write([], discards)
        self._report_old_libraries(events)
        await batch.done()

    async def _claimed(self, events: Sequence[Event]) -> tuple[Sequence[Event], list[Outcome]]:
        """Return the events that are new, and what is to be said about those that are not.

        Before anything else is decided. An event that was claimed and not finished is still new.
        """
        firsts = await self._firsts(events)
        if not any(firsts):
            return events, []
        new: list[Event] = []
        duplicates: list[Outcome] = []
        for event, first in zip(events, firsts, strict=True):
            if first is None:
                new.append(event)
                continue
            duplicates.append(_duplicate(event, now=self._clock.now()))
            report.duplicate_found(event.source_id)
        report.events_routed(len(duplicates))
        return new, duplicates

    async def _firsts(self, events: Sequence[Event]) -> Sequence[Offset | None]:
        if self._claims is None:
            return [None] * len(events)
        while True:
            try:
                return await self._claims.claim(events)
            except Exception as error:  # noqa: BLE001 - the disk may have room again; events wait.
                report.claims_refused(error)
                await self._clock.sleep(_RETRY_SECONDS)

    async def _write(self, deliveries: list[Delivery], outcomes: list[Outcome]) -> None:
        writes: list[Awaitable[None]] = []
        if deliveries:
            writes.append(self._until_taken(lambda: self._journal.append_deliveries(deliveries)))
        if outcomes:
            writes.append(self._until_taken(lambda: self._journal.append_outcomes(outcomes)))
        await asyncio.gather(*writes)

    async def _until_taken(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write, and write the same again until the journal takes it."""
        while True:
            try:
                await write()
            except Exception as error:  # noqa: BLE001 - the journal may come back; events wait.
                report.journal_refused(error)
                await self._clock.sleep(_RETRY_SECONDS)
            else:
                return

    def _decided(self, events: Sequence[Event]) -> tuple[list[Delivery], list[Outcome]]:
        """Return everything that becomes of these events."""
        plan = self.plan
        deliveries: list[Delivery] = []
        outcomes: list[Outcome] = []
        made_by_slug: collections.Counter[str] = collections.Counter()
        for event in events:
            if self._is_forgotten(event.person, event.received_at):
                outcomes.append(forgotten(event, now=self._clock.now()))
                continue
            connection_plans = plan.source(event.source_id).to_send
            if not connection_plans:
                outcomes.append(unwanted(event, now=self._clock.now()))
            for connection_plan in connection_plans:
                slug = connection_plan.connection.destination
                for decided in decide(
                    event,
                    connection_plan,
                    workspace_version=plan.version,
                    now=self._clock.now(),
                ):
                    if isinstance(decided, Delivery):
                        deliveries.append(decided)
                        made_by_slug[slug] += 1
                    else:
                        outcomes.append(decided)
                        report.outcome_found(slug, decided)
        for slug, count in made_by_slug.items():
            report.deliveries_made(slug, count)
        report.events_routed(len(events))
        return deliveries, outcomes

    def _report_old_libraries(self, events: Sequence[Event]) -> None:
        """Tell the owners of pages that are too old for their device-mode connections."""
        if self._plan is None:
            return
        for event in events:
            for connection_id in self._plan.source(event.source_id).in_browser:
                notice = self._watch.notice_of(event, connection_id)
                if notice is not None:
                    self._journal.report_notice(notice)

    def _compile(self, workspace: Workspace) -> None:
        """Take over another version of the workspace."""
        is_first = self._plan is None
        self._plan = compile_plan(
            workspace, self._destinations_by_slug, self._compilers, before=self._plan
        )
        report.plan_compiled(workspace.version, is_first=is_first)


def _duplicate(event: Event, *, now: dt.datetime) -> Outcome:
    return Outcome(
        at=now,
        step=Step.DUPLICATE,
        what="An event with this messageId came from this source before.",
        source_id=event.source_id,
        message_id=event.message_id,
        event_type=event.type,
        event_name=event.name,
        id=f"{event.offset.sequence}-{event.offset.index}-duplicate",
    )
