"""Reads a workspace's file into the workspace that it asks for.

What has the same slug or name as something that exists *is* that, and keeps its id; everything the
file does not name is gone. Kept, if the file says nothing of them, are the write keys of a source,
the mappings of a connection, audiences and computed traits if their section is not there, and
secrets for which it says `{secret: keep}`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

from crossdock.base.ids import Ids, new_secret
from crossdock.events import ConnectionId, MappingId, SourceId
from crossdock.workspace.differences import FindDestination
from crossdock.workspace.edits import preset_mappings, without_lost_outputs
from crossdock.workspace.errors import Refused, RefusedTogether
from crossdock.workspace.model import (
    Connection,
    Filter,
    FilterAction,
    Mapping,
    Source,
    Workspace,
)
from crossdock.workspace.source_types import ENGAGE, SOURCE_TYPES, find_source_type
from crossdock.workspace.yaml_computations import SECTIONS, read_computations
from crossdock.workspace.yaml_file import FORMAT, KEEP
from crossdock.workspace.yaml_node import Node
from crossdock.workspace.yaml_text import load_yaml

Check = Callable[[Workspace], None]
"""Refuses what breaks a rule."""

FindEnv = Callable[[str], str | None]
"""Returns an environment variable; only `main` may read them, so it is handed in."""

_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


class Reading:
    """One file, read on top of the workspace that there is.

    Args:
        current: The workspace that there is.
        find_destination: For presets and names.
        find_env: For `{env: NAME}`; None where that is not allowed.
        ids: For what is new.
    """

    def __init__(
        self,
        current: Workspace,
        *,
        find_destination: FindDestination,
        find_env: FindEnv | None,
        ids: Ids,
    ) -> None:
        self.current = current
        self._find_destination = find_destination
        self._find_env = find_env
        self._ids = ids
        self._paths: dict[str, str] = {}
        self._problems: list[Refused] = []
        # What audiences call whom they tell, by the id of the connection.
        self._told: dict[str, str] = {}
        self.made: set[str] = set()
        """Ids and write keys that were made up for what is new."""

    def read(self, text: str, *, check: Check) -> Workspace:
        """Return the workspace that the file asks for.

        What cannot be read and what breaks a rule are told together: whoever corrects a file wants
        to do it once. Of one place only the first is told, as the others may follow from it.

        Args:
            text: YAML.
            check: The rules; is given the workspace with something harmless where it is wrong.

        Raises:
            Refused: One thing in the file is wrong; the message names its path.
            RefusedTogether: Several are.
        """
        document = load_yaml(text)
        root = Node(document, "", self._problems)
        if not isinstance(document, dict) or document.get("version") != FORMAT:
            raise Refused(
                f'The file does not begin with "version: {FORMAT}".',
                do="Write that line at its top, and below it `sources:`; `crossdock export` shows "
                "how such a file looks.",
                reason="unusable_file",
            )
        root.keys(("version", "sources", *SECTIONS.values()))
        sources: list[Source] = []
        connections: list[Connection] = []
        for slug, node in root.at("sources").items():
            source = self._source(slug, node)
            sources.append(source)
            connections.extend(
                self._connection(key, below, source)
                for key, below in node.at("destinations").items()
            )
        prefixes = {
            source.id: "" if source.type == ENGAGE.id else f"{source.slug}/" for source in sources
        }
        self._told = {one.id: f"{prefixes[one.source_id]}{one.slug}" for one in connections}
        computations = tuple(
            read_computations(
                root,
                self.current,
                {self._told[one.id]: one for one in connections},
                self._new_id,
                self._paths,
            )
        )
        kept = {one.id for one in computations}
        gone = [one.key for one in self.current.computations if one.id not in kept]
        wanted = Workspace(
            version=self.current.version,
            sources=tuple(sources),
            connections=tuple(connections),
            computations=computations,
            retired_keys=tuple(dict.fromkeys((*self.current.retired_keys, *gone))),
        )
        wanted = without_lost_outputs(wanted)
        self._check(wanted, check)
        if len(self._problems) > 1:
            raise RefusedTogether(self._problems)
        if self._problems:
            raise self._problems[0]
        return wanted

    def _check(self, wanted: Workspace, check: Check) -> None:
        """Note what breaks a rule, except at a place where something is known to be wrong."""
        known = [problem.field for problem in self._problems]
        try:
            check(wanted)
        except Refused as error:
            found = [error]
        except RefusedTogether as error:
            found = list(error.problems)
        else:
            return
        for problem in found:
            located = self._located(problem)
            if not any(_lies_in(located.field, place) for place in known):
                self._problems.append(located)

    def _new_id(self, prefix: str) -> str:
        made = self._ids.new(prefix)
        self.made.add(made)
        return made

    def _located(self, problem: Refused) -> Refused:
        """Return the problem that a rule found, with the path in the file where it lies."""
        path = self._paths.get(problem.object_id, "")
        field = _field_in_file(problem.field, is_mapping=".mappings." in path)
        if told := self._told.get(problem.told_id):
            field = field.replace("destinations", f"destinations.{told}", 1)
        where = f"{path}.{field}" if field and path else path
        return Refused(
            f"{where}: {problem.what}" if where else problem.what,
            do=problem.do,
            reason=problem.reason,
            field=where,
            object_id=problem.object_id,
        )

    def _source(self, slug: str, node: Node) -> Source:
        node.keys(("name", "type", "enabled", "strict", "writeKeys", "destinations"))
        was = next((s for s in self.current.sources if s.slug == slug), None)
        source_type = find_source_type(node.text("type", "javascript"))
        if source_type is None:
            node.at("type").complain(
                f'"{node.at("type").value}" is not a type of source.',
                do=f"Write one of: {', '.join(known.id for known in SOURCE_TYPES)}.",
                reason="unknown_source_type",
            )
            source_type = SOURCE_TYPES[0]
        if node.has("writeKeys"):
            write_keys = tuple(key.as_text() for key in node.at("writeKeys").elements())
        else:
            write_keys = was.write_keys if was else (new_secret(),)
            self.made.update(() if was else write_keys)
        source = Source(
            id=was.id if was else SourceId(self._new_id("src")),
            slug=slug,
            name=node.text("name", slug),
            kind=source_type.kind,
            type=source_type.id,
            enabled=node.flag("enabled", default=True),
            write_keys=write_keys,
            is_strict=node.flag("strict", default=False),
            version=was.version if was else 0,
        )
        self._paths[source.id] = node.path
        return source

    def _connection(self, slug: str, node: Node, source: Source) -> Connection:
        node.keys(("destination", "name", "enabled", "settings", "mappings", "filters"))
        was = next(
            (
                connection
                for connection in self.current.connections_by_source_id.get(source.id, ())
                if connection.slug == slug
            ),
            None,
        )
        destination_slug = node.text("destination", slug)
        destination = self._find_destination(destination_slug)
        # Another vendor under the same slug is another connection: its secrets are not kept.
        if was is not None and was.destination != destination_slug:
            was = None
        connection_id = was.id if was else ConnectionId(self._new_id("dst"))
        self._paths[connection_id] = node.path
        if node.has("mappings"):
            mappings = tuple(
                self._mapping(name, below, connection_id, was)
                for name, below in node.at("mappings").items()
            )
        elif was:
            mappings = was.mappings
        else:
            mappings = preset_mappings(destination, connection_id, self._ids) if destination else ()
            self.made.update(mapping.id for mapping in mappings)
        return Connection(
            id=connection_id,
            source_id=source.id,
            slug=slug,
            destination=destination_slug,
            name=node.text("name", destination.name if destination else slug),
            enabled=node.flag("enabled", default=True),
            settings={
                key: value
                for key, below in node.at("settings").items()
                for value in [self._setting(key, below, was)]
                if value is not None
            },
            mappings=mappings,
            filters=tuple(
                self._filter(title, below, connection_id, was)
                for title, below in node.at("filters").items()
            ),
            version=was.version if was else 0,
        )

    def _setting(self, key: str, node: Node, was: Connection | None) -> object:
        if not isinstance(node.value, dict):
            return node.value
        if node.value == KEEP:
            if was is None or key not in was.settings:
                node.complain(
                    "there is no stored secret to keep.",
                    do="Write the value itself, or {env: NAME} to take it from the environment.",
                    reason="no_secret_to_keep",
                )
                return None
            return was.settings[key]
        name = node.value.get("env")
        if len(node.value) != 1 or not isinstance(name, str):
            node.complain(
                "this is neither a value nor a reference.",
                do="Write the value itself, {env: NAME}, or {secret: keep}.",
            )
            return None
        if self._find_env is None:
            node.complain(
                "the server does not read its environment for a file that it is sent.",
                do="Apply the file with `crossdock apply`, or write the value itself.",
                reason="env_not_allowed",
            )
            return None
        value = self._find_env(name)
        if value is None:
            node.complain(
                f'the environment variable "{name}" is not set.',
                do=f"Set {name} for this command, or write the value itself.",
                reason="env_not_set",
            )
        return value

    def _mapping(
        self, name: str, node: Node, connection_id: ConnectionId, was: Connection | None
    ) -> Mapping:
        node.keys(("action", "trigger", "enabled", "fields"))
        known = next((m for m in was.mappings if m.name == name), None) if was else None
        for key in ("action", "trigger"):
            if not node.has(key):
                node.complain(f'"{key}" is missing.', do=f"Write the mapping's {key}.")
        mapping = Mapping(
            id=known.id if known else MappingId(self._new_id("map")),
            connection_id=connection_id,
            name=name,
            action=node.text("action", ""),
            trigger=node.text("trigger", ""),
            fields=node.object("fields"),
            enabled=node.flag("enabled", default=True),
            version=known.version if known else 0,
        )
        self._paths[mapping.id] = node.path
        return mapping

    def _filter(
        self, title: str, node: Node, connection_id: ConnectionId, was: Connection | None
    ) -> Filter:
        node.keys(("description", "if", "enabled", "actions"))
        known = next((f for f in was.filters if f.title == title), None) if was else None
        if not node.has("if"):
            node.complain('"if" is missing.', do="Write the condition in FQL.")
        one = Filter(
            id=known.id if known else self._new_id("fil"),
            connection_id=connection_id,
            title=title,
            description=node.text("description", ""),
            condition=node.text("if", ""),
            actions=tuple(
                action
                for below in node.at("actions").elements()
                for action in [_filter_action(below)]
                if action is not None
            ),
            enabled=node.flag("enabled", default=True),
            created_at=known.created_at if known else _NEVER,
            updated_at=known.updated_at if known else _NEVER,
            version=known.version if known else 0,
        )
        self._paths[one.id] = node.path
        return one


def _filter_action(node: Node) -> FilterAction | None:
    node.keys(("type", "fields", "percent", "path"))
    try:
        action: FilterAction = msgspec.convert(node.value, FilterAction)
    except msgspec.ValidationError as error:
        node.complain(
            f"this is not a filter's action ({error}).",
            do="Write a type (DROP, SAMPLE, DROP_PROPERTIES, ALLOW_PROPERTIES) and what it needs.",
        )
        return None
    return action


def _lies_in(place: str, outer: str) -> bool:
    return place == outer or (bool(outer) and place.startswith((f"{outer}.", f"{outer}[")))


def _field_in_file(field: str, *, is_mapping: bool) -> str:
    """Return what the file calls a field of the API; empty where it is the object's own key."""
    names: dict[str, Any] = {
        "metadataId": "destination",
        "actionId": "action",
        "sourceId": "",
        "slug": "",
        "title": "",
        "key": "",
        "definition.query": "definition",
        "definition.type": "about",
        "options.includeAnonymousUsers": "withAnonymous",
    }
    if is_mapping and field == "name":
        return ""
    if is_mapping and (field == "settings" or field.startswith("settings.")):
        return "fields" + field.removeprefix("settings")
    return str(names.get(field, field))
