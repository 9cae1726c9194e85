"""API tokens: what programs show instead of a password. For owners."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, Field

from crossdock.base.json import JsonObject
from crossdock.control.accounts import AccountsHere
from crossdock.control.answers import Data, Pagination, Paging, Request_, Shape, Status
from crossdock.control.parts import Here
from crossdock.people import ApiToken, Role
from crossdock.workspace import Deed

router = APIRouter(prefix="/tokens", tags=["API tokens"])


class CreateToken(Request_):
    """A new token. Without `expiresAt` it works until it is revoked."""

    name: str
    role: Role = "viewer"
    expires_at: AwareDatetime | None = Field(
        default=None, strict=False, description="With an offset, such as 2030-01-01T12:00:00Z."
    )


class TokenShape(Shape):
    """A token, without its value. `usedAt` is when it was last used, to the minute."""

    id: str
    name: str
    role: Role
    ending: str = Field(description="Its last characters.")
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime | None
    used_at: dt.datetime | None


class TokensAnswer(Shape):
    """A page of tokens."""

    tokens: list[TokenShape]
    pagination: Pagination


class CreatedTokenAnswer(Shape):
    """The token, and its value, which is shown now and never again."""

    token: TokenShape
    value: str


@router.get("")
def list_tokens(accounts: AccountsHere, paging: Annotated[Paging, Depends()]) -> Data[TokensAnswer]:
    """List the API tokens, the newest first."""
    tokens, pagination = paging.page(accounts.api_tokens.all())
    return Data(data=TokensAnswer(tokens=[_shape(each) for each in tokens], pagination=pagination))


@router.post("")
def create_token(
    body: CreateToken, accounts: AccountsHere, parts: Here
) -> Data[CreatedTokenAnswer]:
    """Make an API token, and get its value."""
    token, value = accounts.api_tokens.create(
        name=body.name, role=body.role, expires_at=body.expires_at, by=parts.who.name
    )
    parts.record(
        Deed(kind="token", change="created", id=token.id, path=token.name, after=_told(token))
    )
    return Data(data=CreatedTokenAnswer(token=_shape(token), value=value))


@router.delete("/{token_id}")
def revoke_token(token_id: str, accounts: AccountsHere, parts: Here) -> Data[Status]:
    """Revoke a token: it opens nothing from now on."""
    token = accounts.api_tokens.revoke(token_id)
    parts.record(
        Deed(kind="token", change="revoked", id=token.id, path=token.name, before=_told(token))
    )
    return Data(data=Status())


def _shape(token: ApiToken) -> TokenShape:
    return TokenShape(
        id=token.id,
        name=token.name,
        role=token.role,
        ending=token.ending,
        created_by=token.created_by,
        created_at=token.created_at,
        expires_at=token.expires_at,
        used_at=token.used_at,
    )


def _told(token: ApiToken) -> JsonObject:
    expires_at = token.expires_at.isoformat() if token.expires_at else None
    return {"name": token.name, "role": token.role, "expiresAt": expires_at}
