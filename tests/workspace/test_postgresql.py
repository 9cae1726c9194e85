"""A workspace in PostgreSQL: what only a database that is a server of its own can do to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import make_url

from crossdock.base.clock import FakeClock
from crossdock.base.ids import RandomIds
from crossdock.events import SourceId
from crossdock.workspace import DatabaseProblem, Rules, Source, Store, Workspace, edits
from tests.postgresql import Postgresql, find_postgresql, running_postgresql

KEY = "A" * 43 + "="
PASSWORD = "hush-hush"  # noqa: S105 - of nobody.


def open_at(url: str, rules: Rules, clock: FakeClock) -> Store:
    return Store.open(url, rules=rules, clock=clock, ids=RandomIds(), key=KEY)


def with_shop(workspace: Workspace) -> Workspace:
    shop = Source(id=SourceId("src_shop"), slug="shop", name="shop", write_keys=("key",))
    return edits.with_source(workspace, shop)


def test_servers_that_start_at_the_same_time_share_one_workspace(
    postgresql: Postgresql, rules: Rules, clock: FakeClock
) -> None:
    url = postgresql.make_database("at-once")

    with ThreadPoolExecutor(4) as threads:
        stores = list(threads.map(lambda _: open_at(url, rules, clock), range(4)))

    stores[0].change(with_shop, by="one of them")
    assert {store.load().sources[0].slug for store in stores} == {"shop"}
    assert len({store.identity.id for store in stores}) == 1
    for store in stores:
        store.close()


def test_a_restart_of_the_database_costs_nothing_but_its_time(
    rules: Rules, clock: FakeClock
) -> None:
    programs = find_postgresql()
    if programs is None:
        pytest.skip("There is no PostgreSQL on this machine that this user may run.")
    with running_postgresql(programs) as server:
        store = open_at(server.make_database("restarted"), rules, clock)
        store.change(with_shop, by="test")

        server.stop()
        with pytest.raises(DatabaseProblem, match="cannot be used"):
            store.version()
        server.start()

        assert store.version() == 1
        assert store.load().sources[0].slug == "shop"
        store.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"database": "nowhere"}, '"nowhere" does not exist', id="a database"),
        pytest.param({"username": "nobody"}, '"nobody" does not exist', id="a user"),
        pytest.param(
            {"host": "127.0.0.1", "port": 1, "query": {}}, "refused", id="a host that refuses"
        ),
    ],
)
def test_what_cannot_be_reached_is_told_in_one_line_without_the_password(
    postgresql: Postgresql,
    rules: Rules,
    clock: FakeClock,
    change: dict[str, object],
    said: str,
) -> None:
    url = make_url(postgresql.url()).set(password=PASSWORD, **change)  # type: ignore[arg-type] # Of the table above.

    with pytest.raises(DatabaseProblem, match=said) as refused:
        open_at(url.render_as_string(hide_password=False), rules, clock)

    assert PASSWORD not in str(refused.value)
    assert "\n" not in str(refused.value)
