"""What may be configured. Every change is held to it, whoever makes it: API, file, first start.

Only what a change touches is checked, so that a destination that was uninstalled, or a definition
that became stricter, does not get in the way of work elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from crossdock.base import json
from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.kit import Action, Destination, Mode
from crossdock.workspace import computation_rules, filter_rules, setting_rules
from crossdock.workspace.differences import FindDestination
from crossdock.workspace.errors import Refused, RefusedTogether
from crossdock.workspace.model import (
    Computation,
    Connection,
    Filter,
    Mapping,
    Source,
    Workspace,
)
from crossdock.workspace.source_types import ENGAGE, SOURCE_TYPES, find_source_type

# Segment's own bound, which its users' definitions rely on.
MAPPINGS_PER_CONNECTION_MAX = 50
FILTERS_PER_CONNECTION_MAX = 50
WRITE_KEYS_PER_SOURCE_MAX = 10
NAME_CHARACTERS_MAX = 200
CONDITION_CHARACTERS_MAX = 10_000
FIELDS_CHARACTERS_MAX = 200_000
# Deeper than any form can show; well below the depth at which JSON is refused at all.
FIELDS_DEPTH_MAX = 32

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_WRITE_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules, and what they need to know.

    Attributes:
        find_destination: Returns the destination of a slug, if it is installed.
        validate_condition: Raises a `CrossdockError` if the text is not FQL.
        validate_mapping: Raises a `CrossdockError` if the JSON is not a mapping.
        validate_browser_filter: Raises a `CrossdockError` if Analytics.js cannot apply the filter
            in the page.
        read_definition: Returns the traits that the definition of an audience or computed trait
            reads; raises a `CrossdockError` if it is none.
    """

    find_destination: FindDestination
    validate_condition: Callable[[str], object]
    validate_mapping: Callable[[JsonObject], object]
    validate_browser_filter: Callable[[Filter], object]
    read_definition: Callable[[Computation], frozenset[str]] = lambda _: frozenset()

    def check(self, before: Workspace, after: Workspace) -> None:
        """Refuse `after` if what differs from `before` breaks a rule.

        Raises:
            Refused: One rule is broken.
            RefusedTogether: Several are.
        """
        problems = [
            *self._sources(before, after),
            *self._connections(before, after),
            *computation_rules.problems(
                before, after, self.read_definition, self._is_told_in_browser
            ),
        ]
        if len(problems) > 1:
            raise RefusedTogether(problems)
        if problems:
            raise problems[0]

    def _is_told_in_browser(self, connection: Connection) -> bool:
        destination = self.find_destination(connection.destination)
        plugin = destination.plugin if destination else None
        return plugin is not None and plugin.values is not None

    def _sources(self, before: Workspace, after: Workspace) -> Iterator[Refused]:
        slugs = Counter(source.slug for source in after.sources)
        owners = {key: source for source in reversed(after.sources) for key in source.write_keys}
        for source in after.sources:
            if source == before.sources_by_id.get(source.id):
                continue
            yield from _name_problems(source.id, "name", source.name)
            yield from _slug_problems(source.id, source.slug)
            if slugs[source.slug] > 1:
                yield Refused(
                    f'There already is a source with the slug "{source.slug}".',
                    do="Choose another slug.",
                    reason="slug_taken",
                    field="slug",
                    object_id=source.id,
                )
            yield from _type_problems(source)
            if source.type != ENGAGE.id or source.write_keys:
                yield from _write_key_problems(source)
            for key in source.write_keys:
                if owners[key].id != source.id:
                    yield Refused(
                        f'The write key "{key}" belongs to the source "{owners[key].slug}".',
                        do="Use another write key: it tells the sources apart.",
                        reason="write_key_taken",
                        field="writeKeys",
                        object_id=source.id,
                    )

    def _connections(self, before: Workspace, after: Workspace) -> Iterator[Refused]:
        for connection in after.connections:
            was = before.connections_by_id.get(connection.id)
            source = after.sources_by_id.get(connection.source_id)
            if source is None:
                yield Refused(
                    f'There is no source with the id "{connection.source_id}".',
                    do="List the sources to see which there are, or create one first.",
                    reason="unknown_source",
                    field="sourceId",
                    object_id=connection.id,
                )
                continue
            source_was = before.sources_by_id.get(connection.source_id)
            is_same_kind = source_was is not None and source_was.kind == source.kind
            if connection == was and is_same_kind:
                continue
            destination = self.find_destination(connection.destination)
            if destination is None:
                if was is None or connection.enabled:
                    yield _unknown_destination(connection)
                continue
            if not (was and _own(was) == _own(connection) and is_same_kind):
                yield from self._own_problems(connection, source, destination, after)
            yield from self._mapping_problems(connection, was, destination)
            yield from self._filter_problems(connection, was)

    def _own_problems(
        self, connection: Connection, source: Source, destination: Destination, after: Workspace
    ) -> Iterator[Refused]:
        yield from _name_problems(connection.id, "name", connection.name)
        yield from _slug_problems(connection.id, connection.slug)
        siblings = [
            other
            for other in after.connections_by_source_id[source.id]
            if other.id != connection.id
        ]
        if any(other.slug == connection.slug for other in siblings):
            yield Refused(
                f'The source "{source.slug}" already has a destination with the slug '
                f'"{connection.slug}".',
                do="Choose another slug.",
                reason="slug_taken",
                field="slug",
                object_id=connection.id,
            )
        if destination.mode not in destination.connection_modes.get(source.kind, ()):
            yield _unsupported_mode(connection, source, destination)
        yield from setting_rules.problems(connection, destination)
        # One page has one global object of the vendor, which can be configured once.
        if (
            destination.mode is Mode.DEVICE
            and connection.enabled
            and any(o.enabled and o.destination == destination.slug for o in siblings)
        ):
            yield Refused(
                f'{destination.name} is already enabled for the source "{source.slug}", and a '
                "page can load it only once.",
                do="Change that destination, or disable it first.",
                reason="device_mode_twice",
                field="enabled",
                object_id=connection.id,
            )

    def _mapping_problems(
        self, connection: Connection, was: Connection | None, destination: Destination
    ) -> Iterator[Refused]:
        mappings = connection.mappings
        known = {mapping.id: mapping for mapping in was.mappings} if was else {}
        if len(mappings) > max(MAPPINGS_PER_CONNECTION_MAX, len(known)):
            yield Refused(
                f'"{connection.name}" would have {len(mappings)} mappings; it can have at most '
                f"{MAPPINGS_PER_CONNECTION_MAX}.",
                do="Delete one that is no longer needed, or join two triggers with `or`.",
                reason="too_many_mappings",
                object_id=connection.id,
            )
        names = Counter(mapping.name for mapping in mappings)
        for mapping in mappings:
            if mapping == known.get(mapping.id):
                continue
            yield from _name_problems(mapping.id, "name", mapping.name)
            if names[mapping.name] > 1:
                yield _taken(mapping.id, "name", f'a mapping called "{mapping.name}"')
            action = destination.action(mapping.action)
            if action is None:
                yield _unknown_action(mapping, destination)
                continue
            yield from self._condition_problems(mapping.id, "trigger", mapping.trigger)
            yield from self._field_problems(mapping, action)

    def _field_problems(self, mapping: Mapping, action: Action) -> Iterator[Refused]:
        if json.depth_exceeds(mapping.fields, FIELDS_DEPTH_MAX):
            yield Refused(
                f'The mapping "{mapping.name}" is nested deeper than {FIELDS_DEPTH_MAX} levels.',
                do="Map with fewer levels of objects inside each other.",
                reason="mapping_too_deep",
                field="settings",
                object_id=mapping.id,
            )
            return
        # Of whatever is longer, a file of a few of them could not be applied any more.
        length = len(json.encode(mapping.fields))
        if length > FIELDS_CHARACTERS_MAX:
            yield Refused(
                f'The mapping "{mapping.name}" has {length} characters of JSON; '
                f"{FIELDS_CHARACTERS_MAX} are the most.",
                do="Take what is long from the event, or keep it at the vendor.",
                reason="mapping_too_long",
                field="settings",
                object_id=mapping.id,
            )
            return
        try:
            self.validate_mapping(mapping.fields)
        except CrossdockError as error:
            yield _from_kit(error, mapping.id, "settings")
            return
        if any(key.startswith("@") for key in mapping.fields):
            return
        known = [field.key for field in action.fields]
        for key in mapping.fields:
            if key not in known:
                yield Refused(
                    f'The action "{action.slug}" has no field "{key}".',
                    do=f"Use one of its fields: {', '.join(known)}.",
                    reason="unknown_field",
                    field=f"settings.{key}",
                    object_id=mapping.id,
                )
        for field in action.fields:
            if mapping.enabled and field.required and field.key not in mapping.fields:
                yield Refused(
                    f'The mapping "{mapping.name}" has nothing for "{field.label}", which the '
                    f'action "{action.slug}" needs.',
                    do=f'Map the field "{field.key}", then enable the mapping.',
                    reason="required_field_missing",
                    field=f"settings.{field.key}",
                    object_id=mapping.id,
                )

    def _filter_problems(self, connection: Connection, was: Connection | None) -> Iterator[Refused]:
        known = {one.id: one for one in was.filters} if was else {}
        if len(connection.filters) > max(FILTERS_PER_CONNECTION_MAX, len(known)):
            yield Refused(
                f'"{connection.name}" would have {len(connection.filters)} filters; it can have '
                f"at most {FILTERS_PER_CONNECTION_MAX}.",
                do="Delete one that is no longer needed, or join two conditions with `or`.",
                reason="too_many_filters",
                object_id=connection.id,
            )
        titles = Counter(one.title for one in connection.filters)
        for one in connection.filters:
            if one == known.get(one.id):
                continue
            yield from _name_problems(one.id, "title", one.title)
            if titles[one.title] > 1:
                yield _taken(one.id, "title", f'a filter called "{one.title}"')
            problems = [
                *self._condition_problems(one.id, "if", one.condition),
                *filter_rules.problems(one),
            ]
            yield from problems or self._browser_problems(connection, one)

    def _browser_problems(self, connection: Connection, one: Filter) -> Iterator[Refused]:
        destination = self.find_destination(connection.destination)
        if destination is None or destination.mode is not Mode.DEVICE:
            return
        try:
            self.validate_browser_filter(one)
        except CrossdockError as error:
            yield _from_kit(error, one.id, "if")

    def _condition_problems(self, object_id: str, field: str, text: str) -> Iterator[Refused]:
        if len(text) > CONDITION_CHARACTERS_MAX:
            yield Refused(
                f"The condition has {len(text)} characters; {CONDITION_CHARACTERS_MAX} are the "
                "most.",
                do="Split it over several mappings or filters.",
                reason="condition_too_long",
                field=field,
                object_id=object_id,
            )
            return
        try:
            self.validate_condition(text)
        except CrossdockError as error:
            yield _from_kit(error, object_id, field)


def _own(connection: Connection) -> Connection:
    """Return the connection without what it holds, which is checked by itself."""
    return msgspec.structs.replace(connection, mappings=(), filters=())


def _from_kit(error: CrossdockError, object_id: str, field: str) -> Refused:
    return Refused(error.what, do=error.do, reason=error.code, field=field, object_id=object_id)


def _name_problems(object_id: str, field: str, name: str) -> Iterator[Refused]:
    if not name.strip() or len(name) > NAME_CHARACTERS_MAX or _CONTROL.search(name):
        yield Refused(
            f"The {field} has {len(name)} characters, or a line break or the like in it."
            if name.strip()
            else f"The {field} is empty.",
            do=f"Give it 1 to {NAME_CHARACTERS_MAX} characters on one line.",
            reason="unusable_name",
            field=field,
            object_id=object_id,
        )


def _slug_problems(object_id: str, slug: str) -> Iterator[Refused]:
    if not _SLUG.fullmatch(slug):
        yield Refused(
            f'The slug "{slug[:80]}" cannot be used.',
            do="Use 1 to 64 lower-case letters, digits, - and _, with a letter or digit first.",
            reason="unusable_slug",
            field="slug",
            object_id=object_id,
        )


def _type_problems(source: Source) -> Iterator[Refused]:
    known = find_source_type(source.type)
    if known is None:
        yield Refused(
            f'There is no type of source "{source.type}".',
            do=f"Use one of the catalog: {', '.join(known.id for known in SOURCE_TYPES)}.",
            reason="unknown_source_type",
            field="metadataId",
            object_id=source.id,
        )
    elif known.kind != source.kind:
        # Whoever makes a source sets both from the same type.
        raise ValueError(f"{source.type} is {known.kind}, not {source.kind}")


def _write_key_problems(source: Source) -> Iterator[Refused]:
    for key in source.write_keys:
        if not _WRITE_KEY.fullmatch(key):
            yield Refused(
                f'The write key "{key[:80]}" cannot be used: it becomes a part of addresses.',
                do="Use 1 to 64 letters, digits, - and _.",
                reason="unusable_write_key",
                field="writeKeys",
                object_id=source.id,
            )
    if len(set(source.write_keys)) < len(source.write_keys):
        yield Refused(
            f'The source "{source.slug}" has a write key twice.',
            do="Name each write key once.",
            reason="write_key_taken",
            field="writeKeys",
            object_id=source.id,
        )
    if not 1 <= len(source.write_keys) <= WRITE_KEYS_PER_SOURCE_MAX:
        yield Refused(
            f'The source "{source.slug}" would have {len(source.write_keys)} write keys.',
            do=f"Keep 1 to {WRITE_KEYS_PER_SOURCE_MAX}: add the new one before removing the old, "
            "or disable the source to stop it.",
            reason="write_key_count",
            field="writeKeys",
            object_id=source.id,
        )


def _unknown_destination(connection: Connection) -> Refused:
    return Refused(
        f'There is no destination "{connection.destination}" in the catalog.',
        do="Look into the catalog for its slug or id, or install the package that has it.",
        reason="unknown_destination",
        field="metadataId",
        object_id=connection.id,
    )


def _unsupported_mode(connection: Connection, source: Source, destination: Destination) -> Refused:
    supported = [
        kind
        for kind in ("web", "mobile", "server")
        if destination.mode in destination.connection_modes.get(kind, ())
    ]
    return Refused(
        f"{destination.name} works in {destination.mode} mode, which it does not support for a "
        f'{source.kind} source, and "{source.slug}" is one.',
        do=f"Connect it to a {' or '.join(supported)} source."
        if supported
        else "Choose another destination: this one supports no kind of source.",
        reason="connection_mode_unsupported",
        field="sourceId",
        object_id=connection.id,
    )


def _unknown_action(mapping: Mapping, destination: Destination) -> Refused:
    if not destination.actions:
        return Refused(
            f"{destination.name} has no actions to map: its plugin itself knows what to do with "
            "each call.",
            do="Leave the mapping out; use a filter to keep events from it.",
            reason="destination_without_actions",
            field="actionId",
            object_id=mapping.id,
        )
    return Refused(
        f'{destination.name} has no action "{mapping.action}".',
        do=f"Use one of its actions: {', '.join(a.slug for a in destination.actions)}.",
        reason="unknown_action",
        field="actionId",
        object_id=mapping.id,
    )


def _taken(object_id: str, field: str, what: str) -> Refused:
    return Refused(
        f"The destination already has {what}.",
        do="Give it another name, so that people can tell them apart.",
        reason="name_taken",
        field=field,
        object_id=object_id,
    )
