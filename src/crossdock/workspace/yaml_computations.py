"""Audiences and computed traits in a workspace's file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from crossdock.events import ConnectionId
from crossdock.workspace.model import (
    CallKind,
    Computation,
    ComputationKind,
    Connection,
    Output,
    Workspace,
)
from crossdock.workspace.yaml_node import Node

SECTIONS: dict[ComputationKind, str] = {
    "audience": "audiences",
    "computed_trait": "computedTraits",
}
_PREFIXES: dict[ComputationKind, str] = {"audience": "aud", "computed_trait": "tra"}
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
_NAMES = {
    "sends": "sends",
    "entered_event": "enteredEvent",
    "exited_event": "exitedEvent",
    "computed_event": "computedEvent",
    "per_second_max": "perSecondMax",
}
_OUTPUT_FIELDS = {name: field for field, name in _NAMES.items()}


def export_computations(workspace: Workspace) -> dict[str, Any]:
    """Return the sections of the file; none if there is nothing in them."""
    return {
        section: {one.key: _exported(one, workspace) for one in found}
        for kind, section in SECTIONS.items()
        if (found := [one for one in workspace.computations if one.kind == kind])
    }


def exported_outputs(one: Computation, workspace: Workspace) -> dict[str, Any]:
    """Return who is told, and how, in the words of the file."""
    return {
        name_in_file(output.connection_id, workspace): _exported_output(output)
        for output in one.outputs
    }


def name_in_file(connection_id: ConnectionId, workspace: Workspace) -> str:
    """Return what the file calls who is told: of another source than Engage's with that before."""
    connection = workspace.connections_by_id.get(connection_id)
    if connection is None:
        return connection_id
    if connection.source_id == workspace.engage_source_id:
        return connection.slug
    return f"{workspace.sources_by_id[connection.source_id].slug}/{connection.slug}"


def _exported(one: Computation, workspace: Workspace) -> dict[str, Any]:
    return {
        "name": one.name,
        **({"description": one.description} if one.description else {}),
        "definition": one.definition,
        "about": one.subject,
        "withAnonymous": one.with_anonymous,
        "enabled": one.enabled,
        "destinations": exported_outputs(one, workspace),
    }


def _exported_output(output: Output) -> dict[str, Any]:
    plain = Output(connection_id=output.connection_id)
    return {
        name: [*value] if isinstance(value, tuple) else value
        for field, name in _NAMES.items()
        if (value := getattr(output, field)) != getattr(plain, field) or field == "sends"
    }


def read_computations(
    root: Node,
    current: Workspace,
    connections: Mapping[str, Connection],
    new_id: Callable[[str], str],
    paths: dict[str, str],
) -> Iterator[Computation]:
    """Yield what the file asks for; a section that it does not have stays as it is.

    Args:
        root: The whole file.
        current: The workspace that there is.
        connections: Those of the file by their slugs; those of another source than Engage's by
            `<source>/<slug>`.
        new_id: Makes ids.
        paths: Is told where each one stands.
    """
    for kind, section in SECTIONS.items():
        known = {one.key: one for one in current.computations if one.kind == kind}
        if not root.has(section):
            yield from known.values()
            continue
        for key, node in root.at(section).items():
            was = known.get(key)
            one_id = was.id if was else new_id(_PREFIXES[kind])
            paths[one_id] = node.path
            yield _read(kind, key, node, one_id, was, connections)


def _read(  # noqa: PLR0913, PLR0917 - what there is, and what there was.
    kind: ComputationKind,
    key: str,
    node: Node,
    one_id: str,
    was: Computation | None,
    connections: Mapping[str, Connection],
) -> Computation:
    node.keys(
        (
            *("name", "description", "definition", "about"),
            *("withAnonymous", "enabled", "destinations"),
        )
    )
    if not node.has("definition"):
        node.complain('"definition" is missing.', do="Write it in the query language.")
    subject = node.text("about", "users")
    if subject not in ("users", "accounts"):
        node.at("about").complain("this is nobody.", do="Write users or accounts.")
    default: CallKind = "group" if subject == "accounts" else "identify"
    return Computation(
        id=one_id,
        kind=kind,
        name=node.text("name", key),
        key=key,
        definition=node.text("definition", ""),
        description=node.text("description", ""),
        subject="accounts" if subject == "accounts" else "users",
        with_anonymous=node.flag("withAnonymous", default=False),
        enabled=node.flag("enabled", default=True),
        outputs=tuple(
            output
            for slug, below in node.at("destinations").items()
            for output in [_read_output(slug, below, connections, default)]
            if output is not None
        ),
        created_at=was.created_at if was else _NEVER,
        updated_at=was.updated_at if was else _NEVER,
        version=was.version if was else 0,
    )


def _read_output(
    slug: str, node: Node, connections: Mapping[str, Connection], default: CallKind
) -> Output | None:
    node.keys(tuple(_OUTPUT_FIELDS))
    connection = connections.get(slug)
    if connection is None:
        node.complain(
            f'there is no destination "{slug}" in the source of the type engage.',
            do="Write it below that source, or correct the slug; what is told in browsers is named "
            "with its source, such as shop/ramen.",
            reason="unknown_destination",
        )
        return None
    given = {"sends": [default]} | {
        _OUTPUT_FIELDS[key]: below.value for key, below in node.items() if key in _OUTPUT_FIELDS
    }
    try:
        output: Output = msgspec.convert({**given, "connection_id": connection.id}, Output)
    except msgspec.ValidationError as error:
        node.complain(
            f"this does not say what is sent ({error}).",
            do="Write sends: [identify], [track], [group] or two of them.",
        )
        return None
    return output
