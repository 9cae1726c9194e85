"""A workspace in a file of its own, and small destinations to connect to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crossdock.base.clock import FakeClock
from crossdock.base.errors import CrossdockError
from crossdock.base.ids import RandomIds
from crossdock.base.json import JsonObject
from crossdock.catalog import Catalog
from crossdock.kit import Action, Destination, Field, Http, Mode, Plugin, Preset, Setting
from crossdock.kit.definition import Call, Choice
from crossdock.workspace import Filter, Rules, Store, sqlite_url
from tests.postgresql import Postgresql, find_postgresql, running_postgresql

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)

OpenStore = Callable[[], Store]


class NotFql(CrossdockError):
    """What the validators of these tests raise."""

    code = "not_fql"


async def perform(_http: Http, _call: Call) -> None:
    """Deliver nothing."""


TRACK = Action(
    slug="track",
    label="Track",
    description="Tells Pigeon what somebody did.",
    trigger='type = "track"',
    fields=(
        Field(
            key="event",
            label="Event",
            description="Its name.",
            required=True,
            default={"@path": "$.event"},
        ),
        Field(key="properties", label="Properties", description="Its properties.", type="object"),
    ),
    perform=perform,
)

PIGEON_CLOUD = Destination(
    slug="pigeon-cloud",
    folder="pigeon",
    name="Pigeon Cloud",
    catalog_id="pigeon-cloud-id",
    description="Carries events.",
    website="https://pigeon.example",
    mode=Mode.CLOUD,
    connection_modes={"web": (Mode.CLOUD,), "server": (Mode.CLOUD,), "mobile": (Mode.CLOUD,)},
    settings=(
        Setting(
            key="apiKey", label="API key", help="On Pigeon's page.", secret=True, required=True
        ),
        Setting(
            key="endpoint",
            label="Endpoint",
            help="Where Pigeon listens.",
            format="uri",
            default="https://api.pigeon.example",
        ),
        Setting(
            key="region",
            label="Region",
            help="Where it flies.",
            choices=(Choice(value="eu", label="Europe"), Choice(value="us", label="America")),
        ),
        Setting(key="wings", label="Wings", help="How many.", type="number"),
        Setting(key="fast", label="Fast", help="Whether it hurries.", type="boolean"),
    ),
    actions=(TRACK,),
    presets=(Preset(name="Track event", action="track", trigger='type = "track"'),),
)

PIGEON_DEVICE = Destination(
    slug="pigeon",
    folder="pigeon",
    name="Pigeon",
    catalog_id="pigeon-id",
    description="Carries events.",
    website="https://pigeon.example",
    mode=Mode.DEVICE,
    kind="classic",
    connection_modes={"web": (Mode.DEVICE,)},
    settings=(Setting(key="organizationId", label="Organization", help="Its id.", required=True),),
    plugin=Plugin(library_name="pigeonDestination"),
)

CATALOG = Catalog([PIGEON_CLOUD, PIGEON_DEVICE])


def validate_browser_filter(one: Filter) -> None:
    """Know no sampling by a path."""
    if any(action.path for action in one.actions):
        raise NotFql("A page cannot sample by a path.", do="Leave the path out.")


def validate_condition(text: str) -> None:
    if "=" not in text:
        raise NotFql(f'"{text}" compares nothing.', do="Compare something.")


def validate_mapping(mapping: JsonObject) -> None:
    if "@unknown" in str(mapping):
        raise NotFql("@unknown is not a directive.", do="Use @path.")


@pytest.fixture
def catalog() -> Catalog:
    return CATALOG


@pytest.fixture
def ids() -> RandomIds:
    return RandomIds()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def rules() -> Rules:
    return Rules(
        find_destination=CATALOG.find,
        validate_condition=validate_condition,
        validate_mapping=validate_mapping,
        validate_browser_filter=validate_browser_filter,
    )


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL server of this worker."""
    programs = find_postgresql()
    if programs is None:
        pytest.skip("There is no PostgreSQL on this machine that this user may run.")
    with running_postgresql(programs) as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what a module says of its `DATABASES` on each of them."""
    if "database_url" in metafunc.fixturenames:
        databases = getattr(metafunc.module, "DATABASES", ("SQLite",))
        metafunc.parametrize("database_url", databases, indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database of that kind."""
    if request.param == "SQLite":
        return sqlite_url(tmp_path / "workspace.db")
    server: Postgresql = request.getfixturevalue("postgresql")
    return server.make_database(RandomIds().new("test"))


@pytest.fixture
def open_store(
    tmp_path: Path, rules: Rules, clock: FakeClock, ids: RandomIds, database_url: str
) -> Iterator[OpenStore]:
    """Return what opens the same workspace, as often as called; each is closed at the end."""
    opened: list[Store] = []

    def open_store() -> Store:
        store = Store.open(
            database_url,
            rules=rules,
            clock=clock,
            ids=ids,
            key=tmp_path / "workspace.key",
        )
        opened.append(store)
        return store

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()
