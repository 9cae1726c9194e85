"""What a filter may do to an event."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.workspace.errors import Refused
from crossdock.workspace.model import Filter, FilterAction


def problems(one: Filter) -> Iterator[Refused]:
    """Yield what is wrong with what the filter does."""
    if not one.actions:
        yield _bad_action(one, "has no action", "Give it at least one action, such as DROP.")
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
    if not is_of_properties and action.fields is not None:
        yield _bad_action(
            one,
            f'gives "fields" to {action.type}, which has no use for them',
            'Leave them out, or use the type "DROP_PROPERTIES" or "ALLOW_PROPERTIES".',
        )


def _bad_action(one: Filter, what: str, do: str) -> Refused:
    return Refused(
        f'The filter "{one.title}" {what}.',
        do=do,
        reason="unusable_filter_action",
        field="actions",
        object_id=one.id,
    )
