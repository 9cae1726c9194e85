"""What the engine needs of the pipeline."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from crossdock.events import Envelope


class EngineJournal(Protocol):
    """What the engine needs of the journal."""

    def append(self, envelope: Envelope, /) -> Awaitable[None]:
        """Return what is done when the request is on disk. May raise, or fail; then try again."""
