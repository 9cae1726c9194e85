"""One transaction: who is looked at, who is in, what changed, and what is to be told.

Results, what was taken from the list of those who were touched, and the outbox are committed
together. So after a crash the next round does exactly what this one would have.

A round looks at some people. Where many are to be looked at by one definition, as when the clock
was set forward by a month, it is quicker to compute that over everybody: then its meaning counts
as not computed, and `everybody` does that.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb

from crossdock.audiences.engine import scopes
from crossdock.audiences.engine.definitions import Program, Programs
from crossdock.audiences.engine.scopes import Scope, run
from crossdock.audiences.history.people import at
from crossdock.duck import Turns, statements, transaction

_SQL = statements(__package__, "rounds.sql")

CROWD = 10_000
"""So many are not looked at one by one, if they can be computed over everybody."""

# What one round takes of those who were touched; the next takes the others.
_TOUCHED_MAX = 50_000
# More at once are planned no quicker.
_AT_ONCE_MAX = 10
_PARAMETER = re.compile(r"\$(now|p\d+)\b")
# A clock that is set right goes back by less, and then stands still here: nobody leaves twice.
HELD_SECONDS = 5.0
_HELD = dt.timedelta(seconds=HELD_SECONDS)


class ProgramFailed(Exception):
    """The database does not take what a definition was compiled to.

    Attributes:
        program: Which.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program.id)
        self.program = program


class Meanwhile:
    """Whether something is being computed over everybody; what rounds look at is noted then.

    Read and set by who holds the history's lock.
    """

    def __init__(self) -> None:
        self.is_noting = False


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """What a round did.

    Attributes:
        changes: How many memberships or values changed, by definition.
        next_at: When time alone changes something next.
        outdated: What is to be computed over everybody, in order.
        has_more: Whether others were touched who were not looked at yet.
        set_back_seconds: By how much the clock was set back, if it was.
    """

    changes: Mapping[str, int]
    next_at: dt.datetime | None = None
    outdated: Sequence[Program] = ()
    has_more: bool = False
    set_back_seconds: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Moment:
    """For which moment something is computed.

    Attributes:
        now: This moment; or the last that something was computed for, if that was just now.
        set_back_seconds: By how much the clock was set back, if it was.
    """

    now: dt.datetime
    set_back_seconds: float = 0.0


class Rounds:
    """Rounds on one connection; for one thread.

    Args:
        cursor: A connection of its own to the history.
        quiet: Held while something is written, as the file cannot be rewritten then.
        meanwhile: Whether something is computed over everybody.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, quiet: Turns, meanwhile: Meanwhile
    ) -> None:
        self.cursor = cursor
        self._quiet = quiet
        self._meanwhile = meanwhile

    def drop_lost(self, programs: Programs) -> None:
        """Forget the memberships of definitions that are gone, and the meaning of disabled ones."""
        with self._quiet, transaction(self.cursor):
            for (definition_id,) in self._run("known_definitions"):
                if definition_id not in programs.by_id:
                    self._run("remove_computed", ids=[definition_id])
                if definition_id not in programs.computations:
                    self._run("remove_memberships", id=definition_id)

    def outdated(self, programs: Programs) -> list[Program]:
        """Return those that were never computed as they are now, in order."""
        known = {row[0]: row[1] for row in self._run("computed")}
        return [one for one in programs.ordered if known.get(one.id) != one.revision]

    def recompute(self, definition_id: str) -> None:
        """See that a definition is computed over everybody again."""
        with self._quiet, transaction(self.cursor):
            self._run("remove_computed", ids=[definition_id])

    def follow(self, programs: Programs, now: dt.datetime) -> Done:
        """Look at everybody who was touched since the last round, and whose time has come.

        Args:
            programs: All there are. Those that are not computed as they are now are left alone.
            now: This moment.

        Raises:
            ProgramFailed: The database does not take one. Nothing was changed.
        """
        try:
            return self._follow(programs, now, at_once_max=_AT_ONCE_MAX)
        except ProgramFailed:
            # One of several that were asked at once; which, is seen when each is asked alone.
            return self._follow(programs, now, at_once_max=1)

    def _follow(self, programs: Programs, now: dt.datetime, *, at_once_max: int) -> Done:
        changes: dict[str, int] = {}
        with self._quiet, transaction(self.cursor):
            moment = self._moment(programs, now)
            self._take(programs, moment.now)
            outdated = self.outdated(programs)
            sound = [one for one in programs.ordered if one not in outdated]
            names = {row[0] for row in self._run("touched_names")}
            due = {row[0] for row in self._run("due_definitions")}
            has_more = self._run("count_taken")[0][0] == _TOUCHED_MAX
            self._run("remove_touched")
            if names or due:
                self._run("put_looked", now=naive(moment.now))
                for subject in ("users", "accounts"):
                    those = [one for one in sound if one.computation.subject == subject]
                    if those or subject == "users":
                        keys = {programs.by_id[one].computation.key for one in changes}
                        affected = _affected(those, names, due, keys)
                        batches = _batches(affected, at_once_max)
                        changes |= self._pass(programs, those, batches, subject, moment.now)
            next_at = self._next_at(outdated)
        return Done(changes, next_at, outdated, has_more, moment.set_back_seconds)

    def _moment(self, programs: Programs, now: dt.datetime) -> Moment:
        """Return for which moment to compute; in a transaction.

        If the clock was set back, who is in what depends on more than who did something since:
        what time has a part in is computed anew.
        """
        us = self._run("looked_at")[0][0]
        if us is None or at(us) <= now:
            return Moment(now)
        if at(us) - now <= _HELD:
            return Moment(at(us))
        windowed = [one.id for one in programs.ordered if one.compiled.is_windowed]
        self._run("remove_computed", ids=windowed)
        self._run("forget_looks")
        self._run("put_looked", now=naive(now))
        return Moment(now, (at(us) - now).total_seconds())

    def _take(self, programs: Programs, now: dt.datetime) -> None:
        """Take who is looked at from the list, as far as that is not done over everybody."""
        outdated = self.outdated(programs)
        computed = [one.id for one in programs.ordered if one not in outdated]
        self._run("take_touched", limit=_TOUCHED_MAX)
        self._run("take_due", ids=computed, now=naive(now))
        if self._meanwhile.is_noting:
            users = [one.id for one in programs.ordered if one.computation.subject == "users"]
            self._run("note", users=users)
        names = {row[0] for row in self._run("names_of_everybody")}
        crowded = [row[0] for row in self._run("crowded", crowd=CROWD)]
        if names:
            crowded += [one.id for one in programs.ordered if names & one.compiled.event_names]
        if crowded:
            self._run("remove_computed", ids=crowded)
            self._run("remove_due", ids=crowded)

    def _next_at(self, outdated: Sequence[Program]) -> dt.datetime | None:
        # There are millions of memberships: their definitions are only looked at if they matter.
        ids = [one.id for one in outdated]
        us = self._run("next_due_but" if ids else "next_due", ids=ids)[0][0]
        return None if us is None else at(us)

    def _pass(
        self,
        programs: Programs,
        those: Sequence[Program],
        batches: Sequence[Sequence[Program]],
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
        if not batches:
            self._run("remove_lost", ids=ids)
            return {}
        self._run("take_before", ids=ids)
        scopes.begin_results(self.cursor)
        affected = [one for batch in batches for one in batch]
        scope = scopes.of_subjects(self.cursor, programs, affected, subject)
        done: list[str] = []
        for batch in batches:
            self._evaluate(batch, scope, done, now)
            done += [one.id for one in batch]
        changes = self._write(now)
        self._run("remove_lost", ids=ids)
        return changes

    def _evaluate(
        self, batch: Sequence[Program], scope: Scope, done: Collection[str], now: dt.datetime
    ) -> None:
        """Ask several at once: for a few hundred people, planning a statement costs most of it."""
        relations = scope.relations_for(batch[0], done)
        parts: list[str] = []
        values: dict[str, object] = {}
        for number, program in enumerate(batch):
            # Their parameters have the same names.
            sql = _PARAMETER.sub(rf"$d{number}_\1", program.sql(relations))
            parts.append(f"SELECT $d{number}_id, subject_id, value, next_at FROM ({sql})")  # noqa: S608 - of our own making.
            values[f"d{number}_id"] = program.id
            for name, value in program.compiled.bind(now).items():
                values[f"d{number}_{name}"] = value
        try:
            self.cursor.execute(f"INSERT INTO results {' UNION ALL '.join(parts)}", values)
            self.cursor.fetchall()
        except (duckdb.DataError, duckdb.InvalidInputException, duckdb.ProgrammingError) as error:
            raise ProgramFailed(batch[0]) from error

    def _write(self, now: dt.datetime) -> dict[str, int]:
        moment = naive(now)
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


def _batches(affected: Sequence[Program], at_once_max: int) -> list[list[Program]]:
    """Return them in order, those together that can be asked at once.

    What reads others is asked alone: it looks at tables of its own, in which their answers are.
    """
    batches: list[list[Program]] = []
    for one in affected:
        last = batches[-1] if batches else []
        if last and not one.reads and not last[0].reads and len(last) < at_once_max:
            last.append(one)
        else:
            batches.append([one])
    return batches


def naive(moment: dt.datetime) -> dt.datetime:
    """Return a moment as the database has it: in UTC, without zone."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
