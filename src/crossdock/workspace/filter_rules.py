"""What a filter may do to an event."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.workspace.errors import Refused
from crossdock.workspace.model import Filter, FilterAction

DESCRIPTION_CHARACTERS_MAX = 2_000
ACTIONS_MAX = 20
PATHS_MAX = 500
PATH_CHARACTERS_MAX = 500
# Where an event has what its sender made up. In a part that no event has, nothing would be dropped.
PARTS = ("properties", "traits", "context")


def problems(one: Filter) -> Iterator[Refused]:
    """Yield what is wrong with what the filter does, and with what is said of it."""
    if len(one.description) > DESCRIPTION_CHARACTERS_MAX:
        yield Refused(
            f"The description has {len(one.description)} characters; {DESCRIPTION_CHARACTERS_MAX} "
            "are the most.",
            do="Shorten it.",
            reason="description_too_long",
            field="description",
            object_id=one.id,
        )
    if not one.actions:
        yield _bad_action(one, "has no action", "Give it at least one action, such as DROP.")
    if len(one.actions) > ACTIONS_MAX:
        yield _bad_action(one, f"has {len(one.actions)} actions", f"Give it at most {ACTIONS_MAX}.")
    for action in one.actions:
        yield from _action_problems(one, action)


def _action_problems(one: Filter, action: FilterAction) -> Iterator[Refused]:
    if action.type == "SAMPLE":
        if action.percent is None or not 0 <= action.percent <= 1:
            yield _bad_action(
                one,
                "samples without a share from 0 to 1",
                'Give "percent" the share that is kept: 0.1 keeps a tenth.',
            )
    elif action.percent is not None or action.path is not None:
        yield _bad_action(
            one,
            f'gives "percent" or "path" to {action.type}, which has no use for them',
            'Leave them out, or use the type "SAMPLE".',
        )
    is_of_properties = action.type in {"DROP_PROPERTIES", "ALLOW_PROPERTIES"}
    if is_of_properties and not any((action.fields or {}).values()):
        yield _bad_action(
            one,
            f"does not say which fields {action.type} is about",
            'Name them in "fields", such as {"properties": ["email"]}.',
        )
    if is_of_properties:
        yield from _field_problems(one, action)
    if not is_of_properties and action.fields is not None:
        yield _bad_action(
            one,
            f'gives "fields" to {action.type}, which has no use for them',
            'Leave them out, or use the type "DROP_PROPERTIES" or "ALLOW_PROPERTIES".',
        )


def _field_problems(one: Filter, action: FilterAction) -> Iterator[Refused]:
    fields = action.fields or {}
    for part in fields:
        if part not in PARTS:
            yield _bad_action(
                one,
                f'names fields of "{part[:80]}", which is no part of an event',
                f"Name those of {', '.join(PARTS)}.",
            )
    paths = [path for paths in fields.values() for path in paths]
    if len(paths) > PATHS_MAX or any(not 0 < len(path) <= PATH_CHARACTERS_MAX for path in paths):
        yield _bad_action(
            one,
            f"names more than {PATHS_MAX} fields, or one that is empty or has more than "
            f"{PATH_CHARACTERS_MAX} characters",
            "Name fewer, each by its path, such as card.number.",
        )


def _bad_action(one: Filter, what: str, do: str) -> Refused:
    return Refused(
        f'The filter "{one.title}" {what}.',
        do=do,
        reason="unusable_filter_action",
        field="actions",
        object_id=one.id,
    )
