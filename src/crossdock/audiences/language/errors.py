"""What can be wrong with a definition.

CrossdockError
├── LanguageError    the text is no definition → change it where it points
└── NotInBuilder     the text is one, but the builder cannot show it → edit it as text
"""

from __future__ import annotations

from typing import ClassVar

from crossdock.base.errors import CrossdockError


class LanguageError(CrossdockError):
    """A text is not a definition of an audience or a computed trait.

    Attributes:
        position: Where in the text, in characters from 0.
        line: The same, as people count lines.
        column: In that line, from 1.
        excerpt: The line, and under it a caret at the place.
    """

    code: ClassVar[str] = "definition_wrong"

    def __init__(self, what: str, *, do: str, text: str, position: int) -> None:
        super().__init__(what, do=do)
        before = text[:position]
        start = before.rfind("\n") + 1
        line = text[start:].partition("\n")[0]
        self.position = position
        self.line = before.count("\n") + 1
        self.column = position - start + 1
        # A tab stays a tab under a tab, so that the caret stands where it should.
        padding = "".join("\t" if one == "\t" else " " for one in text[start:position])
        self.excerpt = f"{line}\n{padding}^"


class NotInBuilder(CrossdockError):
    """A definition says something that the builder cannot show."""

    code: ClassVar[str] = "not_in_builder"
