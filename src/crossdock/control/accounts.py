"""Who may come in, as the API needs it: people, sessions, tokens, and how often wrong was tried."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from crossdock.admin_token import WrongTries
from crossdock.control.parts import Parts
from crossdock.people import ApiTokens, Passwords, People, Sessions

EMAIL_TRIES_MAX = 10
EMAIL_WINDOW_SECONDS = 300.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What signing in is made of.

    Attributes:
        people: Who has a password.
        sessions: Who is signed in.
        api_tokens: What programs show.
        tries_by_address: Wrong passwords from each address.
        tries_by_email: Wrong passwords for each e-mail, whoever tries.
        cookie_word: Tells this workspace's cookie from those of others on the same host name,
            since a browser does not keep ports apart.
    """

    people: People
    sessions: Sessions
    api_tokens: ApiTokens
    tries_by_address: WrongTries
    tries_by_email: WrongTries
    cookie_word: str

    def cookie_name(self, *, is_secure: bool) -> str:
        """Return the name of the session's cookie. A secure one no neighbour host can set."""
        return f"{'__Host-' if is_secure else ''}crossdock_{self.cookie_word}"


def build_accounts(parts: Parts) -> Accounts:
    """Return those of the workspace's database."""
    transactions, clock, ids = parts.store.transactions, parts.clock, parts.ids
    return Accounts(
        people=People(transactions, clock=clock, ids=ids, passwords=Passwords()),
        sessions=Sessions(transactions, clock=clock),
        api_tokens=ApiTokens(transactions, clock=clock, ids=ids),
        tries_by_address=WrongTries(clock),
        tries_by_email=WrongTries(
            clock, count_max=EMAIL_TRIES_MAX, window_seconds=EMAIL_WINDOW_SECONDS
        ),
        cookie_word=parts.store.identity.id[-8:],
    )


def is_secure(parts: Parts, request: HTTPConnection) -> bool:
    """Return whether browsers reach this server by https."""
    return request.url.scheme == "https" or (parts.public_url or "").startswith("https:")


def _accounts_of(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.accounts
    return accounts


AccountsHere = Annotated[Accounts, Depends(_accounts_of)]
"""What an endpoint asks for to be given the accounts."""
