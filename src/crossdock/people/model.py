"""People, sessions, tokens and roles as values."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

Role = Literal["owner", "editor", "viewer"]
"""Owners do everything; editors all but people and tokens; viewers look."""

_RANKS: dict[Role, int] = {"viewer": 0, "editor": 1, "owner": 2}


def may(role: Role, needed: Role) -> bool:
    """Return whether the role is the needed one, or more."""
    return _RANKS[role] >= _RANKS[needed]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in.

    Attributes:
        id: `per_…`.
        email: Lower case, unique.
        has_password: Whether the first password was set already.
        link_expires_at: Until when a link to set a password can be used; None if there is none.
        signed_in_at: When they last did; None if never.
    """

    id: str
    email: str
    name: str
    role: Role
    has_password: bool
    link_expires_at: dt.datetime | None
    created_at: dt.datetime
    signed_in_at: dt.datetime | None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What sets a password once. The token is shown once, and kept as a hash only."""

    token: str
    expires_at: dt.datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in.

    Attributes:
        token_hash: Of the cookie.
        person: Who; None is whoever has the admin token.
    """

    token_hash: str
    person: Person | None


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a program shows.

    Attributes:
        id: `tok_…`.
        ending: The last characters of the token.
        created_by: Who made it, for people.
        expires_at: From when it opens nothing; None for never.
        used_at: When it was last used, to the minute.
    """

    id: str
    name: str
    role: Role
    ending: str
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    used_at: dt.datetime | None
