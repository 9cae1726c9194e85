"""The history's file, and the only writer of it.

What is read from the journal, how far it was read, and everything that follows from it is one
transaction. So after a crash the history goes on where the file says, without gaps or doubles.

Nothing is indexed: the questions of a micro-batch are asked once for all its events, and looking
through a column of numbers for a thousand of them takes some milliseconds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from crossdock.audiences.history import report
from crossdock.audiences.history.intake import (
    Changes,
    Intake,
    Said,
    groups_in,
    named_in,
    said_by,
)
from crossdock.audiences.history.rows import AccountRow, EventRow, ProfileRow, hash_of
from crossdock.audiences.history.warehouse import Warehouse
from crossdock.audiences.identity import (
    ANONYMOUS_ID,
    USER_ID,
    Identifier,
    Limits,
    Mark,
    Person,
    Traits,
    find_identifier,
)
from crossdock.duck import Turns, connect, statements, transaction
from crossdock.events import Event

_SQL = statements(__package__, "store.sql")
_encode = msgspec.json.Encoder().encode
_decode_marks = msgspec.json.Decoder(dict[str, Mark]).decode
# Of what is written between two rewritings of the tables that change.
_CHECKPOINT = "64MiB"
# If so many have lost events of one name, audiences look at everybody who did that.
_CROWD = 10_000

Touched = tuple[int | None, int | None, str | None]
"""A profile, an account, and the event that it did."""

Row = tuple[Any, ...]
"""What DuckDB answers; the SQL says what its columns are."""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """How far the journal was read.

    Attributes:
        sequence: The last message.
        missed: Messages that were gone before they could be read.
        next_profile_id: Of the next new profile.
        next_account_id: Of the next new group.
    """

    sequence: int = 0
    missed: int = 0
    next_profile_id: int = 1
    next_account_id: int = 1


class Store:
    """The file. Every method is called from one thread, save `cursor`.

    Args:
        path: The file; made if it is missing.
        memory_bytes_max: What DuckDB may use; beyond that it spills into a folder beside the file.
        limits: How much one person can have.

    Attributes:
        place: How far the journal was read.
        quiet: Held by who writes to the file on another connection.
    """

    def __init__(self, path: Path, *, memory_bytes_max: int, limits: Limits | None = None) -> None:
        self._connection = connect(
            path,
            memory_bytes_max=memory_bytes_max,
            # People ask in SQL here: it reaches no file and no host.
            enable_external_access=False,
            checkpoint_threshold=_CHECKPOINT,
        )
        self._limits = limits
        self.quiet = Turns()
        for name, create in _SQL.items():
            if name.startswith("create_"):
                self._connection.execute(create)
        if not self._rows("place"):
            self._run("first_place")
        self.place = Place(*self._rows("place")[0])
        self._warehouse = Warehouse(self._rows("columns"))
        for view in self._warehouse.views():
            self._connection.execute(view)

    def close(self) -> None:
        """Write everything into the file, and let go of it."""
        self._connection.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the same file, for reading in another thread."""
        return self._connection.cursor()

    def take_in(self, events: Sequence[Event], *, sequence: int, missed: int) -> Changes:
        """Store events and all that follows from them, and return what that was.

        Args:
            events: In the order accepted.
            sequence: Of the last message of the journal that is read with them.
            missed: Messages that were gone before they could be read, since the beginning.
        """
        said = said_by(events)
        intake = self._intake(said)
        changes = intake.take(said)
        warehouse = self._warehouse.learned(changes.events)
        place = Place(sequence, missed, intake.next_profile_id, intake.next_account_id)
        try:
            self._write(changes, warehouse, place)
        except (duckdb.DataError, duckdb.InvalidInputException):
            # One event that DuckDB does not take must not hold up the others.
            sound = [row for row in changes.events if self._takes(row)]
            report.events_left_out(len(changes.events) - len(sound))
            changes.events = sound
            warehouse = self._warehouse.learned(sound)
            self._write(changes, warehouse, place)
        self._warehouse = warehouse
        self.place = place
        return changes

    def forget(self, *, before_us: int, bytes_max: int) -> int:
        """Remove events that are too old, and a tenth if the rest is too large; return the size.

        Profiles stay, and audiences are to look at whose events are gone. DuckDB keeps the space
        that becomes free for what comes next.
        """
        self._forget_before(before_us)
        size_bytes = self._size_bytes()
        if size_bytes > bytes_max:
            oldest = self._rows("oldest_part")[0][0]
            if oldest is not None:
                self._forget_before(oldest + 1)
            self._rewrite()
            size_bytes = self._size_bytes()
        return size_bytes

    def forget_user(self, user_id: str, *, before_us: int) -> None:
        """Remove a user and what they did up to that moment; what comes later is a new profile."""
        known = self._known_as(user_id)
        old = [row[0] for row in self._rows("old_profiles", ids=known, before_us=before_us)]
        ids = [*old, *(row[0] for row in self._rows("names_of", ids=old))]
        with transaction(self._connection):
            # Others may have events that name this user, and groups had these as members.
            self._run("touch_named", user_id=user_id, before_us=before_us)
            self._run("touch_groups", ids=ids)
            self._run("forget_events", ids=ids, user_id=user_id, before_us=before_us)
            self._run("remove_profiles", losers=ids)
            for name in ("identifiers", "members", "merged", "merges"):
                self._run(f"forget_{name}", ids=ids)
            self._touch({(profile_id, None, None) for profile_id in ids})
        # Rows that are deleted are in the file until then.
        self._rewrite()

    def _forget_before(self, before_us: int) -> None:
        with transaction(self._connection):
            self._run("touch_old", before_us=before_us, crowd=_CROWD)
            self._run("forget", before_us=before_us)

    def browsers_of(self, user_id: str) -> list[str]:
        """Return the anonymous ids of a user."""
        found = self._rows("identifiers_of", ids=self._known_as(user_id))
        return [value for _, kind, value in found if kind == ANONYMOUS_ID]

    def _known_as(self, user_id: str) -> list[int]:
        identifier = find_identifier(USER_ID, user_id)
        if identifier is None:
            return []
        found = self._rows("find_identifiers", hashes=[hash_of(identifier)])
        return [row[0] for row in found if Identifier(*row[1:]) == identifier]

    def _intake(self, said: Sequence[Said]) -> Intake:
        named = named_in(said)
        identifiers: dict[int, set[Identifier]] = {}
        found = self._rows("find_identifiers", hashes=[hash_of(one) for one in named])
        ids = sorted({row[0] for row in found if Identifier(*row[1:]) in named})
        for profile_id, kind, value in self._rows("identifiers_of", ids=ids) if ids else ():
            identifiers.setdefault(profile_id, set()).add(Identifier(kind, value))
        profiles = self._profiles(ids)
        return Intake(
            people=[
                Person(profile_id, identifiers.get(profile_id, set()), profile.merges)
                for profile_id, profile in profiles.items()
            ],
            profiles=profiles,
            accounts=self._accounts(groups_in([event for event, _ in said])),
            next_profile_id=self.place.next_profile_id,
            next_account_id=self.place.next_account_id,
            limits=self._limits,
        )

    def _profiles(self, ids: Sequence[int]) -> dict[int, ProfileRow]:
        if not ids:
            return {}
        return {
            profile_id: ProfileRow(
                profile_id=profile_id,
                is_anonymous=is_anonymous,
                created_us=created_us,
                merges=merges,
                traits=_traits(traits, marks),
            )
            for profile_id, is_anonymous, created_us, merges, traits, marks in self._rows(
                "traits_of", ids=[*ids]
            )
        }

    def _accounts(self, group_ids: set[str]) -> dict[str, AccountRow]:
        if not group_ids:
            return {}
        return {
            group_id: AccountRow(
                account_id=account_id,
                group_id=group_id,
                created_us=created_us,
                traits=_traits(traits, marks),
            )
            for group_id, account_id, created_us, traits, marks in self._rows(
                "accounts_of", ids=sorted(group_ids)
            )
        }

    def _write(self, changes: Changes, warehouse: Warehouse, place: Place) -> None:
        with transaction(self._connection):
            self._put("add_events", changes.events)
            self._merge(changes)
            self._put("add_identifiers", changes.identifiers)
            for name, is_new in (("add_profiles", True), ("put_profiles", False)):
                rows = [one for one in changes.profiles.values() if one.is_new is is_new]
                self._put(name, [_profile(row, changes) for row in rows])
            for name, is_new in (("add_accounts", True), ("put_accounts", False)):
                groups = [one for one in changes.accounts.values() if one.is_new is is_new]
                self._put(name, [_account(row, changes) for row in groups])
            self._add_members(changes.members)
            self._put_warehouse(warehouse)
            self._touch(_touched_by(changes))
            self._run("put_place", **dataclasses.asdict(place))

    def _merge(self, changes: Changes) -> None:
        winners_by_loser = changes.winners_by_loser
        if not winners_by_loser:
            return
        losers, winners = [*winners_by_loser], [*winners_by_loser.values()]
        self._run("move_identifiers", losers=losers, winners=winners)
        self._run("move_merged", losers=losers, winners=winners)
        self._run("add_merged", losers=losers, winners=winners)
        self._run("remove_profiles", losers=losers)
        rows = [
            {**msgspec.structs.asdict(row), "identifiers": _encode(row.identifiers).decode()}
            for row in changes.merges
        ]
        self._put("add_merges", rows)

    def _add_members(self, members: Mapping[tuple[int, int], int]) -> None:
        if not members:
            return
        ids = sorted({account_id for account_id, _ in members})
        known = set(self._rows("members_of", ids=ids))
        rows = [
            {"account_id": account_id, "profile_id": profile_id, "us": us}
            for (account_id, profile_id), us in members.items()
            if (account_id, profile_id) not in known
        ]
        self._put("add_members", rows)

    def _put_warehouse(self, warehouse: Warehouse) -> None:
        self._put("add_columns", [msgspec.structs.asdict(one) for one in warehouse.new_columns])
        if warehouse.widened:
            self._run(
                "widen_columns",
                tables=[one.table_name for one in warehouse.widened],
                names=[one.column_name for one in warehouse.widened],
                types=[one.type for one in warehouse.widened],
            )
        for view in warehouse.changed_views():
            self._connection.execute(view)

    def _touch(self, touched: Collection[Touched]) -> None:
        if touched:
            profiles, accounts, events = zip(*touched, strict=True)
            self._run("touch", profiles=[*profiles], accounts=[*accounts], events=[*events])

    def _rewrite(self) -> None:
        # DuckDB does not while another connection writes.
        with self.quiet:
            self._connection.execute("CHECKPOINT")

    def _takes(self, row: EventRow) -> bool:
        try:
            self._connection.execute(
                _SQL["add_events"].partition("\n")[2], {"rows": _encode([row]).decode()}
            ).fetchall()
        except (duckdb.DataError, duckdb.InvalidInputException):
            return False
        return True

    def _size_bytes(self) -> int:
        return int(self._rows("size")[0][0])

    def _put(self, name: str, rows: Iterable[object]) -> None:
        if rows := [*rows]:
            self._run(name, rows=_encode(rows).decode())

    def _run(self, name: str, **parameters: object) -> None:
        self._connection.execute(_SQL[name], parameters)

    def _rows(self, name: str, **parameters: object) -> list[Row]:
        self._connection.execute(_SQL[name], parameters)
        return self._connection.fetchall()


def _touched_by(changes: Changes) -> set[Touched]:
    winners = changes.winners_by_loser
    touched: set[Touched] = {
        (profile_id, None, None) for profile_id in (*changes.profiles, *winners)
    }
    touched |= {(None, account.account_id, None) for account in changes.accounts.values()}
    for account_id, profile_id in changes.members:
        touched |= {(profile_id, account_id, None)}
    touched |= {
        (row.profile_id, None, row.event)
        for row in changes.events
        if row.profile_id is not None and row.event is not None
    }
    return touched


def _traits(values: str, marks: str) -> Traits:
    return Traits(msgspec.json.decode(values), _decode_marks(marks))


def _profile(row: ProfileRow, changes: Changes) -> dict[str, object]:
    return {
        "profile_id": row.profile_id,
        "is_anonymous": row.is_anonymous,
        "created_us": row.created_us,
        "updated_us": changes.events[-1].received_us if changes.events else row.created_us,
        "merges": row.merges,
        "traits": _encode(row.traits.values).decode(),
        "marks": _encode(row.traits.marks).decode(),
    }


def _account(row: AccountRow, changes: Changes) -> dict[str, object]:
    return {
        "account_id": row.account_id,
        "group_id": row.group_id,
        "created_us": row.created_us,
        "updated_us": changes.events[-1].received_us if changes.events else row.created_us,
        "traits": _encode(row.traits.values).decode(),
        "marks": _encode(row.traits.marks).decode(),
    }
