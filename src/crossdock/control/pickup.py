"""Whether browsers have got a destination as it is now."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter

from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here
from crossdock.kit import Mode
from crossdock.workspace import Connection, edits

router = APIRouter(tags=["Pages"])


class PickupShape(Shape):
    """When browsers asked for the source's settings, since the server was started.

    `pickedUpAt` is when the first of them got the destination as it is now. A destination in cloud
    mode is not in the browser at all.
    """

    is_in_browser: bool
    picked_up_at: dt.datetime | None
    last_load_at: dt.datetime | None
    loads: int


class PickupAnswer(Shape):
    """The pickup of one destination."""

    pickup: PickupShape


@router.get("/destinations/{destination_id}/pickup")
def read_pickup(destination_id: str, parts: Here) -> Data[PickupAnswer]:
    """Return whether a browser has picked up the destination since it was last changed."""
    connection = edits.find_connection(parts.store.load(), destination_id)
    destination = parts.catalog.find(connection.destination)
    changed = _changed_in(connection)
    seen = parts.pickups(connection.source_id)
    current = [one for one in seen if one.version >= changed]
    return Data(
        data=PickupAnswer(
            pickup=PickupShape(
                is_in_browser=destination is not None and destination.mode is Mode.DEVICE,
                picked_up_at=current[0].first_at if current else None,
                last_load_at=seen[-1].last_at if seen else None,
                loads=sum(one.count for one in current),
            )
        )
    )


def _changed_in(connection: Connection) -> int:
    """Return the version of the workspace in which the connection last changed."""
    mappings = [mapping.version for mapping in connection.mappings]
    filters = [one.version for one in connection.filters]
    return max([connection.version, *mappings, *filters])
