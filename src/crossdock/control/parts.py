"""What the management API is made of, handed in by the composition root."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Protocol

from fastapi import Depends
from starlette.requests import Request

from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.base.json import JsonObject
from crossdock.catalog import Catalog
from crossdock.control import report
from crossdock.events import ConnectionId, Outcome, SourceId
from crossdock.kit import Http
from crossdock.ledger import Ledger
from crossdock.workspace import Filter, Source, Store, Workspace
from crossdock.workspace.store import Decide

CHANGED_BY = "admin"
"""Whom audit events name: there is one token, and it is the administrator's."""


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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the management API is made of.

    Attributes:
        store: Where the workspace is; the API is its only writer in a running server.
        catalog: What can be connected.
        clock: For secure mode, and for counting wrong tokens.
        ids: For what is new.
        admin_token: The bearer token of everything.
        public_url: How browsers reach this server; None means: as the request did.
        http: The way out, for testing settings.
        notices: Returns every notice there is.
        latest_outcomes: Returns what became of the latest events.
        ledger: Knows what became of every event.
        preview_filter: Returns the event as it is after an enabled filter, or None if the filter
            drops it; may raise a `CrossdockError` about the condition.
        neutral_script_url: Returns the address of Analytics.js under names that ad blockers do
            not know, given the base URL and the source; None if there are none.
    """

    store: Store
    catalog: Catalog
    clock: Clock
    ids: Ids
    admin_token: str
    http: WayOut
    notices: Callable[[], Awaitable[Sequence[NoticeSeen]]]
    latest_outcomes: LatestOutcomes
    ledger: Ledger
    preview_filter: Callable[[Filter, JsonObject], JsonObject | None]
    public_url: str | None = None
    neutral_script_url: Callable[[str, Source], str | None] = lambda _base_url, _source: None

    def change(self, decide: Decide) -> Workspace:
        """Change the workspace, and return it as it is then."""
        before = self.store.version()
        after = self.store.change(decide, by=CHANGED_BY)
        if after.version > before:
            report.workspace_changed(after.version)
        return after

    def base_url(self, request: Request) -> str:
        """Return how browsers reach this server, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{request.url.scheme}://{request.url.netloc}"


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that answers the request."""
    parts: Parts = request.app.state.parts
    return parts


Here = Annotated[Parts, Depends(parts_of)]
"""What an endpoint asks for to be given the parts."""
