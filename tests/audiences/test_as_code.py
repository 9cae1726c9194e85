"""Audiences and computed traits in the workspace's file: out of one server, and into another."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossdock.base.clock import SystemClock
from crossdock.base.ids import RandomIds
from crossdock.catalog import load_catalog
from crossdock.startup import open_store
from crossdock.workspace import Refused, RefusedTogether, Store
from crossdock.workspace.plan import WorkspaceFile, plan_lines
from crossdock.workspace.yaml_file import export_yaml
from tests.running import ADMIN_TOKEN, COMMAND, eventually, running_server

CATALOG = load_catalog()

FILE = """\
version: 1
sources:
  shop:
    type: javascript
    writeKeys: [wk-shop]
    destinations:
      ramen: {settings: {organization_id: acme}}
      actions-ripe: {settings: {apiKey: a-key}}
  engage:
    type: engage
    destinations:
      ramen-server: {settings: {apiKey: {env: RAMEN_KEY}, endpoint: "https://ramen.example.com"}}
audiences:
  big_spenders:
    name: Big spenders
    description: Those who are asked first.
    definition: event('Order Completed').within(30 days).sum(property('total')) >= 100
    withAnonymous: true
    destinations:
      ramen-server:
        sends: [identify, track]
        enteredEvent: Became big
        perSecondMax: 5
      shop/ramen: {}
  small_spenders:
    definition: trait('big_spenders') != true
    enabled: false
  lively_accounts:
    definition: event('Order Completed').count() >= 1
    about: accounts
    destinations: {ramen-server: {}}
computedTraits:
  order_count:
    definition: event('Order Completed').count()
"""
RAMEN_KEY = "ramen-key-of-nobody"
# What stands in it, to be replaced; and the places of who is told.
IN_BROWSER = "shop/ramen: {}"
SENDS = "sends: [identify, track]"
TOLD = "big_spenders.destinations"
RAMEN = f"{TOLD}.ramen-server"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The workspace of the file, held to the rules of a server."""
    store = opened(tmp_path)
    read(FILE).apply(store, by="a test", may_delete_sources=True)
    yield store
    store.close()


def opened(folder: Path) -> Store:
    return open_store(folder, None, catalog=CATALOG, clock=SystemClock())


def read(text: str) -> WorkspaceFile:
    return WorkspaceFile(
        text,
        find_destination=CATALOG.find,
        find_env={"RAMEN_KEY": RAMEN_KEY}.get,
        ids=RandomIds(),
    )


def problems(store: Store, text: str) -> list[tuple[str, str]]:
    """Return the reasons for which a file is refused, and where each lies."""
    with pytest.raises((Refused, RefusedTogether)) as caught:
        read(text).plan(store)
    found = getattr(caught.value, "problems", [caught.value])
    assert all(problem.do for problem in found)
    return [(problem.reason, problem.field) for problem in found]


def ran(command: str, folder: Path, *options: str, text: str = "") -> str:
    """Return what a command said; it must succeed."""
    done = subprocess.run(
        [COMMAND, command, "-", "--data-dir", folder, *options],
        input=text,
        env={"RAMEN_KEY": RAMEN_KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_exported_fits_into_an_empty_workspace(store: Store, tmp_path: Path) -> None:
    text = export_yaml(store.load(), CATALOG.find)
    other = opened(tmp_path / "other")

    read(text.replace("secret: keep", "env: RAMEN_KEY")).apply(other, by="a test")

    for each in (store, other):
        assert read(text).plan(each) == []
        assert export_yaml(each.load(), CATALOG.find) == text
    assert RAMEN_KEY not in text
    other.close()


def test_who_is_told_is_called_what_the_file_calls_it(store: Store) -> None:
    big, _, lively, _ = store.load().computations
    connections = store.load().connections_by_id

    assert [
        (connections[one.connection_id].slug, one.sends, one.entered_event, one.per_second_max)
        for one in (*big.outputs, *lively.outputs)
    ] == [
        ("ramen-server", ("identify", "track"), "Became big", 5.0),
        ("ramen", ("identify",), "Audience Entered", None),
        ("ramen-server", ("group",), "Audience Entered", None),
    ]


def test_a_plan_says_what_becomes_of_an_audience_without_ids(store: Store) -> None:
    text = FILE.replace(">= 100", ">= 200").replace("perSecondMax: 5", "exitedEvent: No more")
    text = text.replace("computedTraits:\n  order_count:", "computedTraits:\n  orders:")

    lines = plan_lines(read(text).plan(store))

    told = (
        '{"ramen-server":{"sends":["identify","track"],"enteredEvent":"Became big",%s},'
        '"shop/ramen":{"sends":["identify"]}}'
    )
    before, after = (told % one for one in ('"perSecondMax":5.0', '"exitedEvent":"No more"'))
    definition = "event('Order Completed').within(30 days).sum(property('total')) >= %d"
    created = (
        'name: "orders"; key: "orders"; description: ""; '
        "definition: \"event('Order Completed').count()\"; "
        'about: "users"; withAnonymous: false; enabled: true; destinations: {}'
    )
    definitions = f'"{definition % 100}" → "{definition % 200}"'
    destinations = f"{before[:120]}… → {after[:120]}…"
    assert lines == [
        "- computed_trait order_count",
        f"~ audience big_spenders: definition: {definitions}; destinations: {destinations}",
        f"+ computed_trait orders: {created}",
    ]


def test_a_file_without_audiences_leaves_them_as_they_are(store: Store) -> None:
    before = store.load()

    silent = read(FILE.partition("audiences:")[0]).apply(store, by="a test")
    emptied = read(FILE.partition("audiences:")[0] + "audiences: {}\n").apply(store, by="a test")

    assert silent == []
    assert [(change.change, change.path) for change in emptied] == [
        ("deleted", "big_spenders"),
        ("deleted", "small_spenders"),
        ("deleted", "lively_accounts"),
    ]
    assert store.load().computations == before.computations[3:]


def test_a_key_is_not_used_again(store: Store) -> None:
    without = FILE.partition("computedTraits:")[0]
    as_audience = FILE.replace("computedTraits:\n", "")
    read(without + "computedTraits: {}\n").apply(store, by="a test")

    with pytest.raises(Refused) as caught:
        read(FILE).apply(store, by="a test")

    assert (caught.value.reason, caught.value.field) == ("key_taken", "computedTraits.order_count")
    assert "Choose another name, or give it another key." in str(caught.value)
    assert ("key_taken", "audiences.order_count") in problems(store, as_audience)


def test_an_audience_that_another_refers_to_is_not_deleted(store: Store) -> None:
    first = FILE.index("  big_spenders:")
    text = FILE[:first] + FILE[FILE.index("  small_spenders:") :]

    assert problems(store, text) == [
        ("computation_in_use", "audiences.small_spenders.definition"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason", "place"),
    [
        (">= 100", ">= ", "definition_wrong", "big_spenders.definition"),
        (
            "withAnonymous: true",
            "withAnonymous: false",
            "fixed_when_created",
            "big_spenders.withAnonymous",
        ),
        ("about: accounts", "about: users", "fixed_when_created", "lively_accounts.about"),
        ("about: accounts", "about: nobody", "unusable_file", "lively_accounts.about"),
        ("big_spenders:\n", "Big:\n", "unusable_key", "Big"),
        (IN_BROWSER, "shop/tea: {}", "unknown_destination", f"{TOLD}.shop/tea"),
        (IN_BROWSER, "shop/actions-ripe: {}", "unknown_destination", f"{TOLD}.shop/actions-ripe"),
        (IN_BROWSER, "shop/ramen: {sends: [track]}", "not_in_browser", f"{TOLD}.shop/ramen.sends"),
        (SENDS, "sends: [group]", "unusable_call", f"{RAMEN}.sends"),
        (SENDS, "sends: fax", "unusable_file", RAMEN),
        (SENDS, "exitedEvent: ''", "unusable_event_name", f"{RAMEN}.exitedEvent"),
        ("perSecondMax: 5", "perSecondMax: 0", "unusable_rate", f"{RAMEN}.perSecondMax"),
        ("perSecondMax: 5", "perMinuteMax: 5", "unknown_key", RAMEN),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    store: Store, old: str, new: str, reason: str, place: str
) -> None:
    assert (reason, f"audiences.{place}") in problems(store, FILE.replace(old, new, 1))


def test_a_running_server_follows_a_file(tmp_path: Path) -> None:
    with running_server(tmp_path, command="serve") as server:
        ran("apply", tmp_path, "--allow-delete", text=FILE)
        eventually(
            lambda: (
                {
                    one["key"]: one["state"]
                    for path in ("/audiences", "/computed-traits")
                    for one in server.api("GET", path)["computations"]
                }
                == {
                    "big_spenders": "live",
                    "small_spenders": "disabled",
                    "lively_accounts": "live",
                    "order_count": "live",
                }
            )
        )
        headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}

        text = ran("export", tmp_path)
        shown = server.request("GET", "/api/v1/workspace/export", headers=headers).body
        planned = server.request("POST", "/api/v1/workspace/plan", body=shown, headers=headers)
        broken = shown.replace(b">= 100", b">= ")
        refused = server.request("POST", "/api/v1/workspace/apply", body=broken, headers=headers)

    assert shown.decode() == text
    assert ran("apply", tmp_path, "--plan", text=text) == "Nothing to change.\n"
    assert planned.json()["data"]["lines"] == []
    assert refused.status == 400
    assert refused.json()["errors"][0]["field"] == "audiences.big_spenders.definition"
