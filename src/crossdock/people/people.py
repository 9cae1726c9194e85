"""Keeps people in the workspace's database. Synchronous: use it in a thread."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sqlalchemy import Connection as Database
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.sql import ColumnElement

from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.people.model import Link, Person, Role
from crossdock.people.passwords import Passwords, check_password
from crossdock.people.secrets import hash_of, new_token
from crossdock.workspace import NotFound, Refused, Transactions, tables

LINK_DAYS_MAX = 7
PEOPLE_MAX = 1_000
NAME_CHARACTERS_MAX = 100
_EMAIL_CHARACTERS_MAX = 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+")


class People:
    """Everybody who may sign in with a password."""

    def __init__(
        self, transactions: Transactions, *, clock: Clock, ids: Ids, passwords: Passwords
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._ids = ids
        self._passwords = passwords

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        table = tables.people
        with self._transactions.reading() as database:
            rows = database.execute(select(table).order_by(table.c.name, table.c.id))
            return [person_of(row) for row in rows]

    def load(self, person_id: str) -> Person:
        """Return one of them.

        Raises:
            NotFound: There is nobody with this id.
        """
        with self._transactions.reading() as database:
            return person_of(_load(database, person_id))

    def invite(self, *, email: str, name: str, role: Role) -> tuple[Person, Link]:
        """Add somebody, who sets a password by the link.

        Raises:
            Refused: The e-mail or name cannot be used, or the e-mail is somebody's already.
        """
        email = _usable_email(email)
        name = usable_name(name or email.partition("@")[0], field="name")
        link = self._link()
        table = tables.people
        with self._transactions.writing() as database:
            everybody = database.execute(select(table.c.email)).scalars().all()
            if email in everybody:
                raise Refused(
                    f'There is already somebody with the e-mail "{email}".',
                    do="Change their role, or make a new link if they forgot their password.",
                    reason="email_taken",
                    field="email",
                )
            if len(everybody) >= PEOPLE_MAX:
                raise Refused(
                    f"There are {PEOPLE_MAX} people already.",
                    do="Remove somebody who does not need it any more.",
                    reason="too_many_people",
                )
            person_id = self._ids.new("per")
            database.execute(
                insert(table).values(
                    id=person_id,
                    email=email,
                    name=name,
                    role=role,
                    link_hash=hash_of(link.token),
                    link_expires_at=naive(link.expires_at),
                    created_at=naive(self._clock.now()),
                )
            )
            return person_of(_load(database, person_id)), link

    def change(
        self, person_id: str, *, name: str | None, role: Role | None, keep_session: str = ""
    ) -> tuple[Person, Person]:
        """Change somebody's name or role; return them as they were and as they are.

        A new role ends their sessions, except the one with the hash `keep_session`.

        Raises:
            NotFound: There is nobody with this id.
            Refused: The name cannot be used, or they are the last owner.
        """
        table = tables.people
        with self._transactions.writing() as database:
            row = _load(database, person_id)
            new_name = row.name if name is None else usable_name(name, field="name")
            new_role = row.role if role is None else role
            if new_role != row.role:
                if row.role == "owner":
                    _keep_an_owner(database, row)
                _end_sessions(database, person_id, keep_session)
            changed = update(table).where(table.c.id == person_id)
            database.execute(changed.values(name=new_name, role=new_role))
            return person_of(row), person_of(_load(database, person_id))

    def remove(self, person_id: str) -> Person:
        """Remove somebody, and end their sessions; return who it was.

        Raises:
            NotFound: There is nobody with this id.
            Refused: They are the last owner.
        """
        with self._transactions.writing() as database:
            row = _load(database, person_id)
            if row.role == "owner":
                _keep_an_owner(database, row)
            _end_sessions(database, person_id, "")
            database.execute(delete(tables.people).where(tables.people.c.id == person_id))
            return person_of(row)

    def new_link(self, person_id: str) -> tuple[Person, Link]:
        """Return a new link for somebody to set a password; an older one is void from now on.

        Their password goes on working until they set the new one.

        Raises:
            NotFound: There is nobody with this id.
        """
        link = self._link()
        table = tables.people
        with self._transactions.writing() as database:
            _load(database, person_id)
            database.execute(
                update(table)
                .where(table.c.id == person_id)
                .values(link_hash=hash_of(link.token), link_expires_at=naive(link.expires_at))
            )
            return person_of(_load(database, person_id)), link

    def set_password_by_link(self, link_token: str, password: str) -> Person:
        """Set a password with a link, which is void then, and end all sessions of the person.

        Raises:
            Refused: The link or the password cannot be used.
        """
        condition = tables.people.c.link_hash == hash_of(link_token)
        row = self._with_link(condition)
        check_password(password, email=row.email)
        kept = self._passwords.hash(password)
        with self._transactions.writing() as database:
            changed = database.execute(
                update(tables.people)
                .where(tables.people.c.id == row.id, condition)
                .values(password_hash=kept, link_hash=None, link_expires_at=None)
            )
            if changed.rowcount == 0:
                # Somebody else used it in the meantime.
                raise _void_link()
            _end_sessions(database, row.id, "")
            return person_of(_load(database, row.id))

    def change_password(
        self, person_id: str, *, current: str, password: str, keep_session: str
    ) -> Person | None:
        """Change a password and end the person's other sessions; None if `current` is wrong.

        Raises:
            NotFound: There is nobody with this id.
            Refused: The new password cannot be used.
        """
        with self._transactions.reading() as database:
            row = _load(database, person_id)
        if not self._passwords.is_right(current, row.password_hash):
            return None
        check_password(password, email=row.email)
        kept = self._passwords.hash(password)
        with self._transactions.writing() as database:
            database.execute(
                update(tables.people)
                .where(tables.people.c.id == person_id)
                .values(password_hash=kept, link_hash=None, link_expires_at=None)
            )
            _end_sessions(database, person_id, keep_session)
            return person_of(_load(database, person_id))

    def find_by_email(self, email: str) -> Person | None:
        """Return whose e-mail it is, or None."""
        row = self._find(email)
        return None if row is None else person_of(row)

    def find_by_password(self, email: str, password: str) -> Person | None:
        """Return whose e-mail and password these are; None takes as long to find out."""
        row = self._find(email)
        is_right = self._passwords.is_right(password, row.password_hash if row else None)
        return person_of(row) if row is not None and is_right else None

    def _find(self, email: str) -> Row[Any] | None:
        condition = tables.people.c.email == email.strip().lower()
        with self._transactions.reading() as database:
            return database.execute(select(tables.people).where(condition)).one_or_none()

    def _with_link(self, condition: ColumnElement[bool]) -> Row[Any]:
        with self._transactions.reading() as database:
            row = database.execute(select(tables.people).where(condition)).one_or_none()
        if row is None or row.link_expires_at <= naive(self._clock.now()):
            raise _void_link()
        return row

    def _link(self) -> Link:
        expires_at = self._clock.now() + dt.timedelta(days=LINK_DAYS_MAX)
        return Link(token=new_token(), expires_at=expires_at)


def person_of(row: Row[Any]) -> Person:
    """Return the person of a row."""
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.role,
        has_password=row.password_hash is not None,
        link_expires_at=aware(row.link_expires_at),
        created_at=row.created_at.replace(tzinfo=dt.UTC),
        signed_in_at=aware(row.signed_in_at),
    )


def naive(moment: dt.datetime) -> dt.datetime:
    """Return the moment as the database keeps it: in UTC, which it does not say."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def aware(moment: dt.datetime | None) -> dt.datetime | None:
    """Return a moment of the database, which is in UTC."""
    return None if moment is None else moment.replace(tzinfo=dt.UTC)


def usable_name(name: str, *, field: str) -> str:
    """Return the name without spaces around it.

    Raises:
        Refused: Nothing is left of it, or it is too long.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise Refused(
            f"The name has {len(name)} characters, or some that cannot be seen; it must have 1 to "
            f"{NAME_CHARACTERS_MAX} that can.",
            do="Give another one.",
            reason="unusable_name",
            field=field,
        )
    return name


def _usable_email(email: str) -> str:
    email = email.strip().lower()
    if len(email) > _EMAIL_CHARACTERS_MAX or not _EMAIL.fullmatch(email):
        raise Refused(
            "The e-mail is not an address with one @ in it and no spaces.",
            do="Write it as ada@example.com.",
            reason="unusable_email",
            field="email",
        )
    return email


def _load(database: Database, person_id: str) -> Row[Any]:
    row = database.execute(
        select(tables.people).where(tables.people.c.id == person_id)
    ).one_or_none()
    if row is None:
        raise NotFound(
            f'There is nobody with the id "{person_id}".',
            do="List the people to see who there is; they may have been removed.",
        )
    return row


def _keep_an_owner(database: Database, row: Row[Any]) -> None:
    """Refuse if the row's person is the only owner who can sign in."""
    table = tables.people
    owners = select(table.c.id).where(table.c.role == "owner", table.c.password_hash.is_not(None))
    if database.execute(owners).scalars().all() == [row.id]:
        raise Refused(
            f'"{row.name}" is the last owner who can sign in.',
            do="Make somebody else an owner first, who has set a password.",
            reason="last_owner",
        )


def _end_sessions(database: Database, person_id: str, keep_session: str) -> None:
    table = tables.sessions
    database.execute(
        delete(table).where(table.c.person_id == person_id, table.c.token_hash != keep_session)
    )


def _void_link() -> Refused:
    return Refused(
        "The link to set a password was used already, or is too old, or was replaced by another.",
        do="Ask an owner of the workspace for a new one.",
        reason="void_link",
        field="linkToken",
    )
