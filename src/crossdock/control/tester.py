"""The event tester: one event on the way that real ones take, and what each rule does with it."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from pydantic import Field

from crossdock.base.json import JsonObject
from crossdock.control.answers import Data, Request_, Shape
from crossdock.control.parts import Here, Parts
from crossdock.events import Delivery, MappingId, Outcome
from crossdock.kit import Mode
from crossdock.pipeline.route import Seen
from crossdock.pipeline.send import Sent
from crossdock.workspace import Connection, Mapping, NotFound, Refused, edits

router = APIRouter(tags=["Destinations"])

_NEW_ID = "map_new"


class DraftMapping(Request_):
    """A subscription as somebody edits it."""

    action_id: str = Field(description="The id or the slug of one of the destination's actions.")
    trigger: str
    settings: JsonObject


class TestEvent(Request_):
    """An event to try."""

    event: JsonObject = Field(description="As a source would send it; `type` says which call.")
    send: bool = Field(default=False, description="Make the last request too.")
    mapping_id: str | None = Field(
        default=None,
        description="Try only this subscription, even if it is disabled; otherwise all that are "
        "enabled.",
    )
    draft: DraftMapping | None = Field(
        default=None,
        description="Try this instead of the subscription that `mappingId` names, or as a new one.",
    )


class StepProblem(Shape):
    """One thing that is wrong with a mapping or a payload."""

    path: str = Field(description="Such as `products[0].price`; empty for the whole.")
    message: str


class StepShape(Shape):
    """What one rule did with the event.

    `result` is `passed`, `changed` or `held` of a rule that lets events through or not; `matched`
    or `not_matched` of a condition; `made` of a payload; `refused` of what cannot be done.
    """

    step: str = Field(
        description="`accept`, `connection`, `integrations`, `in_browser`, `filter`, `trigger`, "
        "`mapping` or `validate`."
    )
    result: str
    object_id: str = Field(description="Of the filter or subscription; empty for other steps.")
    name: str
    reason: str
    what: str
    do: str
    left: JsonObject | None = Field(
        description="The event as a filter left it, or the payload that a mapping made."
    )
    problems: list[StepProblem] = Field(description="Each thing that is wrong, where known.")


class RequestShape(Shape):
    """What came of the last request. Secrets are blotted out."""

    is_taken: bool
    code: str
    reason: str
    what: str
    do: str
    method: str
    url: str
    request: str
    status: int | None
    answer: str = Field(description="Its first 4 KB.")
    duration_seconds: float


class TestDelivery(Shape):
    """A payload that the destination would get."""

    mapping_id: str
    action: str
    payload: JsonObject
    request: RequestShape | None = Field(description="null unless `send` was asked for.")


class TestOutcome(Shape):
    """Why there is no payload."""

    mapping_id: str | None
    step: str
    reason: str
    what: str
    do: str


class EventTest(Shape):
    """The event's way, step by step, and where it ends."""

    event: JsonObject | None = Field(description="As it was accepted; null if it was not.")
    steps: list[StepShape]
    deliveries: list[TestDelivery]
    outcomes: list[TestOutcome]


class EventTestAnswer(Shape):
    """The result of a test."""

    test: EventTest


@router.post("/destinations/{destination_id}/test-event")
async def test_event(destination_id: str, body: TestEvent, parts: Here) -> Data[EventTestAnswer]:
    """Try an event on a destination: its real filters, triggers and mappings. Nothing is stored."""
    workspace = await asyncio.to_thread(parts.store.load)
    connection = edits.find_connection(workspace, destination_id)
    _check(connection, body.mapping_id, parts)
    mapping_id = body.mapping_id
    if body.draft is not None:
        mapping_id = mapping_id or _NEW_ID
        connection = _with_draft(connection, MappingId(mapping_id), body.draft)
    trial = parts.try_event(body.event, workspace, connection, mapping_id=mapping_id)
    deliveries = [
        await _delivery(each, connection, parts, is_sent=body.send) for each in trial.deliveries
    ]
    return Data(
        data=EventTestAnswer(
            test=EventTest(
                event=trial.event,
                steps=[_step(seen) for seen in trial.seen],
                deliveries=deliveries,
                outcomes=[_outcome(outcome) for outcome in trial.outcomes],
            )
        )
    )


def _check(connection: Connection, mapping_id: str | None, parts: Parts) -> None:
    destination = parts.catalog.find(connection.destination)
    if destination is not None and destination.mode is Mode.DEVICE:
        raise Refused(
            f"{connection.name} is delivered to by the page, not by this server.",
            do="Try it on a page, and look at the destination's notices.",
            reason="not_cloud_mode",
        )
    if mapping_id is not None and all(each.id != mapping_id for each in connection.mappings):
        raise NotFound(
            f'{connection.name} has no subscription "{mapping_id}".',
            do="Look into the destination's subscriptions.",
        )


def _with_draft(connection: Connection, mapping_id: MappingId, draft: DraftMapping) -> Connection:
    names = {each.id: each.name for each in connection.mappings}
    mapping = Mapping(
        id=mapping_id,
        connection_id=connection.id,
        name=names.get(mapping_id, "New mapping"),
        action=draft.action_id.removeprefix(f"{connection.destination}:"),
        trigger=draft.trigger,
        fields=draft.settings,
        enabled=True,
    )
    return edits.with_mapping(connection, mapping)


async def _delivery(
    delivery: Delivery, connection: Connection, parts: Parts, *, is_sent: bool
) -> TestDelivery:
    sent = await parts.send_once(delivery, connection) if is_sent else None
    return TestDelivery(
        mapping_id=delivery.mapping_id,
        action=delivery.action,
        payload=delivery.payload,
        request=None if sent is None else _request(sent),
    )


def _request(sent: Sent) -> RequestShape:
    return RequestShape(
        is_taken=sent.is_taken,
        code=sent.code,
        reason=sent.reason,
        what=sent.what,
        do=sent.do,
        method=sent.method,
        url=sent.url,
        request=sent.request,
        status=sent.status,
        answer=sent.answer,
        duration_seconds=round(sent.duration_seconds, 6),
    )


def _step(seen: Seen) -> StepShape:
    return StepShape(
        step=seen.stage,
        result=seen.result,
        object_id=seen.object_id,
        name=seen.name,
        reason=seen.reason,
        what=seen.what,
        do=seen.do,
        left=seen.left,
        problems=[StepProblem(path=each.path, message=each.message) for each in seen.problems],
    )


def _outcome(outcome: Outcome) -> TestOutcome:
    return TestOutcome(
        mapping_id=outcome.mapping_id,
        step=outcome.step,
        reason=outcome.reason,
        what=outcome.what,
        do=outcome.do,
    )
