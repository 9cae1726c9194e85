"""The demo is there at the first start, follows the port, and respects what people made of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from crossdock.base.clock import SystemClock
from crossdock.base.errors import CrossdockError
from crossdock.base.ids import RandomIds
from crossdock.kit import Destination, Mode, Plugin, Setting
from crossdock.workspace import Rules, Store, edits, sqlite_url
from crossdock.workspace.bootstrap import DEMO_WRITE_KEY, bootstrap, demo

IDS = RandomIds()


def vendor(slug: str, *keys: str) -> Destination:
    return Destination(
        slug=slug,
        folder=slug,
        name=slug.title(),
        catalog_id=slug,
        description="Stands in.",
        website="https://example.com",
        mode=Mode.DEVICE,
        kind="classic",
        connection_modes={"web": (Mode.DEVICE,)},
        settings=tuple(
            Setting(key=key, label=key, help="Any.", secret=key == "apiKey") for key in keys
        ),
        plugin=Plugin(library_name=slug),
    )


VENDORS = {
    "actions-ripe": vendor("actions-ripe", "apiKey", "endpoint"),
    "actions-ripe-cloud": vendor("actions-ripe-cloud", "apiKey", "endpoint"),
    "ramen": vendor("ramen", "organization_id", "script_url"),
}


def accept(_: object) -> None:
    """Find nothing wrong."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    rules = Rules(
        find_destination=VENDORS.get,
        validate_condition=accept,
        validate_mapping=accept,
        validate_browser_filter=accept,
    )
    return Store.open(
        sqlite_url(tmp_path / "workspace.db"),
        rules=rules,
        clock=SystemClock(),
        ids=IDS,
        key=tmp_path / "workspace.key",
    )


def start_demo(store: Store, base_url: str = "http://127.0.0.1:8080") -> None:
    demo(store, base_url, find_destination=VENDORS.get, ids=IDS)


def test_the_demo_connects_the_sandboxes(store: Store) -> None:
    start_demo(store, "http://127.0.0.1:8080/")

    workspace = store.load()
    assert [source.slug for source in workspace.sources] == ["demo"]
    assert workspace.sources[0].write_keys == (DEMO_WRITE_KEY,)
    assert [(c.destination, c.enabled, c.settings) for c in workspace.connections] == [
        (
            "actions-ripe",
            True,
            {"apiKey": "demo-ripe-key", "endpoint": "http://127.0.0.1:8080/sandbox/ripe"},
        ),
        (
            "actions-ripe-cloud",
            True,
            {"apiKey": "demo-ripe-key", "endpoint": "http://127.0.0.1:8080/sandbox/ripe/event"},
        ),
        (
            "ramen",
            True,
            {
                "organization_id": "demo-organization",
                "script_url": "http://127.0.0.1:8080/sandbox/ramen/assets/ramen.js",
            },
        ),
    ]


def test_a_second_start_changes_nothing(store: Store) -> None:
    start_demo(store)
    before = store.load()

    start_demo(store)

    assert store.load() == before


def test_on_another_port_the_sandboxes_move_along(store: Store) -> None:
    start_demo(store)

    start_demo(store, "http://127.0.0.1:9090")

    assert store.load().connections[0].settings["endpoint"] == "http://127.0.0.1:9090/sandbox/ripe"
    assert store.load().connections[0].settings["apiKey"] == "demo-ripe-key"


def test_what_people_made_of_the_demo_stays(store: Store) -> None:
    start_demo(store)
    ripe, _, ramen = store.load().connections
    own = msgspec.structs.replace(
        ripe, enabled=False, settings={"apiKey": "mine", "endpoint": "https://storage.getripe.com"}
    )
    store.change(
        lambda w: edits.without_connection(edits.with_connection(w, own), ramen.id), by="test"
    )

    start_demo(store, "http://127.0.0.1:9090")

    connections = store.load().connections
    assert [connection.slug for connection in connections] == ["actions-ripe", "actions-ripe-cloud"]
    assert connections[0].settings == own.settings
    assert connections[0].enabled is False


def test_other_sources_stay_beside_the_demo(store: Store) -> None:
    first = bootstrap(store, ids=IDS)

    start_demo(store)

    assert store.load().sources[0] == first


def test_a_missing_vendor_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(VENDORS, "ramen")

    with pytest.raises(CrossdockError, match='There is no destination "ramen" in the catalog'):
        start_demo(store)
