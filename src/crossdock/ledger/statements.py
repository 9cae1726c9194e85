"""Reads the SQL files that lie beside the modules which run them."""

from __future__ import annotations

import importlib.resources


def statements(file: str) -> dict[str, str]:
    """Return the statements of a file by name; each begins with `-- name: what it is for`."""
    text = importlib.resources.files(__package__).joinpath(file).read_text("utf-8")
    by_name: dict[str, str] = {}
    for part in text.split("-- ")[1:]:
        heading, _, sql = part.partition("\n")
        by_name[heading.partition(":")[0]] = sql.strip()
    return by_name
