"""A definition over everybody: the first time, after an edit, and where a round would not do.

It is computed from the history as it is at one moment, while rounds go on. Whom they look at
meanwhile is noted, and looked at once more afterwards where it matters to the definition. So others
do not wait for it, however long it takes, nor does it take the cores from them; what it found is
put in force in one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import duckdb

from crossdock.audiences.engine import scopes
from crossdock.audiences.engine.definitions import Program, Programs
from crossdock.audiences.engine.rounds import (
    HELD_SECONDS,
    Done,
    Meanwhile,
    Moment,
    Rounds,
    naive,
)
from crossdock.audiences.engine.workers import Aside
from crossdock.duck import Turns, transaction


class Everybody(Rounds):
    """Computes over everybody, on one connection; for one thread.

    Args:
        cursor: A connection of its own to the history.
        quiet: Held while something is written, as the file cannot be rewritten then.
        meanwhile: Whether something is computed over everybody.
        aside: Does what takes long.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, quiet: Turns, meanwhile: Meanwhile, aside: Aside
    ) -> None:
        super().__init__(cursor, quiet, meanwhile)
        self._aside = aside

    def compute(
        self,
        programs: Programs,
        program: Program,
        *,
        now: Callable[[], dt.datetime],
        in_force: Callable[[], Programs],
    ) -> Done | None:
        """Compute a definition over everybody; what differs from before is to be told.

        Args:
            programs: All there are.
            program: Which.
            now: Returns this moment.
            in_force: Returns all there are when it is computed.

        Returns:
            What changed. None if it means something else meanwhile, or the clock was set back
            meanwhile: nothing was changed then.

        Raises:
            ProgramFailed: The database does not take it. Nothing was changed.
        """
        try:
            with self._quiet:
                moment = self._begin(programs, now())
            try:
                scopes.begin_results(self.cursor)
                everything = scopes.everything(self.cursor, programs)
                self._aside.do(lambda: self._evaluate([program], everything, (), moment.now))
                self.cursor.commit()
            except BaseException:
                self.cursor.rollback()
                raise
            with self._quiet:
                return self._put_in_force(in_force(), program, moment, now())
        finally:
            with self._quiet:
                self._meanwhile.is_noting = False

    def _begin(self, programs: Programs, now: dt.datetime) -> Moment:
        """Begin to note whom rounds look at, and to read the history as it is now."""
        with transaction(self.cursor):
            moment = self._moment(programs, now)
            self._run("forget_noted")
        self._meanwhile.is_noting = True
        self.cursor.begin()
        # A transaction sees what is there when it first reads.
        self._run("looked_at")
        return moment

    def _put_in_force(
        self, programs: Programs, program: Program, moment: Moment, now: dt.datetime
    ) -> Done | None:
        wanted = programs.by_id.get(program.id)
        is_wanted = wanted is not None and wanted.revision == program.revision
        is_set_back = (moment.now - now).total_seconds() > HELD_SECONDS
        with transaction(self.cursor):
            self._run("touch_noted", names=sorted(_names_of(programs, program)))
            self._run("forget_noted")
            if not is_wanted or is_set_back:
                return None
            self._run("put_looked", now=naive(moment.now))
            is_of_users = program.computation.subject == "users"
            self._run("drop_lost_users" if is_of_users else "drop_lost_accounts")
            self._run("take_all_before", ids=[program.id], is_of_users=is_of_users)
            changes = self._write(moment.now)
            self._run("remove_others", id=program.id)
            self._run("remove_computed", ids=[program.id])
            self._run(
                "add_computed", id=program.id, revision=program.revision, now=naive(moment.now)
            )
            if changes:
                # Whoever reads it may give something else now, for all of these.
                readers = [
                    one.id for one in programs.ordered if program.computation.key in one.reads
                ]
                self._run("remove_computed", ids=readers)
        return Done(changes, set_back_seconds=moment.set_back_seconds)


def _names_of(programs: Programs, program: Program) -> frozenset[str]:
    """Return the events by which a definition, or one that it reads, may give something else."""
    read = [one for one in programs.ordered if one.computation.key in program.reads]
    return program.compiled.event_names.union(*(_names_of(programs, one) for one in read))
