"""Profiles and accounts, for people: who somebody is, what is known of them, what they did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from crossdock.audiences.history import Found, History, Page, people
from crossdock.audiences.identity import find_identifier
from crossdock.audiences.identity.identifiers import GROUP_ID
from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here, Parts
from crossdock.workspace import NotFound, Refused

router = APIRouter(tags=["Profiles"])

LIMIT_MAX = 200
_SHOWN_CHARACTERS_MAX = 100

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
Cursor = Annotated[str | None, Query(description="The `next` of the page before.")]


class TraitShape(Shape):
    """What is known: the value, and by which event time and from which source."""

    key: str
    value: Any
    at: dt.datetime
    source_id: str


class IdentifierShape(Shape):
    """By what somebody is known, and since which event."""

    type: str
    value: str
    first_seen_at: dt.datetime
    source_id: str
    message_id: str


class ProfileShape(Shape):
    """Somebody, in a list."""

    id: str
    is_anonymous: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    traits: dict[str, Any]
    identifiers: list[IdentifierShape]


class ProfilesAnswer(Shape):
    """People, the newest first; `next` leads to older ones."""

    profiles: list[ProfileShape]
    next: str | None
    total: int
    total_known: int


class MergeShape(Shape):
    """Why a profile became another: the event, and which of its identifiers led to both."""

    merged_at: dt.datetime
    winner_id: str
    loser_id: str
    source_id: str
    message_id: str
    identifiers: list[dict[str, str]]


class GroupShape(Shape):
    """An account that somebody belongs to."""

    group_id: str
    since: dt.datetime
    traits: dict[str, Any]


class WholeProfileShape(Shape):
    """Everything known of somebody, but what they did."""

    id: str
    is_anonymous: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    event_count: int
    first_event_at: dt.datetime | None
    last_event_at: dt.datetime | None
    identifiers: list[IdentifierShape]
    traits: list[TraitShape]
    groups: list[GroupShape]
    merges: list[MergeShape]


class DoneShape(Shape):
    """One event of somebody."""

    type: str
    event: str | None
    timestamp: dt.datetime
    received_at: dt.datetime
    message_id: str
    source_id: str
    user_id: str | None
    anonymous_id: str | None
    properties: dict[str, Any]
    traits: dict[str, Any]
    context: dict[str, Any]


class DoneAnswer(Shape):
    """Events of somebody, newest first; `next` leads to older ones."""

    events: list[DoneShape]
    next: str | None


class AccountProfileShape(Shape):
    """A group."""

    id: str
    group_id: str
    created_at: dt.datetime
    updated_at: dt.datetime
    traits: list[TraitShape]


class WholeProfileAnswer(Shape):
    """One profile."""

    profile: WholeProfileShape


class AccountAnswer(Shape):
    """One account."""

    account: AccountProfileShape


class MembersAnswer(Shape):
    """The members of an account, the oldest first."""

    profiles: list[ProfileShape]
    next: str | None


@router.get("/profiles")
async def list_profiles(
    parts: Here,
    q: Annotated[
        str | None, Query(description="How an identifier or the value of a trait begins.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Data[ProfilesAnswer]:
    """Look for people by the beginning of an identifier or of a trait's value."""
    history = history_of(parts)
    page = await _paged(history, lambda at: people.search(at, q, limit=limit, after=cursor))
    total, known = await history.ask(people.counts)
    return Data(
        data=ProfilesAnswer(
            profiles=await short_profiles(history, page.items),
            next=page.next_cursor,
            total=total,
            total_known=known,
        )
    )


@router.get("/profiles/{reference:path}/events")
async def list_profile_events(
    reference: str,
    parts: Here,
    event: Annotated[list[str] | None, Query(description="Only events of this name.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Data[DoneAnswer]:
    """Return what somebody did, newest first."""
    history = history_of(parts)
    found = await load_profile(history, reference)
    wanted = people.Wanted(include=event, cursor=cursor)
    page = await _paged(history, lambda at: people.events(at, found.id, limit=limit, wanted=wanted))
    return Data(
        data=DoneAnswer(
            events=[DoneShape.model_validate(one, from_attributes=True) for one in page.items],
            next=page.next_cursor,
        )
    )


@router.get("/profiles/{reference:path}")
async def show_profile(reference: str, parts: Here) -> Data[WholeProfileAnswer]:
    """Tell everything known of somebody: `user_id:…`, `email:…`, or the number of the profile."""
    history = history_of(parts)
    found = await load_profile(history, reference)
    known_by = await history.ask(lambda at: people.identifiers(at, found.id))
    groups = await history.ask(lambda at: people.groups(at, found.id))
    merges = await history.ask(lambda at: people.merges(at, found.id))
    count, first_at, last_at = await history.ask(lambda at: people.span(at, found.id))
    profile = WholeProfileShape(
        id=str(found.id),
        is_anonymous=found.is_anonymous,
        created_at=found.created_at,
        updated_at=found.updated_at,
        event_count=count,
        first_event_at=first_at,
        last_event_at=last_at,
        identifiers=[_known_by(one) for one in known_by],
        traits=_traits(found),
        groups=[
            GroupShape(group_id=one.group_id, since=one.since, traits=one.traits) for one in groups
        ],
        merges=[
            MergeShape(
                merged_at=one.merged_at,
                winner_id=str(one.winner_id),
                loser_id=str(one.loser_id),
                source_id=one.source_id,
                message_id=one.message_id,
                identifiers=[identifier._asdict() for identifier in one.identifiers],
            )
            for one in merges
        ],
    )
    return Data(data=WholeProfileAnswer(profile=profile))


@router.get("/accounts/{group_id:path}/members")
async def list_members(
    group_id: str, parts: Here, cursor: Cursor = None, limit: Limit = 50
) -> Data[MembersAnswer]:
    """Return who belongs to an account."""
    history = history_of(parts)
    account = await load_account(history, group_id)
    page = await _paged(
        history, lambda at: people.members(at, account.id, limit=limit, after=cursor)
    )
    return Data(
        data=MembersAnswer(
            profiles=await short_profiles(history, page.items),
            next=page.next_cursor,
        )
    )


@router.get("/accounts/{group_id:path}")
async def show_account(group_id: str, parts: Here) -> Data[AccountAnswer]:
    """Tell what is known of a group."""
    account = await load_account(history_of(parts), group_id)
    shape = AccountProfileShape(
        id=str(account.id),
        group_id=account.group_id or "",
        created_at=account.created_at,
        updated_at=account.updated_at,
        traits=_traits(account),
    )
    return Data(data=AccountAnswer(account=shape))


def history_of(parts: Parts) -> History:
    """Return the history.

    Raises:
        Refused: None is kept.
    """
    if parts.history is None:
        raise Refused(
            "This server keeps no profiles.",
            do="Start it without --no-profiles.",
            reason="no_profiles",
        )
    return parts.history


async def find_profile(history: History, reference: str) -> Found | None:
    """Return who is known as `type:value`, or by the number of a profile; None if nobody is."""
    kind, colon, value = reference.partition(":")
    if not colon:
        is_number = kind.isascii() and kind.isdigit() and len(kind) <= 18  # noqa: PLR2004 - 63 bits.
        number = int(kind) if is_number else -1
        return await history.ask(lambda at: people.load(at, number)) if is_number else None
    identifier = find_identifier(kind, value)
    if identifier is None or identifier.type == GROUP_ID:
        return None
    return await history.find(identifier)


async def load_profile(history: History, reference: str) -> Found:
    """Return who is known as `type:value`, or by the number of the profile.

    Raises:
        NotFound: Nobody is.
    """
    found = await find_profile(history, reference)
    if found is None:
        raise NotFound(
            f'There is no profile "{reference[:_SHOWN_CHARACTERS_MAX]}".',
            do="Name it as user_id:VALUE, email:VALUE, anonymous_id:VALUE, or by its number.",
        )
    return found


async def load_account(history: History, group_id: str) -> Found:
    """Return the account of a group.

    Raises:
        NotFound: There is none.
    """
    identifier = find_identifier(GROUP_ID, group_id)
    found = await history.find(identifier) if identifier is not None else None
    if found is None:
        raise NotFound(
            f'There is no account "{group_id[:_SHOWN_CHARACTERS_MAX]}".',
            do="Check the groupId of the group calls.",
        )
    return found


async def _paged(history: History, question: Any) -> Page:
    try:
        page: Page = await history.ask(question)
    except ValueError as error:
        raise Refused(
            "The cursor is not one that this API gave.",
            do="Send the `next` of the page before, or none for the first page.",
            reason="unusable_cursor",
            field="cursor",
        ) from error
    return page


async def short_profiles(history: History, found: Sequence[Found]) -> list[ProfileShape]:
    """Return some as lists show them."""
    ids = [one.id for one in found]
    known_by = await history.ask(lambda at: people.identifiers_of(at, ids))
    return [
        ProfileShape(
            id=str(one.id),
            is_anonymous=one.is_anonymous,
            created_at=one.created_at,
            updated_at=one.updated_at,
            traits=one.traits,
            identifiers=[_known_by(each) for each in known_by[one.id]],
        )
        for one in found
    ]


def _known_by(one: people.KnownBy) -> IdentifierShape:
    return IdentifierShape(
        type=one.identifier.type,
        value=one.identifier.value,
        first_seen_at=one.first_seen_at,
        source_id=one.source_id,
        message_id=one.message_id,
    )


def _traits(found: Found) -> list[TraitShape]:
    return [
        TraitShape(
            key=key,
            value=value,
            at=people.at(found.marks[key].us),
            source_id=found.marks[key].source_id,
        )
        for key, value in sorted(found.traits.items())
    ]
