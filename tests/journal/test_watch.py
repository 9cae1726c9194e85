"""The journal says how full and how far behind it is, and what a person does about it."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from crossdock.base.clock import SystemClock
from crossdock.pipeline.journal import Journal, JournalFull
from tests.journal.builders import SMALL, delivery, envelope, opened, track

SOON = dataclasses.replace(SMALL, trim_seconds=0.05)


async def told(journal: Journal, code: str) -> None:
    """Return when the journal tells of this problem."""
    async with asyncio.timeout(20):
        while code not in codes(journal):  # noqa: ASYNC110 - it is looked for in the background.
            await asyncio.sleep(0.02)


async def counted(metric: str, **labels: str) -> float:
    """Return what a gauge shows once it shows something."""
    async with asyncio.timeout(20):
        while not (value := REGISTRY.get_sample_value(metric, labels)):  # noqa: ASYNC110 - it is looked for in the background.
            await asyncio.sleep(0.02)
    return value


async def fill_events(journal: Journal) -> None:
    for number in range(100):
        await journal.append(envelope(track(f"{number}", properties={"x": "y" * 100_000})))


async def fill_deliveries(journal: Journal) -> None:
    for number in range(2_000):
        await journal.append_deliveries([delivery(f"d{number}")])


def codes(journal: Journal) -> set[str]:
    problems: Iterable[object] = journal.problems()
    return {str(getattr(problem, "code", "")) for problem in problems}


async def test_a_journal_that_is_well_tells_of_nothing() -> None:
    async with opened(settings=SOON) as journal:
        await journal.append(envelope(track("a")))
        await counted("crossdock_journal_stream_bytes", stream="CROSSDOCK_EVENTS")

        assert codes(journal) == set()


async def test_events_that_nobody_routes_fill_their_bound_and_that_is_told() -> None:
    small = dataclasses.replace(SOON, events_bytes_max=2 * 1024**2)
    async with opened(settings=small) as journal:
        with pytest.raises(JournalFull):
            await fill_events(journal)

        await told(journal, "events_full")


async def test_deliveries_that_fill_their_bound_are_told_of() -> None:
    small = dataclasses.replace(SOON, deliveries_bytes_max=300_000)
    async with opened(settings=small) as journal:
        with pytest.raises(JournalFull):
            await fill_deliveries(journal)

        await told(journal, "deliveries_full")


async def test_the_age_of_the_oldest_delivery_is_known_for_each_connection() -> None:
    async with opened(settings=SOON) as journal:
        await journal.append_deliveries([delivery("old", connection="oldest-of-one")])
        await journal.append_deliveries([delivery("new", connection="oldest-of-two")])

        one = await counted("crossdock_deliveries_oldest_seconds", connection="oldest-of-one")
        two = await counted("crossdock_deliveries_oldest_seconds", connection="oldest-of-two")

    assert 0 < two < 20
    assert 0 < one < 20


async def test_an_event_that_is_not_routed_has_an_age() -> None:
    async with opened(settings=SOON) as journal:
        await journal.append(envelope(track("a")))

        seconds = await counted("crossdock_journal_oldest_unread_seconds", reader="route")

    assert 0 < seconds < 20


async def test_a_full_disk_and_a_folder_that_is_gone_are_told_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    everything = shutil.disk_usage(tmp_path).total
    greedy = dataclasses.replace(SMALL, disk_reserve_bytes=everything)
    async with opened(folder, settings=greedy) as journal:
        full = codes(journal)
        moved = folder.rename(tmp_path / "elsewhere")
        gone = codes(journal)
        moved.rename(folder)

    assert full == {"disk_full"}
    assert gone == {"data_directory_gone"}


async def test_a_journal_without_its_server_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path, clock=SystemClock(), settings=SMALL)

    assert codes(journal) == {"journal_away"}
