"""Signing in and out, and one's own password."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from crossdock.admin_token import Refusal, address_of
from crossdock.control import report
from crossdock.control.accounts import Accounts, AccountsHere, is_secure
from crossdock.control.answers import Data, Request_, Shape, Status
from crossdock.control.parts import Here, Parts
from crossdock.people import (
    SESSION_SECONDS_MAX,
    Forbidden,
    Person,
    Role,
    SignInRefused,
    TooManyTries,
    csrf_token,
)
from crossdock.workspace import Deed, Refused

router = APIRouter(tags=["Session"])


class SignIn(Request_):
    """The admin token, or an e-mail and a password."""

    token: str | None = Field(default=None, max_length=1000)
    email: str | None = Field(default=None, max_length=1000)
    password: str | None = Field(default=None, max_length=1000)


class SetPassword(Request_):
    """A new password, by a link, or by whoever is signed in and knows the current one."""

    password: str
    link_token: str | None = None
    current_password: str | None = None


class SignedInPerson(Shape):
    """Who is signed in."""

    id: str
    name: str
    email: str
    role: Role


class SessionShape(Shape):
    """How somebody came in, and what they may do.

    `person` is null for the admin token and for API tokens. A change that is made with the cookie
    shows `csrfToken` in the header `X-CSRF-Token`; it is empty for those who came with a bearer
    token, and need none.
    """

    person: SignedInPerson | None
    role: Role
    via: Literal["admin-token", "password", "api-token"]
    csrf_token: str


class SessionAnswer(Shape):
    """The session."""

    session: SessionShape


@router.post("/session")
async def sign_in(
    body: SignIn, request: Request, response: Response, parts: Here, accounts: AccountsHere
) -> Data[SessionAnswer]:
    """Sign in, and get the session's cookie."""
    if body.token is not None and body.email is None and body.password is None:
        person = None
        await _check_token(body.token.strip(), request, parts)
    elif body.token is None and body.email is not None and body.password is not None:
        person = await _find_person(body.email, body.password, request, parts, accounts)
    else:
        raise Refused(
            "To sign in takes a token, or an e-mail and a password.",
            do='Send {"token": "…"} or {"email": "…", "password": "…"}.',
            reason="invalid_request",
        )
    token = await asyncio.to_thread(
        accounts.sessions.begin, person, admin_mark=parts.admin_token.mark()
    )
    name = person.name if person else "admin token"
    await _record(parts, Deed(kind="session", change="signed in"), person)
    report.signed_in(person.id if person else name)
    secure = is_secure(parts, request)
    response.set_cookie(
        accounts.cookie_name(is_secure=secure),
        token,
        max_age=SESSION_SECONDS_MAX,
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    shape = SessionShape(
        person=_person(person),
        role=person.role if person else "owner",
        via="password" if person else "admin-token",
        csrf_token=csrf_token(token),
    )
    return Data(data=SessionAnswer(session=shape))


@router.get("/session")
def read_session(parts: Here) -> Data[SessionAnswer]:
    """Return who is signed in."""
    who = parts.who
    shape = SessionShape(
        person=_person(who.session.person) if who.session else None,
        role=who.role,
        via=who.via,
        csrf_token=who.csrf_token,
    )
    return Data(data=SessionAnswer(session=shape))


@router.delete("/session")
def sign_out(
    request: Request, response: Response, parts: Here, accounts: AccountsHere
) -> Data[Status]:
    """Sign out."""
    if parts.who.session is not None:
        accounts.sessions.end(parts.who.session)
        parts.record(_deed("signed out", parts.who.session.person))
    parts.who.has_told = True
    secure = is_secure(parts, request)
    response.delete_cookie(
        accounts.cookie_name(is_secure=secure), secure=secure, httponly=True, samesite="lax"
    )
    return Data(data=Status())


@router.post("/password")
def set_password(
    body: SetPassword, request: Request, parts: Here, accounts: AccountsHere
) -> Data[Status]:
    """Set a password, with a link or the current one. All other sessions of the person end."""
    if body.link_token is not None:
        person = accounts.people.set_password_by_link(body.link_token, body.password)
    else:
        person = _change_own_password(body, request, parts, accounts)
    deed = Deed(kind="person", change="password set", id=person.id, path=person.email)
    parts.store.audit.write(deed, by=person.name, by_id=person.id)
    if parts.caller is not None:
        parts.caller.has_told = True
    return Data(data=Status())


def _change_own_password(
    body: SetPassword, request: Request, parts: Parts, accounts: Accounts
) -> Person:
    session = parts.caller.session if parts.caller else None
    if session is None or session.person is None or body.current_password is None:
        raise Refused(
            "A password is set by a link, or by the person who knows the current one.",
            do="Send `linkToken`; or sign in with your e-mail, and send `currentPassword`.",
            reason="void_link",
            field="linkToken",
        )
    email, address = session.person.email, address_of(request.scope)
    _begin_try(email, address, accounts)
    changed = accounts.people.change_password(
        session.person.id,
        current=body.current_password,
        password=body.password,
        keep_session=session.token_hash,
    )
    if changed is None:
        raise Forbidden(
            "The current password is another one.",
            do="Type it again, or ask an owner for a link to set a new one.",
            reason="wrong_password",
        )
    _end_try(email, address, accounts)
    return changed


async def _check_token(token: str, request: Request, parts: Parts) -> None:
    refusal = parts.admin_token.refusal_of(token.encode(), request.scope)
    if refusal is None:
        return
    if refusal is Refusal.TOO_MANY_WRONG:
        report.sign_in_refused("too_many")
        raise TooManyTries(parts.admin_token.wait_seconds(request.scope))
    report.sign_in_refused("refused")
    await _record(parts, Deed(kind="session", change="sign-in refused", path="admin token"), None)
    raise SignInRefused(
        "This is not the admin token.",
        do="Look for it in the file `admin-token` in the server's data directory; the first start "
        "printed it.",
    )


async def _find_person(
    email: str, password: str, request: Request, parts: Parts, accounts: Accounts
) -> Person:
    email, address = email.strip().lower(), address_of(request.scope)
    _begin_try(email, address, accounts)
    person = await asyncio.to_thread(accounts.people.find_by_password, email, password)
    if person is not None:
        _end_try(email, address, accounts)
        return person
    report.sign_in_refused("refused")
    # What was typed may be a password in the wrong field: only what is an e-mail of ours is kept.
    meant = await asyncio.to_thread(accounts.people.find_by_email, email)
    await _record(parts, _deed("sign-in refused", meant), None)
    raise SignInRefused(
        "The e-mail or the password is wrong, or no password was set yet.",
        do="Type them again, or ask an owner for a link to set a new password.",
    )


def _begin_try(email: str, address: str, accounts: Accounts) -> None:
    """Count a try before it is looked at, so that many at once are many too.

    Raises:
        TooManyTries: There were too many.
    """
    wait_seconds = max(
        accounts.tries_by_address.wait_seconds(address), accounts.tries_by_email.wait_seconds(email)
    )
    if wait_seconds:
        report.sign_in_refused("too_many")
        raise TooManyTries(wait_seconds)
    accounts.tries_by_address.note(address)
    accounts.tries_by_email.note(email)


def _end_try(email: str, address: str, accounts: Accounts) -> None:
    accounts.tries_by_address.take_back(address)
    accounts.tries_by_email.take_back(email)


async def _record(parts: Parts, deed: Deed, person: Person | None) -> None:
    by, by_id = ("nobody", "") if deed.change == "sign-in refused" else ("admin token", "")
    if person is not None:
        by, by_id = person.name, person.id
        deed = _deed(deed.change, person)
    await asyncio.to_thread(parts.store.audit.write, deed, by=by, by_id=by_id)
    if parts.caller is not None:
        parts.caller.has_told = True


def _deed(change: str, person: Person | None) -> Deed:
    return Deed(
        kind="session",
        change=change,
        id=person.id if person else "",
        path=person.email if person else "",
    )


def _person(person: Person | None) -> SignedInPerson | None:
    if person is None:
        return None
    return SignedInPerson(id=person.id, name=person.name, email=person.email, role=person.role)
