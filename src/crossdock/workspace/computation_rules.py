"""What audiences and computed traits may be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from crossdock.base.errors import CrossdockError
from crossdock.workspace.errors import Refused
from crossdock.workspace.model import Computation, Connection, Output, Workspace

COMPUTATIONS_MAX = 500
NAME_CHARACTERS_MAX = 200
DESCRIPTION_CHARACTERS_MAX = 2_000
DEFINITION_CHARACTERS_MAX = 20_000

_KEY = re.compile(r"[a-z0-9_]{1,200}")
_UNUSABLE_NAME = re.compile(r"[\x00-\x1f\x7f]")
_CALLS = {"users": ("identify", "track"), "accounts": ("group", "identify")}

ReadDefinition = Callable[[Computation], frozenset[str]]
"""Returns the traits that a definition reads; raises a `CrossdockError` if it is none."""

IsToldInBrowser = Callable[[Connection], bool]
"""Returns whether a connection's plugin can be told in which audiences a page's visitor is."""


def problems(
    before: Workspace,
    after: Workspace,
    read_definition: ReadDefinition,
    is_told_in_browser: IsToldInBrowser,
) -> Iterator[Refused]:
    """Yield what is wrong with the computations in which `after` differs from `before`."""
    engages = [source for source in after.sources if source.type == "engage"]
    for source in engages[1:]:
        yield Refused(
            "There already is a source of audiences and computed traits.",
            do="Choose another type: everything of Engage comes from one source.",
            reason="engage_source_twice",
            field="metadataId",
            object_id=source.id,
        )
    if after.computations == before.computations:
        return
    if len(after.computations) > max(COMPUTATIONS_MAX, len(before.computations)):
        yield Refused(
            f"There would be {len(after.computations)} audiences and computed traits; there can "
            f"be {COMPUTATIONS_MAX}.",
            do="Delete one that is no longer needed.",
            reason="too_many_computations",
        )
    yield from _of_each(before, after, read_definition, is_told_in_browser)
    yield from _of_references(before, after, read_definition)


def _of_each(
    before: Workspace,
    after: Workspace,
    read_definition: ReadDefinition,
    is_told_in_browser: IsToldInBrowser,
) -> Iterator[Refused]:
    keys = Counter(one.key for one in after.computations)
    for one in after.computations:
        was = before.computations_by_id.get(one.id)
        if one == was:
            continue
        yield from _name_problems(one)
        if was is not None:
            yield from _fixed_problems(was, one)
        if not _KEY.fullmatch(one.key):
            yield _refused(
                one,
                "key",
                f'The key "{one.key[:80]}" cannot be used.',
                "Use 1 to 200 lower-case letters a to z, digits and _; name it in Latin letters, "
                "or give it a key.",
                "unusable_key",
            )
        elif keys[one.key] > 1 or (was is None and one.key in after.retired_keys):
            yield _refused(
                one,
                "key",
                f'The key "{one.key}" is that of another audience or computed trait, or was: '
                "destinations may still have it from then.",
                "Choose another name, or give it another key.",
                "key_taken",
            )
        if was is None or one.definition != was.definition:
            yield from _definition_problems(one, read_definition)
        yield from _output_problems(one, after, is_told_in_browser)


def _name_problems(one: Computation) -> Iterator[Refused]:
    name = one.name
    if not name.strip() or len(name) > NAME_CHARACTERS_MAX or _UNUSABLE_NAME.search(name):
        yield _refused(
            one,
            "name",
            f"The name has {len(name)} characters, or a line break or the like in it.",
            f"Give it 1 to {NAME_CHARACTERS_MAX} characters on one line.",
            "unusable_name",
        )
    if len(one.description) > DESCRIPTION_CHARACTERS_MAX:
        yield _refused(
            one,
            "description",
            f"The description has {len(one.description)} characters; {DESCRIPTION_CHARACTERS_MAX} "
            "are the most.",
            "Shorten it.",
            "description_too_long",
        )


def _fixed_problems(was: Computation, one: Computation) -> Iterator[Refused]:
    for field, is_same, what in (
        ("key", was.key == one.key, "key"),
        ("definition.type", was.subject == one.subject, "type"),
        (
            "options.includeAnonymousUsers",
            was.with_anonymous == one.with_anonymous,
            "choice about anonymous users",
        ),
    ):
        if not is_same:
            yield _refused(
                one,
                field,
                f"The {what} was fixed when it was created.",
                "Make a new one instead.",
                "fixed_when_created",
            )


def _definition_problems(one: Computation, read_definition: ReadDefinition) -> Iterator[Refused]:
    if len(one.definition) > DEFINITION_CHARACTERS_MAX:
        yield _refused(
            one,
            "definition.query",
            f"The definition has {len(one.definition)} characters; {DEFINITION_CHARACTERS_MAX} are "
            "the most.",
            "Split it over several audiences, and refer to those.",
            "definition_too_long",
        )
        return
    try:
        read_definition(one)
    except CrossdockError as error:
        yield _refused(one, "definition.query", error.what, error.do, error.code)


def _output_problems(
    one: Computation, after: Workspace, is_told_in_browser: IsToldInBrowser
) -> Iterator[Refused]:
    counts = Counter(output.connection_id for output in one.outputs)
    engage = after.engage_source
    for output in one.outputs:
        connection = after.connections_by_id.get(output.connection_id)
        is_of_engage = connection and engage and connection.source_id == engage.id
        if connection is None or not (is_of_engage or is_told_in_browser(connection)):
            yield _refused(
                one,
                "destinations",
                f'"{connection.name if connection else output.connection_id}" is no destination of '
                "Engage, nor one that can be told in browsers.",
                "Use one whose source is that of Engage, or connect a new one.",
                "unknown_destination",
                told=output,
            )
        if counts[output.connection_id] > 1:
            yield _refused(
                one,
                "destinations",
                f'The destination "{output.connection_id}" is there twice.',
                "Name each once.",
                "destination_twice",
            )
        if connection is None or is_of_engage:
            yield from _call_problems(one, output)
        else:
            yield from _browser_problems(one, output)


def _browser_problems(one: Computation, output: Output) -> Iterator[Refused]:
    if one.subject != "users":
        yield _refused(
            one,
            "destinations",
            "What is about accounts cannot be told in a browser, where a user is identified.",
            "Connect a destination of Engage.",
            "not_in_browser",
            told=output,
        )
    elif output.sends != ("identify",) or output.per_second_max is not None:
        yield _refused(
            one,
            "destinations.sends",
            "In a browser it is told with the identify of the page, and in no other way.",
            "Choose identify, and no rate.",
            "not_in_browser",
            told=output,
        )


def _call_problems(one: Computation, output: Output) -> Iterator[Refused]:
    known = _CALLS[one.subject]
    if not output.sends or any(call not in known for call in output.sends):
        yield _refused(
            one,
            "destinations.sends",
            f"Of {one.subject} a destination cannot be sent "
            f"{' and '.join(output.sends) or 'nothing'}.",
            f"Choose {' or '.join(known)}, or both.",
            "unusable_call",
            told=output,
        )
    for field, name in (
        ("enteredEvent", output.entered_event),
        ("exitedEvent", output.exited_event),
        ("computedEvent", output.computed_event),
    ):
        if not name.strip() or len(name) > NAME_CHARACTERS_MAX:
            yield _refused(
                one,
                f"destinations.{field}",
                "The name of an event is empty or too long.",
                f"Give it 1 to {NAME_CHARACTERS_MAX} characters.",
                "unusable_event_name",
                told=output,
            )
    if output.per_second_max is not None and not 0.01 <= output.per_second_max <= 100_000:  # noqa: PLR2004 - told in the message.
        yield _refused(
            one,
            "destinations.perSecondMax",
            f"{output.per_second_max:g} events a second cannot be kept to.",
            "Choose a number from 0.01 to 100000, or none.",
            "unusable_rate",
            told=output,
        )


def _of_references(
    before: Workspace, after: Workspace, read_definition: ReadDefinition
) -> Iterator[Refused]:
    """Yield circles, and those that read what is deleted."""
    reads: dict[str, frozenset[str]] = {}
    for one in after.computations:
        try:
            reads[one.key] = read_definition(one)
        except CrossdockError:
            reads[one.key] = frozenset()
    gone = {one.key for one in before.computations} - reads.keys()
    for one in after.computations:
        for key in sorted(reads[one.key] & gone):
            yield _refused(
                one,
                "definition.query",
                f'"{one.name}" refers to "{key}", which is to be deleted.',
                "Change its definition first, or delete it too.",
                "computation_in_use",
            )
        path = circle_from(one.key, reads)
        if path and min(path) == one.key:
            yield _refused(
                one,
                "definition.query",
                f"The definitions refer to each other in a circle: {' → '.join(path)}.",
                "Take one of the references out.",
                "definition_circle",
            )


def circle_from(key: str, reads: Mapping[str, frozenset[str]]) -> list[str]:
    """Return the way from a key to itself along what is read; empty if there is none."""
    ways = [[key]]
    seen = {key}
    for way in ways:
        for following in sorted(reads.get(way[-1], ())):
            if following == key:
                return [*way, key]
            if following in reads and following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []


def _refused(  # noqa: PLR0913 - what, where, and what to do.
    one: Computation,
    field: str,
    what: str,
    do: str,
    reason: str,
    *,
    told: Output | None = None,
) -> Refused:
    return Refused(
        what,
        do=do,
        reason=reason,
        field=field,
        object_id=one.id,
        told_id=told.connection_id if told else "",
    )
