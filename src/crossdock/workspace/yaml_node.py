"""A place in a YAML file: reads what should stand there, and notes where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crossdock.base.json import JsonObject
from crossdock.workspace.errors import Refused


class Node:
    """A value and its path, such as `sources.demo.name`.

    What is wrong is added to `problems`, and something harmless returned in its place, so that one
    reading finds everything.
    """

    def __init__(self, value: object, path: str, problems: list[Refused]) -> None:
        self.value = value
        self.path = path
        self._problems = problems

    def complain(self, what: str, *, do: str, reason: str = "unusable_file") -> None:
        """Note that something is wrong here."""
        where = self.path or "the file"
        self._problems.append(Refused(f"{where}: {what}", do=do, reason=reason, field=self.path))

    def keys(self, known: tuple[str, ...]) -> None:
        """Note each key that is none of these."""
        for key in self._object():
            if key not in known:
                self.complain(
                    f'"{key}" is not known here.',
                    do=f"Use one of: {', '.join(known)}.",
                    reason="unknown_key",
                )

    def has(self, key: str) -> bool:
        """Return whether there is such a key."""
        return key in self._object()

    def at(self, key: str) -> Node:
        """Return the place below; its value is None if there is none."""
        path = f"{self.path}.{key}" if self.path else key
        return Node(self._object().get(key), path, self._problems)

    def items(self) -> Iterator[tuple[str, Node]]:
        """Return every key with the place below."""
        for key in self._object():
            yield key, self.at(key)

    def elements(self) -> list[Node]:
        """Return the places in a list."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            self._expected("a list")
            return []
        return [
            Node(value, f"{self.path}[{index}]", self._problems)
            for index, value in enumerate(self.value)
        ]

    def text(self, key: str, default: str) -> str:
        """Return the text under the key."""
        below = self.at(key)
        if below.value is None:
            return default
        return below.as_text()

    def as_text(self) -> str:
        """Return the text that stands here."""
        if isinstance(self.value, str):
            return self.value
        self._expected("text; put it in quotes")
        return ""

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the truth value under the key."""
        below = self.at(key)
        if below.value is None:
            return default
        if isinstance(below.value, bool):
            return below.value
        below._expected("true or false")  # noqa: SLF001 - one of us.
        return default

    def object(self, key: str) -> JsonObject:
        """Return the object under the key as it is."""
        return self.at(key)._object()  # noqa: SLF001 - one of us.

    def _object(self) -> dict[str, Any]:
        if self.value is None:
            return {}
        if isinstance(self.value, dict):
            return self.value
        self._expected("keys with values below it")
        # Once is enough.
        self.value = None
        return {}

    def _expected(self, what: str) -> None:
        given = {bool: "true or false", int: "a number", float: "a number", str: "text"}.get(
            type(self.value), "nothing" if self.value is None else "a list or object"
        )
        self.complain(f"there is {given}.", do=f"Write {what}.")
