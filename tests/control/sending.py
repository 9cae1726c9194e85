"""What the API is told of sending: dead letters and pauses in memory."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence

from crossdock.events import (
    ConnectionId,
    DeadLetter,
    Delivery,
    EventType,
    MappingId,
    MessageId,
    Offset,
    Outcome,
    Pause,
    SourceId,
    Step,
)

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)


class MemoryDeadLetters:
    """Dead letters in memory, and what was sent again."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []
        self.sent_again: list[str] = []

    def put(self, connection_id: str, message_id: str) -> DeadLetter:
        """Bury a delivery."""
        number = len(self.letters) + len(self.sent_again) + 1
        letter = DeadLetter(
            id=number,
            delivery=Delivery(
                id=f"{number}-0-map_1",
                offset=Offset(number, 0),
                source_id=SourceId("src_1"),
                connection_id=ConnectionId(connection_id),
                mapping_id=MappingId("map_1"),
                action="track",
                message_id=MessageId(message_id),
                event_type=EventType.TRACK,
                event_name="Clicked",
                person="u:1",
                received_at=NOON,
                payload={"n": number},
                workspace_version=1,
            ),
            outcome=Outcome(
                at=NOON,
                step=Step.REJECTED,
                reason="errors.discarded.422",
                what="Pigeon answered 422.",
                do="Map less.",
                status=422,
                attempt=3,
                request="POST https://pigeon.example/",
                answer="no",
            ),
        )
        self.letters.append(letter)
        return letter

    async def page(
        self, connection_id: ConnectionId, *, after_id: int = 0, count_max: int
    ) -> Sequence[DeadLetter]:
        """Return those of a connection behind that id."""
        found = [
            letter
            for letter in self.letters
            if letter.delivery.connection_id == connection_id and letter.id > after_id
        ]
        return found[:count_max]

    async def find(self, connection_id: ConnectionId, letter_id: int) -> DeadLetter | None:
        """Return one, or None."""
        found = await self.page(connection_id, after_id=letter_id - 1, count_max=1)
        return found[0] if found and found[0].id == letter_id else None

    async def counts(self) -> Mapping[ConnectionId, int]:
        """Count them."""
        return Counter(letter.delivery.connection_id for letter in self.letters)

    async def send_again(self, letter: DeadLetter) -> None:
        """Note it."""
        self.letters.remove(letter)
        self.sent_again.append(letter.delivery.message_id)

    async def send_many_again(self, connection_id: ConnectionId, *, count_max: int) -> int:
        """Note the oldest."""
        letters = await self.page(connection_id, count_max=count_max)
        for letter in letters:
            await self.send_again(letter)
        return len(letters)

    async def remove(self, letter: DeadLetter) -> None:
        """Forget it."""
        self.letters.remove(letter)

    async def remove_all(self, connection_id: ConnectionId) -> int:
        """Forget all of a connection."""
        gone = await self.page(connection_id, count_max=10**6)
        self.letters = [letter for letter in self.letters if letter not in gone]
        return len(gone)


class MemoryPauseJournal:
    """Keeps pauses in memory."""

    async def pauses(self) -> Sequence[Pause]:
        """Return none."""
        return []

    async def store_pause(self, _: ConnectionId, __: Pause | None) -> None:
        """Do nothing."""


async def unfinished_deliveries() -> Mapping[ConnectionId, int]:
    """Return that nobody waits."""
    return {}
