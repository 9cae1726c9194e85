"""The history holds every event once, under whom it is about, whatever crashes in between."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from crossdock.audiences.history import History, HistorySettings, NotAQuestion, people
from crossdock.audiences.identity import Identifier
from tests.audiences.building import NOON, EventJournal, Firsts, followed, message, running, until

ADA = Identifier("user_id", "ada")


@pytest.fixture
def journal() -> EventJournal:
    return EventJournal()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.duckdb"


async def rows(history: History, sql: str) -> list[tuple[object, ...]]:
    table = await history.query(sql, rows_max=100, seconds_max=10)
    return [tuple(row) for row in table.rows]


async def test_what_somebody_did_before_they_signed_in_is_theirs(
    path: Path, journal: EventJournal
) -> None:
    journal.put(message("m1", kind="page", anonymousId="browser", name="Home"))
    journal.put(message("m2", kind="identify", anonymousId="browser", userId="ada"))
    journal.put(message("m3", userId="ada"))

    async with running(path, journal) as history:
        found = await history.find(ADA)
        assert found is not None
        page = await history.ask(lambda cursor: people.events(cursor, found.id, limit=10))

    assert [one.message_id for one in page.items] == ["m3", "m2", "m1"]
    assert page.items[2].event == "Page Viewed"
    assert page.items[2].properties == {"page_name": "Home"}
    assert not found.is_anonymous


async def test_two_browsers_of_one_person_become_one_profile_with_both_histories(
    path: Path, journal: EventJournal
) -> None:
    journal.put(message("m1", kind="identify", anonymousId="phone", userId="ada"))
    journal.put(message("m2", anonymousId="laptop"))
    async with running(path, journal) as history:
        laptop = await history.find(Identifier("anonymous_id", "laptop"))
        journal.put(message("m3", kind="identify", anonymousId="laptop", userId="ada"))
        await followed(history, journal)

        found = await history.find(Identifier("anonymous_id", "laptop"))
        assert found is not None
        assert laptop is not None
        events = await history.ask(lambda cursor: people.events(cursor, found.id, limit=10))
        (merge,) = await history.ask(lambda cursor: people.merges(cursor, found.id))
        of_former = await history.ask(lambda cursor: people.load(cursor, laptop.id))

    assert {one.message_id for one in events.items} == {"m1", "m2", "m3"}
    assert (merge.winner_id, merge.loser_id, merge.message_id) == (found.id, laptop.id, "m3")
    assert merge.identifiers == [ADA, Identifier("anonymous_id", "laptop")]
    assert of_former == found


async def test_the_latest_trait_by_event_time_wins_and_a_late_one_does_not(
    path: Path, journal: EventJournal
) -> None:
    def identify(message_id: str, minute: int, **traits: object) -> dict[str, object]:
        at = (NOON - dt.timedelta(hours=1) + dt.timedelta(minutes=minute)).isoformat()
        return message(message_id, kind="identify", userId="ada", timestamp=at, traits=traits)

    journal.put(identify("m1", 2, plan="pro", city="Paris"))
    journal.put(identify("m2", 1, plan="free", name="Ada"), identify("m3", 3, city=None))

    async with running(path, journal) as history:
        found = await history.find(ADA)

    assert found is not None
    assert found.traits == {"plan": "pro", "name": "Ada"}
    assert found.marks["plan"].source_id == "shop"


async def test_a_group_has_traits_and_members(path: Path, journal: EventJournal) -> None:
    group = message("m1", kind="group", userId="ada", groupId="acme", traits={"plan": "team"})
    journal.put(group, message("m2", kind="group", anonymousId="bob", groupId="acme"))
    journal.put(message("m3", kind="identify", anonymousId="bob", userId="ada"))

    async with running(path, journal) as history:
        account = await history.find(Identifier("group_id", "acme"))
        assert account is not None
        found = await history.ask(lambda cursor: people.members(cursor, account.id, limit=10))

    assert account.traits == {"plan": "team"}
    assert [one.is_anonymous for one in found.items] == [False]


async def test_a_group_call_that_names_nobody_teaches_the_accounts_traits(
    path: Path, journal: EventJournal
) -> None:
    journal.put(
        message("m1", kind="group", userId="0", groupId="acme", traits={"plan": "team"}),
        message("m2", kind="group", anonymousId="anonymous", groupId="acme", traits={"seats": 5}),
    )

    async with running(path, journal) as history:
        account = await history.find(Identifier("group_id", "acme"))
        assert account is not None
        found = await history.ask(lambda cursor: people.members(cursor, account.id, limit=10))

    assert account.traits == {"plan": "team", "seats": 5}
    assert found.items == []


async def test_after_a_restart_nothing_is_there_twice_and_nothing_is_missing(
    path: Path, journal: EventJournal
) -> None:
    firsts = Firsts()
    journal.put(message("m1", userId="ada"))
    async with running(path, journal, firsts=firsts):
        pass
    journal.put(message("m2", userId="ada"), message("m1", userId="ada"))
    journal.put(message("m3", userId="bob"))

    async with running(path, journal, firsts=firsts) as history:
        found = await rows(history, "SELECT message_id, profile_id FROM events ORDER BY 1")

    assert found == [("m1", 1), ("m2", 1), ("m3", 2)]
    assert journal.followed_to == {"history": 3}


async def test_every_event_name_is_a_table_with_its_properties_as_columns(
    path: Path, journal: EventJournal
) -> None:
    order = {"orderId": "o-1", "total": 12, "shipping": {"city": "Oslo"}, "at": "2030-01-01T00:00"}
    journal.put(message("m1", userId="ada", properties=order))
    journal.put(message("m2", userId="ada", properties={"total": 1.5, "order_id": "o-2"}))
    journal.put(message("m3", kind="identify", userId="ada", traits={"Plan Name": "pro"}))

    async with running(path, journal) as history:
        orders = await rows(
            history,
            "SELECT id, order_id, total, shipping_city, event, event_text FROM order_completed "
            "ORDER BY id",
        )
        users = await rows(history, "SELECT id, plan_name FROM users")
        tracks = await rows(history, "SELECT DISTINCT event, event_text FROM tracks")

    assert orders == [
        ("m1", "o-1", 12.0, "Oslo", "order_completed", "Order Completed"),
        ("m2", "o-2", 1.5, None, "order_completed", "Order Completed"),
    ]
    assert users == [("ada", "pro")]
    assert tracks == [("order_completed", "Order Completed")]


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("DELETE FROM event_rows", id="a change"),
        pytest.param("SELECT 1; SELECT 2", id="two questions"),
        pytest.param("SELECT * FROM read_text('/etc/passwd')", id="a file"),
        pytest.param("COPY event_rows TO '/tmp/x.csv'", id="a file that is written"),
        pytest.param("ATTACH '/tmp/other.duckdb'", id="another database"),
        pytest.param("SET enable_external_access = true", id="a setting"),
        pytest.param("SELECT nothing FROM events", id="a column that is not there"),
        pytest.param("EXPLAIN ANALYZE DELETE FROM event_rows", id="a change that is explained"),
    ],
)
async def test_sql_asks_and_does_nothing_else(path: Path, journal: EventJournal, sql: str) -> None:
    journal.put(message("m1", userId="ada"))

    async with running(path, journal) as history:
        with pytest.raises(NotAQuestion):
            await history.query(sql, rows_max=10, seconds_max=10)
        assert await rows(history, "SELECT count(*) FROM events") == [(1,)]


async def test_an_answer_in_sql_has_so_many_rows_and_says_that_there_are_more(
    path: Path, journal: EventJournal
) -> None:
    async with running(path, journal) as history:
        table = await history.query("SELECT * FROM range(10)", rows_max=3, seconds_max=10)

    assert len(table.rows) == 3
    assert table.has_more


async def test_events_that_are_too_old_are_forgotten_and_profiles_stay(
    path: Path, journal: EventJournal
) -> None:
    journal.put(message("m1", userId="ada"), received_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    settings = HistorySettings(age_days_max=1)

    async with running(path, journal, settings=settings) as history:

        async def is_forgotten() -> bool:
            return await rows(history, "SELECT count(*) FROM events") == [(0,)]

        await until(is_forgotten)
        assert await history.find(ADA) is not None
