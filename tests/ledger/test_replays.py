"""What a replay delivers belongs to the life of the event that it is made of."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from crossdock.events import ConnectionId
from crossdock.ledger import Ledger, State, Wanted
from crossdock.ledger.entries import as_mapping
from tests.ledger.builders import (
    NOON,
    MemoryJournal,
    batch,
    caught_up,
    delivered,
    event,
    outcome,
    running,
)

REPLAYED = "replay-rpl_1-1-0-map"


@pytest.fixture
def journal() -> MemoryJournal:
    """One event, delivered and then replayed."""
    journal = MemoryJournal()
    journal.put(
        events=[batch(event("m1"))],
        outcomes=[
            outcome("1-0-map"),
            delivered("1-0-map"),
            outcome(REPLAYED, payload='{"name":"Ann"}', replay_id="rpl_1"),
            delivered(REPLAYED),
        ],
    )
    return journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.duckdb"


async def counts(ledger: Ledger) -> dict[State, int]:
    balance = await ledger.balance()
    (account,) = (one for one in balance.accounts if one.connection_id == ConnectionId("ripe"))
    return {state: count for state, count in account.counts.items() if count}


async def test_a_trace_tells_of_a_replay_behind_the_events_own_way(
    path: Path, journal: MemoryJournal
) -> None:
    async with running(path, journal) as ledger:
        await caught_up(ledger)
        life = await ledger.trace("m1")

    assert [entry.step for entry in life] == [
        "received",
        "mapped",
        "delivered",
        "mapped",
        "delivered",
    ]
    assert as_mapping(life[3])["replay_id"] == "rpl_1"


async def test_what_was_replayed_of_a_user_is_found_and_forgotten_with_the_rest(
    path: Path, journal: MemoryJournal
) -> None:
    async with running(path, journal) as ledger:
        await caught_up(ledger)
        found = await ledger.search(Wanted(user_id="ann"))
        await ledger.forget_people(
            user_ids=["ann"], anonymous_ids=[], before=NOON + dt.timedelta(days=1), is_last=True
        )
        left = await ledger.search(Wanted())

    assert len(found.entries) == 5
    assert [entry for entry in left.entries if "Ann" in str(as_mapping(entry))] == []


async def test_what_the_ledger_had_not_read_yet_is_forgotten_too(
    path: Path, journal: MemoryJournal
) -> None:
    async with running(path, journal) as ledger:
        await ledger.forget_people(
            user_ids=["ann"], anonymous_ids=[], before=NOON + dt.timedelta(days=1), is_last=True
        )
        await caught_up(ledger)
        left = await ledger.search(Wanted())

    assert len(left.entries) == 5
    assert not any("ann" in str(as_mapping(entry)).lower() for entry in left.entries)


async def test_a_replay_that_is_told_of_again_after_a_crash_counts_once(
    path: Path, journal: MemoryJournal
) -> None:
    async with running(path, journal) as ledger:
        await caught_up(ledger)
        journal.put(
            outcomes=[outcome(REPLAYED, replay_id="rpl_1", at=NOON + dt.timedelta(hours=1))]
        )
        await caught_up(ledger)

        assert await counts(ledger) == {State.ACCEPTED: 2, State.DELIVERED: 2}


async def test_a_replay_that_overtakes_route_does_not_speak_for_it(path: Path) -> None:
    journal = MemoryJournal()
    journal.put(
        events=[batch(event("m1"), event("m2"))],
        outcomes=[outcome(REPLAYED, replay_id="rpl_1")],
    )
    async with running(path, journal) as ledger:
        await caught_up(ledger)
        journal.put(outcomes=[outcome("1-0-map"), outcome("1-1-map", message_id="m2")])
        await caught_up(ledger)
        (account,) = (one for one in (await ledger.balance()).accounts if not one.connection_id)

    assert account.counts[State.ROUTED] == 2
