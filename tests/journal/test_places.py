"""What a damaged file loses is told, and what is accepted afterwards is not lost with it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import shutil
import signal
from pathlib import Path

import pytest

from crossdock.pipeline.journal import Journal
from tests.journal.builders import SMALL, envelope, next_events, opened, outcome, track

QUIET = dataclasses.replace(SMALL, trim_seconds=60.0)
LARGE = {"x": "y" * 400_000}


async def store(journal: Journal, *message_ids: str) -> None:
    """Store each in a message of its own."""
    for message_id in message_ids:
        await journal.append(envelope(track(message_id, properties=LARGE)))


def blocks(folder: Path, stream: str) -> list[Path]:
    """Return the files of a stream's messages, oldest first."""
    found = folder.glob(f"streams/**/{stream}/msgs/*.blk")
    return sorted(found, key=lambda file: int(file.stem))


def damage(file: Path, *, share: float) -> None:
    """Write nonsense into a file."""
    with file.open("r+b") as opened_file:
        opened_file.seek(int(file.stat().st_size * share))
        opened_file.write(b"\0" * 2_000)


def told(journal: Journal) -> list[str]:
    return [one.what for one in journal.problems() if one.code == "journal_damaged"]


async def test_what_is_accepted_after_the_end_was_lost_is_routed(tmp_path: Path) -> None:
    async with opened(tmp_path, settings=QUIET) as journal:
        await store(journal, *(f"before {number}" for number in range(8)))
        await next_events(journal, 8)
    damage(blocks(tmp_path, "CROSSDOCK_EVENTS")[-1], share=0.5)

    async with opened(tmp_path, settings=QUIET) as journal:
        lost = told(journal)
        await store(journal, "after")
        (after,) = await next_events(journal, 1)

    assert after.message_id == "after"
    assert len(lost) == 1
    assert "messages of CROSSDOCK_EVENTS" in lost[0]


async def test_no_place_is_given_twice_when_everything_is_lost(tmp_path: Path) -> None:
    async with opened(tmp_path, settings=QUIET) as journal:
        await store(journal, "one", "two", "three")
        before = await next_events(journal, 3)
    for file in (tmp_path / "streams").glob("**/CROSSDOCK_EVENTS/msgs/*"):
        file.unlink()

    async with opened(tmp_path, settings=QUIET) as journal:
        lost = told(journal)
        await store(journal, "after")
        (after,) = await next_events(journal, 1)

    assert after.offset.sequence > max(event.offset.sequence for event in before)
    assert [one.endswith("lost: 3 messages of CROSSDOCK_EVENTS.") for one in lost] == [True]


async def test_a_block_in_the_middle_is_missed_once(tmp_path: Path) -> None:
    async with opened(tmp_path, settings=QUIET) as journal:
        # A block holds eight megabytes.
        await store(journal, *(f"{number}" for number in range(50)))
    damage(blocks(tmp_path, "CROSSDOCK_EVENTS")[1], share=0.5)

    async with opened(tmp_path, settings=QUIET) as journal:
        lost = told(journal)
    (tmp_path / "damage.json").unlink()
    async with opened(tmp_path, settings=QUIET) as journal:
        later = told(journal)

    assert len(lost) == 1
    assert later == []


async def test_the_first_block_is_missed_too(tmp_path: Path) -> None:
    async with opened(tmp_path, settings=QUIET) as journal:
        await store(journal, *(f"{number}" for number in range(50)))
    async with opened(tmp_path, settings=QUIET):
        pass
    blocks(tmp_path, "CROSSDOCK_EVENTS")[0].unlink()

    async with opened(tmp_path, settings=QUIET) as journal:
        lost = told(journal)

    assert len(lost) == 1


async def test_lost_outcomes_are_told_of(tmp_path: Path) -> None:
    async with opened(tmp_path, settings=dataclasses.replace(SMALL, trim_seconds=0.05)) as journal:
        await journal.append_outcomes([outcome("a")])
        await journal.append_outcomes([outcome("b")])
    async with opened(tmp_path, settings=QUIET):
        pass
    shutil.rmtree(blocks(tmp_path, "CROSSDOCK_OUTCOMES")[0].parent)

    async with opened(tmp_path, settings=QUIET) as journal:
        lost = told(journal)

    assert len(lost) == 1
    assert "2 messages of CROSSDOCK_OUTCOMES" in lost[0]


@pytest.mark.parametrize("is_killed", [False, True], ids=["a stop", "a kill"])
async def test_nothing_is_missed_after(tmp_path: Path, *, is_killed: bool) -> None:
    often = dataclasses.replace(SMALL, trim_seconds=0.05, events_bytes_max=8 * 1024**2)
    for start in range(0, 40, 20):
        with contextlib.suppress(ProcessLookupError):
            async with opened(tmp_path, settings=often) as journal:
                await store(journal, *(f"{start + number}" for number in range(10)))
                # What is read makes room: it is removed, and not missed.
                await next_events(journal, 10)
                if is_killed:
                    os.kill(journal.child_process_id or 0, signal.SIGKILL)

    async with opened(tmp_path, settings=QUIET) as journal:
        assert told(journal) == []


async def test_what_comes_while_it_is_looked_is_not_missed() -> None:
    busy = dataclasses.replace(SMALL, trim_seconds=0.001)
    async with opened(settings=busy) as journal:
        for start in range(0, 400, 20):
            appended = [
                journal.append(envelope(track(f"{start + number}"))) for number in range(20)
            ]
            await asyncio.gather(*appended, next_events(journal, 20))

        assert told(journal) == []


async def test_what_is_removed_while_it_is_looked_is_not_missed() -> None:
    busy = dataclasses.replace(SMALL, trim_seconds=0.001, events_age_seconds_max=0.001)
    async with opened(settings=busy) as journal:
        for number in range(40):
            await journal.append(envelope(track(f"{number}")))
            await next_events(journal, 1)

        assert told(journal) == []
