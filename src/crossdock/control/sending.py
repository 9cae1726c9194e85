"""How sending goes: when a destination is asked next, and how long its answers take."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here
from crossdock.ledger import Wanted
from crossdock.workspace import edits

router = APIRouter(tags=["Delivery"])


class SendingShape(Shape):
    """How sending to a destination stands.

    After many failures in a row (`isOnlyProbed`) one delivery at a time tries whether it answers
    again. `what` and `do` are about the latest attempt that failed and may succeed later.
    """

    is_only_probed: bool
    under_way: int
    next_attempt_at: dt.datetime | None
    failed_at: dt.datetime | None
    what: str
    do: str


class SendingAnswer(Shape):
    """How sending to one destination stands."""

    sending: SendingShape


class AttemptsShape(Shape):
    """Attempts in a time range. Durations are those of an attempt, in seconds."""

    attempt_count: int
    retry_count: int
    median_seconds: float | None
    p95_seconds: float | None


class AttemptsAnswer(Shape):
    """Attempts, counted and measured."""

    attempts: AttemptsShape


@router.get("/destinations/{destination_id}/sending")
async def read_sending(destination_id: str, parts: Here) -> Data[SendingAnswer]:
    """Return when the destination is asked next, and why the latest attempt failed."""
    workspace = await asyncio.to_thread(parts.store.load)
    standing = parts.standing(edits.find_connection(workspace, destination_id).id)
    return Data(
        data=SendingAnswer(
            sending=SendingShape(
                is_only_probed=standing.is_open,
                under_way=standing.under_way,
                next_attempt_at=standing.next_attempt_at,
                failed_at=standing.failed_at,
                what=standing.what,
                do=standing.do,
            )
        )
    )


@router.get("/attempts")
async def measure_attempts(
    parts: Here,
    start_time: Annotated[AwareDatetime, Query(alias="startTime")],
    end_time: Annotated[AwareDatetime, Query(alias="endTime")],
    destination_id: Annotated[str | None, Query(alias="destinationId")] = None,
) -> Data[AttemptsAnswer]:
    """Count the attempts of a time range, and say how long they took."""
    found = await parts.ledger.durations(
        Wanted(connection_id=destination_id, since=start_time, until=end_time)
    )
    return Data(
        data=AttemptsAnswer(
            attempts=AttemptsShape(
                attempt_count=found.attempt_count,
                retry_count=found.retry_count,
                median_seconds=found.median_seconds,
                p95_seconds=found.p95_seconds,
            )
        )
    )
