"""People: who may sign in, and what they may do. For owners."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from crossdock.base.json import JsonObject
from crossdock.control.accounts import AccountsHere
from crossdock.control.answers import Data, Pagination, Paging, Request_, Shape, Status
from crossdock.control.parts import Here, Parts
from crossdock.people import Link, Person, Role
from crossdock.workspace import Deed

router = APIRouter(prefix="/people", tags=["People"])

LINK_PATH = "/set-password"


class InvitePerson(Request_):
    """Somebody new. Without a name it is the first part of the e-mail."""

    email: str
    name: str = ""
    role: Role = "viewer"


class ChangePerson(Request_):
    """What changes; what is left out stays. A new role ends the person's other sessions."""

    name: str | None = None
    role: Role | None = None


class PersonShape(Shape):
    """Somebody who may sign in.

    `hasPassword` is false until they have used their first link; `linkExpiresAt` is null if no
    link can be used.
    """

    id: str
    email: str
    name: str
    role: Role
    has_password: bool
    link_expires_at: dt.datetime | None
    created_at: dt.datetime
    signed_in_at: dt.datetime | None


class LinkShape(Shape):
    """What sets a password, once. It is shown now, and never again."""

    token: str
    url: str = Field(description="The page that asks for the password; pass it on as it is.")
    expires_at: dt.datetime


class PeopleAnswer(Shape):
    """A page of people."""

    people: list[PersonShape]
    pagination: Pagination


class PersonAnswer(Shape):
    """One of them."""

    person: PersonShape


class InvitedAnswer(Shape):
    """Somebody, and the link for their password."""

    person: PersonShape
    link: LinkShape


@router.get("")
def list_people(
    accounts: AccountsHere, parts: Here, paging: Annotated[Paging, Depends()]
) -> Data[PeopleAnswer]:
    """List the people, by name."""
    people, pagination = paging.page(accounts.people.all())
    shapes = [_shape(person, parts) for person in people]
    return Data(data=PeopleAnswer(people=shapes, pagination=pagination))


@router.post("")
def invite_person(
    body: InvitePerson, request: Request, accounts: AccountsHere, parts: Here
) -> Data[InvitedAnswer]:
    """Add somebody, and get the link by which they set their password."""
    person, link = accounts.people.invite(email=body.email, name=body.name, role=body.role)
    _record(parts, "invited", person, after=_told(person))
    return _invited(person, link, request, parts)


@router.get("/{person_id}")
def read_person(person_id: str, accounts: AccountsHere, parts: Here) -> Data[PersonAnswer]:
    """Return one of the people."""
    return Data(data=PersonAnswer(person=_shape(accounts.people.load(person_id), parts)))


@router.patch("/{person_id}")
def change_person(
    person_id: str, body: ChangePerson, accounts: AccountsHere, parts: Here
) -> Data[PersonAnswer]:
    """Change somebody's name or role."""
    before, after = accounts.people.change(
        person_id,
        name=body.name,
        role=body.role,
        keep_session=parts.who.session.token_hash if parts.who.session else "",
    )
    old, new = _told(before), _told(after)
    changed = [key for key in new if new[key] != old[key]]
    parts.who.has_told = True
    if changed:
        _record(
            parts,
            "changed",
            after,
            before={key: old[key] for key in changed},
            after={key: new[key] for key in changed},
        )
    return Data(data=PersonAnswer(person=_shape(after, parts)))


@router.delete("/{person_id}")
def remove_person(person_id: str, accounts: AccountsHere, parts: Here) -> Data[Status]:
    """Remove somebody. They are signed out; API tokens that they made go on working."""
    person = accounts.people.remove(person_id)
    _record(parts, "removed", person, before=_told(person))
    return Data(data=Status())


@router.post("/{person_id}/password-link")
def create_password_link(
    person_id: str, request: Request, accounts: AccountsHere, parts: Here
) -> Data[InvitedAnswer]:
    """Get a link by which somebody sets a new password. An older link is void from now on."""
    person, link = accounts.people.new_link(person_id)
    _record(parts, "password link made", person)
    return _invited(person, link, request, parts)


def _invited(person: Person, link: Link, request: Request, parts: Parts) -> Data[InvitedAnswer]:
    # Behind the hash: a browser sends it to nobody, so that it is in no log.
    url = f"{parts.base_url(request)}{LINK_PATH}#{link.token}"
    shape = LinkShape(token=link.token, url=url, expires_at=link.expires_at)
    return Data(data=InvitedAnswer(person=_shape(person, parts), link=shape))


def _shape(person: Person, parts: Parts) -> PersonShape:
    expires_at = person.link_expires_at
    return PersonShape(
        id=person.id,
        email=person.email,
        name=person.name,
        role=person.role,
        has_password=person.has_password,
        link_expires_at=expires_at if expires_at and expires_at > parts.clock.now() else None,
        created_at=person.created_at,
        signed_in_at=person.signed_in_at,
    )


def _told(person: Person) -> JsonObject:
    return {"email": person.email, "name": person.name, "role": person.role}


def _record(
    parts: Parts,
    change: str,
    person: Person,
    *,
    before: JsonObject | None = None,
    after: JsonObject | None = None,
) -> None:
    parts.record(
        Deed(
            kind="person",
            change=change,
            id=person.id,
            path=person.email,
            before=before,
            after=after,
        )
    )
