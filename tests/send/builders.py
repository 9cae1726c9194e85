"""Builders for send: values show what matters to a test, the rest has defaults."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from crossdock.events import (
    ConnectionId,
    Delivery,
    EventType,
    MappingId,
    MessageId,
    Offset,
    Outcome,
    SourceId,
)
from crossdock.kit import Action, Call, Destination, Http, Mode, Setting
from crossdock.kit.definition import Perform
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


def destination(perform: Perform | None = post, *, keeps_order: bool = False) -> Destination:
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
            ),
        ),
        keeps_order=keeps_order,
    )


def connection(id_: str = "con_1", *, enabled: bool = True, **settings: Any) -> Connection:
    """Build a connection to Pigeonhole."""
    return Connection(
        id=ConnectionId(id_),
        source_id=SourceId("src_1"),
        destination="pigeonhole",
        name="Pigeonhole",
        enabled=enabled,
        settings={"url": "http://127.0.0.1:9/", **settings},
    )


def workspace(*connections: Connection, version: int = 1) -> Workspace:
    """Build a workspace of these connections."""
    return Workspace(version=version, connections=connections)


def by_slug(installed: Destination) -> Mapping[str, Destination]:
    """Return the one destination that is installed."""
    return {installed.slug: installed}


class MemoryMessage:
    """A delivery, handed out by a journal in memory."""

    def __init__(self, journal: MemoryJournal, handed_out: Delivery) -> None:
        self._journal = journal
        self.delivery = handed_out

    async def done(self) -> None:
        """Finish it."""
        self._journal.fail_if_told("done")
        self._journal.finished.append(self.delivery.id)
        self._journal.changed()

    async def later(self, seconds: float) -> None:
        """Note that it was sent back; a test puts it in again."""
        self._journal.sent_back.append((self.delivery, seconds))
        self._journal.changed()


class MemoryJournal:
    """A journal in memory that keeps what it is given, and fails as often as it is told."""

    def __init__(self) -> None:
        self._deliveries: asyncio.Queue[Delivery] = asyncio.Queue()
        self._condition = asyncio.Event()
        self.outcomes: list[Outcome] = []
        self.finished: list[str] = []
        self.sent_back: list[tuple[Delivery, float]] = []
        self.failures: list[str] = []

    def put(self, *deliveries: Delivery) -> None:
        """Hand these out, in order."""
        for each in deliveries:
            self._deliveries.put_nowait(each)

    def fail_if_told(self, what: str) -> None:
        """Raise if a test asked for it."""
        if what in self.failures:
            self.failures.remove(what)
            self.changed()
            raise ConnectionError("the journal is away")

    def changed(self) -> None:
        """Wake who waits for something."""
        self._condition.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Return once it is so, or fail after a while."""
        async with asyncio.timeout(10):
            while not is_so():
                self._condition.clear()
                await self._condition.wait()

    async def deliveries(self) -> AsyncGenerator[MemoryMessage, None]:
        """Yield what was put in."""
        self.fail_if_told("deliveries")
        while True:
            yield MemoryMessage(self, await self._deliveries.get())

    async def append_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Keep them."""
        self.fail_if_told("append_outcomes")
        self.outcomes += outcomes
        self.changed()
