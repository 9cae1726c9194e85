"""Segment's Profile API: one person's traits, events, identifiers, metadata and links.

It is served at Segment's paths below `/profiles`, takes a token as the user name of HTTP Basic as
Segment does, and goes through the one check of the management API like everything else.

Source: Segment's documentation of the Profile API. A space is whatever the caller calls it: there
is one set of profiles.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock.audiences.history import Found, History, people
from crossdock.audiences.identity import find_identifier
from crossdock.audiences.identity.identifiers import GROUP_ID
from crossdock.control.answers import Problems
from crossdock.control.parts import Here
from crossdock.control.profiles import find_profile, history_of
from crossdock.control.times import in_utc
from crossdock.workspace import Refused


class ErrorShape(BaseModel):
    """What was wrong."""

    code: str
    message: str


class Refusal(BaseModel):
    """Segment's answer where something is wrong."""

    error: ErrorShape


router = APIRouter(
    tags=["Profile API"],
    responses={
        400: {"model": Refusal | Problems, "description": "Something in the request cannot be."},
        404: {"model": Refusal | Problems, "description": "There is no such profile, or path."},
    },
)

# Not all of `/profiles`: the app has its page there.
PROFILE_API_PATH = "/profiles/v1"
_MANAGEMENT_API_PATH = "/api/v1"
_LIMIT_MAX = 200

Collection = Literal["users", "accounts"]
Limit = Annotated[int, Query(ge=1, le=_LIMIT_MAX)]
Next = Annotated[str | None, Query(description="The cursor's `next` of the page before.")]
Names = Annotated[str | None, Query(description="Names, separated by commas.")]

_PATH = "/spaces/{space_id}/collections/{collection}/profiles/{external_id:path}"


class ProfileApi:
    """The management API under Segment's names: `/profiles/v1/spaces/…`.

    Args:
        app: The management API.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as the management API knows it."""
        path: str = scope["path"].removeprefix(PROFILE_API_PATH)
        root = scope.get("root_path", "").removesuffix(PROFILE_API_PATH) + _MANAGEMENT_API_PATH
        if not path.startswith("/spaces/"):
            # Nothing of the management API is reached by another name.
            path = "/spaces/nowhere"
        path = _MANAGEMENT_API_PATH + path
        headers = [_as_bearer(*header) for header in scope["headers"]]
        inner = {**scope, "path": path, "raw_path": path.encode(), "root_path": root}
        await self._app({**inner, "headers": headers}, receive, send)


@router.get(f"{_PATH}/traits", response_model=None)
async def profile_traits(  # noqa: PLR0913 - Segment's parameters.
    collection: Collection,
    external_id: str,
    parts: Here,
    request: Request,
    *,
    include: Names = None,
    limit: Limit = 10,
    next_: Annotated[int, Query(alias="next", ge=0)] = 0,
    verbose: bool = False,
) -> dict[str, Any] | JSONResponse:
    """Return what is known; with `verbose` also by which event time and from which source."""
    found = await _find(history_of(parts), collection, external_id)
    if found is None:
        return _not_found()
    names = sorted(found.traits)
    if include is not None:
        wanted = {name.strip() for name in include.split(",")}
        names = [name for name in names if name in wanted]
    page = names[next_ : next_ + limit]
    has_more = len(names) > next_ + limit
    traits: dict[str, Any] = {name: found.traits[name] for name in page}
    if verbose:
        traits = {
            name: {
                "value": value,
                "updated_at": people.at(found.marks[name].us),
                "source_id": found.marks[name].source_id,
            }
            for name, value in traits.items()
        }
    following = str(next_ + limit) if has_more else ""
    return {"traits": traits, "cursor": _cursor(request, following, limit)}


@router.get(f"{_PATH}/external_ids", response_model=None)
async def profile_external_ids(  # noqa: PLR0913 - Segment's parameters.
    collection: Collection,
    external_id: str,
    parts: Here,
    request: Request,
    *,
    include: Names = None,
    limit: Limit = 25,
    next_: Annotated[int, Query(alias="next", ge=0)] = 0,
) -> dict[str, Any] | JSONResponse:
    """Return by what somebody is known."""
    history = history_of(parts)
    found = await _find(history, collection, external_id)
    if found is None:
        return _not_found()
    if found.group_id is not None:
        data: list[dict[str, Any]] = [_external_id("accounts", GROUP_ID, found.group_id)]
    else:
        known_by = await history.ask(lambda at: people.identifiers(at, found.id))
        data = [
            {
                **_external_id("users", *one.identifier),
                "created_at": one.first_seen_at,
                "first_message_id": one.message_id,
                "first_source_id": one.source_id,
            }
            for one in known_by
        ]
    if include is not None:
        wanted = {name.strip() for name in include.split(",")}
        data = [one for one in data if one["type"] in wanted]
    following = str(next_ + limit) if len(data) > next_ + limit else ""
    return {
        "data": data[next_ : next_ + limit],
        "cursor": _cursor(request, following, limit),
    }


@router.get(f"{_PATH}/events", response_model=None)
async def profile_events(  # noqa: PLR0913 - Segment's parameters.
    collection: Collection,
    external_id: str,
    parts: Here,
    request: Request,
    *,
    include: Names = None,
    exclude: Names = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
    limit: Limit = 10,
    next_: Annotated[str | None, Query(alias="next")] = None,
) -> dict[str, Any] | JSONResponse:
    """Return what somebody did, newest first."""
    history = history_of(parts)
    found = await _find(history, collection, external_id)
    if found is None or found.group_id is not None:
        return _not_found()
    try:
        wanted = people.Wanted(
            include=_names(include),
            exclude=_names(exclude),
            since=in_utc(start, "start") if start else None,
            until=in_utc(end, "end") if end else None,
            cursor=next_ or None,
        )
        page = await history.ask(lambda at: people.events(at, found.id, limit=limit, wanted=wanted))
    except Refused as error:
        return _error(400, "bad_request", str(error))
    except (ValueError, OverflowError):
        return _error(400, "bad_request", "next, start or end is not one that can be used.")
    return {
        "data": [_event(one) for one in page.items],
        "cursor": _cursor(request, page.next_cursor or "", limit),
    }


@router.get(f"{_PATH}/metadata", response_model=None)
async def profile_metadata(
    collection: Collection, external_id: str, parts: Here
) -> dict[str, Any] | JSONResponse:
    """Return when a profile came to be, and when it changed."""
    history = history_of(parts)
    found = await _find(history, collection, external_id)
    if found is None:
        return _not_found()
    metadata: dict[str, Any] = {
        "id": str(found.id),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "expires_at": None,
    }
    if found.group_id is None:
        known_by = await history.ask(lambda at: people.identifiers(at, found.id))
        for name, one in (("first", known_by[:1]), ("last", known_by[-1:])):
            for known in one:
                metadata[f"{name}_message_id"] = known.message_id
                metadata[f"{name}_source_id"] = known.source_id
    return {"metadata": metadata}


@router.get(f"{_PATH}/links", response_model=None)
async def profile_links(  # noqa: PLR0913 - Segment's parameters.
    collection: Collection,
    external_id: str,
    parts: Here,
    request: Request,
    *,
    limit: Limit = 20,
    next_: Next = None,
) -> dict[str, Any] | JSONResponse:
    """Return the accounts of a user, or the users of an account."""
    history = history_of(parts)
    found = await _find(history, collection, external_id)
    if found is None:
        return _not_found()
    if found.group_id is None:
        groups = await history.ask(lambda at: people.groups(at, found.id))
        data = [
            {
                "to_collection": "accounts",
                "external_ids": [_external_id("accounts", GROUP_ID, group.group_id)],
            }
            for group in groups
        ]
        return {"data": data, "cursor": _cursor(request, "", limit)}
    try:
        page = await history.ask(
            lambda at: people.members(at, found.id, limit=limit, after=next_ or None)
        )
    except ValueError:
        return _error(400, "bad_request", "next is not one that this API gave.")
    data = []
    for member in page.items:
        data.append({"to_collection": "users", "external_ids": await _names_of(history, member.id)})
    return {"data": data, "cursor": _cursor(request, page.next_cursor or "", limit)}


async def _find(history: History, collection: Collection, external_id: str) -> Found | None:
    if collection == "users":
        return await find_profile(history, external_id)
    kind, _, value = external_id.partition(":")
    identifier = find_identifier(kind, value)
    if identifier is None or identifier.type != GROUP_ID:
        return None
    return await history.find(identifier)


async def _names_of(history: History, profile_id: int) -> list[dict[str, Any]]:
    known_by = await history.ask(lambda at: people.identifiers(at, profile_id))
    return [_external_id("users", *one.identifier) for one in known_by]


def _event(one: people.Done) -> dict[str, Any]:
    ids = (("user_id", one.user_id), ("anonymous_id", one.anonymous_id))
    shown: dict[str, Any] = {
        "external_ids": [_external_id("users", kind, value) for kind, value in ids if value],
        "context": one.context,
        "type": one.type,
        "source_id": one.source_id,
        "message_id": one.message_id,
        "timestamp": one.timestamp,
        "properties": one.properties,
    }
    if one.event is not None:
        shown["event"] = one.event
    if one.traits:
        shown["traits"] = one.traits
    return shown


def _external_id(collection: str, kind: str, value: str) -> dict[str, Any]:
    return {"collection": collection, "type": kind, "id": value, "encoding": "none"}


def _cursor(request: Request, following: str, limit: int) -> dict[str, Any]:
    path = request.url.path.partition("/spaces/")[2]
    return {
        "url": f"/v1/spaces/{path}",
        "has_more": bool(following),
        "next": following,
        "limit": limit,
    }


def _names(given: str | None) -> Sequence[str] | None:
    return None if given is None else [name.strip() for name in given.split(",")]


def _not_found() -> JSONResponse:
    return _error(404, "not_found", "Profile was not found.")


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


def _as_bearer(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return the header; a token that is the user name of HTTP Basic as a bearer token."""
    scheme, _, credentials = value.strip().partition(b" ")
    if name != b"authorization" or scheme.lower() != b"basic":
        return name, value
    try:
        user = base64.b64decode(credentials.strip(), validate=True).partition(b":")[0]
    except binascii.Error:
        return name, value
    return name, b"Bearer " + user
