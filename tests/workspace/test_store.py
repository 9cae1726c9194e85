"""A workspace is kept whole, versioned, audited, and with its secrets sealed."""

from __future__ import annotations

import asyncio
import logging
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, make_url, text
from typing_extensions import override

from crossdock.base.clock import FakeClock, SystemClock
from crossdock.base.ids import RandomIds
from crossdock.events import ConnectionId, MappingId, SourceId
from crossdock.workspace import (
    ChangedMeanwhile,
    Connection,
    DatabaseProblem,
    Filter,
    FilterAction,
    KeyProblem,
    Mapping,
    Refused,
    Rules,
    Source,
    Store,
    Workspace,
    WorkspaceFeed,
    edits,
    follow,
    sqlite_url,
)
from crossdock.workspace.tables import metadata

SECRET = "the-pigeons-secret-key"  # noqa: S105 - of nobody.

# Every kind of database that a workspace can be in.
DATABASES = ("SQLite", "PostgreSQL")

OpenStore = Callable[[], Store]


def a_source(slug: str = "shop") -> Source:
    return Source(id=SourceId(f"src_{slug}"), slug=slug, name=slug, write_keys=(f"key-{slug}",))


def a_connection(slug: str = "pigeon-cloud", *mappings: Mapping) -> Connection:
    return Connection(
        id=ConnectionId(f"dst_{slug}"),
        source_id=SourceId("src_shop"),
        slug=slug,
        destination="pigeon-cloud",
        name=slug,
        enabled=True,
        settings={"apiKey": SECRET, "region": "eu", "wings": 2, "fast": True},
        mappings=mappings,
    )


def a_mapping(name: str) -> Mapping:
    return Mapping(
        id=MappingId(f"map_{name}"),
        connection_id=ConnectionId("dst_pigeon-cloud"),
        name=name,
        action="track",
        trigger='type = "track"',
        fields={"event": {"@path": "$.event"}, "properties": {"b": 1, "a": [None, 1.5, "ü"]}},
        enabled=True,
    )


def a_filter(clock: FakeClock) -> Filter:
    return Filter(
        id="fil_1",
        connection_id=ConnectionId("dst_pigeon-cloud"),
        title="No cards",
        condition='type = "track"',
        actions=(FilterAction(type="DROP_PROPERTIES", fields={"properties": ["card.number"]}),),
        created_at=clock.now(),
        updated_at=clock.now(),
    )


def add_connection(store: Store, *mappings: Mapping) -> Workspace:
    store.change(lambda w: edits.with_source(w, a_source()), by="test")
    return store.change(
        lambda w: edits.with_connection(w, a_connection("pigeon-cloud", *mappings)), by="test"
    )


def test_a_new_workspace_is_empty_and_at_version_0(store: Store) -> None:
    assert store.load() == Workspace(version=0)


def test_what_was_changed_is_there_after_a_restart(open_store: OpenStore, clock: FakeClock) -> None:
    store = open_store()
    add_connection(store, a_mapping("one"), a_mapping("two"))
    connection = edits.with_filter(store.load().connections[0], a_filter(clock))

    written = store.change(lambda w: edits.with_connection(w, connection), by="test")

    assert open_store().load() == written
    assert written.connections[0].settings == a_connection().settings


def test_every_change_counts_up_the_version(store: Store) -> None:
    add_connection(store)

    assert store.version() == 2
    assert [store.load().sources[0].version, store.load().connections[0].version] == [1, 2]


def test_a_change_that_changes_nothing_counts_nothing(store: Store) -> None:
    before = add_connection(store)

    after = store.change(lambda w: edits.with_source(w, w.sources[0]), by="test")

    assert after == before
    assert len(store.audit.events(limit=10)) == 2


def test_a_change_from_a_number_to_true_is_a_change(store: Store) -> None:
    add_connection(store, a_mapping("one"))
    mapping = msgspec.structs.replace(a_mapping("one"), fields={"event": True})
    store.change(
        lambda w: edits.with_connection(w, edits.with_mapping(w.connections[0], mapping)), by="test"
    )
    as_number = msgspec.structs.replace(mapping, fields={"event": 1})

    after = store.change(
        lambda w: edits.with_connection(w, edits.with_mapping(w.connections[0], as_number)),
        by="test",
    )

    assert after.version == 4
    assert store.load().connections[0].mappings[0].fields["event"] is not True


def test_mappings_keep_the_order_they_were_put_in(open_store: OpenStore) -> None:
    store = open_store()
    add_connection(store, a_mapping("b"), a_mapping("c"), a_mapping("a"))

    def reorder(workspace: Workspace) -> Workspace:
        connection = workspace.connections[0]
        turned = msgspec.structs.replace(connection, mappings=connection.mappings[::-1])
        return edits.with_connection(workspace, turned)

    store.change(reorder, by="test")

    assert [m.name for m in open_store().load().connections[0].mappings] == ["a", "c", "b"]
    assert store.audit.events(limit=1)[0].change.after == {"mappings": ["a", "c", "b"]}


def test_a_source_goes_with_its_connections(open_store: OpenStore) -> None:
    store = open_store()
    add_connection(store, a_mapping("one"))

    store.change(lambda w: edits.without_source(w, "src_shop"), by="test")

    assert open_store().load() == Workspace(version=3)


def test_what_is_refused_changes_nothing(store: Store) -> None:
    before = add_connection(store)
    nameless = msgspec.structs.replace(a_source(), name=" ")

    with pytest.raises(Refused, match="The name is empty"):
        store.change(lambda w: edits.with_source(w, nameless), by="test")

    assert store.load() == before


def test_the_first_of_two_editors_wins_and_the_second_is_told(store: Store) -> None:
    seen = add_connection(store, a_mapping("one")).connections[0].mappings[0]

    def rename(name: str) -> Callable[[Workspace], Workspace]:
        def decide(workspace: Workspace) -> Workspace:
            connection = workspace.connections[0]
            edits.expect_version(connection.mappings[0], seen.version)
            renamed = msgspec.structs.replace(connection.mappings[0], name=name)
            return edits.with_connection(workspace, edits.with_mapping(connection, renamed))

        return decide

    store.change(rename("first"), by="ann")
    with pytest.raises(ChangedMeanwhile, match="version 3, and you looked at 2"):
        store.change(rename("second"), by="bob")

    assert store.load().connections[0].mappings[0].name == "first"


def test_changes_from_many_threads_are_all_kept(open_store: OpenStore) -> None:
    stores = [open_store(), open_store()]

    def add(number: int) -> None:
        source = a_source(f"s{number}")
        stores[number % 2].change(lambda w: edits.with_source(w, source), by="test")

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert stores[0].load().version == 12
    assert len(stores[1].load().sources) == 12


def test_secrets_are_nowhere_on_disk(store: Store, tmp_path: Path) -> None:
    add_connection(store)

    store.change(lambda w: edits.without_connection(w, "dst_pigeon-cloud"), by="test")

    for path in tmp_path.rglob("*"):
        assert SECRET.encode() not in path.read_bytes(), path


def test_secrets_are_hidden_in_audit_events_which_say_that_they_changed(store: Store) -> None:
    connection = add_connection(store).connections[0]
    changed = msgspec.structs.replace(
        connection, settings={**connection.settings, "apiKey": "another", "region": "us"}
    )

    store.change(lambda w: edits.with_connection(w, changed), by="ann")

    newest, created, _ = store.audit.events(limit=10)
    assert newest.by == "ann"
    assert newest.change.before == {"settings.apiKey": "•••", "settings.region": "eu"}
    assert newest.change.after == {"settings.apiKey": "••• (changed)", "settings.region": "us"}
    assert created.change.after is not None
    assert created.change.after["settings.apiKey"] == "•••"


def test_secrets_are_never_logged(
    store: Store, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    add_connection(store)

    captured = capsys.readouterr()
    assert SECRET not in caplog.text + captured.out + captured.err


def test_the_key_file_is_its_owners_alone(store: Store, tmp_path: Path) -> None:
    add_connection(store)

    assert stat.S_IMODE((tmp_path / "workspace.key").stat().st_mode) == 0o600


def test_a_missing_key_is_told_at_start(open_store: OpenStore, tmp_path: Path) -> None:
    add_connection(open_store())
    (tmp_path / "workspace.key").unlink()

    with pytest.raises(KeyProblem, match=r"is missing\. Restore the key file from a backup"):
        open_store()

    assert not (tmp_path / "workspace.key").exists()


def test_a_wrong_key_is_told_at_start(open_store: OpenStore, tmp_path: Path) -> None:
    add_connection(open_store())
    (tmp_path / "workspace.key").write_text("A" * 43 + "=")

    with pytest.raises(KeyProblem, match="another key than the one given"):
        open_store()


def test_something_that_is_no_key_is_told_at_start(open_store: OpenStore, tmp_path: Path) -> None:
    (tmp_path / "workspace.key").write_text("secret")

    with pytest.raises(KeyProblem, match="not 32 bytes in URL-safe base64"):
        open_store()


@pytest.mark.parametrize("url", ["nonsense", "mars://host/db", "postgresql+psycopg9://host/db"])
def test_a_url_that_cannot_be_used_is_told_without_its_password(
    url: str, rules: Rules, clock: FakeClock
) -> None:
    with pytest.raises(DatabaseProblem, match="Give a SQLAlchemy URL"):
        Store.open(url, rules=rules, clock=clock, ids=RandomIds(), key="A" * 43 + "=")


def test_a_database_that_cannot_be_opened_is_told(
    tmp_path: Path, rules: Rules, clock: FakeClock
) -> None:
    url = sqlite_url(tmp_path / "nowhere" / "workspace.db")

    with pytest.raises(DatabaseProblem, match="unable to open database file"):
        Store.open(url, rules=rules, clock=clock, ids=RandomIds(), key="A" * 43 + "=")


def test_a_database_of_a_newer_version_is_left_alone(
    open_store: OpenStore, database_url: str
) -> None:
    open_store()
    engine = create_engine(database_url)
    with engine.begin() as database:
        database.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(DatabaseProblem, match="Start the version of Crossdock that last used it"):
        open_store()


def test_the_migrations_make_the_tables_that_the_code_expects(
    store: Store, database_url: str
) -> None:
    engine = create_engine(database_url)

    with engine.connect() as database:
        missing = compare_metadata(MigrationContext.configure(database), metadata)
    engine.dispose()

    assert missing == []
    assert store.version() == 0


async def test_an_own_change_reaches_the_feed_before_the_answer(
    store: Store, clock: FakeClock
) -> None:
    feed = WorkspaceFeed(store.load())
    following = asyncio.create_task(follow(store, feed, clock=clock))
    await asyncio.sleep(0)

    await asyncio.to_thread(add_connection, store)

    assert feed.current.version == 2
    await ended(following)


async def test_a_subscriber_that_fails_holds_no_other_up_and_does_not_end_the_following(
    store: Store, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(workspace: Workspace) -> None:
        if workspace.version > 1:
            raise KeyError("a subscriber's bug")

    versions: list[int] = []
    store.change(lambda w: edits.with_source(w, a_source()), by="test")
    feed = WorkspaceFeed(store.load())
    feed.subscribe(refuse)
    feed.subscribe(lambda workspace: versions.append(workspace.version))
    following = asyncio.create_task(follow(store, feed, clock=clock))
    await asyncio.sleep(0)

    await asyncio.to_thread(
        store.change, lambda w: edits.with_connection(w, a_connection()), by="test"
    )

    captured = capsys.readouterr()
    assert versions == [1, 2]
    assert not following.done()
    assert "keeps its old one" in captured.out + captured.err
    await ended(following)


async def test_whatever_reading_meets_the_following_goes_on(
    store: Store, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    class Unreadable(Store):
        """A store whose content nobody foresaw."""

        def __init__(self) -> None:
            pass

        @override
        def version(self) -> int:
            raise KeyError("unforeseen")

        @override
        def on_change(self, callback: Callable[[Workspace], object]) -> Callable[[], None]:
            assert callback is not None
            return lambda: None

    following = asyncio.create_task(follow(Unreadable(), WorkspaceFeed(store.load()), clock=clock))
    logged = ""
    async with asyncio.timeout(5):
        while "met a bug" not in logged:
            clock.advance(1)
            await asyncio.sleep(0.01)
            captured = capsys.readouterr()
            logged += captured.out + captured.err

    assert not following.done()
    await ended(following)


_OTHER_PROCESS = """
import sys
from sqlalchemy import create_engine, make_url, text
engine = create_engine(sys.argv[1])
with engine.begin() as database:
    database.execute(text("UPDATE sources SET name = 'renamed'"))
    database.execute(text("UPDATE workspace SET version = version + 1"))
"""


async def test_a_change_by_another_process_reaches_subscribers_by_itself(
    store: Store, database_url: str
) -> None:
    add_connection(store)
    feed = WorkspaceFeed(store.load())
    following = asyncio.create_task(follow(store, feed, clock=SystemClock()))
    arrived = asyncio.Event()
    feed.subscribe(lambda workspace: arrived.set() if workspace.version == 3 else None)

    process = [sys.executable, "-c", _OTHER_PROCESS, database_url]
    await asyncio.to_thread(subprocess.run, process, check=True)
    await asyncio.wait_for(arrived.wait(), timeout=10)

    assert feed.current.sources[0].name == "renamed"
    await ended(following)


async def test_while_the_database_is_lost_everyone_keeps_the_version_they_have(
    store: Store,
    clock: FakeClock,
    tmp_path: Path,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_connection(store)
    feed = WorkspaceFeed(store.load())
    lose_database(store, tmp_path, database_url)

    following = asyncio.create_task(follow(store, feed, clock=clock))
    logged = ""
    async with asyncio.timeout(5):
        while "cannot be read" not in logged:
            clock.advance(1)
            await asyncio.sleep(0.01)
            captured = capsys.readouterr()
            logged += captured.out + captured.err

    assert feed.current.version == 2
    assert len(re.findall("cannot be read", logged)) == 1
    await ended(following)


def lose_database(store: Store, folder: Path, url: str) -> None:
    store.close()
    if not url.startswith("sqlite"):
        administer(url, 'DROP DATABASE "{}" WITH (FORCE)')
        return
    for path in folder.glob("workspace.db*"):
        path.unlink()
    (folder / "workspace.db").mkdir()


def administer(url: str, statement: str) -> None:
    """Do something to a database of PostgreSQL from beside it."""
    found = make_url(url)
    engine = create_engine(found.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement.format(found.database)))
    engine.dispose()


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
