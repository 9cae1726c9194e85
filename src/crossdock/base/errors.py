"""What can go wrong in a way that a person can act on.

CrossdockError
├── in `events`: what a client sent cannot be accepted
├── in `workspace`: what an owner asked for cannot be done
├── in `journal`: nothing can be stored at the moment
└── in `kit.outcomes`: a delivery failed
"""

from __future__ import annotations

from typing import ClassVar


class CrossdockError(Exception):
    """Something went wrong that a person can act on.

    Attributes:
        code: Stable, lower_snake_case; a metric label and an API field, so it never holds a value.
        what: What happened, with the offending value in quotes. One sentence.
        do: What the reader of the message does next. One sentence, starting with a verb.
    """

    code: ClassVar[str] = "unexpected"

    def __init__(self, what: str, *, do: str) -> None:
        super().__init__(f"{what} {do}")
        self.what = what
        self.do = do
