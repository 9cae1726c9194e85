"""A database of an older version is brought up to date with everything that is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from crossdock.events import SourceId
from crossdock.workspace import Deed, Source, Store, edits, migrations

DATABASES = ("SQLite", "PostgreSQL")

OpenStore = Callable[[], Store]


def downgrade(url: str, revision: str) -> None:
    """Make it a database of an older version."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "newline")
    engine = create_engine(url)
    with engine.begin() as database:
        config.attributes["connection"] = database
        command.downgrade(config, revision)
    engine.dispose()


def test_the_audit_log_outlives_the_coming_of_people(
    open_store: OpenStore, database_url: str
) -> None:
    store = open_store()
    source = Source(id=SourceId("src_1"), slug="shop", name="shop", write_keys=("key",))
    store.change(lambda workspace: edits.with_source(workspace, source), by="admin")
    store.close()
    downgrade(database_url, "0001")

    upgraded = open_store()
    upgraded.audit.write(Deed(kind="person", change="password link made"), by="Ada", by_id="per_1")

    newest, oldest = upgraded.audit.events(limit=10)
    assert (oldest.id, oldest.by, oldest.by_id, oldest.change.path) == (1, "admin", "", "shop")
    assert (newest.id, newest.by, newest.by_id) == (2, "Ada", "per_1")
    assert upgraded.load().sources[0].slug == "shop"


def test_ids_of_the_audit_log_are_never_used_again(
    open_store: OpenStore, database_url: str
) -> None:
    store = open_store()
    store.audit.write(Deed(kind="source", change="created"), by="Ada")
    store.close()
    engine = create_engine(database_url)
    with engine.begin() as database:
        database.execute(text("DELETE FROM audit_events"))
    engine.dispose()

    again = open_store()
    again.audit.write(Deed(kind="source", change="created"), by="Ada")

    assert [event.id for event in again.audit.events(limit=10)] == [2]
