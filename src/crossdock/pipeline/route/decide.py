"""What becomes of one event for one connection. Pure; every rule of route is here, in its order.

1. Does the sender mean it to go there (integrations object)?
2. Did the page give it to the same vendor already?
3. Do the connection's filters let it through, and what do they leave of it?
4. Which mappings does it trigger?
5. What payload does each make of it, and is the payload one that the action takes?
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
import traceback
from collections.abc import Iterator
from pathlib import PurePath

from crossdock.base import json
from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.events import Delivery, Event, MappingId, Outcome, Step
from crossdock.kit import MappingError, PayloadError, PayloadRejected
from crossdock.pipeline.route.filters import Held, apply_filters
from crossdock.pipeline.route.integrations import (
    is_already_in_browser,
    is_for_connection,
    is_wanted_by_sender,
)
from crossdock.pipeline.route.plan import ConnectionPlan, MakePayload, MappingPlan
from crossdock.pipeline.route.watch import Result, Seen, SeenProblem, Stage, Watch

BAD_REQUEST = "bad_request"
INVALID_SETTINGS = "errors.discarded.INVALID_SETTINGS"
MESSAGE_REJECTED = "errors.discarded.MESSAGE_REJECTED"

# A NATS server takes messages of 1 MB as it comes. An event has at most 32 KB, so only a mapping
# that repeats it many times gets here.
PAYLOAD_BYTES_MAX = 512 * 1024
# A payload can break the rules in many places at once; the owner reads the first few.
_WHAT_CHARACTERS_MAX = 1000
_MISSING = re.compile(r"is missing the required field '(.+)'\.$")


def decide(
    event: Event,
    plan: ConnectionPlan,
    *,
    workspace_version: int,
    now: dt.datetime,
    watch: Watch | None = None,
) -> Iterator[Delivery | Outcome]:
    """Yield a delivery for each mapping that takes the event, or why there is none.

    Never raises: what no rule was ready for becomes an outcome `bad_request`, so that one event or
    one mapping does not stop the others. The same event and plan give the same ids, however often
    they are asked.

    Args:
        event: As the journal has it.
        plan: A connection of its source.
        workspace_version: The version that the plan was compiled from.
        now: This moment, UTC.
        watch: Is told what each rule does; None where nobody looks.
    """
    try:
        held: JsonObject | Held | _Refused = _held(event, plan, watch)
    except Exception as error:  # noqa: BLE001 - see above.
        held = _unreadable(error)
    if isinstance(held, _Refused):
        yield _outcome(event, plan, held.reason, held.what, held.do, now=now)
        return
    if isinstance(held, Held):
        yield _outcome(event, plan, held.reason, held.what, held.do, step=Step.FILTERED, now=now)
        return
    if plan.destination is None:
        yield _outcome(
            event,
            plan,
            INVALID_SETTINGS,
            f'There is no destination "{plan.connection.destination}" in this installation.',
            "Install it, or remove the connection.",
            now=now,
        )
        return
    is_taken = False
    for mapping_plan in plan.mappings:
        try:
            made = _made(held, mapping_plan, watch)
        except Exception as error:  # noqa: BLE001 - see above.
            made = _unreadable(error)
        if made is None:
            continue
        is_taken = True
        mapping = mapping_plan.mapping
        if isinstance(made, _Refused):
            yield _outcome(
                event, plan, made.reason, made.what, made.do, mapping_id=mapping.id, now=now
            )
        else:
            yield Delivery(
                id=f"{event.offset.sequence}-{event.offset.index}-{mapping.id}",
                offset=event.offset,
                source_id=event.source_id,
                connection_id=plan.connection.id,
                mapping_id=mapping.id,
                action=mapping.action,
                message_id=event.message_id,
                event_type=event.type,
                event_name=event.name,
                person=event.person,
                received_at=event.received_at,
                payload=made,
                workspace_version=workspace_version,
            )
    if not is_taken:
        yield _outcome(
            event,
            plan,
            "trigger",
            "No enabled mapping of the connection takes this event.",
            step=Step.FILTERED,
            now=now,
        )


def unwanted(event: Event, *, now: dt.datetime) -> Outcome:
    """Return the outcome of an event that no connection is there for."""
    return Outcome(
        at=now,
        step=Step.FILTERED,
        reason="no_connection",
        what="The source has no enabled connection that the server delivers to.",
        source_id=event.source_id,
        message_id=event.message_id,
        event_type=event.type,
        event_name=event.name,
        id=f"{event.offset.sequence}-{event.offset.index}-none",
    )


def forgotten(event: Event, *, now: dt.datetime) -> Outcome:
    """Return the outcome of an event of somebody who was to be forgotten before it was decided."""
    return Outcome(
        at=now,
        step=Step.FILTERED,
        reason="person_forgotten",
        what="Whom this was about was to be forgotten before it could be delivered.",
        source_id=event.source_id,
        message_id=event.message_id,
        event_type=event.type,
        event_name=event.name,
        id=f"{event.offset.sequence}-{event.offset.index}-forgotten",
    )


class _Refused(CrossdockError):
    """An event gives no payload that the action takes."""

    def __init__(self, error: CrossdockError, reason: str) -> None:
        super().__init__(error.what[:_WHAT_CHARACTERS_MAX], do=error.do)
        self.reason = reason


def _unreadable(error: Exception) -> _Refused:
    """Return what a bug makes of an event. The error's own text may hold values of the event."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{PurePath(frame.filename).name}:{frame.lineno}"
    met = CrossdockError(
        f"The event could not be read by this connection ({type(error).__name__} in {place}).",
        do="Compare the event with the mapping, and report this as a bug.",
    )
    return _Refused(met, BAD_REQUEST)


def _held(event: Event, plan: ConnectionPlan, watch: Watch | None) -> JsonObject | Held:
    """Return the event's body as the connection may see it, or why it may not."""
    destination = plan.destination
    if destination is None:
        return event.body
    held: Held | None = None
    if not is_wanted_by_sender(event.body, destination) or not is_for_connection(
        event.body, plan.connection.id
    ):
        held = Held("integrations", "The event's integrations object excludes the destination.")
    if watch is not None:
        watch(_seen_of_sender("integrations", held))
    if held is not None:
        return held
    if plan.in_browser is not None:
        if is_already_in_browser(event.body, plan.in_browser) and _is_taken_by_page(
            event, plan.page
        ):
            held = Held(
                "already_in_browser",
                f"The page gave the event to {plan.in_browser.name} itself.",
            )
        if watch is not None:
            watch(_seen_of_sender("in_browser", held))
        if held is not None:
            return held
    return apply_filters(event.body, plan.filters, message_id=event.message_id, watch=watch)


def _is_taken_by_page(event: Event, page: ConnectionPlan | None) -> bool:
    """Return whether a page that has the plugin gives it this event, as the workspace is now.

    Without a connection any more, the page was loaded before that was removed, and had it then. A
    sample is drawn in the page, by chance: what may have been given is not given again.
    """
    if page is None or page.destination is None or page.destination.kind == "classic":
        return True
    left = apply_filters(event.body, page.filters, message_id=event.message_id)
    if isinstance(left, Held):
        return left.reason == "sample"
    return any(
        not isinstance(mapping.trigger, CrossdockError) and mapping.trigger.matches(left)
        for mapping in page.mappings
    )


def _made(body: JsonObject, plan: MappingPlan, watch: Watch | None) -> JsonObject | _Refused | None:
    """Return the payload, or why there is none, or None if the mapping does not take the event."""
    if isinstance(plan.trigger, CrossdockError):
        return _refused(plan.trigger, INVALID_SETTINGS, "trigger", plan, watch)
    is_matched = plan.trigger.matches(body)
    if watch is not None:
        watch(_seen_of_mapping("trigger", "matched" if is_matched else "not_matched", plan))
    if not is_matched:
        return None
    if isinstance(plan.make_payload, CrossdockError):
        return _refused(plan.make_payload, INVALID_SETTINGS, "mapping", plan, watch)
    return _payload(body, plan, plan.make_payload, watch)


def _payload(
    body: JsonObject, plan: MappingPlan, make: MakePayload, watch: Watch | None
) -> JsonObject | _Refused:
    try:
        payload = make(body)
    except CrossdockError as error:
        if not isinstance(error, PayloadRejected):
            return _refused(error, MESSAGE_REJECTED, "mapping", plan, watch)
        if watch is not None:
            left = error.coerced if isinstance(error.coerced, dict) else None
            watch(_seen_of_mapping("mapping", "made", plan, left=left))
        return _refused(error, MESSAGE_REJECTED, "validate", plan, watch)
    if watch is not None:
        watch(_seen_of_mapping("mapping", "made", plan, left=payload))
    if len(json.encode(payload)) > PAYLOAD_BYTES_MAX:
        too_large = CrossdockError(
            f"The mapping makes a payload of more than {PAYLOAD_BYTES_MAX // 1024} KB.",
            do="Map fewer or shorter fields.",
        )
        return _refused(too_large, MESSAGE_REJECTED, "validate", plan, watch)
    if watch is not None:
        watch(_seen_of_mapping("validate", "passed", plan))
    return payload


def _refused(
    error: CrossdockError, reason: str, stage: Stage, plan: MappingPlan, watch: Watch | None
) -> _Refused:
    refused = _Refused(error, reason)
    if watch is not None:
        seen = _seen_of_mapping(stage, "refused", plan, refused=refused)
        watch(dataclasses.replace(seen, problems=_problems(error)))
    return refused


def _problems(error: CrossdockError) -> tuple[SeenProblem, ...]:
    """Return what is wrong one by one, for errors that tell it so."""
    if isinstance(error, PayloadRejected):
        return tuple(map(_problem_of_payload, error.errors))
    if isinstance(error, MappingError):
        return tuple(map(_problem_of_mapping, error.messages))
    return ()


def _problem_of_payload(error: PayloadError) -> SeenProblem:
    """Return it at the key that it is about; of a missing one the error names what lacks it."""
    path = error.path.removeprefix("$")
    if missing := _MISSING.search(error.message):
        path += f".{missing[1]}"
    return SeenProblem(path=path.removeprefix("."), message=error.message)


def _problem_of_mapping(message: str) -> SeenProblem:
    """Return it apart from its place, which is written `/key/@directive/option` before it."""
    if not message.startswith("/"):
        return SeenProblem(path="", message=message)
    place, _, sentence = message.partition(" ")
    keys = itertools.takewhile(lambda key: not key.startswith("@"), place[1:].split("/"))
    return SeenProblem(path=".".join(keys), message=sentence)


def _seen_of_sender(stage: Stage, held: Held | None) -> Seen:
    if held is None:
        return Seen(stage=stage, result="passed")
    return Seen(stage=stage, result="held", reason=held.reason, what=held.what, do=held.do)


def _seen_of_mapping(
    stage: Stage,
    result: Result,
    plan: MappingPlan,
    *,
    refused: _Refused | None = None,
    left: JsonObject | None = None,
) -> Seen:
    return Seen(
        stage=stage,
        result=result,
        object_id=plan.mapping.id,
        name=plan.mapping.name,
        reason=refused.reason if refused else "",
        what=refused.what if refused else "",
        do=refused.do if refused else "",
        left=left,
    )


def _outcome(  # noqa: PLR0913 - an outcome has that many parts.
    event: Event,
    plan: ConnectionPlan,
    reason: str,
    what: str,
    do: str = "",
    *,
    step: Step = Step.REJECTED,
    mapping_id: MappingId | None = None,
    now: dt.datetime,
) -> Outcome:
    return Outcome(
        at=now,
        step=Step.DISCARDED if reason == BAD_REQUEST else step,
        reason=reason,
        what=what,
        do=do,
        source_id=event.source_id,
        connection_id=plan.connection.id,
        mapping_id=mapping_id,
        message_id=event.message_id,
        event_type=event.type,
        event_name=event.name,
        id=f"{event.offset.sequence}-{event.offset.index}-{mapping_id or plan.connection.id}",
    )
