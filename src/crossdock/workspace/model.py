"""What is configured, as frozen values. A `Workspace` is one version of all of it.

The running parts never ask the database: they hold a `Workspace`, and are given the next one when
something changed (`store.Store.subscribe`). What they compile from it, they compile then.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from crossdock.base.json import JsonObject
from crossdock.events import ConnectionId, MappingId, SourceId

SourceKind = Literal["web", "mobile", "server"]
ComputationKind = Literal["audience", "computed_trait"]
CallKind = Literal["identify", "track", "group"]
FilterType = Literal["SAMPLE", "DROP", "DROP_PROPERTIES", "ALLOW_PROPERTIES"]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages come from.

    Attributes:
        id: `src_…`.
        slug: Lower case, unique.
        name: For people.
        kind: Web, mobile or server; a destination may support only some. Follows from the type.
        type: What sends, by its id in the catalog of sources: `javascript`, `python`.
        enabled: A disabled source discards what it is sent, as `source_disabled`.
        write_keys: What its messages are recognised by; the first is the current one.
        is_strict: Answer 401 to what cannot be right, instead of Segment's 200, and a verdict
            for each event of a batch.
        version: The workspace's version in which this last changed; its ETag in the API.
    """

    id: SourceId
    slug: str
    name: str
    kind: SourceKind = "web"
    type: str = "javascript"
    enabled: bool = True
    write_keys: tuple[str, ...] = ()
    is_strict: bool = False
    version: int = 0


class FilterAction(msgspec.Struct, frozen=True, kw_only=True):
    """What a filter does to an event it applies to.

    Attributes:
        type: Which of the four.
        fields: For the two of properties: dotted paths by part, such as
            `{"properties": ["email", "card.number"], "traits": ["ssn"], "context": ["ip"]}`.
        percent: For SAMPLE: the share that is kept, from 0 to 1.
        path: For SAMPLE: sample by the value at this path, so that one person is in or out;
            None samples each event by its messageId.
    """

    type: FilterType
    fields: MappingOf[str, Sequence[str]] | None = None
    percent: float | None = None
    path: str | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection is not to receive.

    Attributes:
        condition: FQL; the filter's actions apply to events for which it holds.
        version: As `Source.version`.
    """

    id: str
    connection_id: ConnectionId
    title: str
    condition: str
    actions: tuple[FilterAction, ...]
    description: str = ""
    enabled: bool = True
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int = 0


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """Which events a connection's action takes, and what payload is made of them.

    Attributes:
        action: The action's slug.
        trigger: FQL.
        fields: Mapping-kit JSON: where each field's value comes from.
        version: As `Source.version`.
    """

    id: MappingId
    connection_id: ConnectionId
    name: str
    action: str
    trigger: str
    fields: JsonObject
    enabled: bool = False
    version: int = 0


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One destination set up by an owner for one source.

    Attributes:
        destination: The destination's slug.
        settings: As the owner gave them, defaults not filled in, secrets in the clear. Never
            logged, never sent to the management API as they are.
        mappings: In the order they are tried.
        filters: Of this connection.
        slug: Lower case, unique within its source: what the workspace's file calls it.
        version: As `Source.version`; mappings and filters have their own.
    """

    id: ConnectionId
    source_id: SourceId
    destination: str
    name: str
    enabled: bool = False
    settings: MappingOf[str, Any] = {}
    mappings: tuple[Mapping, ...] = ()
    filters: tuple[Filter, ...] = ()
    slug: str = ""
    version: int = 0


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """A connection that is told of an audience or a computed trait.

    Attributes:
        connection_id: One of the Engage source, which is told of changes; or one whose plugin is
            told in browsers, when their visitor is identified.
        sends: With which calls. Of users identify, track or both; of accounts group, identify (for
            each user of the account) or both.
        entered_event: What the track is called for who came in.
        exited_event: The same for who left.
        computed_event: The same for a computed trait.
        per_second_max: How many events a second it is given at most; None for as many as there are.
    """

    connection_id: ConnectionId
    sends: tuple[CallKind, ...] = ("identify",)
    entered_event: str = "Audience Entered"
    exited_event: str = "Audience Exited"
    computed_event: str = "Trait Computed"
    per_second_max: float | None = None


class Computation(msgspec.Struct, frozen=True, kw_only=True):
    """An audience or a computed trait.

    Attributes:
        id: `aud_…` or `tra_…`.
        key: Its name in traits and events; never changes, and is never used again.
        definition: In the query language.
        subject: Whom it is about.
        with_anonymous: Whether people who are known by nothing but a browser count; never changes.
        enabled: A disabled one stays as it is, and nobody is told anything.
        outputs: Who is told of changes.
        version: As `Source.version`.
    """

    id: str
    kind: ComputationKind
    name: str
    key: str
    definition: str
    description: str = ""
    subject: Literal["users", "accounts"] = "users"
    with_anonymous: bool = False
    enabled: bool = True
    outputs: tuple[Output, ...] = ()
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int = 0


class Workspace(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything that is configured, at one version.

    Attributes:
        version: Counts up with every change.
        computations: Audiences and computed traits.
        retired_keys: Those of computations that were deleted: destinations still have them.
    """

    version: int
    sources: tuple[Source, ...] = ()
    connections: tuple[Connection, ...] = ()
    computations: tuple[Computation, ...] = ()
    retired_keys: tuple[str, ...] = ()

    @functools.cached_property
    def engage_source(self) -> Source | None:
        """Where the events of audiences and computed traits come from, once there is one."""
        return next((source for source in self.sources if source.type == "engage"), None)

    @property
    def engage_source_id(self) -> SourceId | None:
        """Its id."""
        return self.engage_source.id if self.engage_source else None

    def is_in_browser(self, output: Output) -> bool:
        """Return whether it is a plugin that is told, so that no event is sent."""
        connection = self.connections_by_id.get(output.connection_id)
        return connection is not None and connection.source_id != self.engage_source_id

    @functools.cached_property
    def computations_by_id(self) -> MappingOf[str, Computation]:
        """Every audience and computed trait."""
        return {one.id: one for one in self.computations}

    @functools.cached_property
    def sources_by_write_key(self) -> MappingOf[str, Source]:
        """Every source under each of its write keys."""
        return {key: source for source in self.sources for key in source.write_keys}

    @functools.cached_property
    def sources_by_id(self) -> MappingOf[SourceId, Source]:
        """Every source."""
        return {source.id: source for source in self.sources}

    @functools.cached_property
    def connections_by_id(self) -> MappingOf[ConnectionId, Connection]:
        """Every connection."""
        return {connection.id: connection for connection in self.connections}

    @functools.cached_property
    def connections_by_source_id(self) -> MappingOf[SourceId, tuple[Connection, ...]]:
        """The connections of each source that has any."""
        by_source: dict[SourceId, tuple[Connection, ...]] = {}
        for connection in self.connections:
            by_source[connection.source_id] = (
                *by_source.get(connection.source_id, ()),
                connection,
            )
        return by_source
