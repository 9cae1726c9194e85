"""A reader gets everything, again if it did not finish, and only its own."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from crossdock.events import Discard, Envelope, Event, EventType, Notice, SourceId
from crossdock.events.event import ConnectionId
from tests.journal.builders import (
    NOON,
    SMALL,
    envelope,
    next_events,
    opened,
    outcome,
    track,
)

CROWD = 150
"""So many events that two journal messages of them do not come as one batch."""


def crowd(name: str) -> Envelope:
    """A request of many events."""
    return envelope(*(track(f"{name}-{number}") for number in range(CROWD)))


def crowds(events: Sequence[Event]) -> list[str]:
    """The names of the requests that the events came with, in order of their first arrival."""
    return list(dict.fromkeys(event.message_id.partition("-")[0] for event in events))


async def test_what_a_reader_did_not_finish_comes_again_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.append(envelope(track("m1")))
        batches = journal.events("route")
        first = await anext(batches)
        await batches.aclose()

    async with opened(tmp_path) as journal:
        (again,) = await next_events(journal, 1)

    assert again == first.events[0]


async def test_what_a_reader_lost_comes_again_before_anything_new() -> None:
    async with opened() as journal:
        for name in ("m1", "m2", "m3"):
            await journal.append(crowd(name))
        before = journal.events("route")
        await (await anext(before)).done()
        await anext(before)
        await before.aclose()
        await journal.append(crowd("m4"))

        again = await next_events(journal, 3 * CROWD)

    assert crowds(again) == ["m2", "m3", "m4"]


async def test_what_was_on_its_way_when_nats_was_killed_comes_again_and_in_order() -> None:
    async with opened() as journal:
        for name in ("m1", "m2", "m3"):
            await journal.append(crowd(name))
        batches = journal.events("route")
        first = await anext(batches)
        assert journal.child_process_id is not None

        os.kill(journal.child_process_id, signal.SIGKILL)
        await first.done()
        await journal.append(crowd("m4"))
        found: list[Event] = []
        while "m4" not in crowds(found):
            batch = await anext(batches)
            found += batch.events
            await batch.done()
        await batches.aclose()

    assert crowds(found) == ["m2", "m3", "m4"]


async def test_the_place_of_a_reader_survives_a_crash_while_its_consumer_is_replaced(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as journal:
        for name in ("m1", "m2"):
            await journal.append(envelope(track(name)))
        batches = journal.events("route")
        await (await anext(batches)).done()
        await batches.aclose()
        jetstream = journal._connection.jetstream  # noqa: SLF001 - does what a crash leaves.
        kept = await jetstream.consumer_info("CROSSDOCK_EVENTS", "route")
        kept.config.durable_name = kept.config.name = "route-place"
        kept.config.opt_start_seq = 2
        await jetstream.add_consumer("CROSSDOCK_EVENTS", kept.config)
        await jetstream.delete_consumer("CROSSDOCK_EVENTS", "route")

    async with opened(tmp_path) as journal:
        (again,) = await next_events(journal, 1)

    assert again.message_id == "m2"


async def test_a_large_request_comes_in_batches_and_is_finished_with_the_last() -> None:
    async with opened() as journal:
        await journal.append(envelope(*(track(f"m{n}") for n in range(450))))
        batches = journal.events("route")

        sizes = []
        for _ in range(3):
            batch = await anext(batches)
            sizes.append(len(batch.events))
            await batch.done()
        await batches.aclose()

    assert sizes == [200, 200, 50]


async def test_what_lies_there_comes_together_and_is_finished_together() -> None:
    async with opened() as journal:
        for number in range(20):
            await journal.append(envelope(track(f"m{number}")))
        batches = journal.events("route")

        first = await anext(batches)
        await first.done()
        await journal.append(envelope(track("behind")))
        following = await anext(batches)
        await following.done()
        await batches.aclose()
        while (await journal.progress()).unrouted:
            continue  # NATS notes what is finished in its own time.

    assert [event.message_id for event in first.events] == [f"m{n}" for n in range(20)]
    assert [event.message_id for event in following.events] == ["behind"]


async def test_a_message_that_was_handed_out_in_part_comes_again_whole() -> None:
    async with opened() as journal:
        await journal.append(envelope(track("small")))
        await journal.append(envelope(*(track(f"m{n}") for n in range(300))))
        batches = journal.events("route")
        first = await anext(batches)
        await first.done()
        part = await anext(batches)
        await part.done()
        await batches.aclose()

        again = await next_events(journal, 300)

    assert [event.message_id for event in first.events] == ["small"]
    assert len(part.events) == 200
    assert [event.message_id for event in again] == [f"m{n}" for n in range(300)]


async def test_refused_messages_come_along_as_outcomes() -> None:
    async with opened() as journal:
        mixed = envelope(track("m1"), {"type": "track", "event": "E", "messageId": "m2"})
        await journal.append(
            Envelope(
                received_at=mixed.received_at,
                source_id=mixed.source_id,
                type=None,
                is_from_client=True,
                ip="",
                user_agent="",
                message_ids_by_index={},
                discards_by_index={1: Discard.NO_USER_ANON_ID.code},
                body=mixed.body,
            )
        )
        batches = journal.events("route")

        batch = await anext(batches)
        await batch.done()
        await batches.aclose()

    assert [event.message_id for event in batch.events] == ["m1"]
    (refused,) = batch.discards
    assert (refused.message_id, refused.reason) == ("m2", "no_user_anon_id")
    assert refused.event_type == EventType.TRACK


async def test_the_latest_outcomes_come_newest_first_and_by_owner() -> None:
    async with opened() as journal:
        await journal.append_outcomes([outcome("m1"), outcome("m2", connection="ripe")])
        await journal.append_outcomes([outcome("m3", source="app")])

        everything = await journal.latest_outcomes(10)
        of_app = await journal.latest_outcomes(10, source_id=SourceId("app"))
        of_ripe = await journal.latest_outcomes(10, connection_id=ConnectionId("ripe"))
        one = await journal.latest_outcomes(1)

    assert [found.message_id for found in everything] == ["m3", "m2", "m1"]
    assert [found.message_id for found in of_app] == ["m3"]
    assert [found.message_id for found in of_ripe] == ["m2"]
    assert [found.message_id for found in one] == ["m3"]


async def test_notices_survive_a_restart_and_go_on_counting(tmp_path: Path) -> None:
    notice = Notice(
        source_id=SourceId("shop"),
        connection_id=ConnectionId("ripe"),
        code="script_blocked",
        detail="first",
        first_at=NOON,
        last_at=NOON,
    )
    async with opened(tmp_path) as journal:
        journal.report_notice(notice)
        journal.report_notice(notice)

    async with opened(tmp_path) as journal:
        journal.report_notice(notice)
        (kept,) = await journal.notices()

    assert kept.count == 3


async def test_made_up_notices_keep_no_real_one_out() -> None:
    def notice(code: str, *, minutes: int, count: int = 1) -> Notice:
        at = NOON + dt.timedelta(minutes=minutes)
        return Notice(
            source_id=SourceId("shop"),
            connection_id=ConnectionId("ripe"),
            code=code,
            detail="",
            first_at=at,
            last_at=at,
            count=count,
        )

    async with opened() as journal:
        journal.report_notice(notice("seen_often", minutes=0, count=3))
        for number in range(260):
            journal.report_notice(notice(f"made_up_{number}", minutes=1))
            if number % 100 == 0:
                await journal.notices()
        journal.report_notice(notice("new_and_real", minutes=2))

        kept = [one.code for one in await journal.notices()]

    assert len(kept) == 200
    assert kept[0] == "new_and_real"
    assert kept[-1] == "seen_often"


async def test_events_older_than_their_age_go_when_they_are_read() -> None:
    short = dataclasses.replace(SMALL, events_age_seconds_max=0.2)
    async with opened(settings=short) as journal:
        await journal.append(envelope(track("old")))
        await next_events(journal, 1)

        async with asyncio.timeout(10):
            while await _stored(journal):  # noqa: ASYNC110 - trimming has no event.
                await asyncio.sleep(0.05)


async def test_events_that_nobody_has_read_do_not_grow_too_old() -> None:
    short = dataclasses.replace(SMALL, events_age_seconds_max=0.1)
    async with opened(settings=short) as journal:
        await journal.append(envelope(track("old")))

        await asyncio.sleep(0.6)

        assert await _stored(journal) == 1


async def _stored(journal: object) -> int:
    connection = journal._connection  # type: ignore[attr-defined]  # noqa: SLF001 - looks inside.
    state = (await connection.jetstream.stream_info("CROSSDOCK_EVENTS")).state
    return int(state.messages)
