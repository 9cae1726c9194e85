"""Dead letters in the journal: deliveries that were given up, until someone sends them again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import APIError

from crossdock.base.clock import Clock
from crossdock.events import ConnectionId, DeadLetter, Delivery, Outcome
from crossdock.events.dead_letter import delivery_again, discarded, sent_again
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.connection import answered
from crossdock.pipeline.journal.streams import DEAD_LETTERS, DEAD_LETTERS_SUBJECT

# JetStream's numbers for: no message found; the message could not be deleted, since it is gone.
_GONE_CODES = frozenset({10037, 10043, 10057})

# Read, queued or told of together, in one round of questions to NATS.
_AT_ONCE = 500
_FETCH_SECONDS = 5.0
_READER_SECONDS = 10.0

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(DeadLetter).decode


def encode_dead_letter(letter: DeadLetter) -> bytes:
    """Return the dead letter as a journal message."""
    return _encode(letter)


def dead_letter_subject(connection_id: ConnectionId) -> str:
    """Return the subject of a connection's dead letters."""
    return f"{DEAD_LETTERS_SUBJECT}.{connection_id}"


class DeadLetters:
    """Deliveries that were given up.

    Args:
        jetstream: Where they are.
        append_deliveries: Stores deliveries in order.
        append_outcomes: Stores what was done with letters: the balance rests on it.
        clock: Says when.

    Each method raises `JournalUnavailable` where NATS does not answer.
    """

    def __init__(
        self,
        jetstream: JetStreamContext,
        append_deliveries: Callable[[Sequence[Delivery]], Awaitable[None]],
        append_outcomes: Callable[[Sequence[Outcome]], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._jetstream = jetstream
        self._append_deliveries = append_deliveries
        self._append_outcomes = append_outcomes
        self._clock = clock

    async def page(
        self, connection_id: ConnectionId, *, after_id: int = 0, count_max: int
    ) -> list[DeadLetter]:
        """Return dead letters of a connection, oldest first.

        Args:
            connection_id: Whose.
            after_id: Those behind this one; 0 for the first.
            count_max: At most so many.
        """
        found: list[DeadLetter] = []
        for message in await answered(self._messages(connection_id, after_id, count_max)):
            letter_id = message.metadata.sequence.stream
            try:
                letter = _decode(message.data)
            except (msgspec.DecodeError, UnicodeDecodeError):
                report.message_is_unreadable(DEAD_LETTERS, letter_id)
                continue
            found.append(msgspec.structs.replace(letter, id=letter_id))
        return found

    async def find(self, connection_id: ConnectionId, letter_id: int) -> DeadLetter | None:
        """Return the dead letter of that id, or None if the connection has no such."""
        if letter_id < 1:
            return None
        found = await self.page(connection_id, after_id=letter_id - 1, count_max=1)
        return found[0] if found and found[0].id == letter_id else None

    async def counts(self) -> Mapping[ConnectionId, int]:
        """Return how many dead letters each connection has that has any."""
        found = await answered(
            self._jetstream.stream_info(DEAD_LETTERS, subjects_filter=f"{DEAD_LETTERS_SUBJECT}.>")
        )
        return {
            ConnectionId(subject.removeprefix(f"{DEAD_LETTERS_SUBJECT}.")): count
            for subject, count in (found.state.subjects or {}).items()
        }

    async def send_again(self, letter: DeadLetter) -> None:
        """Make it a delivery again, behind all others, with the same idempotency key.

        If this ends in the middle, the letter is still there, and was or was not queued. It is
        queued before that is told: a delivery whose outcome comes first is in order, one that was
        told of and is nowhere looks lost.

        Raises:
            JournalError: There is no room, or no answer.
        """
        await self._queue([letter])
        await answered(self._is_removed(letter.id))

    async def send_many_again(self, connection_id: ConnectionId, *, count_max: int) -> int:
        """Make the oldest deliveries again, in the order in which they died; return how many.

        Raises:
            JournalError: Some may be queued and there still: try again.
        """
        count = 0
        while count < count_max:
            letters = await self.page(connection_id, count_max=min(_AT_ONCE, count_max - count))
            if not letters:
                break
            await self._queue(letters)
            await self._remove_up_to(connection_id, letters[-1].id)
            count += len(letters)
        return count

    async def remove(self, letter: DeadLetter) -> None:
        """Discard it; it may be gone already, and is then what became of it.

        Raises:
            JournalError: It may be gone, and counted as dead for ever.
        """
        if await answered(self._is_removed(letter.id)):
            await self._append_outcomes([discarded(letter, at=self._clock.now())])

    async def remove_all(self, connection_id: ConnectionId) -> int:
        """Discard all that a connection has now; return how many there were.

        Raises:
            JournalError: Some may be gone: try again.
        """
        last = (await answered(self._jetstream.stream_info(DEAD_LETTERS))).state.last_seq
        count = after_id = 0
        while after_id < last:
            found = await self.page(connection_id, after_id=after_id, count_max=_AT_ONCE)
            letters = [letter for letter in found if letter.id <= last]
            after_id = letters[-1].id if letters else last
            # What died meanwhile stays, and what cannot be read goes.
            await self._remove_up_to(connection_id, after_id)
            at = self._clock.now()
            await self._append_outcomes([discarded(letter, at=at) for letter in letters])
            count += len(letters)
        return count

    async def _queue(self, letters: Sequence[DeadLetter]) -> None:
        at = self._clock.now()
        await self._append_deliveries([delivery_again(letter) for letter in letters])
        await self._append_outcomes([sent_again(letter, at=at) for letter in letters])

    async def _remove_up_to(self, connection_id: ConnectionId, letter_id: int) -> None:
        await answered(
            self._jetstream.purge_stream(
                DEAD_LETTERS, subject=dead_letter_subject(connection_id), seq=letter_id + 1
            )
        )

    async def _messages(
        self, connection_id: ConnectionId, after_id: int, count_max: int
    ) -> list[Msg]:
        """Return what is stored, oldest first, in a few questions however much it is."""
        reader = await self._jetstream.add_consumer(
            DEAD_LETTERS,
            api.ConsumerConfig(
                filter_subject=dead_letter_subject(connection_id),
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=after_id + 1,
                ack_policy=api.AckPolicy.NONE,
                inactive_threshold=_READER_SECONDS,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        found: list[Msg] = []
        try:
            wanted = min(count_max, reader.num_pending or 0)
            subscription = await self._jetstream.pull_subscribe_bind(
                consumer=reader.name, stream=DEAD_LETTERS
            )
            while len(found) < wanted:
                found += await subscription.fetch(wanted - len(found), timeout=_FETCH_SECONDS)
            await subscription.unsubscribe()
        finally:
            await self._jetstream.delete_consumer(DEAD_LETTERS, reader.name)
        return found

    async def _is_removed(self, letter_id: int) -> bool:
        """Remove a letter, and return whether it was there."""
        try:
            await self._jetstream.delete_msg(DEAD_LETTERS, letter_id)
        except APIError as error:
            # NATS has no status of its own for a message that is gone; it says so in this code.
            if error.err_code not in _GONE_CODES:
                raise
            return False
        return True
