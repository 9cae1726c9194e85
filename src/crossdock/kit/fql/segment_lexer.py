"""The pieces that Segment's own small runtime cuts a condition into, faults included.

Source:
    Observed on @segment/destination-subscriptions 3.37.0.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from crossdock.kit import javascript as js

_END: Final = ""
_SPACES: Final = " \t\n"
_TERMINATORS: Final = (_END, *_SPACES, ",", "]", ")")
_SINGLE: Final = {
    ".": "dot",
    "[": "brackleft",
    "]": "brackright",
    ",": "comma",
    "(": "parenleft",
    ")": "parenright",
}
_KEYWORDS: Final = {"a": ("and", "conditional"), "o": ("or", "conditional"), "n": ("null", "null")}
_DIGITS: Final = "0123456789"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The lexer gives up on longer ones.
_TEXT_UNITS_MAX: Final = 100_000
_NUMBER_UNITS_MAX: Final = 100_000
_NAME_UNITS_MAX: Final = 100_000


class LexerFault(Exception):
    """The lexer gives up; nobody is told why."""


class RuntimeToken(NamedTuple):
    """A piece of the text as that lexer sees it."""

    type: str
    value: str


class _Lexer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def tokens(self) -> list[RuntimeToken]:
        found: list[RuntimeToken] = []
        while (character := self._next()) != _END:
            if character in _SPACES:
                continue
            found.append(self._token(character))
        return [*found, RuntimeToken("eos", "eos")]

    def _token(self, character: str) -> RuntimeToken:  # noqa: PLR0911 - one for each kind.
        following = self._peek()
        if character == "!":
            if following and (following in _LETTERS or following == "("):
                return RuntimeToken("operator", "!")
            if self._accept("="):
                return RuntimeToken("operator", "!=")
            raise LexerFault
        if character == "=":
            return RuntimeToken("operator", "=")
        if character in "<>":
            return RuntimeToken("operator", f"{character}=" if self._accept("=") else character)
        if character in _LETTERS or character in "_\\":
            return self._word(character)
        if character in _DIGITS or character in "+-":
            return self._number(character)
        if character in "\"'":
            return self._quoted(character)
        if character in _SINGLE:
            return RuntimeToken(_SINGLE[character], character)
        raise LexerFault

    def _next(self) -> str:
        character = self._peek()
        self._at += len(character)
        return character

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _accept(self, wanted: str) -> bool:
        """Take what is wanted, if a terminator follows; at the end, lose what was read."""
        start, read = self._at, ""
        for _ in wanted:
            character = self._next()
            if character == _END:
                return False
            read += character
            if character in _TERMINATORS:
                break
        if read == wanted and self._peek() in _TERMINATORS:
            return True
        self._at = start
        return False

    def _word(self, first: str) -> RuntimeToken:
        if first in _KEYWORDS:
            word, kind = _KEYWORDS[first]
            if self._accept(word[1:]):
                return RuntimeToken(kind, word)
        name, character = "", first
        while True:
            if character == "\\":
                character = self._next()
                if character == _END:
                    raise LexerFault
            name += character
            if len(name) >= _NAME_UNITS_MAX:
                raise LexerFault
            following = self._peek()
            if not following or not (
                following in _LETTERS or following in _DIGITS or following in "_-\\"
            ):
                break
            character = self._next()
        if self._peek() not in (*_TERMINATORS, ".", "(", "=", "!"):
            raise LexerFault
        return RuntimeToken("ident", name)

    def _number(self, first: str) -> RuntimeToken:
        digits, is_decimal = "", False
        while (following := self._peek()) and (following in _DIGITS or following == "."):
            digits += self._next()
            if following == ".":
                if is_decimal or self._peek() in _TERMINATORS:
                    raise LexerFault
                is_decimal = True
            if len(digits) >= _NUMBER_UNITS_MAX:
                raise LexerFault
        return RuntimeToken("number", first + digits)

    def _quoted(self, quote: str) -> RuntimeToken:
        text = ""
        while self._peek() != quote:
            character = self._next()
            text += character
            if character == _END or js.length(text) >= _TEXT_UNITS_MAX:
                raise LexerFault
        self._accept(quote)
        return RuntimeToken("string", f"{quote}{text}{quote}")


def tokens(text: str) -> list[RuntimeToken]:
    """Return the pieces, and the end as a piece of its own.

    Raises:
        LexerFault: At what the lexer does not know.
    """
    return _Lexer(text).tokens()
