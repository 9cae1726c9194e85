"""Looks at how full and how far behind the journal is, every few seconds, and says what is wrong.

What costs a question to NATS is looked up in `look`; `problems` only reads what that found, and
asks the file system, so that whoever asks whether the server is ready has the truth of now.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from crossdock.base.clock import Clock
from crossdock.base.problems import Problem
from crossdock.events import ConnectionId
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.bundles import (
    bundle_subjects,
    count_by_connection,
    former_subject,
)
from crossdock.pipeline.journal.connection import Connection
from crossdock.pipeline.journal.settings import JournalSettings
from crossdock.pipeline.journal.streams import (
    DEAD_LETTERS,
    DEAD_LETTERS_SUBJECT,
    DELIVERIES,
    DELIVERIES_SUBJECT,
    EVENTS,
    OUTCOMES,
)

# From this share of its bound a stream is called full; it refuses a little later.
_FULL_SHARE = 0.95
# In good times routing takes milliseconds.
_ROUTING_SECONDS_MAX = 60.0
# Shorter than the first hour of retries would tell of every vendor that restarts.
_DELIVERY_SECONDS_MAX = 3600.0
# Of so many connections the oldest delivery is looked up; more would take NATS too long.
_CONNECTIONS_MAX = 500
_QUESTIONS_AT_ONCE = 16


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look found.

    Attributes:
        bytes_by_stream: How large each stream is.
        oldest_unrouted_at: When the oldest request came that is not routed; None if all are.
        oldest_at_by_connection: When the oldest unfinished delivery of each connection was made.
        dead_letters_by_connection: How many there are.
    """

    bytes_by_stream: Mapping[str, int] = dataclasses.field(default_factory=dict)
    oldest_unrouted_at: dt.datetime | None = None
    oldest_at_by_connection: Mapping[ConnectionId, dt.datetime] = dataclasses.field(
        default_factory=dict
    )
    dead_letters_by_connection: Mapping[ConnectionId, int] = dataclasses.field(default_factory=dict)


class Watch:
    """Knows how the journal is.

    Args:
        connection: To NATS.
        folder: Where a server of our own keeps its files; None if it is elsewhere.
        settings: The bounds.
        clock: What time it is.
    """

    def __init__(
        self,
        connection: Connection,
        folder: Path | None,
        settings: JournalSettings,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._seen = Seen()
        self._bytes_max_by_stream = {
            EVENTS: settings.events_bytes_max,
            DELIVERIES: settings.deliveries_bytes_max,
            DEAD_LETTERS: settings.dead_letters_bytes_max,
            OUTCOMES: settings.outcomes_bytes_max,
        }

    async def look(self, reader: str) -> None:
        """Look at every stream, and at how far the reader of events is. May raise NATS' errors."""
        jetstream = self._connection.jetstream
        subjects = {DELIVERIES: DELIVERIES_SUBJECT, DEAD_LETTERS: DEAD_LETTERS_SUBJECT}
        states: dict[str, api.StreamState] = {}
        for stream, bytes_max in self._bytes_max_by_stream.items():
            subject = subjects.get(stream)
            wanted = f"{subject}.>" if subject else None
            states[stream] = (await jetstream.stream_info(stream, subjects_filter=wanted)).state
            report.stream_size(
                stream,
                states[stream].bytes,
                bytes_max=bytes_max,
                messages=states[stream].messages,
            )
        unfinished = count_by_connection(states[DELIVERIES].subjects or {})
        oldest_at = await self._oldest(jetstream, list(unfinished)[:_CONNECTIONS_MAX])
        self._seen = Seen(
            bytes_by_stream={stream: state.bytes for stream, state in states.items()},
            oldest_unrouted_at=await _oldest_unread(jetstream, reader),
            oldest_at_by_connection=oldest_at,
            dead_letters_by_connection=_counts(states[DEAD_LETTERS], DEAD_LETTERS_SUBJECT),
        )
        now = self._clock.now()
        report.oldest_unread(reader, _age_seconds(self._seen.oldest_unrouted_at, now))
        report.oldest_deliveries(
            {one: _age_seconds(made_at, now) for one, made_at in oldest_at.items()}
        )

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong now."""
        yield from self._disk_problems()
        if not self._connection.is_up:
            yield Problem(
                code="journal_away",
                what="There is no connection to the journal's NATS server.",
                do="A server of our own is started again by itself; if it stays away, look at "
                "journal/nats.log. One of yours has to be started.",
                refuses_events=True,
            )
        yield from self._stream_problems()
        yield from self._age_problems()

    def _disk_problems(self) -> Iterator[Problem]:
        if self._folder is None:
            return
        if not self._folder.is_dir():
            yield Problem(
                code="data_directory_gone",
                what="The data directory is not there any more.",
                do="Stop the server, put the directory back (a mount, a backup), and start it.",
                refuses_events=True,
            )
        elif not self._connection.has_room():
            yield disk_full(self._folder, self._settings.disk_reserve_bytes)

    def _stream_problems(self) -> Iterator[Problem]:
        full = {
            stream
            for stream, size_bytes in self._seen.bytes_by_stream.items()
            if size_bytes > _FULL_SHARE * self._bytes_max_by_stream[stream]
        }
        if EVENTS in full:
            yield Problem(
                code="events_full",
                what="The journal's events take all the room they may, and are not routed yet.",
                do="See what keeps routing (other alarms say), or give --journal-bytes-max more.",
                refuses_events=True,
            )
        if DELIVERIES in full:
            yield Problem(
                code="deliveries_full",
                what="Deliveries that are not finished take all the room they may; routing waits.",
                do="Mend, or delete, the connections whose oldest delivery has waited longest.",
            )
        of_one_max = self._settings.dead_letters_of_one_connection_max
        most = max(self._seen.dead_letters_by_connection.values(), default=0)
        if DEAD_LETTERS in full or most > _FULL_SHARE * of_one_max:
            yield Problem(
                code="dead_letters_full",
                what="There are as many dead letters as are kept; the oldest make room.",
                do="Send them again, or discard those that nobody wants.",
            )

    def _age_problems(self) -> Iterator[Problem]:
        now = self._clock.now()
        routing_seconds = _age_seconds(self._seen.oldest_unrouted_at, now)
        if routing_seconds > _ROUTING_SECONDS_MAX:
            yield Problem(
                code="routing_behind",
                what=f"The oldest event that is not routed has waited {routing_seconds:.0f} s.",
                do="If it does not fall, see the other alarms and the server's log: routing waits "
                "for room, or the machine is too slow for what arrives.",
            )
        for connection_id, made_at in self._seen.oldest_at_by_connection.items():
            if (seconds := _age_seconds(made_at, now)) > _DELIVERY_SECONDS_MAX:
                yield Problem(
                    code="destination_behind",
                    about=connection_id,
                    what=f"A connection's oldest delivery has waited {seconds / 3600:.1f} hours.",
                    do="See why: crossdock tail --destination ID. Mend the connection, resume it "
                    "if it is paused, or delete it.",
                )

    async def _oldest(
        self, jetstream: JetStreamContext, connection_ids: list[ConnectionId]
    ) -> dict[ConnectionId, dt.datetime]:
        found: dict[ConnectionId, dt.datetime] = {}
        for start in range(0, len(connection_ids), _QUESTIONS_AT_ONCE):
            some = connection_ids[start : start + _QUESTIONS_AT_ONCE]
            times = await asyncio.gather(*(_first_at(jetstream, one) for one in some))
            found |= {one: at for one, at in zip(some, times, strict=True) if at is not None}
        return found


def disk_full(folder: Path, reserve_bytes: int) -> Problem:
    """Return what is to be told of a disk that has less free than its reserve."""
    there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), folder)
    try:
        free_bytes = shutil.disk_usage(there).free
    except OSError:
        free_bytes = 0
    return Problem(
        code="disk_full",
        what=f"The disk of the data directory has {free_bytes // 1024**2} MB free; below "
        f"{reserve_bytes // 1024**2} MB nothing more is stored.",
        do="Free disk space. It goes on by itself when there is room.",
        refuses_events=True,
    )


def _age_seconds(at: dt.datetime | None, now: dt.datetime) -> float:
    # A clock that was set back must not make an age below nothing.
    return max(0.0, (now - at).total_seconds()) if at is not None else 0.0


def _counts(state: api.StreamState, subject: str) -> dict[ConnectionId, int]:
    return {
        ConnectionId(name.removeprefix(f"{subject}.")): count
        for name, count in (state.subjects or {}).items()
    }


async def _first_at(jetstream: JetStreamContext, connection_id: ConnectionId) -> dt.datetime | None:
    """Return when the oldest unfinished delivery was made; former ones are older than bundles."""
    for subject in (former_subject(connection_id), bundle_subjects(connection_id)):
        with contextlib.suppress(NotFoundError):
            return (await jetstream.get_msg(DELIVERIES, 1, subject=subject, next=True)).time
    return None


async def _oldest_unread(jetstream: JetStreamContext, reader: str) -> dt.datetime | None:
    info = await jetstream.consumer_info(EVENTS, reader)
    if not (info.num_pending or info.num_ack_pending):
        return None
    finished = info.ack_floor.stream_seq if info.ack_floor else 0
    first = (await jetstream.stream_info(EVENTS)).state.first_seq
    try:
        return (await jetstream.get_msg(EVENTS, max(finished + 1, first))).time
    except NotFoundError:
        return None
