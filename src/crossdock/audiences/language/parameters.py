"""What is handed to DuckDB beside the SQL, so that no text of a definition is ever part of it."""

from __future__ import annotations

NOW = "CAST($now AS TIMESTAMP)"
"""The moment for which a definition is computed, as SQL."""


class Parameters:
    """The values of one compiled definition, each under a name."""

    def __init__(self) -> None:
        self._names: dict[tuple[type, object], str] = {}

    def name(self, value: str | float) -> str:
        """Return SQL that stands for the value; the same for the same value."""
        # Typed, as 1, 1.0 and true are one key otherwise.
        name = self._names.setdefault((type(value), value), f"p{len(self._names)}")
        return f"${name}"

    @property
    def values(self) -> dict[str, object]:
        """All values by name."""
        return {name: value for (_, value), name in self._names.items()}
