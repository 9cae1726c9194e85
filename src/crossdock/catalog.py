"""Finds the destinations: every folder under `crossdock.destinations`, and installed ones.

A package becomes a destination by exporting `DESTINATIONS`, a sequence of `Destination`; one from
elsewhere also names itself in the entry-point group `crossdock.destinations`. Nothing else has to
be registered. What is wrong with any of them is told all at once, at start.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from crossdock import destinations as built_in
from crossdock.base.errors import CrossdockError
from crossdock.kit import Destination, Mode

ENTRY_POINT_GROUP = "crossdock.destinations"


class CatalogError(CrossdockError):
    """A destination cannot be used as it is.

    Attributes:
        problems: One sentence each.
    """

    code: ClassVar[str] = "catalog"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(
            " ".join(problems),
            do="Correct the destination's definition, or uninstall the package it is in.",
        )
        self.problems = tuple(problems)


class Catalog:
    """The destinations that there are, by slug in alphabetical order of their names.

    Args:
        destinations: Any.

    Raises:
        CatalogError: Two have the same slug or id, or one contradicts itself.
    """

    def __init__(self, destinations: Iterable[Destination]) -> None:
        found = sorted(destinations, key=lambda destination: destination.name.lower())
        problems = [*_duplicates(found), *(p for one in found for p in _contradictions(one))]
        if problems:
            raise CatalogError(problems)
        self._by_slug = {destination.slug: destination for destination in found}
        self._by_catalog_id = {destination.catalog_id: destination for destination in found}

    def find(self, slug: str) -> Destination | None:
        """Return the destination of that slug, or None."""
        return self._by_slug.get(slug)

    def by_catalog_id(self, catalog_id: str) -> Destination | None:
        """Return the destination with Segment's id, or one of ours, or None."""
        return self._by_catalog_id.get(catalog_id)

    def __iter__(self) -> Iterator[Destination]:
        return iter(self._by_slug.values())

    def __len__(self) -> int:
        return len(self._by_slug)


def load_catalog() -> Catalog:
    """Return the catalog of everything that is built in or installed.

    Raises:
        CatalogError: One cannot be imported, exports no `DESTINATIONS`, or contradicts itself.
    """
    found: list[Destination] = []
    problems: list[str] = []
    for module_name in _module_names():
        exported = _exported(module_name)
        if isinstance(exported, str):
            problems.append(exported)
        else:
            found.extend(exported)
    if problems:
        raise CatalogError(problems)
    return Catalog(found)


def _module_names() -> list[str]:
    own = [
        module.name
        for module in pkgutil.iter_modules(built_in.__path__, f"{built_in.__name__}.")
        if module.ispkg
    ]
    installed = [
        entry_point.module
        for entry_point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    ]
    return [*sorted(own), *sorted(set(installed))]


def _exported(module_name: str) -> Sequence[Destination] | str:
    """Return what the module exports, or what is wrong with it."""
    try:
        module = importlib.import_module(module_name)
    # Whatever a definition raises while it is imported, its author has to see it by name.
    except Exception as error:  # noqa: BLE001 - as above.
        return (
            f'The destination "{module_name}" cannot be imported: {type(error).__name__}: {error}.'
        )
    exported = getattr(module, "DESTINATIONS", None)
    if not isinstance(exported, (list, tuple)) or not exported:
        return f'The destination "{module_name}" exports no DESTINATIONS.'
    if not all(isinstance(destination, Destination) for destination in exported):
        return f'DESTINATIONS of "{module_name}" holds something that is not a Destination.'
    return exported


def _duplicates(found: Sequence[Destination]) -> Iterator[str]:
    # A plugin is known to Analytics.js by its name, so names tell destinations apart as well.
    for attribute, word in (("slug", "slug"), ("catalog_id", "catalog id"), ("name", "name")):
        counts = Counter(getattr(destination, attribute) for destination in found)
        for value, count in counts.items():
            if count > 1:
                yield f'{count} destinations have the {word} "{value}".'


def _contradictions(destination: Destination) -> Iterator[str]:
    slugs = [action.slug for action in destination.actions]
    yield from (
        f'{destination.slug}: the action "{slug}" is there {count} times.'
        for slug, count in Counter(slugs).items()
        if count > 1
    )
    there = {setting.key for setting in destination.settings}
    needed = [key for setting in destination.settings for key in setting.needs_one_of]
    if destination.plugin is not None and destination.plugin.values is not None:
        needed.append(destination.plugin.values.setting)
    for key in needed:
        if key not in there:
            yield f'{destination.slug}: there is no setting "{key}", which another part needs.'
    for preset in destination.presets:
        if preset.action not in slugs:
            yield (
                f'{destination.slug}: the preset "{preset.name}" uses the action '
                f'"{preset.action}", which it does not have.'
            )
    keys = Counter(setting.key for setting in destination.settings)
    yield from (
        f'{destination.slug}: the setting "{key}" is there {count} times.'
        for key, count in keys.items()
        if count > 1
    )
    if destination.mode is Mode.DEVICE and destination.plugin is None:
        yield f"{destination.slug}: device mode needs a plugin, and there is none."
    if destination.mode is Mode.CLOUD:
        yield from (
            f'{destination.slug}: cloud mode needs perform, which "{action.slug}" does not have.'
            for action in destination.actions
            if action.perform is None
        )
