"""One transaction: who is looked at, who is in, what changed, and what is to be told.

Results, what was taken from the list of those who were touched, and the outbox are committed
together. So after a crash the next round does exactly what this one would have.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb

from crossdock.audiences.engine import scopes
from crossdock.audiences.engine.definitions import Program, Programs
from crossdock.audiences.engine.scopes import Scope, run
from crossdock.audiences.history.people import at
from crossdock.duck import statements, transaction

_SQL = statements(__package__, "rounds.sql")


class ProgramFailed(Exception):
    """The database does not take what a definition was compiled to.

    Attributes:
        program: Which.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program.id)
        self.program = program


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """What a round did.

    Attributes:
        changes: How many memberships or values changed, by definition.
        next_at: When time alone changes something next.
    """

    changes: Mapping[str, int]
    next_at: dt.datetime | None = None


class Rounds:
    """Rounds on one connection; for one thread. Close it afterwards.

    Args:
        cursor: A connection of its own to the history.
        quiet: Held while something is written, as the file cannot be rewritten then.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, quiet: threading.Lock) -> None:
        self.cursor = cursor
        self._quiet = quiet

    def drop_lost(self, programs: Programs) -> None:
        """Forget the memberships of definitions that are gone, and the meaning of disabled ones."""
        with self._quiet, transaction(self.cursor):
            for (definition_id,) in self._run("known_definitions"):
                if definition_id not in programs.by_id:
                    self._run("remove_computed", id=definition_id)
                if definition_id not in programs.computations:
                    self._run("remove_memberships", id=definition_id)

    def outdated(self, programs: Programs) -> list[Program]:
        """Return those that were never computed as they are now, in order."""
        known = {row[0]: row[1] for row in self._run("computed")}
        return [one for one in programs.ordered if known.get(one.id) != one.revision]

    def compute(self, programs: Programs, program: Program, now: dt.datetime) -> Done:
        """Compute a definition over everybody; what differs from before is to be told.

        Raises:
            ProgramFailed: The database does not take it. Nothing was changed.
        """
        with self._quiet, transaction(self.cursor):
            scopes.begin_results(self.cursor)
            self._evaluate(program, scopes.everything(self.cursor, programs), (), now)
            self._run("take_all_before", ids=[program.id])
            changes = self._write(now)
            self._run("remove_computed", id=program.id)
            self._run("add_computed", id=program.id, revision=program.revision, now=_naive(now))
        return Done(changes)

    def recompute(self, definition_id: str) -> None:
        """See that a definition is computed over everybody again."""
        with self._quiet, transaction(self.cursor):
            self._run("remove_computed", id=definition_id)

    def follow(self, programs: Programs, sound: Sequence[Program], now: dt.datetime) -> Done:
        """Look at everybody who was touched since the last round, and whose time has come.

        Args:
            programs: All there are.
            sound: Those that are computed and can be.
            now: This moment.

        Raises:
            ProgramFailed: The database does not take one. Nothing was changed.
        """
        ids = [one.id for one in sound]
        changes: dict[str, int] = {}
        with self._quiet, transaction(self.cursor):
            self._run("take_touched")
            self._run("take_due", ids=ids, now=_naive(now))
            names = {row[0] for row in self._run("touched_names")}
            due = {row[0] for row in self._run("due_definitions")}
            if names or due:
                self._run("remove_touched")
                for subject in ("users", "accounts"):
                    those = [one for one in sound if one.computation.subject == subject]
                    if those or subject == "users":
                        keys = {programs.by_id[one].computation.key for one in changes}
                        affected = _affected(those, names, due, keys)
                        changes |= self._pass(programs, those, affected, subject, now)
        return Done(changes, self.next_at(ids))

    def next_at(self, ids: Sequence[str]) -> dt.datetime | None:
        """Return when time alone changes something next."""
        us = self._run("next_due", ids=[*ids])[0][0]
        return None if us is None else at(us)

    def _pass(
        self,
        programs: Programs,
        those: Sequence[Program],
        affected: Sequence[Program],
        subject: Any,
        now: dt.datetime,
    ) -> dict[str, int]:
        ids = [one.id for one in those]
        if subject == "users":
            # What an account is can be a part of what its members are.
            with_members = any(one.compiled.reads_members for one in those)
            self._run("take_user_subjects", ids=ids, with_members=with_members)
            self._run("keep_user_subjects")
        else:
            self._run("take_account_subjects", ids=ids)
        if not affected:
            self._run("remove_lost", ids=ids)
            return {}
        self._run("take_before", ids=ids)
        scopes.begin_results(self.cursor)
        scope = scopes.of_subjects(self.cursor, programs, affected, subject)
        done: list[str] = []
        for program in affected:
            self._evaluate(program, scope, done, now)
            done.append(program.id)
        changes = self._write(now)
        self._run("remove_lost", ids=ids)
        return changes

    def _evaluate(
        self, program: Program, scope: Scope, done: Collection[str], now: dt.datetime
    ) -> None:
        try:
            sql = program.sql(scope.relations_for(program, done))
            self.cursor.execute(
                "INSERT INTO results SELECT $definition_id, subject_id, value, next_at "  # noqa: S608 - of our own making.
                f"FROM ({sql})",
                {**program.compiled.bind(now), "definition_id": program.id},
            ).fetchall()
        except (duckdb.DataError, duckdb.InvalidInputException, duckdb.ProgrammingError) as error:
            raise ProgramFailed(program) from error

    def _write(self, now: dt.datetime) -> dict[str, int]:
        moment = _naive(now)
        self._run("take_changed")
        changes = {row[0]: row[1] for row in self._run("count_changes")}
        self._run("update_memberships", now=moment)
        self._run("add_memberships", now=moment)
        if changes:
            self._run("tell", now=moment)
        return changes

    def _run(self, name: str, **parameters: Any) -> list[Any]:
        return run(self.cursor, _SQL[name], **parameters)


def _affected(
    those: Sequence[Program],
    names: Collection[str | None],
    due: Collection[str],
    keys: set[str],
) -> list[Program]:
    """Return the programs that may give something else now, in order."""
    affected: list[Program] = []
    # Whatever was looked at before may have changed.
    keys = {*keys}
    for one in those:
        is_named = any(name is None or name in one.compiled.event_names for name in names)
        reads_affected = any(key in one.reads for key in keys)
        if is_named or one.id in due or reads_affected:
            affected.append(one)
            keys.add(one.computation.key)
    return affected


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
