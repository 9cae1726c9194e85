"""Nothing is missing at any moment, whatever happens to deliveries and to the word of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.events import (
    ConnectionId,
    DeadLetter,
    Delivery,
    EventType,
    MappingId,
    MessageId,
    Offset,
    Outcome,
    SourceId,
    Step,
)
from crossdock.events.dead_letter import discarded, sent_again
from crossdock.events.delivery import mapped
from crossdock.ledger.balance import Balance, draw_up
from crossdock.ledger.entries import Stream, of_outcomes, received
from crossdock.ledger.standing import State
from crossdock.ledger.store import Place, Store
from tests.ledger.builders import NOON, batch, event, outcome

RIPE = ConnectionId("ripe")
NUMBERS = st.integers(0, 2)
ENDS = (Step.DELIVERED, Step.REJECTED)


def delivery(number: int) -> Delivery:
    return Delivery(
        id=f"{number + 1}-0-map",
        offset=Offset(number + 1, 0),
        source_id=SourceId("shop"),
        connection_id=RIPE,
        mapping_id=MappingId("map"),
        action="send",
        message_id=MessageId(f"m{number}"),
        event_type=EventType.TRACK,
        event_name=None,
        person="ann",
        received_at=NOON,
        payload={},
        workspace_version=1,
    )


@dataclasses.dataclass
class World:
    """Deliveries in their queue, dead letters, and a ledger that reads what is told of them."""

    store: Store
    begun: set[int] = dataclasses.field(default_factory=set)
    queued: Counter[int] = dataclasses.field(default_factory=Counter)
    letters: dict[int, DeadLetter] = dataclasses.field(default_factory=dict)
    last_told: Outcome | None = None
    unread: list[Outcome] = dataclasses.field(default_factory=list)
    seconds: int = 0

    def begin(self, number: int) -> None:
        """Make a delivery of an event; or the same again, as after a crash."""
        if number not in self.begun:
            self.begun.add(number)
            self.queued[number] += 1
            entries = list(received(number + 1, [batch(event(f"m{number}"))]))
            self.store.add_events(entries, Place(number + 1))
        self.tell(mapped(delivery(number), at=self.now()))

    def attempt(self, number: int, step: Step, *, is_cut_off: bool = False) -> None:
        """Attempt a delivery; if cut off, a crash comes before it leaves the queue."""
        if not self.queued[number]:
            return
        now = self.now()
        outcome_id = f"{delivery(number).id}-{int(now.timestamp() * 1000)}"
        told = outcome(outcome_id, step, at=now, attempt=1, duration_seconds=0.1)
        self.tell(told)
        if step is Step.REJECTED:
            self.letters[number] = DeadLetter(delivery=delivery(number), outcome=told)
        if step in ENDS and not is_cut_off:
            self.queued[number] -= 1

    def send_again(self, number: int, *, is_cut_off: bool) -> None:
        """Queue a dead letter; if cut off, a crash comes before that is told."""
        letter = self.letters.get(number)
        if letter is not None:
            self.queued[number] += 1
            if not is_cut_off:
                self.tell(sent_again(letter, at=self.now()))
                del self.letters[number]

    def discard(self, number: int, *, is_cut_off: bool) -> None:
        letter = self.letters.pop(number, None)
        if letter is not None and not is_cut_off:
            self.tell(discarded(letter, at=self.now()))

    def repeat(self) -> None:
        """Store the last outcome twice: the answer to the first time was lost."""
        if self.last_told is not None:
            self.unread.append(self.last_told)

    def tell(self, told: Outcome) -> None:
        self.last_told = told
        self.unread.append(told)

    def read(self) -> Balance:
        """Have the ledger read what was told, and return the balance."""
        sequence = self.store.places[Stream.OUTCOMES].sequence + 1
        entries = list(of_outcomes(sequence, self.unread))
        self.unread = []
        self.store.add_outcomes(
            entries, dataclasses.replace(self.store.places[Stream.OUTCOMES], sequence=sequence)
        )
        return draw_up(
            self.store.counts,
            unfinished_by_connection={RIPE: self.queued.total()},
            is_settled=True,
        )

    def now(self) -> dt.datetime:
        self.seconds += 1
        return NOON + dt.timedelta(seconds=self.seconds)


DEEDS = st.one_of(
    st.tuples(st.just("begin"), NUMBERS),
    st.tuples(
        st.just("attempt"),
        NUMBERS,
        st.sampled_from([*ENDS, Step.WAITING, Step.NEEDS_ATTENTION]),
        st.booleans(),
    ),
    st.tuples(st.just("send_again"), NUMBERS, st.booleans()),
    st.tuples(st.just("discard"), NUMBERS, st.booleans()),
    st.tuples(st.just("repeat")),
    st.tuples(st.just("read")),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(DEEDS, max_size=25))
def test_nothing_is_missing_whatever_happens(deeds: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "ledger.duckdb", memory_bytes_max=64 * 1024**2)
        world = World(store)
        for deed in deeds:
            match deed:
                case ("begin", int(number)):
                    world.begin(number)
                case ("attempt", int(number), Step() as step, bool(is_cut_off)):
                    world.attempt(number, step, is_cut_off=is_cut_off)
                case ("send_again", int(number), bool(is_cut_off)):
                    world.send_again(number, is_cut_off=is_cut_off)
                case ("discard", int(number), bool(is_cut_off)):
                    world.discard(number, is_cut_off=is_cut_off)
                case ("repeat",):
                    world.repeat()
                case _:
                    assert world.read().holds
        assert world.read().holds

        while world.queued.total():
            for number in world.begun:
                world.attempt(number, Step.DELIVERED)
        balance = world.read()
        store.close()

    assert balance.holds
    accounts = {account.connection_id: account for account in balance.accounts}
    assert all(account.repeated == 0 for account in accounts.values())
    assert all(account.counts[State.WAITING] == 0 for account in accounts.values())
    if world.begun:
        assert accounts[RIPE].counts[State.ACCEPTED] == len(world.begun)


def balance_after(*deeds: str) -> dict[State, int]:
    """Return where a delivery is that died once, after what a person did."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "ledger.duckdb", memory_bytes_max=64 * 1024**2)
        world = World(store)
        world.begin(0)
        world.attempt(0, Step.REJECTED)
        for deed in deeds:
            match deed:
                case "send again":
                    world.send_again(0, is_cut_off=False)
                case "discard":
                    world.discard(0, is_cut_off=False)
                case _:
                    world.attempt(0, Step.DELIVERED)
        balance = world.read()
        store.close()
    assert balance.holds
    account = next(one for one in balance.accounts if one.connection_id == RIPE)
    return {state: count for state, count in account.counts.items() if count}


def test_a_dead_letter_that_is_sent_again_waits() -> None:
    assert balance_after("send again") == {State.ACCEPTED: 1, State.WAITING: 1}


def test_a_dead_letter_that_is_delivered_after_all_is_delivered() -> None:
    assert balance_after("send again", "deliver") == {State.ACCEPTED: 1, State.DELIVERED: 1}


def test_a_dead_letter_that_a_person_discards_is_discarded() -> None:
    assert balance_after("discard") == {State.ACCEPTED: 1, State.DISCARDED: 1}


def test_the_word_of_sending_again_that_comes_late_does_not_undo_the_next_death() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "ledger.duckdb", memory_bytes_max=64 * 1024**2)
        world = World(store)
        world.begin(0)
        world.attempt(0, Step.REJECTED)
        letter = world.letters[0]
        world.queued[0] += 1
        world.attempt(0, Step.REJECTED)
        world.tell(sent_again(letter, at=NOON))

        balance = world.read()
        store.close()

    assert balance.holds
    assert balance.accounts[1].counts[State.DEAD] == 1


def test_attempts_are_numbered_through_although_a_restarted_server_begins_anew() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "ledger.duckdb", memory_bytes_max=64 * 1024**2)
        world = World(store)
        world.begin(0)
        world.attempt(0, Step.WAITING)
        world.read()
        world.attempt(0, Step.WAITING)
        world.attempt(0, Step.DELIVERED)
        world.read()
        cursor = store.cursor()
        numbers = cursor.execute(
            "SELECT attempt FROM entries WHERE attempt > 0 ORDER BY happened_us"
        ).fetchall()
        cursor.close()
        store.close()

    assert numbers == [(1,), (2,), (3,)]
