"""The ledger's file, and the only writer of it.

A DuckDB file belongs to one process, and DuckDB blocks: all of this runs in a thread of its own.
What is read from a stream, how far it was read, and what that does to the balance is one
transaction. So after a crash the ledger goes on where the file says, without gaps or doubles.

A row is looked up again only where it may be known already: outcomes come in the order of their
events, so whatever is about an event beyond the newest one seen is new.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from crossdock.duck import connect, statements, transaction
from crossdock.events import Offset, Step
from crossdock.ledger.balance import AccountKey, settle
from crossdock.ledger.entries import Entry, Stream, hash_of, is_from_route
from crossdock.ledger.standing import Standing, State, numbered, standing_after

_SQL = statements(__package__, "store.sql")
_TABLES = (
    "create_entries",
    "create_messages",
    "create_people",
    "create_open_subjects",
    "create_counts",
    "create_places",
    "upgrade_open_subjects",
    "upgrade_places",
)
_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines
_BEGINNING = Offset(0, 0)

Row = tuple[Any, ...]
"""What DuckDB answers; the SQL says what its columns are."""


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """How far a stream was read.

    Attributes:
        sequence: The last message.
        missed: Messages that were gone before they could be read.
        written_off: How many of these the balance has been told of.
        newest: The newest event that a message was about.
    """

    sequence: int = 0
    missed: int = 0
    written_off: int = 0
    newest: Offset = _BEGINNING


class Store:
    """The file. Every method is called from one thread, save `cursor`.

    Args:
        path: The file; made if it is missing.
        memory_bytes_max: What DuckDB may use; beyond that it spills into a folder beside the file.
    """

    def __init__(self, path: Path, *, memory_bytes_max: int) -> None:
        self._rows_file = path.with_suffix(".rows")
        self._connection = connect(path, memory_bytes_max=memory_bytes_max)
        for table in _TABLES:
            self._connection.execute(_SQL[table])
        self.places = {stream: Place() for stream in Stream}
        self.counts: dict[tuple[AccountKey, State], int] = {}
        for stream, sequence, missed, written_off, *newest in self._rows("places"):
            self.places[Stream(stream)] = Place(sequence, missed, written_off, Offset(*newest))
        for source_id, connection_id, state, number in self._rows("counts"):
            self.counts[(source_id, connection_id), State(state)] = number

    def close(self) -> None:
        """Write everything into the file, and let go of it."""
        self._connection.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to the same file, for reading in another thread."""
        return self._connection.cursor()

    def add_events(self, entries: Sequence[Entry], place: Place) -> None:
        """Store accepted events; `place` is how far their stream was read."""
        count_by_source = Counter([entry.source_id for entry in entries])
        accepted: dict[tuple[AccountKey, State], int] = {
            ((source_id, ""), State.ACCEPTED): count for source_id, count in count_by_source.items()
        }
        with transaction(self._connection):
            self._add("add_events", entries)
            self._add_people(entries)
            counts = self._put_counts(accepted)
            self._put_place(Stream.EVENTS, place)
        self._keep(Stream.EVENTS, place, counts)

    def add_outcomes(self, entries: Sequence[Entry], place: Place) -> list[Entry]:
        """Store outcomes, and return those that were new."""
        newest_before = self.places[Stream.OUTCOMES].newest
        newest = max([newest_before, *(entry.offset for entry in entries)])
        place = dataclasses.replace(place, newest=newest)
        with transaction(self._connection):
            entries, standings = self._sorted_out(_without_repetitions(entries), newest_before)
            entries = list(numbered(entries, standings))
            changes = settle(
                entries,
                standings=standings,
                known_events=self._routed(entries, newest_before),
            )
            # Refused within a batch that was accepted: no event, and yet in the journal.
            for entry in entries:
                if _is_of_door(entry):
                    changes.counts[(entry.source_id, ""), State.ACCEPTED] += 1
            self._add("add_outcomes", entries)
            self._put_open(standings, changes.standings)
            counts = self._put_counts(changes.counts)
            self._put_place(Stream.OUTCOMES, place)
        self._keep(Stream.OUTCOMES, place, counts)
        return entries

    def write_off(self, changes: Mapping[tuple[AccountKey, State], int]) -> None:
        """Change counts because of messages that were missed, and note that this was done."""
        places = {
            stream: dataclasses.replace(place, written_off=place.missed)
            for stream, place in self.places.items()
        }
        with transaction(self._connection):
            counts = self._put_counts(changes)
            for stream, place in places.items():
                self._put_place(stream, place)
        for stream, place in places.items():
            self._keep(stream, place, counts)

    def forget(self, *, before_us: int, bytes_max: int) -> int:
        """Remove what is too old, and a tenth if the rest is too large; return the size in bytes.

        Args:
            before_us: What happened before is too old.
            bytes_max: How large the file's contents may be. DuckDB keeps the space that becomes
                free for what comes next, so the file does not grow beyond it, nor shrink.
        """
        self._run("forget", before_us=before_us)
        self._run("forget_messages")
        self._run("forget_places")
        size_bytes = self._size_bytes()
        if size_bytes > bytes_max:
            oldest = self._rows("oldest_part")[0][0]
            if oldest is not None:
                self._run("forget", before_us=oldest + 1)
            # Rows that are deleted take room until then.
            self._connection.execute("CHECKPOINT")
            size_bytes = self._size_bytes()
        return size_bytes

    def forget_people(
        self,
        *,
        user_ids: Sequence[str],
        anonymous_ids: Sequence[str],
        before_us: int,
        is_last: bool,
    ) -> None:
        """Remove what people did up to that moment from the entries; the counts stay."""
        people = {
            "user_ids": [*user_ids],
            "anonymous_ids": [*anonymous_ids],
            "before_us": before_us,
        }
        self._run("forget_payloads", **people)
        if is_last:
            self._run("forget_people", **people)
        self._connection.execute("CHECKPOINT")

    def _sorted_out(
        self, entries: list[Entry], newest: Offset
    ) -> tuple[list[Entry], dict[str, Standing]]:
        """Return the entries that are new, and where those stand that they are about."""
        subjects = {entry.subject_id for entry in entries if entry.connection_id}
        standings = {
            subject_id: Standing(State.WAITING, *known)
            for subject_id, *known in (
                self._rows("find_open", **_keys(subjects)) if subjects else ()
            )
        }
        # `send` tells nothing else of a delivery before it knows that the last is stored. So what
        # is told twice, since its answer was lost, is the last.
        entries = [
            entry
            for entry in entries
            if entry.subject_id not in standings
            or entry.outcome_id != standings[entry.subject_id].outcome_id
        ]
        doubtful = [
            entry
            for entry in entries
            if entry.event_sequence
            and entry.offset <= newest
            and (entry.step == Step.MAPPED or entry.subject_id not in standings)
        ]
        if not doubtful:
            return entries, standings
        opened = set(standings)
        known: set[tuple[str, int]] = set()
        for outcome_id, subject_id, step, happened_us, attempt in self._rows(
            "find_outcomes",
            **_keys({entry.subject_id for entry in doubtful}),
            **_range(doubtful),
        ):
            earlier = Entry(
                stream=Stream.OUTCOMES,
                sequence=0,
                position=0,
                happened_us=happened_us,
                step=step,
                outcome_id=outcome_id,
                subject_id=subject_id,
                attempt=attempt,
            )
            known.add(_identity(earlier))
            after = standing_after(standings.get(subject_id), earlier)
            if after is not None and subject_id not in opened:
                standings[subject_id] = after
        return [entry for entry in entries if _identity(entry) not in known], standings

    def _routed(self, entries: Sequence[Entry], newest: Offset) -> set[Offset]:
        doubtful = [
            entry
            for entry in entries
            if entry.event_sequence and entry.offset <= newest and is_from_route(entry)
        ]
        if not doubtful:
            return set()
        sequences = sorted({entry.event_sequence for entry in doubtful})
        return {
            Offset(*row)
            for row in self._rows("find_routed", sequences=sequences, **_range(doubtful))
        }

    def _add(self, statement: str, entries: Sequence[Entry]) -> None:
        if entries:
            self._rows_file.write_bytes(_encode_lines(entries))
            try:
                self._run(statement, file=str(self._rows_file))
            finally:
                # Some file systems flush a file that is written over; this one never has to be
                # on the disk.
                self._rows_file.unlink(missing_ok=True)
        # Outcomes of a connection are about events that were received, and so are there already.
        found = {
            (entry.message_hash, entry.event_sequence)
            for entry in entries
            if not entry.connection_id
        }
        if found:
            self._run("add_messages", **_places(found))

    def _add_people(self, entries: Sequence[Entry]) -> None:
        found = {
            (hash_of(person), entry.event_sequence)
            for entry in entries
            for person in (entry.user_id, entry.anonymous_id)
            if person
        }
        if found:
            self._run("add_people", **_places(found))

    def _put_open(self, before: Mapping[str, Standing], after: Mapping[str, Standing]) -> None:
        """Note which deliveries wait now, and which do no longer."""
        closed = {
            subject_id
            for subject_id in after
            if subject_id in before and before[subject_id].state is State.WAITING
        }
        opened = [
            subject_id
            for subject_id, standing in after.items()
            if standing.state is State.WAITING and subject_id
        ]
        if closed:
            self._run("close", **_keys(closed))
        if opened:
            self._run(
                "open",
                ids=opened,
                hashes=[hash_of(subject_id) for subject_id in opened],
                attempts=[after[subject_id].attempts for subject_id in opened],
                outcome_ids=[after[subject_id].outcome_id for subject_id in opened],
            )

    def _put_counts(
        self, changes: Mapping[tuple[AccountKey, State], int]
    ) -> dict[tuple[AccountKey, State], int]:
        counts = {key: self.counts.get(key, 0) + change for key, change in changes.items()}
        if counts:
            rows = [
                {
                    "source_id": source_id,
                    "connection_id": connection_id,
                    "state": state,
                    "number": number,
                }
                for ((source_id, connection_id), state), number in counts.items()
            ]
            self._run("put_counts", rows=_encode(rows).decode())
        return counts

    def _put_place(self, stream: Stream, place: Place) -> None:
        self._run(
            "put_place",
            stream=int(stream),
            sequence=place.sequence,
            missed=place.missed,
            written_off=place.written_off,
            newest_sequence=place.newest.sequence,
            newest_index=place.newest.index,
        )

    def _keep(
        self, stream: Stream, place: Place, counts: Mapping[tuple[AccountKey, State], int]
    ) -> None:
        """Remember what was committed."""
        self.places[stream] = place
        # Replaced, not changed: another thread may be reading it.
        self.counts = {**self.counts, **counts}

    def _size_bytes(self) -> int:
        return int(self._rows("size")[0][0])

    def _run(self, name: str, **parameters: object) -> None:
        self._connection.execute(_SQL[name], parameters)

    def _rows(self, name: str, **parameters: object) -> list[Row]:
        self._connection.execute(_SQL[name], parameters)
        return self._connection.fetchall()


def _without_repetitions(entries: Sequence[Entry]) -> list[Entry]:
    seen: set[tuple[str, int]] = set()
    kept = []
    for entry in entries:
        identity = _identity(entry)
        if not entry.outcome_id or identity not in seen:
            seen.add(identity)
            kept.append(entry)
    return kept


def _identity(entry: Entry) -> tuple[str, int]:
    """Return what two entries share that tell the same.

    `route` finds the same again at another moment. An attempt that is made again after a crash has
    the same number, and yet was another one.
    """
    return entry.outcome_id, 0 if is_from_route(entry) else entry.happened_us


def _is_of_door(entry: Entry) -> bool:
    return entry.outcome_id.endswith("-door")


def _places(found: set[tuple[int, int]]) -> dict[str, object]:
    # In order, they take less room, and blocks that cannot hold what is asked for are skipped.
    hashes, sequences = zip(*sorted(found), strict=True)
    return {"hashes": list(hashes), "sequences": list(sequences)}


def _keys(subjects: set[str]) -> dict[str, object]:
    ids = sorted(subjects)
    return {"ids": ids, "hashes": [hash_of(subject_id) for subject_id in ids]}


def _range(entries: Sequence[Entry]) -> dict[str, object]:
    sequences = [entry.event_sequence for entry in entries]
    return {"first": min(sequences), "last": max(sequences)}
