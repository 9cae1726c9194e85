"""New ids. A parameter where a test looks at them, so that it can predict them."""

from __future__ import annotations

import secrets
import uuid
from typing import Protocol

# Letters and digits that cannot be mistaken for each other when read aloud.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


class Ids(Protocol):
    """Makes ids."""

    def new(self, prefix: str) -> str:
        """Return a new id that starts with the prefix and an underscore."""

    def message_id(self) -> str:
        """Return a new messageId for an event that came without one."""


class RandomIds:
    """Ids that nobody can guess."""

    def new(self, prefix: str) -> str:
        """Return a new id that starts with the prefix and an underscore; 128 bits of chance."""
        return f"{prefix}_{uuid.uuid4().hex}"  # noqa: TID251 - this is the module that the ban points to.

    def message_id(self) -> str:
        """Return a new messageId for an event that came without one."""
        return f"crossdock-{uuid.uuid4()}"  # noqa: TID251 - this is the module that the ban points to.


class CountingIds:
    """Ids that count from 1, for tests."""

    def __init__(self) -> None:
        self._count = 0

    def new(self, prefix: str) -> str:
        """Return the prefix with the next number."""
        self._count += 1
        return f"{prefix}_{self._count}"

    def message_id(self) -> str:
        """Return `message_` with the next number."""
        return self.new("message")


def new_secret(length: int = 32) -> str:
    """Return a new secret of letters and digits: a write key, a token."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
