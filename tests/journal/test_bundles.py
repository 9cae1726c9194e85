"""Deliveries lie together in the journal, and each of them is finished on its own."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import msgspec

from crossdock.events import ConnectionId, Delivery
from crossdock.pipeline.journal import DeliveryMessage, DeliveryReader, Journal
from crossdock.pipeline.journal.bundles import bundled, contents, decode_delivery, former_subject
from crossdock.pipeline.journal.streams import DELIVERIES, PARTLY
from tests.journal.builders import delivery, opened

RIPE = ConnectionId("ripe")


async def read(reader: DeliveryReader, count: int) -> list[DeliveryMessage]:
    found: list[DeliveryMessage] = []
    async with asyncio.timeout(15):
        while len(found) < count:
            found += await reader.next(count - len(found))
    return found


def ids(of: list[DeliveryMessage]) -> list[str]:
    return [message.delivery.id for message in of]


def lists(deliveries: list[Delivery]) -> list[list[str]]:
    return [
        [decode_delivery(each).id for each in contents(message.subject, message.data)]
        for message in bundled(deliveries)
    ]


async def noted(journal: Journal) -> None:
    """Return once it is in the journal what is done of unfinished bundles."""
    bucket = await journal._connection.jetstream.key_value(PARTLY)  # noqa: SLF001 - see above.
    async with asyncio.timeout(15):
        while not (await bucket.status()).values:  # noqa: ASYNC110 - it is noted in the background.
            await asyncio.sleep(0.02)


def test_what_follows_from_one_group_for_one_connection_lies_together() -> None:
    assert lists(
        [
            delivery("a", sequence=1),
            delivery("b", "ramen", sequence=1),
            delivery("c", sequence=1),
            delivery("d", sequence=2),
        ]
    ) == [["a", "c"], ["b"], ["d"]]


def test_a_bundle_is_neither_long_nor_large() -> None:
    many = [delivery(f"{number}") for number in range(450)]
    large = [
        msgspec.structs.replace(delivery(f"{number}"), payload={"note": "x" * 100_000})
        for number in range(5)
    ]

    assert [len(each) for each in lists(many)] == [200, 200, 50]
    assert [len(each) for each in lists(large)] == [2, 2, 1]


async def test_a_bundle_is_one_message_and_counts_as_its_deliveries() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery(name) for name in "abc"])
        stream = await journal._connection.jetstream.stream_info(DELIVERIES)  # noqa: SLF001 - the promise is how it is stored.

        assert stream.state.messages == 1
        assert await journal.connections_with_deliveries() == {"ripe": 3}


async def test_a_bundle_that_is_made_again_is_stored_once() -> None:
    async with opened() as journal:
        for _ in range(2):
            await journal.append_deliveries([delivery(name) for name in "abc"])

        assert await journal.connections_with_deliveries() == {"ripe": 3}


async def test_what_is_made_again_in_other_company_is_not_lost() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery("a"), delivery("b")])
        await journal.append_deliveries([delivery("a"), delivery("c")])

        messages = await read(journal.delivery_reader(RIPE), 4)

    assert ids(messages) == ["a", "b", "a", "c"]


async def test_no_more_of_a_bundle_is_handed_out_than_there_is_room_for() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery(name) for name in "abcde"])
        reader = journal.delivery_reader(RIPE)

        some = await reader.next(2)
        rest = await reader.next(9)
        await reader.close()

    assert (ids([*some]), ids([*rest])) == (["a", "b"], ["c", "d", "e"])


async def test_a_bundle_is_gone_when_all_of_it_is_done() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery(name) for name in "abc"])
        messages = await read(journal.delivery_reader(RIPE), 3)

        for left, message in zip((2, 1, None), messages, strict=True):
            await message.done()
            async with asyncio.timeout(15):
                while (await journal.connections_with_deliveries()).get(RIPE) != left:  # noqa: ASYNC110 - NATS is told in the background.
                    await asyncio.sleep(0.01)


async def test_what_is_done_of_a_bundle_does_not_come_again_when_nats_was_killed() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery(name) for name in "abc"])
        reader = journal.delivery_reader(RIPE)
        _, second, _ = await read(reader, 3)
        await second.done()
        assert journal.child_process_id is not None

        os.kill(journal.child_process_id, signal.SIGKILL)
        await journal.append_deliveries([delivery("d", sequence=2)])
        again = await read(reader, 3)
        await reader.close()

    assert ids(again) == ["a", "c", "d"]


async def test_what_is_done_of_a_bundle_does_not_come_again_after_a_crash(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.append_deliveries([delivery(name) for name in "abc"])
        first, second, _ = await read(journal.delivery_reader(RIPE), 3)
        await first.done()
        await second.done()
        await noted(journal)
        os.kill(journal.child_process_id or 0, signal.SIGKILL)

    async with opened(tmp_path) as journal:
        left = await journal.connections_with_deliveries()
        (again,) = await read(journal.delivery_reader(RIPE), 1)
        await again.done()

    async with opened(tmp_path) as journal:
        assert await journal.connections_with_deliveries() == {}

    assert (left, again.delivery.id) == ({"ripe": 1}, "c")


async def test_what_was_noted_of_a_bundle_that_is_finished_counts_no_more(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.append_deliveries([delivery(name) for name in "ab"])
        first, second = await read(journal.delivery_reader(RIPE), 2)
        await first.done()
        await noted(journal)
        bucket = await journal._connection.jetstream.key_value(PARTLY)  # noqa: SLF001 - a crash would leave it.
        note = (await bucket.get(RIPE)).value or b""
        await second.done()
    async with opened(tmp_path) as journal:
        bucket = await journal._connection.jetstream.key_value(PARTLY)  # noqa: SLF001 - see above.
        await bucket.put(RIPE, note)

    async with opened(tmp_path) as journal:
        await journal.append_deliveries([delivery("c", sequence=2)])

        assert await journal.connections_with_deliveries() == {"ripe": 1}


async def test_deliveries_that_an_earlier_version_stored_come_first() -> None:
    old = delivery("old")
    async with opened() as journal:
        await journal._connection.append(  # noqa: SLF001 - what an earlier version did.
            former_subject(RIPE),
            msgspec.msgpack.encode(old),
            stream=DELIVERIES,
            append_id=old.id,
            seconds_max=5.0,
        )
        await journal.append_deliveries([delivery("a"), delivery("b")])
        known = await journal.connections_with_deliveries()

        messages = await read(journal.delivery_reader(RIPE), 3)

    assert known == {"ripe": 3}
    assert messages[0].delivery == old
    assert ids(messages) == ["old", "a", "b"]


async def test_what_cannot_be_read_in_a_bundle_costs_the_rest_nothing() -> None:
    async with opened() as journal:
        (message,) = bundled([delivery("a"), delivery("b")])
        damaged = message.data.replace(b"u:ann", b"\xff:ann", 1)
        await journal._connection.append(  # noqa: SLF001 - what a damaged disk would leave.
            message.subject, damaged, stream=DELIVERIES, append_id="x", seconds_max=5.0
        )

        (left,) = await read(journal.delivery_reader(RIPE), 1)

    assert left.delivery.id == "b"
