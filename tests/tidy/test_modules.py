"""The repository keeps its own rules: short modules, packages that name their parts, no hosts."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "crossdock"
ALLOWED = tomllib.loads((Path(__file__).with_name("allowed.toml")).read_text())
MODULE_LINES_MAX = 400
TEST_LINES_MAX = 600


def tracked(*folders: str) -> Iterator[Path]:
    """The files that are in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            yield ROOT / name


def test_a_module_is_short_enough_to_be_read() -> None:
    too_long = {}
    for path in tracked("src", "tests", "tools", "web", "bench"):
        if path.suffix not in {".py", ".ts", ".mjs"}:
            continue
        is_test = "test" in path.name or "tests" in path.parts
        lines = len(path.read_text().splitlines())
        if lines > (TEST_LINES_MAX if is_test else MODULE_LINES_MAX):
            too_long[str(path.relative_to(ROOT))] = lines

    assert too_long.keys() == ALLOWED["long_modules"].keys(), too_long


PACKAGES = sorted(path.parent for path in SOURCE.rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.relative_to(SOURCE.parent)))
def test_a_package_names_every_module(package: Path) -> None:
    if str(package.relative_to(SOURCE.parent)) in ALLOWED["unlisted_packages"]:
        return
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    modules = {
        path.stem
        for path in package.glob("*.py")
        if path.stem != "__init__" and not path.stem.startswith("test_")
    } | {path.parent.name for path in package.glob("*/__init__.py")}

    unnamed = sorted(name for name in modules if not re.search(rf"\b{name}\b", docstring))

    assert unnamed == []


def test_nothing_names_the_registry_that_it_was_made_with() -> None:
    hosts = re.compile(
        r"https?://[^\s\"']*(?:/simple/|registry|pypi|artifactory|nexus)", re.IGNORECASE
    )

    named = [
        str(path.relative_to(ROOT))
        for path in tracked(".")
        if path.suffix in {".toml", ".txt", ".json", ".lock", ".npmrc", ".yml", ".mjs", ""}
        if hosts.search(path.read_text(errors="replace"))
    ]

    assert named == []
