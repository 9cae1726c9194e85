"""Events that were finished long ago can be read again by time, until they are removed."""

from __future__ import annotations

import datetime as dt

import msgspec

from crossdock.base.clock import SystemClock
from crossdock.events import ConnectionId, Offset, Replay, ReplayState, SourceId
from crossdock.pipeline.journal import Journal
from crossdock.pipeline.journal.history import first_sequence_younger
from tests.journal.builders import NOON, envelope, next_events, opened, track

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR


async def ids_between(journal: Journal, first: int, last: int) -> list[str]:
    return [
        event.message_id async for events in journal.events_between(first, last) for event in events
    ]


async def test_finished_events_are_read_again_in_their_order() -> None:
    async with opened() as journal:
        for number in range(10):
            await journal.append(envelope(track(f"m{number}a"), track(f"m{number}b")))
        await next_events(journal, 20)
        now = SystemClock().now()

        first, last = await journal.find_range(now - HOUR, now)
        found = await ids_between(journal, first, last)

    assert (first, last) == (1, 10)
    assert found == [f"m{number}{which}" for number in range(10) for which in "ab"]


async def test_a_range_before_the_first_or_after_the_last_event_is_empty() -> None:
    async with opened() as journal:
        await journal.append(envelope(track("m1")))
        now = SystemClock().now()

        before = await journal.find_range(now - 2 * HOUR, now - HOUR)
        after = await journal.find_range(now + HOUR, now + 2 * HOUR)

        assert await ids_between(journal, *before) == []
        assert await ids_between(journal, *after) == []


async def test_what_was_removed_meanwhile_is_left_out() -> None:
    async with opened() as journal:
        await journal.append(envelope(track("m1")))

        assert await ids_between(journal, 1, 1_000_000) == ["m1"]


async def test_an_event_is_as_old_as_the_server_says_that_stored_it() -> None:
    async with opened() as journal:
        await journal.append(envelope(track("m1")))
        jetstream = journal._connection.jetstream  # noqa: SLF001 - what trimming asks.
        now = SystemClock().now()

        for our_now in (now - 100 * DAY, now, now + 100 * DAY):
            assert await first_sequence_younger(jetstream, 7 * DAY, now=our_now) == 1
            assert await first_sequence_younger(jetstream, -DAY, now=our_now) == 2


async def test_a_large_request_comes_in_parts() -> None:
    async with opened() as journal:
        await journal.append(envelope(*(track(f"m{n}") for n in range(450))))

        sizes = [len(events) async for events in journal.events_between(1, 1)]

    assert sizes == [200, 200, 50]


async def test_replays_are_kept_and_the_last_word_counts() -> None:
    replay = Replay(
        id="rpl_1",
        source_id=SourceId("shop"),
        connection_id=ConnectionId("ripe"),
        start_at=NOON - HOUR,
        end_at=NOON,
        filter="",
        rate_per_second=100.0,
        is_dry_run=False,
        created_at=NOON,
        updated_at=NOON,
        first_sequence=1,
        last_sequence=10,
        next_offset=Offset(3, 7),
    )
    async with opened() as journal:
        nothing = await journal.replays()
        await journal.save_replay(replay)
        done = msgspec.structs.replace(replay, state=ReplayState.DONE)
        await journal.save_replay(done)

        assert nothing == []
        assert await journal.replays() == [done]
