"""What is to be told, and to whom for the first time. A row leaves when it is in the journal."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb
import msgspec

from crossdock.audiences.engine.definitions import Programs
from crossdock.audiences.engine.messages import Account, Change, Person
from crossdock.audiences.engine.rounds import naive
from crossdock.audiences.engine.scopes import run
from crossdock.audiences.history.people import at
from crossdock.duck import Turns, statements, transaction

_SQL = statements(__package__, "outbox.sql")

Pair = tuple[str, str]
"""A definition and a connection that is told about it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Portion:
    """What one connection is told next about one definition.

    Attributes:
        pair: Whom, about what.
        changes: In order; without those about people who were forgotten.
        last_place: Of the last of them, or of the last that was left out.
    """

    pair: Pair
    changes: Sequence[Change]
    last_place: int


class Outbox:
    """The outbox, on one connection; for one thread.

    Args:
        cursor: A connection of its own to the history.
        quiet: Held while something is written, as the file cannot be rewritten then.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, quiet: Turns) -> None:
        self.cursor = cursor
        self._quiet = quiet

    def settle(self, programs: Programs, wanted: Collection[Pair], now: dt.datetime) -> None:
        """Begin with who is to be told from now on, and end with who is not any more.

        Args:
            programs: Those that exist.
            wanted: Who is to be told about what is computed already.
            now: This moment.
        """
        known: set[Pair] = {(row[0], row[1]) for row in self._ask("syncs")}
        moment = naive(now)
        for definition_id, connection_id in sorted(known - set(wanted)):
            one = programs.computations.get(definition_id)
            if one is not None and any(o.connection_id == connection_id for o in one.outputs):
                # It is disabled, or not computed as it is now yet.
                continue
            with self._quiet, transaction(self.cursor):
                pair = {"definition_id": definition_id, "connection_id": connection_id}
                self._ask("remove_sync", **pair)
                self._ask("remove_told", **pair)
        for definition_id, connection_id in sorted(set(wanted) - known):
            with self._quiet, transaction(self.cursor):
                for name in ("begin_sync", "add_sync"):
                    self._ask(
                        name, definition_id=definition_id, connection_id=connection_id, now=moment
                    )

    def waiting(self) -> dict[Pair, int]:
        """Return how much is to be told, where there is something."""
        return {(row[1], row[0]): row[2] for row in self._ask("waiting")}

    def next(self, pair: Pair, *, limit: int, is_about_users: bool) -> Portion | None:
        """Return what is to be told next, at most so many changes; None if nothing is."""
        definition_id, connection_id = pair
        rows = self._ask(
            "next", definition_id=definition_id, connection_id=connection_id, limit=limit
        )
        if not rows:
            return None
        subject_ids = [row[2] for row in rows]
        known: Mapping[int, Person | Account] = (
            self._people(subject_ids) if is_about_users else self._accounts(subject_ids)
        )
        changes = [
            Change(
                about=known[subject_id],
                value=None if value is None else msgspec.json.decode(value),
                at=at(us),
                message_id=message_id,
            )
            for _, _, subject_id, value, us, message_id in rows
            if subject_id in known
        ]
        return Portion(pair, changes, rows[-1][0])

    def told(self, portions: Sequence[Portion], now: dt.datetime) -> None:
        """Remove what is in the journal."""
        moment = naive(now)
        with self._quiet, transaction(self.cursor):
            for one in portions:
                definition_id, connection_id = one.pair
                self._ask(
                    "remove",
                    definition_id=definition_id,
                    connection_id=connection_id,
                    place=one.last_place,
                )
            self._ask("finish_syncs", now=moment)

    def _people(self, ids: Sequence[int]) -> dict[int, Person]:
        known: dict[int, dict[str, str]] = {}
        for subject_id, kind, value in self._ask("users", ids=[*ids]):
            known.setdefault(subject_id, {})[kind] = value
        return {subject_id: _person(subject_id, found) for subject_id, found in known.items()}

    def _accounts(self, ids: Sequence[int]) -> dict[int, Account]:
        groups: dict[int, str] = {}
        members: dict[int, dict[int, dict[str, str]]] = {}
        for account_id, group_id, profile_id, kind, value in self._ask("accounts", ids=[*ids]):
            groups[account_id] = group_id
            if profile_id is not None and kind is not None:
                of = members.setdefault(account_id, {}).setdefault(profile_id, {})
                of[kind] = value
        return {
            account_id: Account(
                group_id,
                tuple(
                    _person(profile_id, found)
                    for profile_id, found in members.get(account_id, {}).items()
                ),
            )
            for account_id, group_id in groups.items()
        }

    def _ask(self, name: str, **parameters: Any) -> list[Any]:
        return run(self.cursor, _SQL[name], **parameters)


def _person(profile_id: int, known: Mapping[str, str]) -> Person:
    return Person(profile_id, known.get("user_id"), known.get("anonymous_id"), known.get("email"))
