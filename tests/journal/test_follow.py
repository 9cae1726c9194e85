"""Who keeps a place of their own reads every message once and in order, wherever they begin."""

from __future__ import annotations

import asyncio
import contextlib

from crossdock.pipeline.journal import Journal
from tests.journal.builders import SMALL, delivery, envelope, opened, outcome, track


async def event_sequences(journal: Journal, after: int, count: int) -> list[int]:
    """Return the places of that many messages behind a place."""
    found: list[int] = []
    async with contextlib.aclosing(journal.follow_events(after)) as following:
        async for messages in following:
            found += [message.sequence for message in messages]
            if len(found) >= count:
                break
    return found


async def test_messages_come_in_order_from_any_place() -> None:
    async with opened() as journal:
        for number in range(5):
            await journal.append(envelope(track(f"m{number}")))

        assert await event_sequences(journal, 0, 5) == [1, 2, 3, 4, 5]
        assert await event_sequences(journal, 3, 2) == [4, 5]


async def test_what_is_followed_holds_what_was_accepted() -> None:
    async with opened() as journal:
        await journal.append(envelope(track("m1")))

        async with contextlib.aclosing(journal.follow_events(0)) as following:
            (message,) = await anext(following)

    assert [one.source_id for one in message.items()] == ["shop"]


async def test_who_waits_is_told_of_what_comes() -> None:
    async with opened() as journal, contextlib.aclosing(journal.follow_outcomes(0)) as following:
        waiting = asyncio.ensure_future(anext(following))
        await journal.append_outcomes([outcome("m1"), outcome("m2")])

        (message,) = await asyncio.wait_for(waiting, 10)

    assert [one.message_id for one in message.items()] == ["m1", "m2"]


async def test_a_place_beyond_the_end_is_that_of_another_stream() -> None:
    async with opened() as journal:
        await journal.append(envelope(track("m1")))

        assert await event_sequences(journal, 1000, 1) == [1]


async def test_every_delivery_is_an_outcome_with_its_payload() -> None:
    async with opened() as journal:
        await journal.append_deliveries([delivery("1-0-map")])

        (mapped,) = await journal.latest_outcomes(10)

    assert (mapped.step, mapped.id, mapped.payload) == ("mapped", "1-0-map", '{"total":12.5}')


async def test_progress_tells_what_is_not_finished() -> None:
    async with opened() as journal:
        await journal.append(envelope(track("m1")))
        await journal.append_deliveries([delivery("1-0-map"), delivery("1-1-map")])

        progress = await journal.progress()

    assert (progress.events_at, progress.unrouted) == (1, 1)
    assert progress.deliveries_by_connection == {"ripe": 2}


async def test_outcomes_too_many_for_one_message_are_stored_in_several() -> None:
    async with opened(settings=SMALL) as journal:
        await journal.append_outcomes([outcome(f"m{number}") for number in range(5_000)])

        progress = await journal.progress()
        async with contextlib.aclosing(journal.follow_outcomes(0)) as following:
            found: list[str] = []
            async for messages in following:
                found += [one.message_id for message in messages for one in message.items()]
                if len(found) == 5_000:
                    break

    assert progress.outcomes_at >= 1
    assert found == [f"m{number}" for number in range(5_000)]


async def test_small_messages_are_handed_over_together() -> None:
    async with opened() as journal:
        # The journal commits what comes at once as one message: these come one after the other.
        for number in range(100):
            await journal.append(envelope(track(f"m{number}")))

        async with contextlib.aclosing(journal.follow_events(0)) as following:
            messages = await anext(following)

    assert [one.sequence for one in messages] == [*range(1, 101)]
