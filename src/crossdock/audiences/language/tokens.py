"""The pieces of a definition's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, cast

from crossdock.audiences.language.errors import LanguageError

# Fifty conditions with long names stay far below; a parser's time grows with it.
TEXT_CHARACTERS_MAX: Final = 20_000

Kind = Literal["name", "number", "text", "sign", "end"]

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>==|!=|>=|<=|[=<>(){}\[\],.:])
    """,
    re.VERBOSE | re.DOTALL,
)
_INSTEAD = {
    "&": "AND",
    "|": "OR",
    "!": "NOT",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": "'",
    "\u201d": "'",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text.

    Attributes:
        text: As written.
        at: Position of its first character.
    """

    kind: Kind
    text: str
    at: int

    @property
    def content(self) -> str:
        """What a text in quotes stands for: a backslash protects the character after it."""
        return re.sub(r"\\(.)", r"\1", self.text[1:-1], flags=re.DOTALL)


def tokens(text: str) -> list[Token]:
    """Return the pieces of the text, and its end as a piece of its own.

    Raises:
        LanguageError: The text is too long, or something in it is no piece of the language.
    """
    if len(text) > TEXT_CHARACTERS_MAX:
        raise LanguageError(
            f"The definition has {len(text)} characters.",
            do=f"Shorten it to {TEXT_CHARACTERS_MAX}.",
            text=text,
            position=TEXT_CHARACTERS_MAX,
        )
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            _refuse(text, at)
        if match.lastgroup != "space":
            found.append(Token(cast("Kind", match.lastgroup), match[0], at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _refuse(text: str, at: int) -> NoReturn:
    character = text[at]
    if character in "'\"":
        raise LanguageError(
            f"The text that begins with {character} has no end.",
            do=f"Close it with {character}.",
            text=text,
            position=at,
        )
    instead = _INSTEAD.get(character)
    do = f"Write {instead}." if instead else "Remove it, or put it in quotes."
    raise LanguageError(f'"{character}" has no meaning here.', do=do, text=text, position=at)
