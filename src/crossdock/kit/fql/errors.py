"""What can be wrong with a condition.

CrossdockError
└── FqlError    the text is not a condition, or the browser cannot run it → change it at `position`
"""

from __future__ import annotations

from typing import ClassVar

from crossdock.base.errors import CrossdockError


class FqlError(CrossdockError):
    """A text is not FQL.

    Attributes:
        position: Where in the text, counted in characters from 0.
    """

    code: ClassVar[str] = "fql_wrong"

    def __init__(self, what: str, *, do: str, position: int = 0) -> None:
        super().__init__(what, do=do)
        self.position = position
