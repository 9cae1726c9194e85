"""Each connection's deliveries come in order, the oldest first; those given up are kept."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from pathlib import Path

import msgspec
import pytest

from crossdock.events import ConnectionId, DeadLetter, Delivery, Pause, Step
from crossdock.pipeline.journal import DeliveryMessage, DeliveryReader, JournalError
from tests.journal.builders import NOON, SMALL, delivery, opened, outcome

RIPE = ConnectionId("ripe")


async def read(reader: DeliveryReader, count: int) -> list[DeliveryMessage]:
    found: list[DeliveryMessage] = []
    async with asyncio.timeout(15):
        while len(found) < count:
            found += await reader.next(count - len(found))
    return found


def ids(of: list[DeliveryMessage]) -> list[str]:
    return [message.delivery.id for message in of]


def letter(of: Delivery, *, attempt: int = 3) -> DeadLetter:
    died = msgspec.structs.replace(
        outcome("m1"), step=Step.DEAD, attempt=attempt, id=f"{of.id}-{attempt}"
    )
    return DeadLetter(delivery=of, outcome=died)


async def test_a_reader_gets_its_connections_deliveries_in_order() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery("other", connection="ramen")])
        for n in range(5):
            await journal.append_deliveries([delivery(f"d{n}")])
        reader = journal.delivery_reader(RIPE)

        messages = await read(reader, 5)
        await reader.close()

    assert ids(messages) == ["d0", "d1", "d2", "d3", "d4"]
    assert messages[0].size_bytes > 0
    assert messages[0].made_at.tzinfo is not None


async def test_deliveries_are_stored_in_order_although_some_are_there_already() -> None:
    groups = {name: delivery(name, sequence=number) for number, name in enumerate("abcde")}
    async with opened() as journal:
        await journal.append_deliveries([groups["b"], groups["d"]])
        await journal.append_deliveries([groups[name] for name in "abcde"])

        messages = await read(journal.delivery_reader(RIPE), 5)

    assert ids(messages) == ["b", "d", "a", "c", "e"]


async def test_few_and_many_deliveries_are_stored_in_order() -> None:
    names = [f"d{n}" for n in range(700)]
    async with opened() as journal:
        for start, end in ((0, 20), (20, 620), (620, 640), (640, 641), (641, 700)):
            await journal.append_deliveries([delivery(name) for name in names[start:end]])

        messages = await read(journal.delivery_reader(RIPE), len(names))

    assert ids(messages) == names


@pytest.mark.parametrize("at_once", [20, 3_000])
async def test_deliveries_are_stored_in_order_although_nats_is_killed_meanwhile(
    at_once: int,
) -> None:
    names = [f"d{n}" for n in range(3_000)]

    async def append() -> None:
        for start in range(0, len(names), at_once):
            await journal.append_deliveries([delivery(n) for n in names[start : start + at_once]])

    async with opened() as journal:
        assert journal.child_process_id is not None
        appending = asyncio.create_task(append())
        await asyncio.sleep(0.05)
        os.kill(journal.child_process_id, signal.SIGKILL)
        await appending

        messages = await read(journal.delivery_reader(RIPE), len(names))

    assert ids(messages) == names


async def test_what_was_not_finished_comes_first_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.append_deliveries([delivery("a"), delivery("b"), delivery("c")])
        first, second, third = await read(journal.delivery_reader(RIPE), 3)
        await second.done()
    del first, third

    async with opened(tmp_path) as journal:
        await journal.append_deliveries([delivery("d")])
        again = await read(journal.delivery_reader(RIPE), 3)

    assert ids(again) == ["a", "c", "d"]


async def test_when_nats_was_killed_reading_begins_anew_with_the_oldest() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery("a"), delivery("b")])
        reader = journal.delivery_reader(RIPE)
        before = await read(reader, 2)
        assert journal.child_process_id is not None

        os.kill(journal.child_process_id, signal.SIGKILL)
        await journal.append_deliveries([delivery("c")])
        again = await read(reader, 3)
        await reader.close()

    assert ids(before) == ["a", "b"]
    assert ids(again) == ["a", "b", "c"]


async def test_no_word_is_given_of_deliveries_that_could_not_be_stored() -> None:
    tiny = dataclasses.replace(SMALL, deliveries_bytes_max=2_000)
    async with opened(settings=tiny) as journal:
        large = [
            msgspec.structs.replace(delivery(f"d{number}"), payload={"text": "x" * 900})
            for number in range(9)
        ]
        with pytest.raises(JournalError):
            await journal.append_deliveries(large)

        assert await journal.latest_outcomes(10) == []


async def test_a_reader_that_is_slow_gets_nothing_twice() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery("a")])
        reader = journal.delivery_reader(RIPE)
        (held,) = await read(reader, 1)

        nothing = await reader.next(10)
        await held.done()
        await reader.close()

    assert nothing == []


async def test_connections_with_deliveries_are_known(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        assert await journal.connections_with_deliveries() == {}
        await journal.append_deliveries([delivery("a"), delivery("b", connection="ramen")])

        assert await journal.connections_with_deliveries() == {"ripe": 1, "ramen": 1}


async def test_dead_letters_are_listed_by_connection_in_pages() -> None:
    async with opened() as journal:
        for n in range(5):
            await journal.append_dead_letter(letter(delivery(f"d{n}")))
            await journal.append_dead_letter(letter(delivery(f"e{n}", connection="ramen")))

        first = await journal.dead_letters.page(RIPE, count_max=3)
        rest = await journal.dead_letters.page(RIPE, after_id=first[-1].id, count_max=3)
        counts = await journal.dead_letters.counts()

    assert [each.delivery.id for each in (*first, *rest)] == [f"d{n}" for n in range(5)]
    assert counts == {"ripe": 5, "ramen": 5}


async def test_a_dead_letter_that_is_stored_twice_is_there_once() -> None:
    async with opened() as journal:
        for _ in range(2):
            await journal.append_dead_letter(letter(delivery("d1")))

        assert await journal.dead_letters.counts() == {"ripe": 1}


async def test_a_dead_letter_is_sent_again_with_its_id_and_counts_on() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery("d1")])
        reader = journal.delivery_reader(RIPE)
        (died,) = await read(reader, 1)
        await died.done()
        await journal.append_dead_letter(letter(died.delivery, attempt=3))
        (buried,) = await journal.dead_letters.page(RIPE, count_max=9)

        await journal.dead_letters.send_again(buried)
        (again,) = await read(reader, 1)
        await reader.close()
        left = await journal.dead_letters.counts()

    assert (again.delivery.id, again.delivery.attempts, again.delivery.resends) == ("d1", 3, 1)
    assert left == {}


async def test_a_dead_letter_that_was_never_attempted_is_sent_again_each_time() -> None:
    attempts_and_resends = []
    async with opened() as journal:
        await journal.append_deliveries([delivery("d1")])
        reader = journal.delivery_reader(RIPE)
        for number in range(3):
            (died,) = await read(reader, 1)
            attempts_and_resends.append((died.delivery.attempts, died.delivery.resends))
            await died.done()
            buried = letter(died.delivery, attempt=0)
            told = msgspec.structs.replace(buried.outcome, id=f"d1-{number}")
            await journal.append_dead_letter(msgspec.structs.replace(buried, outcome=told))
            assert await journal.dead_letters.send_many_again(RIPE, count_max=9) == 1
        await reader.close()

    assert attempts_and_resends == [(0, 0), (0, 1), (0, 2)]


async def test_a_dead_letter_of_another_connection_is_not_found() -> None:
    async with opened() as journal:
        await journal.append_dead_letter(letter(delivery("d1", connection="ramen")))

        assert await journal.dead_letters.find(RIPE, 1) is None
        assert await journal.dead_letters.find(ConnectionId("ramen"), 1) is not None


async def test_a_dead_letter_can_be_removed_twice() -> None:
    async with opened() as journal:
        await journal.append_dead_letter(letter(delivery("d1")))
        (buried,) = await journal.dead_letters.page(RIPE, count_max=9)

        await journal.dead_letters.remove(buried)
        await journal.dead_letters.remove(buried)

        assert await journal.dead_letters.page(RIPE, count_max=9) == []


async def test_what_is_done_with_dead_letters_is_recorded_once() -> None:
    async with opened() as journal:
        for n in range(4):
            await journal.append_dead_letter(letter(delivery(f"d{n}")))
        first, second, *_ = await journal.dead_letters.page(RIPE, count_max=9)

        await journal.dead_letters.send_again(first)
        await journal.dead_letters.remove(second)
        await journal.dead_letters.remove(second)
        removed = await journal.dead_letters.remove_all(RIPE)
        told = await journal.latest_outcomes(9, connection_id=RIPE)

    assert removed == 2
    assert [(each.step, each.id.rpartition("-")[2]) for each in told] == [
        (Step.DISCARDED, "discarded"),
        (Step.DISCARDED, "discarded"),
        (Step.DISCARDED, "discarded"),
        (Step.SENT_AGAIN, "again"),
    ]


async def test_a_thousand_dead_letters_are_sent_again_in_order_within_seconds() -> None:
    names = [f"d{n}" for n in range(1200)]
    async with opened() as journal:
        await journal.append_dead_letter(letter(delivery("kept", connection="ramen")))
        await asyncio.gather(*(journal.append_dead_letter(letter(delivery(n))) for n in names))
        died = [each.delivery.id for each in await journal.dead_letters.page(RIPE, count_max=2000)]

        async with asyncio.timeout(10):
            count = await journal.dead_letters.send_many_again(RIPE, count_max=1000)

        again = await read(journal.delivery_reader(RIPE), 1000)
        left = await journal.dead_letters.counts()
    assert sorted(died) == sorted(names)
    assert count == 1000
    assert ids(again) == died[:1000]
    assert left == {"ripe": 200, "ramen": 1}


async def test_too_many_dead_letters_of_one_connection_cost_no_other_its_own() -> None:
    few = dataclasses.replace(SMALL, dead_letters_of_one_connection_max=3)
    async with opened(settings=few) as journal:
        await journal.append_dead_letter(letter(delivery("kept", connection="ramen")))
        for n in range(6):
            await journal.append_dead_letter(letter(delivery(f"d{n}")))

        assert await journal.dead_letters.counts() == {"ripe": 3, "ramen": 1}
        assert [
            each.delivery.id for each in await journal.dead_letters.page(RIPE, count_max=9)
        ] == [
            "d3",
            "d4",
            "d5",
        ]


async def test_pauses_survive_a_restart(tmp_path: Path) -> None:
    pause = Pause(
        connection_id=RIPE, since_at=NOON, reason="errors.discarded.401", what="Wrong.", do="Mend."
    )
    async with opened(tmp_path) as journal:
        await journal.store_pause(RIPE, pause)
        await journal.store_pause(ConnectionId("ramen"), pause)
        await journal.store_pause(ConnectionId("ramen"), None)

    async with opened(tmp_path) as journal:
        assert await journal.pauses() == [pause]


async def test_whoever_asks_while_others_do_is_told_of_every_pause() -> None:
    names = [ConnectionId(f"con_{number}") for number in range(5)]
    async with opened() as journal:
        for name in names:
            pause = Pause(connection_id=name, since_at=NOON, reason="x_401", what="No.", do="Key.")
            await journal.store_pause(name, pause)

        answers = await asyncio.gather(*(journal.pauses() for _ in range(100)))

    assert {len(pauses) for pauses in answers} == {len(names)}
