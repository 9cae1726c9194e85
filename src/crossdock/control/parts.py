"""What the management API is made of, handed in by the composition root."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Literal, Protocol

from fastapi import Depends
from starlette.requests import Request

from crossdock.admin_token import AdminToken
from crossdock.audiences.engine import Engine
from crossdock.audiences.history import History
from crossdock.audiences.privacy import Forgetting, Register
from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.base.json import JsonObject
from crossdock.catalog import Catalog
from crossdock.control import report
from crossdock.events import (
    ConnectionId,
    DeadLetter,
    Delivery,
    Event,
    Outcome,
    Pause,
    Replay,
    SourceId,
)
from crossdock.kit import Http
from crossdock.ledger import Ledger
from crossdock.people import Role, Session
from crossdock.pipeline.route import ReplayOrder, Trial
from crossdock.pipeline.send import Sent, Standing
from crossdock.workspace import Connection, Deed, Filter, Source, Store, Workspace
from crossdock.workspace.store import Decide


@dataclasses.dataclass(slots=True, kw_only=True)
class Caller:
    """Who makes a request.

    Attributes:
        via: What they showed.
        role: What they may do.
        name: For people, and for the audit log.
        id: Of the person or API token; empty for the admin token.
        session: If they showed a cookie.
        csrf_token: What their page shows with a change; empty without a session.
        has_told: Whether the audit log was told what they did.
        may_still: Returns whether they may still come in, for answers that take long.
    """

    via: Literal["admin-token", "password", "api-token"]
    role: Role
    name: str
    id: str = ""
    session: Session | None = None
    csrf_token: str = ""
    has_told: bool = False
    may_still: Callable[[], Awaitable[bool]] | None = None


class NoticeSeen(Protocol):
    """A problem that plugins or the collector met, counted."""

    @property
    def source_id(self) -> SourceId:
        """On whose page it happened."""

    @property
    def connection_id(self) -> ConnectionId:
        """Whose plugin met it; empty if it was no connection's."""

    @property
    def code(self) -> str:
        """Stable, such as `script_failed`."""

    @property
    def detail(self) -> str:
        """What was said last."""

    @property
    def first_at(self) -> dt.datetime:
        """When it was first seen, UTC."""

    @property
    def last_at(self) -> dt.datetime:
        """When it was last seen, UTC."""

    @property
    def count(self) -> int:
        """How often."""


class Pickup(Protocol):
    """A version of the workspace that a browser got."""

    @property
    def version(self) -> int:
        """Of the workspace."""

    @property
    def first_at(self) -> dt.datetime:
        """When the first browser asked for it, UTC."""

    @property
    def last_at(self) -> dt.datetime:
        """When the latest did, UTC."""

    @property
    def count(self) -> int:
        """How often it was asked for."""


class WayOut(Protocol):
    """The kit's HTTP client."""

    def with_label(self, vendor: str, /) -> Http:
        """Return the way out for one vendor, who is called so in messages."""


class LatestOutcomes(Protocol):
    """Reads what became of the latest events."""

    def __call__(
        self,
        limit: int,
        source_id: SourceId | None = None,
        connection_id: ConnectionId | None = None,
    ) -> Awaitable[Sequence[Outcome]]:
        """Return the latest outcomes, newest first."""


class KeyUse(Protocol):
    """When each write key was last used."""

    @property
    def since(self) -> dt.datetime:
        """From when on it is known, UTC."""

    def find_last(self, write_key: str, /) -> dt.datetime | None:
        """Return when it was last used, or None if it was not since then."""


class TryEvent(Protocol):
    """Tries an event."""

    def __call__(
        self,
        message: JsonObject,
        workspace: Workspace,
        connection: Connection,
        *,
        mapping_id: str | None = None,
    ) -> Trial:
        """Return what each rule does with it."""


class ReplayRunner(Protocol):
    """Runs replays."""

    def begin(self, order: ReplayOrder, *, wait_seconds: float = 0.0) -> Awaitable[Replay]:
        """Begin one, and return it as it is when it has ended, or after so long."""

    def all(self) -> Awaitable[Sequence[Replay]]:
        """Return every one, the newest first."""

    def find(self, replay_id: str, /) -> Awaitable[Replay | None]:
        """Return one as it is now, or None."""

    def cancel(self, replay_id: str, /) -> Awaitable[Replay | None]:
        """End one, and return it; None if there is none."""


class DeadLetters(Protocol):
    """Deliveries that were given up."""

    async def page(
        self, connection_id: ConnectionId, *, after_id: int = 0, count_max: int
    ) -> Sequence[DeadLetter]:
        """Return dead letters of a connection behind that id, oldest first."""

    async def find(self, connection_id: ConnectionId, letter_id: int, /) -> DeadLetter | None:
        """Return the dead letter of that id, or None if the connection has no such."""

    async def counts(self) -> Mapping[ConnectionId, int]:
        """Return how many dead letters each connection has that has any."""

    async def send_again(self, letter: DeadLetter, /) -> None:
        """Make it a delivery again."""

    async def send_many_again(self, connection_id: ConnectionId, /, *, count_max: int) -> int:
        """Make the oldest of a connection deliveries again; return how many."""

    async def remove(self, letter: DeadLetter, /) -> None:
        """Discard it."""

    async def remove_all(self, connection_id: ConnectionId, /) -> int:
        """Discard all of a connection; return how many there were."""


class Pauses(Protocol):
    """The connections that send nothing at the moment."""

    @property
    def by_connection(self) -> Mapping[ConnectionId, Pause]:
        """Every pause."""

    async def pause(self, pause: Pause, /) -> None:
        """Pause a connection, durably."""

    async def resume(self, connection_id: ConnectionId, /) -> None:
        """Let a connection go on from where it stopped, durably."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the management API is made of.

    Attributes:
        store: Where the workspace is; the API is its only writer in a running server.
        catalog: What can be connected.
        clock: For secure mode.
        ids: For what is new.
        admin_token: Knows who carries the bearer token of everything.
        replays: Runs replays.
        events_between: Reads the events of a range of journal messages.
        try_event: Tries an event on a connection; may raise a `CrossdockError` about the event.
        send_once: Sends a delivery once, past the journal.
        public_url: How browsers reach this server; None means: as the request did.
        http: The way out, for testing settings.
        notices: Returns every notice there is.
        latest_outcomes: Returns what became of the latest events.
        dead_letters: Deliveries that were given up.
        pauses: The connections that send nothing at the moment.
        unfinished_deliveries: Returns how many deliveries each connection has that has any.
        ledger: Knows what became of every event.
        history: Profiles and what people did; None if they are not kept.
        engine: Keeps audiences; None if no profiles are kept.
        register: Who is to be forgotten or left alone.
        forgetting: Forgets them.
        key_use: Knows when each write key was last used.
        preview_filter: Returns the event as it is after an enabled filter, or None if the filter
            drops it; may raise a `CrossdockError` about the condition.
        neutral_script_url: Returns the address of Analytics.js under names that ad blockers do
            not know, given the base URL and the source; None if there are none.
        pickups: Returns which versions of the workspace browsers got for a source, oldest first.
        sandbox_settings: Returns, given the base URL and a destination's slug, the settings that
            lead to its sandbox vendor; None if this server has none.
        standing: Returns how sending to a destination stands.
        caller: Who makes the request that is answered; None outside of requests, and for those
            who are about to sign in.
    """

    store: Store
    catalog: Catalog
    clock: Clock
    ids: Ids
    admin_token: AdminToken
    http: WayOut
    notices: Callable[[], Awaitable[Sequence[NoticeSeen]]]
    latest_outcomes: LatestOutcomes
    dead_letters: DeadLetters
    pauses: Pauses
    unfinished_deliveries: Callable[[], Awaitable[Mapping[ConnectionId, int]]]
    ledger: Ledger
    register: Register
    forgetting: Forgetting
    key_use: KeyUse
    preview_filter: Callable[[Filter, JsonObject], JsonObject | None]
    replays: ReplayRunner
    events_between: Callable[[int, int], AsyncGenerator[list[Event], None]]
    try_event: TryEvent
    send_once: Callable[[Delivery, Connection], Awaitable[Sent]]
    public_url: str | None = None
    history: History | None = None
    engine: Engine | None = None
    neutral_script_url: Callable[[str, Source], str | None] = lambda _base_url, _source: None
    pickups: Callable[[SourceId], Sequence[Pickup]] = lambda _source_id: ()
    sandbox_settings: Callable[[str, str], JsonObject | None] = lambda _base_url, _slug: None
    standing: Callable[[ConnectionId], Standing] = lambda _connection_id: Standing()
    caller: Caller | None = None

    @property
    def who(self) -> Caller:
        """Whoever makes the request: `Access` has let nobody else through."""
        if self.caller is None:
            raise ValueError("This is asked only where somebody is known.")
        return self.caller

    def record(self, deed: Deed) -> None:
        """Tell the audit log what the caller did."""
        self.store.audit.write(deed, by=self.who.name, by_id=self.who.id)
        self.who.has_told = True

    def change(self, decide: Decide) -> Workspace:
        """Change the workspace in the caller's name, and return it as it is then."""
        before = self.store.version()
        after = self.store.change(decide, by=self.who.name, by_id=self.who.id)
        self.who.has_told = True
        if after.version > before:
            report.workspace_changed(after.version)
        return after

    def base_url(self, request: Request) -> str:
        """Return how browsers reach this server, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{request.url.scheme}://{request.url.netloc}"


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that answers the request, and who makes it."""
    parts: Parts = request.app.state.parts
    return dataclasses.replace(parts, caller=request.state.caller)


Here = Annotated[Parts, Depends(parts_of)]
"""What an endpoint asks for to be given the parts."""
