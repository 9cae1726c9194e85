"""What can be wrong with a mapping, in the words that Segment's own runtime uses.

CrossdockError
└── MappingError    the mapping, or this event under it, gives no payload → correct the mapping
"""

from __future__ import annotations

from typing import ClassVar

from crossdock.base.errors import CrossdockError


class MappingError(CrossdockError):
    """A mapping is wrong, or cannot be applied to an event.

    Attributes:
        messages: One or more, in the order in which Segment's runtime lists them.
        name: Its name there: `AggregateError` for a list of problems found before any event,
            `ValidationError` for a single one, otherwise `Error`, `TypeError` or one of Liquid's.
    """

    code: ClassVar[str] = "mapping_wrong"

    def __init__(self, *messages: str, name: str = "Error") -> None:
        super().__init__(
            f"The mapping cannot be used: {'; '.join(messages)}",
            do="Correct the mapping at the place that the message names.",
        )
        self.messages = messages
        self.name = name
