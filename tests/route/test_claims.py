"""A messageId that came before is recognised for the days set; a redelivered event is not one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossdock.base.clock import FakeClock
from crossdock.events import Event, MessageId, Offset, SourceId
from crossdock.pipeline.route import Claims
from crossdock.pipeline.route.claims import ClaimsUnavailable
from tests.route.builders import event

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
DAY_SECONDS = 86_400.0


class Kept:
    """Claims on disk that can be opened again, by the same clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock(NOON)
        self.claims = self._opened()

    def _opened(self, days_max: float = 7) -> Claims:
        return Claims(self.folder, clock=self.clock, days_max=days_max)

    def restart(self, *, days_max: float = 7) -> None:
        self.claims.close()
        self.claims = self._opened(days_max)

    async def claim(self, *seen: tuple[str, int], source: str = "src_1") -> list[int | None]:
        """Claim ids for the events at these sequences; return the sequence that was first."""
        firsts = await self.claims.claim([self.event(*each, source=source) for each in seen])
        return [None if first is None else first.sequence for first in firsts]

    def event(self, message_id: str, sequence: int, *, source: str = "src_1") -> Event:
        made = event(messageId=message_id, offset=Offset(sequence, 0))
        return Event(
            offset=made.offset,
            source_id=SourceId(source),
            type=made.type,
            message_id=MessageId(message_id),
            received_at=self.clock.now(),
            body=made.body,
        )


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path / "duplicates")
    yield kept
    kept.claims.close()


async def test_the_second_event_with_an_id_is_told_who_was_first(kept: Kept) -> None:
    await kept.claim(("a", 1))

    assert await kept.claim(("a", 2), ("b", 3)) == [1, None]


async def test_two_events_with_one_id_in_one_batch_are_told_apart(kept: Kept) -> None:
    assert await kept.claim(("a", 1), ("a", 2), ("a", 3)) == [None, 1, 1]


async def test_a_redelivered_batch_is_not_a_duplicate_of_itself(kept: Kept) -> None:
    await kept.claim(("a", 1), ("a", 2), ("b", 3))

    assert await kept.claim(("a", 1), ("a", 2), ("b", 3)) == [None, 1, None]


async def test_sources_do_not_share_ids(kept: Kept) -> None:
    await kept.claim(("a", 1), source="src_1")

    assert await kept.claim(("a", 2), source="src_2") == [None]


async def test_a_restart_forgets_nothing(kept: Kept) -> None:
    await kept.claim(("a", 1))

    kept.restart()

    assert await kept.claim(("a", 1), ("a", 2)) == [None, 1]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(1, 1, id="the next day"),
        pytest.param(7, 1, id="after exactly seven days"),
        pytest.param(7.001, None, id="not after more than seven"),
        pytest.param(30, None, id="not after a month"),
    ],
)
async def test_an_id_is_remembered_for_seven_days(
    kept: Kept, days: float, expected: int | None
) -> None:
    await kept.claim(("a", 1))

    kept.clock.advance(days * DAY_SECONDS)

    assert await kept.claim(("a", 2)) == [expected]


async def test_an_id_that_came_again_after_its_time_is_remembered_anew(kept: Kept) -> None:
    await kept.claim(("a", 1))
    kept.clock.advance(7.5 * DAY_SECONDS)
    await kept.claim(("a", 2))

    kept.clock.advance(7 * DAY_SECONDS)

    assert await kept.claim(("a", 3)) == [2]


async def test_what_is_too_old_leaves_the_disk(kept: Kept) -> None:
    for day in range(40):
        await kept.claim((f"id-{day}", day + 1))
        kept.clock.advance(DAY_SECONDS)

    assert len(list(kept.folder.iterdir())) <= 9


async def test_a_shorter_time_counts_from_the_next_start(kept: Kept) -> None:
    await kept.claim(("a", 1))
    kept.clock.advance(2 * DAY_SECONDS)

    kept.restart(days_max=1)

    assert await kept.claim(("a", 2)) == [None]


async def test_nothing_is_a_duplicate_where_it_is_switched_off(tmp_path: Path) -> None:
    claims = Claims(tmp_path / "none", clock=FakeClock(NOON), days_max=0)

    answers = [await claims.claim([event(offset=Offset(each, 0))]) for each in (1, 2)]

    assert answers == [[None], [None]]
    assert not (tmp_path / "none").exists()


async def test_asking_without_claiming_leaves_no_trace(kept: Kept) -> None:
    await kept.claims.find([kept.event("a", 1)])

    assert await kept.claim(("a", 2)) == [None]


async def test_a_disk_that_fails_is_told_and_tried_again(kept: Kept) -> None:
    kept.folder.write_text("a file where the folder should be")
    with pytest.raises(ClaimsUnavailable):
        await kept.claim(("a", 1))

    kept.folder.unlink()

    assert await kept.claim(("a", 1)) == [None]


async def test_a_damaged_day_is_forgotten_and_the_others_are_not(kept: Kept) -> None:
    await kept.claim(("a", 1))
    kept.clock.advance(DAY_SECONDS)
    await kept.claim(("b", 2))
    kept.claims.close()
    first, _ = sorted(kept.folder.iterdir())
    (first / "CURRENT").write_text("not the name of a manifest")

    assert await kept.claim(("a", 3), ("b", 4)) == [None, 2]
