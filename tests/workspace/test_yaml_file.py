"""The workspace is one YAML file: out and in again changes nothing; what is wrong is located."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Mapping as MappingOf

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.base import json
from crossdock.base.ids import CountingIds, RandomIds
from crossdock.catalog import Catalog
from crossdock.events import ConnectionId, MappingId, SourceId
from crossdock.workspace import (
    Connection,
    Filter,
    FilterAction,
    Mapping,
    Refused,
    RefusedTogether,
    Source,
    Store,
    Workspace,
)
from crossdock.workspace.bootstrap import DEMO_WRITE_KEY, bootstrap
from crossdock.workspace.differences import differences
from crossdock.workspace.plan import WorkspaceFile, plan_lines
from crossdock.workspace.source_types import SOURCE_TYPES
from crossdock.workspace.yaml_file import export_yaml
from crossdock.workspace.yaml_reading import Reading
from crossdock.workspace.yaml_text import dump_yaml, load_yaml

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
SECRET = "the-pigeons-secret-key"  # noqa: S105 - of nobody.

FILE = f"""\
version: 1
sources:
  shop:
    name: My shop
    type: javascript
    writeKeys: [wk-shop]
    destinations:
      pigeon-cloud:
        settings:
          apiKey: {SECRET}
          region: eu
"""


def file(text: str, catalog: Catalog, env: MappingOf[str, str] | None = None) -> WorkspaceFile:
    return WorkspaceFile(
        text,
        find_destination=catalog.find,
        find_env=None if env is None else env.get,
        ids=RandomIds(),
    )


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    str.strip
)
slugs = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True)
write_keys = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def connections(draw: st.DrawFn, slug: str, source_id: SourceId) -> Connection:
    connection_id = ConnectionId(f"dst_{source_id}_{slug}")
    mappings = draw(st.lists(names, max_size=3, unique=True))
    titles = draw(st.lists(names, max_size=2, unique=True))
    return Connection(
        id=connection_id,
        source_id=source_id,
        slug=slug,
        destination=draw(st.sampled_from(["pigeon-cloud", "not-installed"])),
        name=draw(names),
        enabled=draw(st.booleans()),
        settings=draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "apiKey": names,
                    "region": texts,
                    "wings": st.booleans() | st.integers(-99, 99) | texts,
                },
            )
        ),
        mappings=tuple(
            Mapping(
                id=MappingId(f"map_{connection_id}_{name}"),
                connection_id=connection_id,
                name=name,
                action=draw(slugs),
                trigger=draw(texts),
                fields=draw(st.dictionaries(texts, json_values, max_size=3)),
                enabled=draw(st.booleans()),
            )
            for name in mappings
        ),
        filters=tuple(
            Filter(
                id=f"fil_{connection_id}_{title}",
                connection_id=connection_id,
                title=title,
                description=draw(texts),
                condition=draw(texts),
                actions=(FilterAction(type="SAMPLE", percent=draw(st.floats(0, 1))),),
                enabled=draw(st.booleans()),
                created_at=NOON,
                updated_at=NOON,
            )
            for title in titles
        ),
    )


@st.composite
def workspaces(draw: st.DrawFn) -> Workspace:
    sources: list[Source] = []
    all_connections: list[Connection] = []
    for slug in draw(st.lists(slugs, max_size=3, unique=True)):
        source_id = SourceId(f"src_{slug}")
        source_type = draw(st.sampled_from(SOURCE_TYPES))
        sources.append(
            Source(
                id=source_id,
                slug=slug,
                name=draw(names),
                kind=source_type.kind,
                type=source_type.id,
                enabled=draw(st.booleans()),
                write_keys=tuple(draw(st.lists(write_keys, min_size=1, max_size=3))),
                is_strict=draw(st.booleans()),
            )
        )
        all_connections.extend(
            draw(connections(connection_slug, source_id))
            for connection_slug in draw(st.lists(slugs, max_size=2, unique=True))
        )
    return Workspace(version=7, sources=tuple(sources), connections=tuple(all_connections))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(workspace=workspaces())
def test_out_and_in_again_changes_nothing(catalog: Catalog, workspace: Workspace) -> None:
    text = export_yaml(workspace, catalog.find)
    reading = Reading(workspace, find_destination=catalog.find, find_env=None, ids=CountingIds())

    again = reading.read(text, check=lambda _: None)

    assert differences(workspace, again, catalog.find) == []
    assert export_yaml(again, catalog.find) == text


@settings(deadline=None)
@given(value=json_values)
def test_any_json_survives_yaml(value: object) -> None:
    again = load_yaml(dump_yaml({"value": value}))

    assert json.encode(again) == json.encode({"value": value})


def test_a_file_is_applied_and_again_changes_nothing(store: Store, catalog: Catalog) -> None:
    first = file(FILE, catalog).apply(store, by="cli")
    second = file(FILE, catalog).apply(store, by="cli")
    third = file(export_yaml(store.load(), catalog.find), catalog).apply(store, by="cli")

    assert [(change.change, change.path) for change in first] == [
        ("created", "shop"),
        ("created", "shop/pigeon-cloud"),
        ("created", "shop/pigeon-cloud/Track event"),
    ]
    assert second == third == []
    connection = store.load().connections[0]
    assert connection.enabled
    assert connection.name == "Pigeon Cloud"
    assert connection.settings == {"apiKey": SECRET, "region": "eu"}
    assert store.version() == 1


def test_the_exported_file_reads_well_and_has_no_secret(store: Store, catalog: Catalog) -> None:
    file(FILE, catalog).apply(store, by="cli")

    assert (
        export_yaml(store.load(), catalog.find)
        == """\
version: 1
sources:
  shop:
    name: My shop
    type: javascript
    enabled: true
    writeKeys:
    - wk-shop
    destinations:
      pigeon-cloud:
        destination: pigeon-cloud
        name: Pigeon Cloud
        enabled: true
        settings:
          apiKey:
            secret: keep
          region: eu
        mappings:
          Track event:
            action: track
            trigger: type = "track"
            enabled: true
            fields:
              event:
                '@path': $.event
"""
    )


def test_a_plan_is_one_line_a_change_and_changes_nothing(store: Store, catalog: Catalog) -> None:
    file(FILE, catalog).apply(store, by="cli")
    changed = f"""\
version: 1
sources:
  blog: {{}}
  shop:
    writeKeys: [wk-shop]
    destinations:
      pigeon-cloud:
        settings: {{apiKey: another, endpoint: "https://{"a" * 200}.example"}}
        mappings: {{}}
"""

    lines = plan_lines(file(changed, catalog).plan(store))

    blog = 'slug: "blog"; name: "blog"; type: "javascript"; enabled: true; writeKeys: ["(new)"]'
    settings = f'settings.region: "eu" → (none); settings.endpoint: (none) → "https://{"a" * 111}…'
    assert lines == [
        "- mapping shop/pigeon-cloud/Track event",
        f"+ source blog: {blog}; isStrict: false",
        '~ source shop: name: "My shop" → "shop"',
        f'~ connection shop/pigeon-cloud: settings.apiKey: "•••" → "••• (changed)"; {settings}',
    ]
    assert store.version() == 1
    assert SECRET not in "".join(lines)


def test_secrets_come_from_the_environment(store: Store, catalog: Catalog) -> None:
    text = FILE.replace(SECRET, "{env: PIGEON_KEY}")

    file(text, catalog, {"PIGEON_KEY": "from-env"}).apply(store, by="cli")

    assert store.load().connections[0].settings["apiKey"] == "from-env"


def test_a_plan_shows_nothing_that_is_made_up_anew_when_applied(
    store: Store, catalog: Catalog
) -> None:
    text = FILE.replace("    writeKeys: [wk-shop]\n", "")

    first, second = file(text, catalog).plan(store), file(text, catalog).plan(store)

    assert first == second
    assert {change.id for change in first} == {"(new)"}
    assert first[0].after is not None
    assert first[0].after["writeKeys"] == ["(new)"]
    assert first[1].after is not None
    assert first[1].after["sourceId"] == "(new)"


def test_what_a_file_does_not_name_is_deleted(store: Store, catalog: Catalog) -> None:
    file(FILE, catalog).apply(store, by="cli")

    changes = file("version: 1\nsources: {}\n", catalog).apply(
        store, by="cli", may_delete_sources=True
    )

    assert {change.change for change in changes} == {"deleted"}
    assert store.load() == Workspace(version=2)


def test_a_source_is_not_deleted_by_a_file_that_forgot_it(store: Store, catalog: Catalog) -> None:
    file(FILE, catalog).apply(store, by="cli")
    without = file("version: 1\nsources: {blog: {}}\n", catalog)

    planned = plan_lines(without.plan(store))
    with pytest.raises(Refused, match='does not name the source "shop"') as caught:
        without.apply(store, by="cli")

    assert "- source shop" in planned
    assert caught.value.reason == "would_delete_sources"
    assert "--allow-delete" in caught.value.do
    assert store.version() == 1


def test_all_problems_are_told_at_once_each_with_its_place(store: Store, catalog: Catalog) -> None:
    wrong = FILE.replace("My shop", "yes").replace("eu", "mars").replace(SECRET, "{secret: keep}")

    with pytest.raises(RefusedTogether) as caught:
        file(wrong, catalog).apply(store, by="cli")

    at = "sources.shop.destinations.pigeon-cloud.settings"
    assert [problem.field for problem in caught.value.problems] == [
        "sources.shop.name",
        f"{at}.apiKey",
        f"{at}.region",
    ]
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        problem.field for problem in caught.value.problems
    ]


def test_write_keys_and_mappings_are_kept_if_the_file_says_nothing_of_them(
    store: Store, catalog: Catalog
) -> None:
    file(FILE, catalog).apply(store, by="cli")
    before = store.load()
    silent = FILE.replace("    writeKeys: [wk-shop]\n", "").replace(SECRET, "{secret: keep}")

    changes = file(silent, catalog).apply(store, by="cli")

    assert changes == []
    assert store.load() == before


def test_another_vendor_under_the_same_slug_does_not_get_the_secrets(
    store: Store, catalog: Catalog
) -> None:
    file(FILE, catalog).apply(store, by="cli")
    other = FILE.replace(SECRET, "{secret: keep}").replace(
        "settings:", "destination: pigeon\n        settings:"
    )

    with pytest.raises(RefusedTogether, match="there is no stored secret to keep"):
        file(other, catalog).apply(store, by="cli")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1\n", "", 'The file does not begin with "version: 1".'),
        ("version: 1", "version: 2", 'The file does not begin with "version: 1".'),
        (
            "sources:",
            "source:",
            '"source" is not known here. Use one of: version, sources, audiences, computedTraits.',
        ),
        ("My shop", "yes", "sources.shop.name: there is true or false. Write text; put it in"),
        ("javascript", "cobol", 'sources.shop.type: "cobol" is not a type of source.'),
        ("[wk-shop]", "wk-shop", "sources.shop.writeKeys: there is text. Write a list."),
        ("[wk-shop]", "[1]", "sources.shop.writeKeys[0]: there is a number."),
        ("[wk-shop]", "[a b]", 'sources.shop.writeKeys: The write key "a b" cannot be used'),
        ("  shop:", "  Shop:", 'sources.Shop: The slug "Shop" cannot be used.'),
        ("eu", "mars", "destinations.pigeon-cloud.settings.region: Region (Pigeon Cloud) is none"),
        (SECRET, "{secret: keep}", "settings.apiKey: there is no stored secret to keep."),
        (SECRET, "{secret: forget}", "settings.apiKey: this is neither a value nor a reference."),
        (SECRET, "{env: NOT_SET}", 'the environment variable "NOT_SET" is not set.'),
        ("      pigeon-cloud:", "      dove:", 'There is no destination "dove" in the catalog.'),
        ("region", "colour", "settings.colour: Pigeon Cloud has no setting"),
        ("    name:", "    label:", 'sources.shop: "label" is not known here.'),
        ("    name: My", "    name: x\n    name: My", 'the key "name" a second time (line 5'),
        ("My shop", "*a", "anchors and aliases (& and *) are not used here (line 4"),
        ("My shop", "[", "The file is not YAML as it is used here"),
        ("shop:", "1:", "a key that is not text; put it in quotes (line 3, column 3)"),
        ("My shop", "!!python/object:os.system x", "The file is not YAML as it is used here"),
        ("My shop", "!!binary aGVsbG8=", '"!!binary" is not used here (line 4, column 11)'),
        ("My shop", '"a\\ud800b"', "half of a surrogate pair (line 4, column 11)"),
        ("My shop", "-.inf", "a number that JSON does not have; put it in quotes if it is text"),
        ("My shop", "12:30", "a number that JSON does not have; put it in quotes if it is text"),
        ("My shop", "\x00", "a character or a number that YAML does not allow"),
        ("[wk-shop]", "[" * 70 + "]" * 70, "nested deeper than 64 levels"),
        ("[wk-shop]", "[" * 5000 + "]" * 5000, "nested deeper than 64 levels"),
        ("My shop", "x" * 2_000_000, "characters; 2000000 are the most"),
        (
            "        settings:",
            "        mappings: {A: {}}\n        settings:",
            'pigeon-cloud.mappings.A: "action" is missing.',
        ),
        (
            "        settings:",
            "        mappings: {A: {action: fly, trigger: a = 1}}\n        settings:",
            'pigeon-cloud.mappings.A.action: Pigeon Cloud has no action "fly".',
        ),
        (
            "        settings:",
            "        mappings: {A: {action: track, trigger: '?', fields: {event: 1}}}\n        settings:",  # noqa: E501 - a file.
            'pigeon-cloud.mappings.A.trigger: "?" compares nothing.',
        ),
        (
            "        settings:",
            "        mappings: {A: {action: track, trigger: a = 1, fields: {x: 1, event: 1}}}\n        settings:",  # noqa: E501 - a file.
            'pigeon-cloud.mappings.A.fields.x: The action "track" has no field "x".',
        ),
        (
            "        settings:",
            "        filters: {F: {if: a = 1, actions: [{type: BANG}]}}\n        settings:",
            "pigeon-cloud.filters.F.actions[0]: this is not a filter's action",
        ),
        (
            "        settings:",
            "        filters: {F: {actions: []}}\n        settings:",
            'pigeon-cloud.filters.F: "if" is missing.',
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    store: Store, catalog: Catalog, old: str, new: str, message: str
) -> None:
    with pytest.raises((Refused, RefusedTogether)) as caught:
        file(FILE.replace(old, new, 1), catalog, {}).apply(store, by="cli")

    assert message in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.do
    assert store.version() == 0


def test_a_first_source_is_made_once(store: Store) -> None:
    first = bootstrap(store, ids=RandomIds())
    again = bootstrap(store, ids=RandomIds())

    assert first == again
    assert len(first.write_keys[0]) == 32
    assert store.version() == 1


def test_the_demos_write_key_is_the_one_in_its_page() -> None:
    assert DEMO_WRITE_KEY == "demo-write-key"
