"""How large audiences were, and how many have had a computed trait, hour by hour."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from crossdock.audiences.engine import Size, sizes
from crossdock.control.answers import Data, Shape
from crossdock.control.computations import engine_of
from crossdock.control.parts import Here
from crossdock.control.profiles import history_of
from crossdock.workspace import ComputationKind, edits

router = APIRouter()

_DAY = dt.timedelta(days=1)
_DAYS_MAX = 30


class SizePoint(Shape):
    """A size at the beginning of an hour, or when it was first computed in that hour."""

    at: dt.datetime
    size: int


class SizesShape(Shape):
    """The sizes of one, oldest first; hours in which the server did not run are left out.

    `dayAgo`: the size 24 hours ago; null if it is younger.
    """

    id: str
    day_ago: int | None
    points: list[SizePoint]


class SizesAnswer(Shape):
    """The sizes of all."""

    sizes: list[SizesShape]


class OneSizesAnswer(Shape):
    """The sizes of one."""

    sizes: SizesShape


Days = Annotated[int, Query(ge=1, le=_DAYS_MAX, description="How many days back.")]


def _add(kind: ComputationKind, path: str, name: str, tag: str) -> None:
    @router.get(f"{path}/sizes", name=f"list_{name}_sizes", tags=[tag])
    async def list_sizes(parts: Here, days: Days = 1) -> Data[SizesAnswer]:
        """Return how large each was in the last days."""
        found = await _sizes(parts, days, None)
        ids = [one.id for one in parts.store.load().computations if one.kind == kind]
        now = parts.clock.now()
        return Data(data=SizesAnswer(sizes=[_shape(one, found.get(one, []), now) for one in ids]))

    @router.get(f"{path}/{{id}}/sizes", name=f"read_{name}_sizes", tags=[tag])
    async def read_sizes(
        id: str,  # noqa: A002 - of the path.
        parts: Here,
        days: Days = _DAYS_MAX,
    ) -> Data[OneSizesAnswer]:
        """Return how large one was in the last days."""
        one = edits.find_computation(parts.store.load(), kind, id)
        found = await _sizes(parts, days, one.id)
        shape = _shape(one.id, found.get(one.id, []), parts.clock.now())
        return Data(data=OneSizesAnswer(sizes=shape))


_add("audience", "/audiences", "audience", "Audiences")
_add("computed_trait", "/computed-traits", "computed_trait", "Computed traits")


async def _sizes(parts: Here, days: int, definition_id: str | None) -> dict[str, Sequence[Size]]:
    engine_of(parts)
    now = parts.clock.now()
    # An hour more than a day: the size 24 hours ago is that of the hour before.
    since = now - days * _DAY - dt.timedelta(hours=1)
    return dict(
        await history_of(parts).ask(
            functools.partial(sizes, since=since, now=now, definition_id=definition_id)
        )
    )


def _shape(one: str, found: Sequence[Size], now: dt.datetime) -> SizesShape:
    before = [size for size in found if size.at <= now - _DAY]
    return SizesShape(
        id=one,
        day_ago=before[-1].size if before else None,
        points=[SizePoint(at=size.at, size=size.size) for size in found],
    )
