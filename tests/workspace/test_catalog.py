"""The catalog finds what is there, and tells every broken definition by name."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from crossdock import destinations
from crossdock.catalog import Catalog, CatalogError, load_catalog
from crossdock.kit import Action, Destination, Mode, Plugin, Preset, Setting

PIGEON = Destination(
    slug="pigeon",
    folder="pigeon",
    name="Pigeon",
    catalog_id="pigeon-id",
    description="Carries events.",
    website="https://pigeon.example",
    mode=Mode.DEVICE,
    connection_modes={"web": (Mode.DEVICE,)},
    actions=(
        Action(slug="track", label="Track", description="Tells.", trigger="a = 1", fields=()),
    ),
    plugin=Plugin(library_name="pigeonDestination"),
)
DOVE = msgspec.structs.replace(PIGEON, slug="dove", name="Dove", catalog_id="dove-id")

SOURCE = """
from crossdock.kit import Destination, Mode, Plugin
DESTINATIONS = (
    Destination(
        slug="{0}", folder="{0}", name="{0}", catalog_id="{0}", description="", website="",
        mode=Mode.DEVICE, connection_modes={{}}, plugin=Plugin(library_name="{0}"),
    ),
)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where destinations are looked for, instead of in the package."""
    monkeypatch.setattr(destinations, "__path__", [str(tmp_path)])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    for name in list(sys.modules):
        if name.startswith("crossdock.destinations."):
            del sys.modules[name]
    return tmp_path


def put(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(text)


def test_destinations_are_found_by_slug_and_id_in_the_order_of_their_names() -> None:
    catalog = Catalog([PIGEON, DOVE])

    assert list(catalog) == [DOVE, PIGEON]
    assert len(catalog) == 2
    assert catalog.find("pigeon") is PIGEON
    assert catalog.by_catalog_id("dove-id") is DOVE
    assert catalog.find("dove-id") is None
    assert catalog.by_catalog_id("dove") is None


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        ({"slug": "pigeon"}, '2 destinations have the slug "pigeon".'),
        ({"catalog_id": "pigeon-id"}, '2 destinations have the catalog id "pigeon-id".'),
        ({"name": "Pigeon"}, '2 destinations have the name "Pigeon".'),
        ({"plugin": None}, "dove: device mode needs a plugin, and there is none."),
        ({"mode": Mode.CLOUD}, 'dove: cloud mode needs perform, which "track" does not have.'),
        ({"actions": PIGEON.actions * 2}, 'dove: the action "track" is there 2 times.'),
        (
            {"presets": (Preset(name="Fly", action="fly", trigger="a = 1"),)},
            'dove: the preset "Fly" uses the action "fly", which it does not have.',
        ),
        (
            {"settings": (Setting(key="a", label="A", help="A."),) * 2},
            'dove: the setting "a" is there 2 times.',
        ),
    ],
)
def test_a_definition_that_contradicts_itself_or_another_is_told(
    destination: dict[str, object], message: str
) -> None:
    broken = msgspec.structs.replace(DOVE, **destination)

    with pytest.raises(CatalogError) as caught:
        Catalog([PIGEON, broken])

    assert caught.value.problems == (message,)


def test_a_folder_is_all_that_a_destination_needs(folder: Path) -> None:
    put(folder, "dove", SOURCE.format("dove"))
    put(folder, "pigeon", SOURCE.format("pigeon"))

    assert [destination.slug for destination in load_catalog()] == ["dove", "pigeon"]


def test_a_package_from_elsewhere_names_itself_by_entry_point(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    (site / "owl-1.dist-info").mkdir(parents=True)
    (site / "owl-1.dist-info" / "METADATA").write_text("Name: owl\nVersion: 1\n")
    (site / "owl-1.dist-info" / "entry_points.txt").write_text(
        "[crossdock.destinations]\nowl = owl_destination\n"
    )
    (site / "owl_destination.py").write_text(SOURCE.format("owl"))
    monkeypatch.syspath_prepend(site)
    put(folder, "dove", SOURCE.format("dove"))

    assert [destination.slug for destination in load_catalog()] == ["dove", "owl"]


def test_every_broken_folder_is_told_at_once(folder: Path) -> None:
    put(folder, "a_typo", "import nowhere_to_be_found")
    put(folder, "b_empty", "")
    put(folder, "c_other", "DESTINATIONS = [1]")

    with pytest.raises(CatalogError) as caught:
        load_catalog()

    assert [problem.split(" ")[2] for problem in caught.value.problems[:1]] == [
        '"crossdock.destinations.a_typo"'
    ]
    text = str(caught.value)
    assert "cannot be imported: ModuleNotFoundError" in text
    assert '"crossdock.destinations.b_empty" exports no DESTINATIONS' in text
    assert '"crossdock.destinations.c_other" holds something that is not a Destination' in text
