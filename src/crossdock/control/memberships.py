"""The audiences in which somebody is, and what was computed of them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from fastapi import APIRouter

from crossdock.control.answers import Data, Shape
from crossdock.control.computations import engine_of
from crossdock.control.parts import Here
from crossdock.control.profiles import history_of, load_account, load_profile

router = APIRouter(tags=["Profiles"])


class MembershipShape(Shape):
    """An audience or computed trait: `value` is true in an audience, `since` when it became so."""

    id: str
    kind: Literal["audience", "computed_trait"]
    name: str
    key: str
    value: Any
    since: dt.datetime


class MembershipsAnswer(Shape):
    """All of somebody, by name."""

    memberships: list[MembershipShape]


@router.get("/profiles/{reference:path}/memberships")
async def list_profile_memberships(reference: str, parts: Here) -> Data[MembershipsAnswer]:
    """Return the audiences in which somebody is, and their computed traits."""
    found = await load_profile(history_of(parts), reference)
    return await _memberships(parts, found.id, "users")


@router.get("/accounts/{group_id:path}/memberships")
async def list_account_memberships(group_id: str, parts: Here) -> Data[MembershipsAnswer]:
    """Return the audiences in which an account is, and its computed traits."""
    found = await load_account(history_of(parts), group_id)
    return await _memberships(parts, found.id, "accounts")


async def _memberships(
    parts: Here, subject_id: int, subject: Literal["users", "accounts"]
) -> Data[MembershipsAnswer]:
    # People and accounts are numbered apart.
    by_id = {one.id: one for one in parts.store.load().computations if one.subject == subject}
    found = [
        MembershipShape(
            id=definition_id,
            kind=by_id[definition_id].kind,
            name=by_id[definition_id].name,
            key=by_id[definition_id].key,
            value=value,
            since=since,
        )
        for definition_id, value, since in await engine_of(parts).of_subject(subject_id)
        if definition_id in by_id
    ]
    return Data(data=MembershipsAnswer(memberships=sorted(found, key=lambda one: one.name)))
