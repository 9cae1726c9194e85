"""What was acknowledged is there afterwards, once, whatever dies in between."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import os
import signal
from pathlib import Path

import pytest

from crossdock.events import ConnectionId
from crossdock.pipeline.journal import (
    Journal,
    JournalBusy,
    JournalError,
    JournalFull,
    JournalUnavailable,
)
from tests.journal.builders import SMALL, delivery, envelope, next_events, opened, track


async def test_events_are_read_in_the_order_they_were_appended() -> None:
    async with opened() as journal:
        await asyncio.gather(*(journal.append(envelope(track(f"m{n}"))) for n in range(500)))

        found = await next_events(journal, 500)

    assert [event.message_id for event in found] == [f"m{n}" for n in range(500)]
    assert [event.offset for event in found] == sorted(event.offset for event in found)


async def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.append(envelope(track("paid for")))

    async with opened(tmp_path) as journal:
        found = await next_events(journal, 1)

    assert [event.message_id for event in found] == ["paid for"]


async def test_appends_outlive_the_server_that_is_killed_under_them(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        acknowledged: list[str] = []
        goes_on = True

        async def send(sender: int) -> None:
            number = 0
            while goes_on:
                message_id = f"{sender}-{number}"
                await journal.append(envelope(track(message_id, filler="x" * 500)))
                acknowledged.append(message_id)
                number += 1

        senders = [asyncio.create_task(send(sender)) for sender in range(50)]
        for _ in range(3):
            before = len(acknowledged)
            await _until(lambda: len(acknowledged) > before + 300)  # noqa: B023 - used at once.
            _kill_child(journal)
        before = len(acknowledged)
        await _until(lambda: len(acknowledged) > before + 300)
        goes_on = False
        await asyncio.gather(*senders)
        found = await next_events(journal, len(acknowledged))

    counts = collections.Counter(event.message_id for event in found)
    assert set(counts) >= set(acknowledged)
    # An append whose answer was lost is tried again, and recognised.
    assert set(counts.values()) == {1}


async def test_without_a_server_an_append_ends_within_its_bound(tmp_path: Path) -> None:
    hurried = dataclasses.replace(SMALL, append_seconds_max=0.5, attempt_seconds_max=0.3)
    async with opened(tmp_path, settings=hurried) as journal:
        assert journal.child_process_id is not None
        os.kill(journal.child_process_id, signal.SIGSTOP)
        try:
            with pytest.raises(JournalUnavailable):
                await journal.append(envelope(track("m1")))
        finally:
            os.kill(journal.child_process_id, signal.SIGCONT)

        await journal.append(envelope(track("m2")))

        found = await next_events(journal, 1)
    # Whether the first was stored nobody knows: its sender was told to send it again.
    assert found[-1].message_id == "m2" or found[0].message_id == "m1"


async def test_a_server_that_stopped_to_store_is_restarted(tmp_path: Path) -> None:
    hurried = dataclasses.replace(SMALL, append_seconds_max=0.4, attempt_seconds_max=0.2)
    async with opened(tmp_path, settings=hurried) as journal:
        stuck = journal.child_process_id
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        # Unless the new server is there before the time is up.
        with contextlib.suppress(JournalError):
            await journal.append(envelope(track("m1")))
        os.kill(stuck, signal.SIGCONT)

        await _until(lambda: journal.child_process_id not in (stuck, None))
        await _appended(journal, "m2")


async def test_a_full_journal_refuses_and_keeps_what_nobody_has_read() -> None:
    tiny = dataclasses.replace(SMALL, events_bytes_max=300_000)
    async with opened(settings=tiny) as journal:
        stored = await _filled(journal)

        found = await next_events(journal, stored)

    assert stored > 10
    assert [event.message_id for event in found] == [f"m{number}" for number in range(stored)]


async def test_a_full_journal_takes_events_again_once_old_ones_are_read() -> None:
    tiny = dataclasses.replace(SMALL, events_bytes_max=300_000)
    async with opened(settings=tiny) as journal:
        stored = await _filled(journal)
        await next_events(journal, stored)

        await _appended(journal, "after")

        (found,) = await next_events(journal, 1)
    assert found.message_id == "after"


async def test_a_disk_without_reserve_refuses_until_there_is_room(tmp_path: Path) -> None:
    async with opened(
        tmp_path, settings=dataclasses.replace(SMALL, disk_reserve_bytes=1024**5)
    ) as journal:
        with pytest.raises(JournalFull):
            await journal.append(envelope(track("m1")))

    async with opened(tmp_path) as journal:
        await journal.append(envelope(track("m2")))

        (found,) = await next_events(journal, 1)
    assert found.message_id == "m2"


async def test_more_than_may_wait_is_refused_at_once() -> None:
    narrow = dataclasses.replace(SMALL, waiting_bytes_max=5_000)
    async with opened(settings=narrow) as journal:
        accepted = [journal.append(envelope(track(f"m{n}", filler="x" * 900))) for n in range(4)]

        with pytest.raises(JournalBusy):
            journal.append(envelope(track("m4", filler="x" * 900)))

        await asyncio.gather(*accepted)
        assert journal.waiting_bytes == 0
        await journal.append(envelope(track("m5", filler="x" * 900)))


async def test_what_is_appended_twice_is_handed_out_once() -> None:
    first, second, third = (delivery(f"d{number}", sequence=number) for number in range(3))
    async with opened() as journal:
        await journal.append_deliveries([first, second])
        await journal.append_deliveries([first, third])

        reader = journal.delivery_reader(ConnectionId("ripe"))
        found: list[str] = []
        while "d2" not in found:
            found += [message.delivery.id for message in await reader.next(9)]
        await reader.close()

    assert found == ["d0", "d1", "d2"]


async def _filled(journal: Journal) -> int:
    """Append until there is no room; return how many were taken."""
    for number in range(1_000):
        try:
            await journal.append(envelope(track(f"m{number}", filler="x" * 10_000)))
        except JournalFull:
            return number
    raise AssertionError("The journal never fills up.")


def _kill_child(journal: Journal) -> None:
    assert journal.child_process_id is not None
    os.kill(journal.child_process_id, signal.SIGKILL)


async def _appended(journal: Journal, message_id: str) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                await journal.append(envelope(track(message_id)))
            except JournalError:
                await asyncio.sleep(0.05)
            else:
                return


async def _until(condition: collections.abc.Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - counts and processes have no events.
            await asyncio.sleep(0.01)
