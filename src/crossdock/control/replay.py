"""Replays: events of a time range, sent to one destination once more."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, AwareDatetime, Field

from crossdock.control.answers import Data, Pagination, Paging, Request_, Shape
from crossdock.control.parts import Here, Parts
from crossdock.events import Replay, ReplayState
from crossdock.kit import Mode
from crossdock.pipeline.route import ReplayOrder
from crossdock.workspace import Connection, NotFound, Refused, edits

router = APIRouter(tags=["Replays"])

RATE_PER_SECOND_DEFAULT = 100.0
RATE_PER_SECOND_MAX = 10_000.0
# A dry run is answered when it is done, or goes on without its asker.
_DRY_RUN_SECONDS = 20.0

_OLDEST = dt.datetime(1970, 1, 2, tzinfo=dt.UTC)


def _utc(moment: dt.datetime) -> dt.datetime:
    try:
        return max(moment.astimezone(dt.UTC), _OLDEST)
    except OverflowError as error:
        raise ValueError("is not a moment that can be told in UTC") from error


def _writable(text: str) -> str:
    # A lone half of a surrogate pair is a string in JSON, and cannot be stored. UnicodeEncodeError
    # is a ValueError: the answer is a 400.
    text.encode()
    return text


Moment = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_utc)]


class CreateReplay(Request_):
    """Which events, and who gets them once more. Times are those at which events were accepted."""

    source_id: str
    destination_id: str
    start_time: Moment = Field(description="Events accepted from this moment on.")
    end_time: Moment = Field(description="Events accepted before this moment; at most now.")
    filter: Annotated[str, AfterValidator(_writable)] = Field(
        default="", description="FQL; events that do not match are left out."
    )
    rate_per_second: float = Field(
        default=RATE_PER_SECOND_DEFAULT,
        gt=0,
        le=RATE_PER_SECOND_MAX,
        strict=False,
        description="At most so many deliveries are made in a second.",
    )
    dry_run: bool = Field(default=False, description="Only count; deliver nothing.")


class ReplayShape(Shape):
    """A replay, and how far it is."""

    id: str
    source_id: str
    destination_id: str
    start_time: dt.datetime
    end_time: dt.datetime
    filter: str
    rate_per_second: float
    dry_run: bool
    state: ReplayState
    what: str
    do: str
    progress: float = Field(description="The share of the time range that was read, from 0 to 1.")
    event_count: int = Field(description="Events of the source in the time range so far.")
    delivery_count: int = Field(description="Deliveries made of them; of a dry run: that would be.")
    counts_by_reason: dict[str, int] = Field(description="Why there are not more deliveries.")
    created_at: dt.datetime
    updated_at: dt.datetime


class ReplayAnswer(Shape):
    """One replay."""

    replay: ReplayShape


class ReplaysAnswer(Shape):
    """A page of replays, the newest first."""

    replays: list[ReplayShape]
    pagination: Pagination


@router.post("/replays")
async def create_replay(body: CreateReplay, parts: Here) -> Data[ReplayAnswer]:
    """Send the events of a time range to a destination once more, or count what that would be."""
    workspace = await asyncio.to_thread(parts.store.load)
    connection = edits.find_connection(workspace, body.destination_id)
    _check(body, connection, parts)
    replay = await parts.replays.begin(
        ReplayOrder(
            source_id=connection.source_id,
            connection_id=connection.id,
            start_at=body.start_time,
            end_at=body.end_time,
            filter=body.filter,
            rate_per_second=body.rate_per_second,
            is_dry_run=body.dry_run,
        ),
        wait_seconds=_DRY_RUN_SECONDS if body.dry_run else 0.0,
    )
    return Data(data=ReplayAnswer(replay=_shape(replay)))


@router.get("/replays")
async def list_replays(parts: Here, paging: Annotated[Paging, Depends()]) -> Data[ReplaysAnswer]:
    """List the replays of the last 30 days."""
    page, pagination = paging.page(await parts.replays.all())
    return Data(data=ReplaysAnswer(replays=[_shape(one) for one in page], pagination=pagination))


@router.get("/replays/{replay_id}")
async def read_replay(replay_id: str, parts: Here) -> Data[ReplayAnswer]:
    """Return a replay, and how far it is."""
    return _answer(replay_id, await parts.replays.find(replay_id))


@router.delete("/replays/{replay_id}")
async def cancel_replay(replay_id: str, parts: Here) -> Data[ReplayAnswer]:
    """Cancel a replay. What it has delivered, or handed over for delivery, stays so."""
    return _answer(replay_id, await parts.replays.cancel(replay_id))


def _check(body: CreateReplay, connection: Connection, parts: Parts) -> None:
    if connection.source_id != body.source_id:
        raise Refused(
            f"{connection.name} is not a destination of this source.",
            do="Name the source that the destination belongs to.",
            reason="other_source",
            field="sourceId",
        )
    destination = parts.catalog.find(connection.destination)
    if destination is None or destination.mode is not Mode.CLOUD:
        raise Refused(
            f"{connection.name} is not delivered to by this server.",
            do="Choose a destination in cloud mode.",
            reason="not_cloud_mode",
            field="destinationId",
        )
    if not connection.enabled:
        raise Refused(
            f"{connection.name} is disabled, so nothing can be delivered to it.",
            do="Enable it first; its filters and mappings apply.",
            reason="destination_disabled",
            field="destinationId",
        )
    if body.start_time >= body.end_time:
        raise Refused(
            "The time range ends before it begins.",
            do="Make endTime later than startTime.",
            reason="empty_time_range",
            field="endTime",
        )


def _answer(replay_id: str, replay: Replay | None) -> Data[ReplayAnswer]:
    if replay is None:
        raise NotFound(
            f'There is no replay "{replay_id}".',
            do="Look into /replays; they are kept for 30 days.",
        )
    return Data(data=ReplayAnswer(replay=_shape(replay)))


def _shape(replay: Replay) -> ReplayShape:
    return ReplayShape(
        id=replay.id,
        source_id=replay.source_id,
        destination_id=replay.connection_id,
        start_time=replay.start_at,
        end_time=replay.end_at,
        filter=replay.filter,
        rate_per_second=replay.rate_per_second,
        dry_run=replay.is_dry_run,
        state=replay.state,
        what=replay.what,
        do=replay.do,
        progress=round(replay.progress, 4),
        event_count=replay.event_count,
        delivery_count=replay.delivery_count,
        counts_by_reason=replay.counts_by_reason,
        created_at=replay.created_at,
        updated_at=replay.updated_at,
    )
