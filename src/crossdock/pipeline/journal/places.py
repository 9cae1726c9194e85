"""Notices when NATS has lost what it had stored, and keeps places from being given twice.

A NATS server that finds a damaged block in its files at a start leaves out what it cannot read, and
says so to nobody. Where the end of a stream is lost, it would then give the same places again, to
other messages: a reader that is behind them already would never see those, although their senders
were told that they are safe. So a small file says how far each stream was; what is missing is
counted, told, and kept for a person; and a stream that became shorter is filled with empty messages
up to where it was.

Lost deliveries cannot be told from finished ones here, but at the end. The balance finds them.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from crossdock.base.clock import Clock
from crossdock.base.problems import Problem
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.streams import DEAD_LETTERS, DELIVERIES, EVENTS, OUTCOMES

# What may have been stored, and read, since the file was written for the last time.
_UNKNOWN_MESSAGES = 1_000
_FILL_AT_ONCE = 100
# Nothing is removed from the middle of these but by damage.
_WITHOUT_HOLES = frozenset({EVENTS, OUTCOMES})
# Who reads these keeps a place that must not mean another message some day.
_READ_BY_PLACE = _WITHOUT_HOLES


class Place(msgspec.Struct, frozen=True):
    """How far a stream was.

    Attributes:
        first: Its first message; what lay before was removed by us.
        last: Its last message.
        holes: Messages missing in between.
    """

    first: int = 0
    last: int = 0
    holes: int = 0


class Damage(msgspec.Struct, frozen=True):
    """What was found to be missing.

    Attributes:
        found_at: When, UTC.
        stream: Of which stream.
        messages: How many; one is a group of what arrived at the same moment.
        is_at_end: The last ones; otherwise somewhere before.
    """

    found_at: dt.datetime
    stream: str
    messages: int
    is_at_end: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Lost:
    """How many messages a stream lost, where."""

    at_end: int
    before: int


_decode_places = msgspec.json.Decoder(dict[str, Place]).decode
_decode_damages = msgspec.json.Decoder(list[Damage]).decode


class Places:
    """Compares the streams with what they were.

    Args:
        folder: Where the two files lie: `places.json`, which is ours, and `damage.json`, which a
            person reads and then deletes.
        append_empty: Stores an empty message in a stream.
        clock: What time it is.
    """

    def __init__(
        self, folder: Path, append_empty: Callable[[str], Awaitable[None]], clock: Clock
    ) -> None:
        self._places_file = folder / "places.json"
        self._damage_file = folder / "damage.json"
        self._append_empty = append_empty
        self._clock = clock
        self._places: dict[str, Place] | None = None

    def problems(self) -> list[Problem]:
        """Return what was lost, until a person has seen to it."""
        if not self._damage_file.exists():
            return []
        return [
            Problem(
                code="journal_damaged",
                what="Files of the journal were damaged, and what was in them is lost: "
                f"{_words(self._damages()) or 'see journal/damage.json'}.",
                do="Check the disk. journal/damage.json says when and what; delete it when you "
                "have seen to it.",
            )
        ]

    async def look(self, jetstream: JetStreamContext) -> None:
        """Compare, tell and mend what was lost, and note how far the streams are now.

        Raises:
            JournalError: What was lost cannot be filled, nor is it noted.
            OSError: It cannot be noted.
        """
        if self._places is None:
            self._places = self._noted()
        before = {**self._places}
        for stream in (EVENTS, OUTCOMES, DELIVERIES, DEAD_LETTERS):
            # Asked before the stream is: events come meanwhile, and what was read of them would
            # lie behind what the stream was said to have.
            read_to = await _read_to(jetstream) if stream == EVENTS else 0
            state = (await jetstream.stream_info(stream)).state
            noted = self._places.get(stream, Place())
            noted = msgspec.structs.replace(noted, last=max(noted.last, read_to))
            lost = lost_messages(stream, noted, state)
            if lost.at_end and stream in _READ_BY_PLACE:
                await self._fill(jetstream, stream, up_to=noted.last + _UNKNOWN_MESSAGES)
                state = (await jetstream.stream_info(stream)).state
            self._tell(stream, lost)
            # Since the stream was asked, more may have been removed from its beginning.
            first = max(state.first_seq, self._places.get(stream, Place()).first)
            self._places[stream] = Place(first, state.last_seq, state.num_deleted or 0)
        if self._places != before:
            self._save()

    def removing(self, stream: str, before_sequence: int) -> None:
        """Note that messages are going to be removed, so that they are not missed."""
        if self._places is None:
            return
        place = self._places.get(stream, Place())
        self._places[stream] = msgspec.structs.replace(place, first=before_sequence)
        self._save()

    async def _fill(self, jetstream: JetStreamContext, stream: str, *, up_to: int) -> None:
        state = (await jetstream.stream_info(stream)).state
        if not state.messages:
            # Nothing is there that this could remove; it only sets where the stream begins.
            await jetstream.purge_stream(stream, seq=up_to + 1)
            return
        missing = up_to - state.last_seq
        for start in range(0, missing, _FILL_AT_ONCE):
            count = min(_FILL_AT_ONCE, missing - start)
            await asyncio.gather(*(self._append_empty(stream) for _ in range(count)))

    def _tell(self, stream: str, lost: Lost) -> None:
        at = self._clock.now()
        new = [
            Damage(at, stream, count, is_at_end)
            for count, is_at_end in ((lost.at_end, True), (lost.before, False))
            if count
        ]
        if not new:
            return
        for damage in new:
            report.damaged(stream, messages=damage.messages, is_at_end=damage.is_at_end)
        whole = msgspec.json.format(msgspec.json.encode([*self._damages(), *new]))
        self._damage_file.write_bytes(whole)

    def _damages(self) -> list[Damage]:
        try:
            return _decode_damages(self._damage_file.read_bytes())
        except (OSError, msgspec.MsgspecError):
            return []

    def _noted(self) -> dict[str, Place]:
        try:
            return _decode_places(self._places_file.read_bytes())
        except (OSError, msgspec.MsgspecError):
            # The first start; or it was damaged too.
            return {}

    def _save(self) -> None:
        # Whole or not at all. What a power failure takes of it is a few seconds old anyway.
        unfinished = self._places_file.with_suffix(".new")
        unfinished.write_bytes(msgspec.json.encode(self._places))
        unfinished.replace(self._places_file)


def lost_messages(stream: str, noted: Place, state: api.StreamState) -> Lost:
    """Return how many messages are missing from a stream that was so far already."""
    at_end = max(0, noted.last - state.last_seq)
    if stream not in _WITHOUT_HOLES:
        return Lost(at_end, 0)
    before = max(0, (state.num_deleted or 0) - noted.holes)
    # Only of events it is known what was removed from the beginning: that was us.
    if stream == EVENTS and noted.first and state.messages:
        before += max(0, min(state.first_seq, noted.last + 1) - noted.first)
    return Lost(at_end, before)


async def _read_to(jetstream: JetStreamContext) -> int:
    """Return the last event that any durable reader was given."""
    readers = []
    with contextlib.suppress(NotFoundError):
        readers = await jetstream.consumers_info(EVENTS)
    return max(
        (one.delivered.stream_seq for one in readers if one.config.durable_name and one.delivered),
        default=0,
    )


def _words(damages: list[Damage]) -> str:
    messages: dict[str, int] = {}
    for damage in damages:
        messages[damage.stream] = messages.get(damage.stream, 0) + damage.messages
    return ", ".join(f"{count} messages of {stream}" for stream, count in messages.items())
