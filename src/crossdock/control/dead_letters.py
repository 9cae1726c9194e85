"""Dead letters of a destination: list, inspect, send again, discard."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from crossdock.control import report
from crossdock.control.answers import COUNT_DEFAULT, COUNT_MAX, Data, Request_, Shape, Status
from crossdock.control.parts import Here, Parts
from crossdock.events import ConnectionId, DeadLetter
from crossdock.workspace import NotFound, edits

router = APIRouter(tags=["Dead letters"])

_SEND_AGAIN_MAX = 10_000


class DeadLetterShape(Shape):
    """A delivery that was given up."""

    id: str
    message_id: str
    event_type: str
    event_name: str | None
    action: str
    received_at: dt.datetime
    given_up_at: dt.datetime
    step: str
    reason: str
    what: str
    do: str
    status: int | None
    attempts: int


class WholeDeadLetterShape(DeadLetterShape):
    """A delivery that was given up, with what was to be delivered and how the last attempt went."""

    payload: dict[str, Any]
    request: str
    answer: str
    idempotency_key: str


class DeadLettersAnswer(Shape):
    """Some dead letters, oldest first; `next` is where the following ones begin."""

    dead_letters: list[DeadLetterShape]
    next: str | None
    total_entries: int


class DeadLetterAnswer(Shape):
    """One dead letter."""

    dead_letter: WholeDeadLetterShape


class SendAgain(Request_):
    """How many to send again, oldest first."""

    count_max: int = Field(default=_SEND_AGAIN_MAX, ge=1, le=_SEND_AGAIN_MAX)


class Handled(Shape):
    """What was done, and how many dead letters are left."""

    count: int
    left: int


class HandledAnswer(Shape):
    """The result of sending again, or of discarding, many."""

    handled: Handled


@router.get("/destinations/{destination_id}/dead-letters")
async def list_dead_letters(
    destination_id: str,
    parts: Here,
    after: Annotated[str, Query(description="`next` of the answer before.")] = "0",
    count: Annotated[int, Query(ge=1, le=COUNT_MAX)] = COUNT_DEFAULT,
) -> Data[DeadLettersAnswer]:
    """List dead letters, oldest first."""
    connection_id = await _connection_id(parts, destination_id)
    letters = await parts.dead_letters.page(connection_id, after_id=_number(after), count_max=count)
    counts = await parts.dead_letters.counts()
    return Data(
        data=DeadLettersAnswer(
            dead_letters=[DeadLetterShape(**_shape(letter)) for letter in letters],
            next=str(letters[-1].id) if len(letters) == count else None,
            total_entries=counts.get(connection_id, 0),
        )
    )


@router.get("/destinations/{destination_id}/dead-letters/{letter_id}")
async def read_dead_letter(
    destination_id: str, letter_id: str, parts: Here
) -> Data[DeadLetterAnswer]:
    """Return a dead letter with its payload and what was answered to its last attempt."""
    letter = await _letter(parts, destination_id, letter_id)
    whole = WholeDeadLetterShape(
        **_shape(letter),
        payload=dict(letter.delivery.payload),
        request=letter.outcome.request,
        answer=letter.outcome.answer,
        idempotency_key=letter.delivery.id,
    )
    return Data(data=DeadLetterAnswer(dead_letter=whole))


@router.post("/destinations/{destination_id}/dead-letters/{letter_id}/retry")
async def send_dead_letter_again(destination_id: str, letter_id: str, parts: Here) -> Data[Status]:
    """Send a dead letter again, with the same payload and idempotency key."""
    letter = await _letter(parts, destination_id, letter_id)
    await parts.dead_letters.send_again(letter)
    report.dead_letters_sent_again(letter.delivery.connection_id, 1)
    return Data(data=Status())


@router.post("/destinations/{destination_id}/dead-letters/retry")
async def send_dead_letters_again(
    destination_id: str, parts: Here, body: SendAgain | None = None
) -> Data[HandledAnswer]:
    """Send dead letters again, oldest first; ask again while some are left."""
    connection_id = await _connection_id(parts, destination_id)
    count = await parts.dead_letters.send_many_again(
        connection_id, count_max=(body or SendAgain()).count_max
    )
    report.dead_letters_sent_again(connection_id, count)
    return await _handled(parts, connection_id, count)


@router.delete("/destinations/{destination_id}/dead-letters/{letter_id}")
async def discard_dead_letter(destination_id: str, letter_id: str, parts: Here) -> Data[Status]:
    """Discard a dead letter: it is never sent."""
    letter = await _letter(parts, destination_id, letter_id)
    await parts.dead_letters.remove(letter)
    report.dead_letters_discarded(letter.delivery.connection_id, 1)
    return Data(data=Status())


@router.delete("/destinations/{destination_id}/dead-letters")
async def discard_dead_letters(destination_id: str, parts: Here) -> Data[HandledAnswer]:
    """Discard every dead letter of a destination."""
    connection_id = await _connection_id(parts, destination_id)
    count = await parts.dead_letters.remove_all(connection_id)
    report.dead_letters_discarded(connection_id, count)
    return await _handled(parts, connection_id, count)


async def _connection_id(parts: Parts, destination_id: str) -> ConnectionId:
    workspace = await asyncio.to_thread(parts.store.load)
    return edits.find_connection(workspace, destination_id).id


async def _letter(parts: Parts, destination_id: str, letter_id: str) -> DeadLetter:
    connection_id = await _connection_id(parts, destination_id)
    letter = await parts.dead_letters.find(connection_id, _number(letter_id))
    if letter is None:
        raise NotFound(
            f'The destination has no dead letter "{letter_id[:40]}".',
            do="List them: it may have been sent again or discarded meanwhile.",
        )
    return letter


async def _handled(parts: Parts, connection_id: ConnectionId, count: int) -> Data[HandledAnswer]:
    left = (await parts.dead_letters.counts()).get(connection_id, 0)
    return Data(data=HandledAnswer(handled=Handled(count=count, left=left)))


def _number(text: str) -> int:
    """Return the id as a number; 0, which no letter has, for what is none."""
    is_id = text.isascii() and text.isdigit() and len(text) <= 18  # noqa: PLR2004 - 63 bits.
    return int(text) if is_id else 0


def _shape(letter: DeadLetter) -> dict[str, Any]:
    delivery, outcome = letter.delivery, letter.outcome
    return {
        "id": str(letter.id),
        "message_id": delivery.message_id,
        "event_type": delivery.event_type,
        "event_name": delivery.event_name,
        "action": delivery.action,
        "received_at": delivery.received_at,
        "given_up_at": outcome.at,
        "step": outcome.step,
        "reason": outcome.reason,
        "what": outcome.what,
        "do": outcome.do,
        "status": outcome.status,
        "attempts": outcome.attempt,
    }
