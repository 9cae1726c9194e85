"""Keeps who is signed in. Synchronous: use it in a thread.

A session ends 14 days after it was last used, and 90 days after it began.
"""

from __future__ import annotations

import contextlib
import datetime as dt

from sqlalchemy import Connection as Database
from sqlalchemy import delete, insert, or_, select, update

from crossdock.base.clock import Clock
from crossdock.people.model import Person, Session
from crossdock.people.people import naive, person_of
from crossdock.people.secrets import hash_of, new_token
from crossdock.workspace import DatabaseProblem, Transactions, tables

SESSION_SECONDS_MAX = 90 * 86_400
_IDLE = dt.timedelta(days=14)
_AGE_MAX = dt.timedelta(seconds=SESSION_SECONDS_MAX)
# Not each request writes to the database.
_NOTED_EVERY = dt.timedelta(minutes=10)
# Of one person, or of the admin token: beyond it the one that was used longest ago ends.
_EACH_MAX = 50


class Sessions:
    """Everybody who is signed in."""

    def __init__(self, transactions: Transactions, *, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    def begin(self, person: Person | None, *, admin_mark: str) -> str:
        """Sign somebody in, and return the token for their cookie.

        Args:
            person: Who; None is whoever has the admin token.
            admin_mark: Tells which admin token there is.
        """
        token = new_token()
        now = naive(self._clock.now())
        table = tables.sessions
        with self._transactions.writing() as database:
            self._forget_ended(database)
            person_id = person.id if person else None
            _make_room(database, person_id)
            database.execute(
                insert(table).values(
                    token_hash=hash_of(token),
                    person_id=person_id,
                    admin_mark="" if person else admin_mark,
                    created_at=now,
                    used_at=now,
                )
            )
            if person is not None:
                database.execute(
                    update(tables.people)
                    .where(tables.people.c.id == person.id)
                    .values(signed_in_at=now)
                )
        return token

    def find(self, token: str, *, admin_mark: str) -> Session | None:
        """Return the session of a cookie's token, and note that it is used; None if it has ended.

        Args:
            token: Of the cookie.
            admin_mark: Tells which admin token there is: with a new one, those that were begun
                with the old one have ended.
        """
        sessions, people = tables.sessions, tables.people
        now = naive(self._clock.now())
        token_hash = hash_of(token)
        with self._transactions.reading() as database:
            row = database.execute(
                select(sessions).where(sessions.c.token_hash == token_hash)
            ).one_or_none()
            if row is None or row.used_at <= now - _IDLE or row.created_at <= now - _AGE_MAX:
                return None
            person = None
            if row.person_id is not None:
                found = database.execute(select(people).where(people.c.id == row.person_id))
                person = person_of(found.one())
            elif row.admin_mark != admin_mark:
                return None
        if row.used_at <= now - _NOTED_EVERY:
            # What cannot be noted, as on a full disk, keeps nobody out who wants to see why.
            with (
                contextlib.suppress(DatabaseProblem),
                self._transactions.writing() as database,
            ):
                database.execute(
                    update(sessions).where(sessions.c.token_hash == token_hash).values(used_at=now)
                )
        return Session(token_hash=token_hash, person=person)

    def end(self, session: Session) -> None:
        """Sign somebody out."""
        table = tables.sessions
        with self._transactions.writing() as database:
            database.execute(delete(table).where(table.c.token_hash == session.token_hash))

    def _forget_ended(self, database: Database) -> None:
        table = tables.sessions
        now = naive(self._clock.now())
        ended = or_(table.c.used_at <= now - _IDLE, table.c.created_at <= now - _AGE_MAX)
        database.execute(delete(table).where(ended))


def _make_room(database: Database, person_id: str | None) -> None:
    table = tables.sessions
    ours = table.c.person_id.is_(None) if person_id is None else table.c.person_id == person_id
    kept = select(table.c.token_hash).where(ours).order_by(table.c.used_at.desc())
    too_many = database.execute(kept.offset(_EACH_MAX - 1)).scalars().all()
    database.execute(delete(table).where(table.c.token_hash.in_(too_many)))
