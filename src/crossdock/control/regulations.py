"""Forgetting people, and leaving them alone: the regulations of Segment's Public API."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from crossdock.audiences.privacy import Regulation, RegulationType
from crossdock.control.answers import Data, Request_, Shape
from crossdock.control.parts import Here
from crossdock.workspace import Deed, NotFound

router = APIRouter(tags=["Privacy"])

SUBJECTS_MAX = 5_000
_ID_CHARACTERS_MAX = 500

SubjectId = Annotated[str, StringConstraints(min_length=1, max_length=_ID_CHARACTERS_MAX)]


class RegulationRequest(Request_):
    """What is asked for, and about whom."""

    regulation_type: Literal["SUPPRESS_WITH_DELETE", "DELETE_ONLY", "SUPPRESS_ONLY", "UNSUPPRESS"]
    subject_type: Literal["USER_ID"]
    subject_ids: list[SubjectId] = Field(min_length=1, max_length=SUBJECTS_MAX)


class RegulationMade(Shape):
    """The id of what was asked for."""

    regulate_id: str


class RegulationShape(Shape):
    """What was asked for, and whether it is done."""

    id: str
    regulation_type: RegulationType
    subject_ids: list[str]
    overall_status: Literal["RUNNING", "FINISHED"]
    created_at: dt.datetime
    finished_at: dt.datetime | None


class RegulationAnswer(Shape):
    """One request."""

    regulation: RegulationShape


class RegulationsAnswer(Shape):
    """The latest requests, the newest first."""

    regulations: list[RegulationShape]


class SuppressionsAnswer(Shape):
    """Everybody whose events are refused."""

    subject_ids: list[str]


@router.post("/regulations")
async def make_regulation(request: RegulationRequest, parts: Here) -> Data[RegulationMade]:
    """Forget users, suppress them, both, or lift a suppression. It holds from the answer on."""
    regulation_id = parts.ids.new("reg")
    kind = RegulationType(request.regulation_type)
    subject_ids = list(dict.fromkeys(request.subject_ids))
    parts.register.begin(regulation_id, kind, subject_ids)
    parts.forgetting.wake()
    # Not whom it is about: the log would remember those who are to be forgotten.
    deed = Deed(
        kind="regulation",
        change="created",
        id=regulation_id,
        path=regulation_id,
        after={"regulationType": kind.value, "subjects": len(subject_ids)},
    )
    await asyncio.to_thread(parts.record, deed)
    return Data(data=RegulationMade(regulate_id=regulation_id))


@router.get("/regulations")
async def list_regulations(parts: Here) -> Data[RegulationsAnswer]:
    """Return what was asked for, the newest first."""
    by_id: dict[str, list[Regulation]] = {}
    for one in parts.register.regulations():
        by_id.setdefault(one.id, []).append(one)
    return Data(data=RegulationsAnswer(regulations=[_shape(found) for found in by_id.values()]))


@router.get("/regulations/{regulation_id}")
async def show_regulation(regulation_id: str, parts: Here) -> Data[RegulationAnswer]:
    """Tell whether everything is deleted."""
    found = parts.register.regulations(regulation_id)
    if not found:
        raise NotFound(
            f'There is no regulation "{regulation_id[:100]}".', do="List them at /regulations."
        )
    return Data(data=RegulationAnswer(regulation=_shape(found)))


@router.get("/suppressions")
async def list_suppressions(parts: Here) -> Data[SuppressionsAnswer]:
    """Return everybody whose events are refused."""
    return Data(data=SuppressionsAnswer(subject_ids=sorted(parts.register.suppressed)))


def _shape(found: Sequence[Regulation]) -> RegulationShape:
    finished = [one.finished_at for one in found if one.finished_at is not None]
    is_finished = len(finished) == len(found)
    return RegulationShape(
        id=found[0].id,
        regulation_type=found[0].type,
        subject_ids=[one.user_id for one in reversed(found)],
        overall_status="FINISHED" if is_finished else "RUNNING",
        created_at=found[0].created_at,
        finished_at=max(finished) if is_finished else None,
    )
