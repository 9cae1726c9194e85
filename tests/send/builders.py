"""Builders for send: values show what matters to a test, the rest has defaults."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from crossdock.events import (
    ConnectionId,
    DeadLetter,
    Delivery,
    EventType,
    MappingId,
    MessageId,
    Offset,
    Outcome,
    Pause,
    SourceId,
)
from crossdock.kit import Action, Call, Destination, Http, Mode, Setting
from crossdock.kit.definition import Perform, PerformBatch
from crossdock.workspace import Connection, Workspace

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
_sequence = itertools.count(1)


async def post(http: Http, call: Call) -> None:
    """Give the payload to the vendor."""
    await http.request("POST", call.settings["url"], json=call.payload)


def delivery(
    *,
    connection_id: str = "con_1",
    person: str = "u:1",
    action: str = "save",
    sequence: int | None = None,
    **payload: Any,
) -> Delivery:
    """Build a delivery; each is of a later event than the one before."""
    sequence = next(_sequence) if sequence is None else sequence
    return Delivery(
        id=f"{sequence}-0-map_1",
        offset=Offset(sequence, 0),
        source_id=SourceId("src_1"),
        connection_id=ConnectionId(connection_id),
        mapping_id=MappingId("map_1"),
        action=action,
        message_id=MessageId(f"message-{sequence}"),
        event_type=EventType.TRACK,
        event_name="Clicked",
        person=person,
        received_at=NOON,
        payload=payload,
        workspace_version=1,
    )


def destination(
    perform: Perform | None = post,
    *,
    perform_batch: PerformBatch | None = None,
    keeps_order: bool = False,
    requests_per_second_max: float | None = None,
) -> Destination:
    """Build the destination Pigeonhole, which has one action."""
    return Destination(
        slug="pigeonhole",
        folder="pigeonhole",
        name="Pigeonhole",
        catalog_id="1",
        description="Keeps pigeons.",
        website="https://pigeonhole.example",
        mode=Mode.CLOUD,
        connection_modes={"web": (Mode.CLOUD,)},
        settings=(
            Setting(key="url", label="URL", help="Where.", required=True),
            Setting(key="apiKey", label="API key", help="Which.", secret=True),
            Setting(key="size", label="Size", help="How large.", default="small"),
        ),
        actions=(
            Action(
                slug="save",
                label="Save",
                description="Save.",
                trigger="track",
                fields=(),
                perform=perform,
                perform_batch=perform_batch,
                batch_size_max=100,
            ),
        ),
        keeps_order=keeps_order,
        requests_per_second_max=requests_per_second_max,
    )


def connection(
    id_: str = "con_1", *, enabled: bool = True, version: int = 1, **settings: Any
) -> Connection:
    """Build a connection to Pigeonhole."""
    return Connection(
        id=ConnectionId(id_),
        source_id=SourceId("src_1"),
        destination="pigeonhole",
        name="Pigeonhole",
        enabled=enabled,
        settings={"url": "http://127.0.0.1:9/", **settings},
        version=version,
    )


def workspace(*connections: Connection, version: int = 1) -> Workspace:
    """Build a workspace of these connections."""
    return Workspace(version=version, connections=connections)


def by_slug(installed: Destination) -> Mapping[str, Destination]:
    """Return the one destination that is installed."""
    return {installed.slug: installed}


class MemoryMessage:
    """A delivery, handed out by a journal in memory."""

    size_bytes = 100

    def __init__(self, journal: MemoryJournal, handed_out: Delivery, place: int) -> None:
        self._journal = journal
        self.delivery = handed_out
        self.place = place
        self.made_at = journal.made_at

    async def done(self) -> None:
        """Finish it."""
        self._journal.fail_if_told("done")
        self._journal.finish(self.delivery)


class MemoryReader:
    """Reads one connection's deliveries from a journal in memory."""

    def __init__(self, journal: MemoryJournal, connection_id: ConnectionId) -> None:
        self._journal = journal
        self._id = connection_id
        self._read = 0

    async def next(self, count_max: int) -> Sequence[MemoryMessage]:
        """Return what was put in and not read, when there is something."""
        await self._journal.wait_for(lambda: len(self._all()) > self._read or self._is_gone())
        first = self._read
        found = self._all()[first : first + count_max]
        self._read += len(found)
        return [MemoryMessage(self._journal, each, n) for n, each in enumerate(found, first)]

    async def close(self) -> None:
        """Do nothing."""

    def _all(self) -> list[Delivery]:
        return self._journal.deliveries_by_connection[self._id]

    def _is_gone(self) -> bool:
        return self._id in self._journal.gone


class MemoryJournal:
    """A journal in memory that keeps what it is given, and fails as often as it is told."""

    def __init__(self) -> None:
        self.deliveries_by_connection: defaultdict[ConnectionId, list[Delivery]] = defaultdict(list)
        self.gone: set[str] = set()
        self.made_at = NOON
        self.outcomes: list[Outcome] = []
        self.finished: list[str] = []
        self.letters: list[DeadLetter] = []
        self.stored_pauses: dict[ConnectionId, Pause] = {}
        self.failures: list[str] = []
        self._changed = asyncio.Event()

    def put(self, *deliveries: Delivery) -> None:
        """Hand these out, in order."""
        for each in deliveries:
            self.deliveries_by_connection[each.connection_id].append(each)
        self.changed()

    def restarted(self) -> MemoryJournal:
        """Return what a journal in its place holds: all that was not finished."""
        after = MemoryJournal()
        after.put(
            *(
                each
                for deliveries in self.deliveries_by_connection.values()
                for each in deliveries
                if each.id not in self.finished
            )
        )
        after.outcomes = list(self.outcomes)
        after.stored_pauses = dict(self.stored_pauses)
        return after

    def fail_if_told(self, what: str) -> None:
        """Raise if a test asked for it."""
        if what in self.failures:
            self.failures.remove(what)
            self.changed()
            raise ConnectionError("the journal is away")

    def finish(self, finished: Delivery) -> None:
        """Note that it is finished."""
        self.finished.append(finished.id)
        self.changed()

    def changed(self) -> None:
        """Wake who waits for something."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Return once it is so."""
        while not is_so():
            await self._changed.wait()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Return once it is so, or fail after a while."""
        async with asyncio.timeout(10):
            await self.wait_for(is_so)

    def delivery_reader(self, connection_id: ConnectionId) -> MemoryReader:
        """Return a reader that begins with the oldest."""
        return MemoryReader(self, connection_id)

    async def connections_with_deliveries(self) -> set[ConnectionId]:
        """Return whose deliveries were put in."""
        self.fail_if_told("connections_with_deliveries")
        return {name for name, deliveries in self.deliveries_by_connection.items() if deliveries}

    async def recent_outcomes(self) -> AsyncGenerator[Sequence[Outcome], None]:
        """Yield those that were stored before."""
        self.fail_if_told("recent_outcomes")
        yield list(self.outcomes)

    async def append_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Keep them."""
        self.fail_if_told("append_outcomes")
        self.outcomes += outcomes
        self.changed()

    async def append_dead_letter(self, letter: DeadLetter) -> None:
        """Keep it."""
        self.fail_if_told("append_dead_letter")
        self.letters.append(letter)
        self.changed()

    async def pauses(self) -> list[Pause]:
        """Return those that were stored."""
        return list(self.stored_pauses.values())

    async def store_pause(self, connection_id: ConnectionId, pause: Pause | None) -> None:
        """Keep it, or forget what was kept."""
        self.fail_if_told("store_pause")
        if pause is None:
            self.stored_pauses.pop(connection_id, None)
        else:
            self.stored_pauses[connection_id] = pause
        self.changed()
