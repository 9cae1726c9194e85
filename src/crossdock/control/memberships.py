"""In which audiences somebody is, and what is computed of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter

from crossdock.audiences.engine import Engine
from crossdock.audiences.history import Found
from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here, Parts
from crossdock.control.profiles import history_of, load_account, load_profile
from crossdock.workspace import ComputationKind

router = APIRouter(tags=["Profiles"])


class MembershipShape(Shape):
    """An audience that somebody is in, or a computed trait that they have; `value` says which."""

    id: str
    kind: ComputationKind
    key: str
    name: str
    value: Any
    since: dt.datetime


class MembershipsAnswer(Shape):
    """In what a profile or an account is, by key."""

    memberships: list[MembershipShape]


@router.get("/profiles/{reference:path}/audiences")
async def list_profile_audiences(reference: str, parts: Here) -> Data[MembershipsAnswer]:
    """Return in which audiences somebody is, and their computed traits."""
    found = await load_profile(history_of(parts), reference)
    return Data(data=await _memberships(parts, found))


@router.get("/accounts/{group_id:path}/audiences")
async def list_account_audiences(group_id: str, parts: Here) -> Data[MembershipsAnswer]:
    """Return in which audiences of accounts this one is, and its computed traits."""
    account = await load_account(history_of(parts), group_id)
    return Data(data=await _memberships(parts, account))


def engine_of(parts: Parts) -> Engine:
    """Return the engine.

    Raises:
        Refused: No profiles are kept, so that nobody can be in an audience.
    """
    history_of(parts)
    if parts.engine is None:
        raise ValueError("a server with profiles has an engine")
    return parts.engine


async def _memberships(parts: Parts, found: Found) -> MembershipsAnswer:
    subject = "users" if found.group_id is None else "accounts"
    known = {one.id: one for one in parts.store.load().computations if one.subject == subject}
    rows = await engine_of(parts).of_subject(found.id)
    # Profiles and accounts are numbered apart, so a number alone can be of either; and what was
    # deleted a moment ago may still have members.
    shapes = [
        MembershipShape(
            id=one.id, kind=one.kind, key=one.key, name=one.name, value=value, since=since
        )
        for definition_id, value, since in rows
        if (one := known.get(definition_id))
    ]
    return MembershipsAnswer(memberships=sorted(shapes, key=lambda one: one.key))
