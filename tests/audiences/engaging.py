"""An engine on a history of its own, a clock that is set, and a journal that keeps messages."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from crossdock.audiences.engine import Engine
from crossdock.audiences.engine.definitions import Program
from crossdock.audiences.engine.everybody import Everybody
from crossdock.audiences.engine.rounds import Rounds
from crossdock.audiences.history import History
from crossdock.audiences.identity import find_identifier
from crossdock.audiences.language import Relations
from crossdock.base import json
from crossdock.base.clock import SystemClock
from crossdock.events import ConnectionId, Envelope, Event, EventType, MessageId, Offset, SourceId
from crossdock.workspace import (
    Computation,
    ComputationKind,
    Connection,
    Output,
    Source,
    Workspace,
    WorkspaceFeed,
)
from tests.audiences import naive
from tests.audiences.building import EventJournal, Firsts

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
ENGAGE = Source(
    id=SourceId("src_engage"), slug="engage", name="Engage", kind="server", type="engage"
)


class SetClock:
    """A clock that stands where it was set. Waiting takes no time."""

    def __init__(self) -> None:
        self.moment = NOON
        self._system = SystemClock()

    def now(self) -> dt.datetime:
        return self.moment

    def monotonic_seconds(self) -> float:
        return self.moment.timestamp()

    async def sleep(self, _seconds: float) -> None:
        await self._system.sleep(0.001)


@dataclasses.dataclass(frozen=True, slots=True)
class _LongProgram(Program):
    """A definition in whose computation something happens, after it began to read."""

    meanwhile: Callable[[], None]

    def sql(self, relations: Relations) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        self.meanwhile()
        return Program.sql(self, relations)


class _Broken(Program):
    """A definition whose SQL the database takes, but cannot answer."""

    def sql(self, relations: Relations) -> str:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        value = "error('it cannot') AS value, NULL::TIMESTAMP AS next_at"
        return f"SELECT profile_id AS subject_id, {value} FROM {relations.profiles}"  # noqa: S608 - a test's.


class TellingJournal:
    """Keeps what it is told, and may lose an answer: it is stored, and nobody knows."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.lost_answers = 0

    async def append(self, envelope: Envelope) -> None:
        assert envelope.source_id == ENGAGE.id
        self.messages += json.decode(envelope.body)["batch"]
        if self.lost_answers:
            self.lost_answers -= 1
            raise ConnectionError("the answer is lost")

    @property
    def told(self) -> list[dict[str, Any]]:
        """Each message once, as it is sent to destinations."""
        return [*{message["messageId"]: message for message in reversed(self.messages)}.values()][
            ::-1
        ]


def computation(  # noqa: PLR0913 - each has a default.
    key: str,
    definition: str,
    *,
    kind: ComputationKind = "audience",
    subject: str = "users",
    with_anonymous: bool = False,
    outputs: Sequence[Output] = (),
    enabled: bool = True,
) -> Computation:
    """Return an audience, or a computed trait."""
    return Computation(
        id=f"def_{key}",
        kind=kind,
        name=key,
        key=key,
        definition=definition,
        subject="users" if subject == "users" else "accounts",
        with_anonymous=with_anonymous,
        outputs=tuple(outputs),
        enabled=enabled,
        created_at=NOON,
        updated_at=NOON,
    )


def connection(name: str) -> Connection:
    """Return a connection of Engage."""
    return Connection(
        id=ConnectionId(f"dst_{name}"),
        source_id=ENGAGE.id,
        slug=name,
        destination=name,
        name=name,
        enabled=True,
    )


class Scene:
    """An engine and everything around it, one step at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "history.duckdb"
        self.clock = SetClock()
        self.journal = TellingJournal()
        self.feed = WorkspaceFeed(Workspace(version=0))
        self.version = 0
        self.sequence = 0
        self.sent: list[Event] = []
        # What came before is known after a restart too.
        self._firsts = Firsts()

    async def open(self) -> None:
        """Start, or start again."""
        self.history = History(
            self._path, journal=EventJournal(), duplicates=self._firsts, clock=self.clock
        )
        await self.history.open()
        # A feed of its own, or the one before would be told too.
        self.feed = WorkspaceFeed(self.feed.current)
        self.engine = Engine(
            self.history,
            journal=self.journal,
            feed=self.feed,
            clock=self.clock,
            find_destination=lambda _slug: None,
        )

    async def close(self) -> None:
        await self.engine.close()
        await self.history.close()

    async def restart(self) -> None:
        await self.close()
        await self.open()

    def define(self, *computations: Computation, connections: Sequence[str] = ("pigeon",)) -> None:
        """Make the workspace consist of these."""
        self.version += 1
        self.feed.publish(
            Workspace(
                version=self.version,
                sources=(ENGAGE,),
                connections=tuple(connection(name) for name in connections),
                computations=computations,
            )
        )

    def take_in(self, *bodies: Mapping[str, object]) -> None:
        """Let people do something for the first time; `timestamp` says when, or now."""
        self.sequence += 1
        events = [
            Event(
                offset=Offset(self.sequence, index),
                source_id=SourceId("shop"),
                type=EventType(str(body["type"])),
                message_id=MessageId(f"m{self.sequence}-{index}"),
                received_at=self.clock.moment,
                body={"context": {}, "timestamp": self.clock.moment.isoformat(), **body},
            )
            for index, body in enumerate(bodies)
        ]
        self.sent += events
        self.store().take_in(events, sequence=self.sequence, missed=0)

    async def send_again(self, number: int) -> None:
        """Send one of all events so far twice more, with the messageId that it had."""
        if not self.sent:
            return
        self.sequence += 1
        known = self.sent[number % len(self.sent)]
        await self._firsts.claim(self.sent)
        events = [
            msgspec.structs.replace(
                known, offset=Offset(self.sequence, index), received_at=self.clock.moment
            )
            for index in range(2)
        ]
        new = await self.history._new(events)  # noqa: SLF001 - what it does with what it reads, without its loop.
        self.store().take_in(new, sequence=self.sequence, missed=0)

    def did(self, who: str, event: str, *, ago: float = 0.0, **properties: object) -> None:
        """Let a user do something, so many days ago."""
        at = self.clock.moment - dt.timedelta(days=ago)
        self.take_in(
            {
                "type": "track",
                "userId": who,
                "event": event,
                "properties": properties,
                "timestamp": at.isoformat(),
            }
        )

    def break_down(self, key: str) -> None:
        """Let the database fail at a definition from now on."""
        programs = self.engine.programs
        ordered = tuple(
            _Broken(**_fields(each)) if each.computation.key == key else each
            for each in programs.ordered
        )
        self.engine._programs = dataclasses.replace(programs, ordered=ordered)  # noqa: SLF001 - what no text of a definition does.

    def compute_while(self, meanwhile: Callable[[], None]) -> None:
        """Compute what is to be computed over everybody, and let something happen during that."""
        engine = self.engine
        cursor, quiet = self.history.connection()
        with contextlib.closing(cursor):
            everybody = Everybody(cursor, quiet, engine._meanwhile, engine._aside)  # noqa: SLF001 - the engine's steps, one by one.
            for program in everybody.outdated(engine.programs)[:1]:
                everybody.compute(
                    engine.programs,
                    _LongProgram(**_fields(program), meanwhile=meanwhile),
                    now=self.clock.now,
                    in_force=lambda: engine.programs,
                )

    def look(self) -> None:
        """Let the engine look once at who was touched, and whose time has come."""
        cursor, quiet = self.history.connection()
        with contextlib.closing(cursor):
            rounds = Rounds(cursor, quiet, self.engine._meanwhile)  # noqa: SLF001 - as above.
            rounds.follow(self.engine.programs, self.clock.now())

    async def catch_up(self) -> dt.datetime | None:
        """Let the engine do all that is to be done, also when the journal's answers get lost."""
        while True:
            try:
                return await self.engine.catch_up()
            except ConnectionError:
                continue

    def rows(self, sql: str) -> list[Any]:
        cursor = self.store().cursor()
        with contextlib.closing(cursor):
            found: list[Any] = cursor.execute(sql).fetchall()
            return found

    def values(self, key: str) -> dict[int, object]:
        """Return who is in, or what values there are, by number."""
        return {
            row[0]: json.decode(row[1])
            for row in self.rows(
                f"SELECT subject_id, value FROM memberships WHERE definition_id = 'def_{key}' "  # noqa: S608 - a test's.
                "AND value IS NOT NULL"
            )
        }

    def told(self, key: str, call: str = "identify") -> list[tuple[str, object]]:
        """Return what was told about a definition: whom, and what."""
        return [
            (message.get("userId") or message["anonymousId"], message["traits"][key])
            for message in self.journal.told
            if message["type"] == call and key in message["traits"]
        ]

    def number_of(self, kind: str, value: str) -> int | None:
        """Return whose identifier it is."""
        identifier = find_identifier(kind, value)
        assert identifier is not None
        rows = self.rows("SELECT type, value, profile_id FROM identifiers")
        return next((row[2] for row in rows if (row[0], row[1]) == tuple(identifier)), None)

    def world(self) -> naive.World:
        """Return everything that happened, as the naive re-computation reads it."""
        return naive.World(
            profiles=[
                naive.Profile(row[0], json.decode(row[1].encode()), row[2])
                for row in self.rows("SELECT profile_id, traits, is_anonymous FROM profiles")
            ],
            events=[
                naive.Event(
                    row[0],
                    row[1],
                    row[2] or "",
                    row[3].replace(tzinfo=dt.UTC),
                    json.decode((row[4] or "{}").encode()),
                    json.decode(row[5].encode()),
                    row[6],
                    row[7],
                )
                for row in self.rows(
                    "SELECT profile_id, message_id, event, timestamp, properties, context, type, "
                    "source FROM events WHERE profile_id IS NOT NULL"
                )
            ],
            accounts=[
                naive.Profile(row[0], json.decode(row[1].encode()))
                for row in self.rows("SELECT account_id, traits FROM accounts")
            ],
            members=[
                (row[0], row[1]) for row in self.rows("SELECT account_id, profile_id FROM members")
            ],
        )

    def store(self) -> Any:
        """Return the history's file."""
        return self.history._file.store  # noqa: SLF001 - the writer, without its loop.


def _fields(program: Program) -> dict[str, Any]:
    return {one.name: getattr(program, one.name) for one in dataclasses.fields(program)}


@contextlib.asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    """A scene, while the block runs."""
    one = Scene(folder)
    await one.open()
    try:
        yield one
    finally:
        await one.close()
