"""Tokens for programs, kept as hashes. Synchronous: use it in a thread."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.people.model import ApiToken, Role
from crossdock.people.people import aware, naive, usable_name
from crossdock.people.secrets import hash_of, new_token
from crossdock.workspace import DatabaseProblem, NotFound, Refused, Transactions, tables

PREFIX = "cdk_"
TOKENS_MAX = 500
_ENDING_CHARACTERS = 4


class ApiTokens:
    """Every API token."""

    def __init__(self, transactions: Transactions, *, clock: Clock, ids: Ids) -> None:
        self._transactions = transactions
        self._clock = clock
        self._ids = ids

    def all(self) -> list[ApiToken]:
        """Return all, the newest first."""
        table = tables.api_tokens
        with self._transactions.reading() as database:
            rows = database.execute(select(table).order_by(table.c.created_at.desc(), table.c.id))
            return [_token_of(row) for row in rows]

    def create(
        self, *, name: str, role: Role, expires_at: dt.datetime | None, by: str
    ) -> tuple[ApiToken, str]:
        """Make one; return it, and the token itself, which nobody can find out later.

        Raises:
            Refused: The name cannot be used, it would expire in the past, or there are too many.
        """
        name = usable_name(name, field="name")
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise _unusable_expiry("The token would have expired already.")
        try:
            ends_at = None if expires_at is None else naive(expires_at)
        except OverflowError as error:
            raise _unusable_expiry("The token would expire in a year that UTC has not.") from error
        text = new_token(PREFIX)
        table = tables.api_tokens
        with self._transactions.writing() as database:
            if len(database.execute(select(table.c.id)).all()) >= TOKENS_MAX:
                raise Refused(
                    f"There are {TOKENS_MAX} tokens already.",
                    do="Revoke those that nothing uses any more.",
                    reason="too_many_tokens",
                )
            token_id = self._ids.new("tok")
            database.execute(
                insert(table).values(
                    id=token_id,
                    name=name,
                    role=role,
                    token_hash=hash_of(text),
                    ending=text[-_ENDING_CHARACTERS:],
                    created_by=by,
                    created_at=naive(now),
                    expires_at=ends_at,
                )
            )
            row = database.execute(select(table).where(table.c.id == token_id)).one()
        return _token_of(row), text

    def revoke(self, token_id: str) -> ApiToken:
        """Let a token open nothing from now on; return which it was.

        Raises:
            NotFound: There is none with this id.
        """
        table = tables.api_tokens
        with self._transactions.writing() as database:
            row = database.execute(select(table).where(table.c.id == token_id)).one_or_none()
            if row is None:
                raise NotFound(
                    f'There is no token with the id "{token_id}".',
                    do="List the tokens to see which there are; it may have been revoked.",
                )
            database.execute(delete(table).where(table.c.id == token_id))
        return _token_of(row)

    def find(self, text: str) -> ApiToken | None:
        """Return the token that this is, and note the minute; None if it opens nothing."""
        if not text.startswith(PREFIX):
            return None
        table = tables.api_tokens
        with self._transactions.reading() as database:
            row = database.execute(
                select(table).where(table.c.token_hash == hash_of(text))
            ).one_or_none()
        now = naive(self._clock.now())
        if row is None or (row.expires_at is not None and row.expires_at <= now):
            return None
        minute = now.replace(second=0, microsecond=0)
        if row.used_at != minute:
            # What cannot be noted, as on a full disk, keeps nobody out.
            with (
                contextlib.suppress(DatabaseProblem),
                self._transactions.writing() as database,
            ):
                database.execute(update(table).where(table.c.id == row.id).values(used_at=minute))
        return _token_of(row)


def _unusable_expiry(what: str) -> Refused:
    return Refused(
        what,
        do="Give a moment to come, or leave `expiresAt` out for one that does not expire.",
        reason="unusable_expiry",
        field="expiresAt",
    )


def _token_of(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        role=row.role,
        ending=row.ending,
        created_by=row.created_by,
        created_at=row.created_at.replace(tzinfo=dt.UTC),
        expires_at=aware(row.expires_at),
        used_at=aware(row.used_at),
    )
