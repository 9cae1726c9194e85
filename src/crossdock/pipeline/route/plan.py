"""The workspace, compiled: what route has to know about each source, found by its id.

A mapping takes about a millisecond to compile and a microsecond to apply, so that is done once for
each version of the workspace, and again only for the connections that changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.events import ConnectionId, SourceId
from crossdock.kit import Action, Destination, Mode
from crossdock.pipeline.route.filters import Condition, FilterPlan
from crossdock.workspace import Connection, Workspace
from crossdock.workspace import Mapping as ConnectionMapping

MakePayload = Callable[[JsonObject], JsonObject]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Compilers:
    """How the kit turns what owners write into functions.

    Attributes:
        condition: `kit.compile_condition`: FQL.
        payload: `kit.compile_payload`: a mapping, and the schema of each field by its key.
    """

    condition: Callable[[str], Condition]
    payload: Callable[[JsonObject, Mapping[str, JsonObject]], MakePayload]


@dataclasses.dataclass(frozen=True, slots=True)
class MappingPlan:
    """A mapping, compiled.

    Attributes:
        trigger: Which events it takes; or what is wrong with its FQL.
        make_payload: What it makes of them; or what is wrong with it.
    """

    mapping: ConnectionMapping
    trigger: Condition | CrossdockError
    make_payload: MakePayload | CrossdockError


@dataclasses.dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """An enabled connection that the server delivers to.

    Attributes:
        destination: None if none of that slug is installed.
        in_browser: The same vendor's device-mode destination, if there is one.
        page: The source's enabled connection of that, if it has one.
        filters: The enabled ones.
        mappings: The enabled ones.
    """

    connection: Connection
    destination: Destination | None
    in_browser: Destination | None
    page: ConnectionPlan | None
    filters: tuple[FilterPlan, ...]
    mappings: tuple[MappingPlan, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class SourcePlan:
    """What route does with the events of one source.

    Attributes:
        to_send: The connections that the server delivers to.
        in_browser: The connections that the page delivers to.
    """

    to_send: tuple[ConnectionPlan, ...] = ()
    in_browser: tuple[ConnectionId, ...] = ()


_NOTHING = SourcePlan()


@dataclasses.dataclass(frozen=True, slots=True)
class RoutePlan:
    """One version of the workspace, compiled."""

    version: int
    sources_by_id: Mapping[SourceId, SourcePlan]

    def source(self, source_id: SourceId) -> SourcePlan:
        """Return what to do with a source's events; nothing for one that is gone."""
        return self.sources_by_id.get(source_id, _NOTHING)


def compile_plan(
    workspace: Workspace,
    destinations_by_slug: Mapping[str, Destination],
    compilers: Compilers,
    *,
    before: RoutePlan | None = None,
) -> RoutePlan:
    """Return the workspace, compiled. What is wrong with it is kept as a value: see `decide`.

    Args:
        workspace: The version to compile.
        destinations_by_slug: All that are installed.
        compilers: The kit's.
        before: The plan of an older version, of which unchanged connections are taken over.
    """
    done_by_id = {
        plan.connection.id: plan
        for source in (before.sources_by_id.values() if before else ())
        for plan in source.to_send
    }
    sources: dict[SourceId, SourcePlan] = {}
    for source_id, connections in workspace.connections_by_source_id.items():
        to_send: list[ConnectionPlan] = []
        pages_by_slug: dict[str, ConnectionPlan] = {}
        for connection in connections:
            if not connection.enabled:
                continue
            destination = destinations_by_slug.get(connection.destination)
            done = done_by_id.get(connection.id)
            if done is None or done.connection != connection:
                done = _connection_plan(connection, destination, destinations_by_slug, compilers)
            if destination is not None and destination.mode is Mode.DEVICE:
                pages_by_slug[destination.slug] = done
            else:
                to_send.append(done)
        sources[source_id] = SourcePlan(
            tuple(
                dataclasses.replace(plan, page=pages_by_slug.get(plan.in_browser.slug))
                if plan.in_browser
                else plan
                for plan in to_send
            ),
            tuple(page.connection.id for page in pages_by_slug.values()),
        )
    return RoutePlan(workspace.version, sources)


def _connection_plan(
    connection: Connection,
    destination: Destination | None,
    destinations_by_slug: Mapping[str, Destination],
    compilers: Compilers,
) -> ConnectionPlan:
    if destination is None:
        return ConnectionPlan(connection, None, None, None, (), ())
    return ConnectionPlan(
        connection,
        destination,
        destinations_by_slug.get(destination.same_vendor_as or ""),
        None,
        tuple(
            FilterPlan(each, _condition(each.condition, compilers))
            for each in connection.filters
            if each.enabled
        ),
        tuple(
            MappingPlan(
                each,
                _condition(each.trigger, compilers),
                _payload(each, destination.action(each.action), compilers),
            )
            for each in connection.mappings
            if each.enabled
        ),
    )


def _condition(text: str, compilers: Compilers) -> Condition | CrossdockError:
    try:
        return compilers.condition(text)
    except CrossdockError as error:
        return error
    except Exception as error:  # noqa: BLE001 - one connection never stops the others.
        return _not_compiled(error)


def _payload(
    mapping: ConnectionMapping, action: Action | None, compilers: Compilers
) -> MakePayload | CrossdockError:
    if action is None:
        return CrossdockError(
            f'The mapping "{mapping.name}" uses the action "{mapping.action}", which this '
            "destination does not have.",
            do="Choose one of the destination's actions.",
        )
    try:
        schemas_by_key = {field.key: field.to_schema_field() for field in action.fields}
        return compilers.payload(mapping.fields, schemas_by_key)
    except CrossdockError as error:
        return error
    except Exception as error:  # noqa: BLE001 - one connection never stops the others.
        return _not_compiled(error)


def _not_compiled(error: Exception) -> CrossdockError:
    return CrossdockError(
        f"It cannot be compiled ({type(error).__name__}).", do="Change it, and report it as a bug."
    )
