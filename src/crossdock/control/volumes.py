"""How much each source sends."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query

from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here
from crossdock.control.times import GRAIN_SECONDS, Granularity, check_range, in_utc
from crossdock.ledger.entries import moment

router = APIRouter(tags=["Ledger"])


class VolumePoint(Shape):
    """What came within one stretch of time; `time` is its beginning."""

    time: dt.datetime
    received: int
    discarded: int


class SourceVolume(Shape):
    """What a source sent. `lastReceivedAt` may lie before the time that was asked about."""

    source_id: str
    received: int
    discarded: int
    last_received_at: dt.datetime | None
    series: list[VolumePoint]


class VolumesAnswer(Shape):
    """The volume of every source there is."""

    volumes: list[SourceVolume]


@router.get("/volumes")
async def list_volumes(
    parts: Here,
    start_time: Annotated[dt.datetime, Query(alias="startTime")],
    end_time: Annotated[dt.datetime, Query(alias="endTime")],
    granularity: Granularity,
) -> Data[VolumesAnswer]:
    """Count what each source sent, and say when its last event came."""
    since, until = in_utc(start_time, "startTime"), in_utc(end_time, "endTime")
    check_range(since, until, granularity)
    found = await parts.ledger.volumes(since, until, grain_seconds=GRAIN_SECONDS[granularity])
    volumes: dict[str, SourceVolume] = {
        source.id: SourceVolume(
            source_id=source.id, received=0, discarded=0, last_received_at=None, series=[]
        )
        for source in parts.store.load().sources
    }
    for one in found:
        # Of a source that was deleted, the ledger knows what it sent.
        volume = volumes.get(one.source_id)
        if volume is None:
            continue
        volume.received += one.received
        volume.discarded += one.discarded
        point = VolumePoint(
            time=moment(one.time_us), received=one.received, discarded=one.discarded
        )
        volume.series.append(point)
        if one.last_received_us is not None:
            volume.last_received_at = moment(one.last_received_us)
    quiet = [volume.source_id for volume in volumes.values() if volume.last_received_at is None]
    if quiet:
        for source_id, last_at in (await parts.ledger.last_received(quiet)).items():
            volumes[source_id].last_received_at = last_at
    return Data(data=VolumesAnswer(volumes=list(volumes.values())))
