"""What the ledger knows: each event's whole life, once, whatever crashes in between."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import msgspec
import pytest
from prometheus_client import REGISTRY

from crossdock.events import ConnectionId, Step
from crossdock.ledger import (
    Entry,
    Ledger,
    LedgerSettings,
    LedgerUnavailable,
    Missed,
    Overview,
    State,
    TailWanted,
    Wanted,
)
from crossdock.ledger.entries import as_mapping
from crossdock.ledger.tail import ENTRIES_WAITING_MAX
from tests.ledger.builders import (
    NOON,
    MemoryJournal,
    batch,
    caught_up,
    delivered,
    event,
    outcome,
    running,
    until,
)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.duckdb"


async def is_gone(ledger: Ledger, message_id: str) -> bool:
    return not await ledger.trace(message_id)


def write_nonsense(path: Path) -> None:
    path.write_bytes(b"this is not a database" * 1000)


def spoil(path: Path, *, start: int) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:start] + bytes(len(whole) - start))


def was_set_aside(path: Path) -> bool:
    return any(path.parent.glob("*.broken-*"))


def failures_so_far() -> float:
    return REGISTRY.get_sample_value("crossdock_ledger_failures_total") or 0.0


async def has_failed_since(failures: float) -> bool:
    return failures_so_far() > failures


async def is_written(ledger: Ledger, message_id: str) -> bool:
    with contextlib.suppress(LedgerUnavailable):
        return bool(await ledger.trace(message_id))
    return False


async def steps(ledger: Ledger, message_id: str) -> list[str]:
    return [entry.step for entry in await ledger.trace(message_id)]


async def counts(ledger: Ledger, connection_id: str = "") -> dict[State, int]:
    balance = await ledger.balance()
    account = next(one for one in balance.accounts if one.connection_id == connection_id)
    return {state: count for state, count in account.counts.items() if count}


async def test_an_event_has_one_life_from_received_to_delivered(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(
        events=[batch(event("m1"))],
        outcomes=[outcome("1-0-map", payload='{"a":1}'), delivered("1-0-map")],
    )

    async with running(path, journal) as ledger:
        await caught_up(ledger)
        life = await ledger.trace("m1")

    assert [entry.step for entry in life] == ["received", "mapped", "delivered"]
    assert life[0].user_id == "ann"
    assert as_mapping(life[1])["payload"] == '{"a":1}'


async def test_a_life_is_told_in_order_although_the_clock_was_set_back(
    path: Path, journal: MemoryJournal
) -> None:
    earlier = msgspec.structs.replace(
        delivered("1-0-map", attempt=2), at=NOON - dt.timedelta(hours=1)
    )
    mapped, waits = outcome("1-0-map"), delivered("1-0-map", step=Step.WAITING)
    journal.put(events=[batch(event("m1"))], outcomes=[waits, mapped, earlier])

    async with running(path, journal) as ledger:
        await caught_up(ledger)

        assert await steps(ledger, "m1") == ["received", "mapped", "waiting", "delivered"]


async def test_a_message_id_that_nobody_sent_has_no_life(
    path: Path, journal: MemoryJournal
) -> None:
    async with running(path, journal) as ledger:
        assert await ledger.trace("m1") == []


async def test_what_was_refused_in_a_batch_was_not_received_but_is_accounted_for(
    path: Path, journal: MemoryJournal
) -> None:
    refused = outcome(
        "1-0-door", Step.DISCARDED, connection_id=None, mapping_id=None, message_id="bad"
    )
    envelope = batch(event("bad"), event("good"), discards_by_index={0: "event_not_defined"})
    journal.put(events=[envelope], outcomes=[refused, outcome("1-1-map", message_id="good")])
    journal.state.deliveries_by_connection = {ConnectionId("ripe"): 1}

    async with running(path, journal) as ledger:
        await caught_up(ledger)

        assert await steps(ledger, "bad") == ["discarded"]
        assert await steps(ledger, "good") == ["received", "mapped"]
        assert await counts(ledger) == {
            State.ACCEPTED: 2,
            State.DISCARDED: 1,
            State.ROUTED: 1,
        }


async def test_after_a_restart_nothing_is_there_twice(path: Path, journal: MemoryJournal) -> None:
    journal.put(events=[batch(event("m1"))], outcomes=[outcome("1-0-map")])
    async with running(path, journal) as ledger:
        await caught_up(ledger)
    journal.put(events=[batch(event("m2"))], outcomes=[delivered("1-0-map")])

    async with running(path, journal) as ledger:
        await caught_up(ledger)

        assert await steps(ledger, "m1") == ["received", "mapped", "delivered"]
        assert await steps(ledger, "m2") == ["received"]


async def test_what_route_finds_again_after_a_crash_counts_once(
    path: Path, journal: MemoryJournal
) -> None:
    filtered = outcome("1-0-ripe", Step.FILTERED, mapping_id=None)
    later = msgspec.structs.replace(filtered, at=NOON + dt.timedelta(minutes=1))
    journal.put(events=[batch(event("m1"))], outcomes=[filtered])
    async with running(path, journal) as ledger:
        await caught_up(ledger)
        journal.put(outcomes=[later])
        await caught_up(ledger)

        assert await steps(ledger, "m1") == ["received", "filtered"]
        assert await counts(ledger, "ripe") == {State.ACCEPTED: 1, State.FILTERED: 1}
        assert (await ledger.balance()).holds


async def test_a_delivery_that_is_mapped_again_after_it_ended_stays_ended(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(events=[batch(event("m1"))], outcomes=[outcome("1-0-map"), delivered("1-0-map")])
    async with running(path, journal) as ledger:
        await caught_up(ledger)
        journal.put(outcomes=[outcome("1-0-map", at=NOON + dt.timedelta(minutes=1))])
        await caught_up(ledger)

        assert await counts(ledger, "ripe") == {State.ACCEPTED: 1, State.DELIVERED: 1}


async def test_a_dead_letter_that_is_delivered_after_all_is_no_longer_dead(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(
        events=[batch(event("m1"))],
        outcomes=[outcome("1-0-map"), delivered("1-0-map", step=Step.FAILED)],
    )
    async with running(path, journal) as ledger:
        await caught_up(ledger)
        assert await counts(ledger, "ripe") == {State.ACCEPTED: 1, State.DEAD: 1}
        journal.put(outcomes=[delivered("1-0-map", attempt=2)])
        await caught_up(ledger)

        assert await counts(ledger, "ripe") == {State.ACCEPTED: 1, State.DELIVERED: 1}


async def test_a_delivery_that_vanished_breaks_the_balance(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(events=[batch(event("m1"))], outcomes=[outcome("1-0-map")])

    async with running(path, journal) as ledger:
        await caught_up(ledger)
        balance = await ledger.balance()

    assert not balance.holds
    assert [account.difference for account in balance.accounts] == [0, 1]


async def test_an_event_that_route_never_spoke_of_breaks_the_balance(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(events=[batch(event("m1"), event("m2"))], outcomes=[outcome("1-0-map")])
    journal.state.deliveries_by_connection = {ConnectionId("ripe"): 1}

    async with running(path, journal) as ledger:
        await caught_up(ledger)
        balance = await ledger.balance()

    assert [account.difference for account in balance.accounts] == [1, 0]


async def test_entries_are_found_by_what_is_asked_newest_first_in_pages(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(
        events=[batch(event(f"m{n}"), received_at=NOON + dt.timedelta(minutes=n)) for n in range(5)]
    )

    async with running(path, journal) as ledger:
        await caught_up(ledger)
        wanted = Wanted(event_name="Order Completed", user_id="ann", limit=3)
        first = await ledger.search(wanted)
        second = await ledger.search(dataclasses.replace(wanted, cursor=first.next_cursor))

    assert [entry.message_id for entry in first.entries] == ["m4", "m3", "m2"]
    assert [entry.message_id for entry in second.entries] == ["m1", "m0"]
    assert second.next_cursor is None


async def test_what_became_of_a_users_events_is_found_by_the_user(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(
        events=[batch(event("m1"), event("m2", userId="bob"))],
        outcomes=[delivered("1-0-map"), outcome("1-1-map", message_id="m2")],
    )

    async with running(path, journal) as ledger:
        await caught_up(ledger)
        page = await ledger.search(Wanted(user_id="ann"))

    assert [entry.step for entry in page.entries] == ["delivered", "received"]


async def test_a_cursor_that_is_not_ours_is_refused(path: Path, journal: MemoryJournal) -> None:
    async with running(path, journal) as ledger:
        with pytest.raises(ValueError, match="nonsense"):
            await ledger.search(Wanted(cursor="nonsense"))


async def test_an_overview_counts_by_time_and_group(path: Path, journal: MemoryJournal) -> None:
    hours = [0, 0, 1]
    journal.put(
        events=[
            batch(event(f"m{n}"), received_at=NOON + dt.timedelta(hours=hour))
            for n, hour in enumerate(hours)
        ]
    )

    async with running(path, journal) as ledger:
        await caught_up(ledger)
        counts_by_hour = await ledger.overview(
            Overview.SUCCESSFULLY_RECEIVED,
            Wanted(source_id="shop"),
            grain_seconds=3600,
            group_by=["event_name"],
        )

    assert [(one.group, one.count) for one in counts_by_hour.counted] == [
        ({"event_name": "Order Completed"}, 2),
        ({"event_name": "Order Completed"}, 1),
    ]


@pytest.mark.parametrize("user_id", ["bob", "a visitor"])
async def test_a_tail_shows_what_is_written_and_only_what_is_wanted(
    path: Path, journal: MemoryJournal, user_id: str
) -> None:
    async with running(path, journal) as ledger:
        tail = ledger.tail(TailWanted(user_id=user_id))
        following = asyncio.ensure_future(anext(tail))
        await asyncio.sleep(0)
        found = event("m2", userId="bob", anonymousId="a visitor")
        journal.put(events=[batch(event("m1"), found)])

        entry = await asyncio.wait_for(following, 10)
        await tail.aclose()

    assert isinstance(entry, Entry)
    assert entry.message_id == "m2"


async def test_a_tail_that_is_too_slow_is_told_how_much_it_missed(
    path: Path, journal: MemoryJournal
) -> None:
    count = ENTRIES_WAITING_MAX + 5
    async with running(path, journal) as ledger:
        tail = ledger.tail(TailWanted(step="received"))
        first = asyncio.ensure_future(anext(tail))
        await asyncio.sleep(0)
        journal.put(events=[batch(*(event(f"m{number}") for number in range(count)))])
        told = [await asyncio.wait_for(first, 10)]
        while not (isinstance(told[-1], Entry) and told[-1].message_id == f"m{count - 1}"):
            told.append(await asyncio.wait_for(anext(tail), 10))
        await tail.aclose()

    missed_count = sum(one.count for one in told if isinstance(one, Missed))
    assert missed_count == 5
    assert sum(isinstance(one, Entry) for one in told) + missed_count == count


async def test_entries_that_are_too_old_are_forgotten(path: Path, journal: MemoryJournal) -> None:
    now = dt.datetime.now(dt.UTC)
    journal.put(
        events=[
            batch(event("old"), received_at=now - dt.timedelta(days=2)),
            batch(event("new"), received_at=now),
        ]
    )
    async with running(path, journal) as ledger:
        await caught_up(ledger)

    async with running(path, journal, LedgerSettings(age_days_max=1)) as ledger:
        await until(lambda: is_gone(ledger, "old"))

        assert await steps(ledger, "new") == ["received"]


async def test_the_oldest_make_room_when_the_ledger_is_full(
    path: Path, journal: MemoryJournal
) -> None:
    now = dt.datetime.now(dt.UTC)
    journal.put(
        events=[
            batch(event(f"m{n}"), received_at=now + dt.timedelta(seconds=n)) for n in range(100)
        ]
    )
    async with running(path, journal) as ledger:
        await caught_up(ledger)

    async with running(path, journal, LedgerSettings(bytes_max=1)) as ledger:
        await until(lambda: is_gone(ledger, "m0"))


async def test_a_file_that_cannot_be_read_is_set_aside_and_made_anew_of_the_journal(
    path: Path, journal: MemoryJournal
) -> None:
    write_nonsense(path)
    journal.put(events=[batch(event("m1"))])

    async with running(path, journal) as ledger:
        await caught_up(ledger)

        assert await steps(ledger, "m1") == ["received"]
    assert was_set_aside(path)


async def test_a_file_with_a_damaged_block_is_set_aside_and_made_anew_of_the_journal(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(events=[batch(event("m1"))])
    async with running(path, journal) as ledger:
        await caught_up(ledger)
    spoil(path, start=12_288)

    async with running(path, journal) as ledger:
        await caught_up(ledger)

        assert await steps(ledger, "m1") == ["received"]
    assert was_set_aside(path)


async def test_of_what_was_written_last_a_spoiled_end_is_read_again_and_the_rest_is_kept(
    path: Path, journal: MemoryJournal
) -> None:
    """A power failure can leave zeros where the end of a file was to be."""
    journal.put(events=[batch(event("m1"))])
    async with running(path, journal) as ledger:
        await caught_up(ledger)
    cut_off = path.with_name("cut_off.duckdb")
    last = cut_off.with_name(f"{cut_off.name}.wal")
    async with running(path, journal) as ledger:
        for number in range(2, 5):
            journal.put(events=[batch(event(f"m{number}"))])
            await caught_up(ledger)
        shutil.copy(path, cut_off)
        shutil.copy(path.with_name(f"{path.name}.wal"), last)
    spoil(last, start=last.stat().st_size // 2)

    async with running(cut_off, journal) as ledger:
        await caught_up(ledger)

        assert [await steps(ledger, f"m{n}") for n in range(1, 5)] == [["received"]] * 4
    assert [one.suffix for one in path.parent.glob("*.broken-*")] == [".wal"]


async def test_messages_that_were_gone_before_they_were_read_are_counted(
    path: Path, journal: MemoryJournal
) -> None:
    journal.state.events_at = 7
    journal.put(events=[batch(event("m1"))])

    async with running(path, journal) as ledger:
        await caught_up(ledger)

        assert sum(ledger.missed().values()) == 7


async def test_the_journal_is_told_what_is_recorded(path: Path, journal: MemoryJournal) -> None:
    journal.put(events=[batch(event("m1"))])

    async with running(path, journal) as ledger:
        await caught_up(ledger)

    assert journal.followed_to == 1


async def test_events_whose_outcomes_the_journal_has_removed_are_unrecorded_and_not_missing(
    path: Path, journal: MemoryJournal
) -> None:
    journal.put(events=[batch(event("m1"), event("m2"))])
    journal.state.outcomes_at = 7
    journal.put(outcomes=[outcome("1-1-map", message_id="m2")])
    journal.state.deliveries_by_connection = {ConnectionId("ripe"): 1}

    async with running(path, journal) as ledger:
        await caught_up(ledger)

        balance = await ledger.balance()
        assert balance.holds
        assert await counts(ledger) == {
            State.ACCEPTED: 2,
            State.ROUTED: 1,
            State.UNRECORDED: 1,
        }


async def test_a_loss_after_a_gap_was_written_off_breaks_the_balance(
    path: Path, journal: MemoryJournal
) -> None:
    journal.state.outcomes_at = 7
    journal.put(events=[batch(event("m1"))], outcomes=[outcome("1-0-map")])
    journal.state.deliveries_by_connection = {ConnectionId("ripe"): 1}

    async with running(path, journal) as ledger:
        await caught_up(ledger)
        assert (await ledger.balance()).holds
        journal.put(events=[batch(event("m3"))])
        await caught_up(ledger)

        assert not (await ledger.balance()).holds


async def test_a_ledger_that_cannot_write_goes_on_where_it_was_when_it_can(
    path: Path, journal: MemoryJournal
) -> None:
    failures = failures_so_far()
    in_the_way = path.with_suffix(".rows")
    async with running(path, journal) as ledger:
        journal.put(events=[batch(event("m1"))])
        await caught_up(ledger)
        in_the_way.mkdir()
        journal.put(events=[batch(event("m2"))])
        await until(lambda: has_failed_since(failures))

        in_the_way.rmdir()
        journal.put(events=[batch(event("m3"))])
        await until(lambda: is_written(ledger, "m3"))

        assert [await steps(ledger, f"m{n}") for n in (1, 2, 3)] == [["received"]] * 3
