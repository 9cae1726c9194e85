r"""From the text of a condition to its tree.

    condition  = all { "or" all }
    all        = not { "and" not }
    not        = "!" not | comparison
    comparison = value [ ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value | "in" value ]
    value      = "(" condition ")" | list | text | number | "true" | "false" | "null"
               | function "(" [ condition { "," condition } ] ")" | path

In a text, a backslash protects the quote that would end it, and itself; before anything else it
stays, so that a glob can have one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, cast

from crossdock.kit import javascript as js
from crossdock.kit.fql import tree
from crossdock.kit.fql.errors import FqlError
from crossdock.kit.fql.functions import FUNCTIONS

TEXT_CHARACTERS_MAX: Final = 20_000
DEPTH_MAX: Final = 50

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<number>[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.\\]))
  | (?P<path>(?:[A-Za-z_]|\\.)(?:[A-Za-z0-9_-]|\\.)*(?:[ \t]*\.[ \t]*(?:[A-Za-z0-9_-]|\\.)+)*)
  | (?P<sign>!=|<=|>=|[=<>!()\[\],])
    """,
    re.VERBOSE | re.DOTALL,
)
_KEY = re.compile(r"(?:[A-Za-z0-9_-]|\\.)+", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_WORDS: Final = ("and", "or", "in", "true", "false", "null")

Kind = Literal["text", "number", "path", "word", "sign", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text.

    Attributes:
        text: As written.
        position: Of its first character.
    """

    kind: Kind
    text: str
    position: int


def parse(text: str) -> tree.Node:
    """Return the tree of a condition.

    Raises:
        FqlError: The text is not a condition; the error says where, and what to write.
    """
    if len(text) > TEXT_CHARACTERS_MAX:
        raise FqlError(
            f"The condition has {len(text)} characters.",
            do=f"Shorten it to {TEXT_CHARACTERS_MAX}.",
            position=TEXT_CHARACTERS_MAX,
        )
    return _Parser(tokens(text)).condition()


def tokens(text: str) -> list[Token]:
    """Return the pieces of the text, and the end as a piece of its own.

    Raises:
        FqlError: At a character that begins nothing.
    """
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            _refuse(text, at)
        kind = cast("Kind | Literal['space']", match.lastgroup)
        if kind == "path" and match[0] in _WORDS:
            kind = "word"
        if kind != "space":
            found.append(Token(kind, match[0], at))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _refuse(text: str, at: int) -> NoReturn:
    character = text[at]
    if character in "\"'":
        what, do = f"The text that begins with {character} has no end.", "Close it with"
        raise FqlError(what, do=f"{do} {character}", position=at)
    if character in "&|":
        word = "and" if character == "&" else "or"
        raise FqlError(f'"{character}" is not an operator.', do=f'Write "{word}".', position=at)
    raise FqlError(
        f'"{character}" has no meaning here.',
        do="Remove it, put it in quotes, or, in a path, write a backslash before it.",
        position=at,
    )


class _Parser:
    def __init__(self, pieces: list[Token]) -> None:
        self._pieces = pieces
        self._at = 0
        self._depth = 0

    def condition(self) -> tree.Node:
        node = self._either()
        if self._next.kind != "end":
            self._unexpected('Join conditions with "and" or "or"')
        return node

    @property
    def _next(self) -> Token:
        return self._pieces[self._at]

    def _take(self, *texts: str) -> Token | None:
        """Return the next piece and go past it, if it is one of these signs or words."""
        piece = self._next
        if piece.kind not in ("sign", "word") or piece.text not in texts:
            return None
        self._at += 1
        return piece

    def _unexpected(self, do: str) -> NoReturn:
        piece = self._next
        what = f'"{piece.text}" cannot stand here.' if piece.text else "The condition ends early."
        raise FqlError(what, do=f"{do}.", position=piece.position)

    def _expect(self, text: str) -> None:
        if self._take(text) is None:
            self._unexpected(f'Write "{text}" before it')

    def _either(self) -> tree.Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._unexpected(f"Nest parentheses at most {DEPTH_MAX} deep")
        node = self._joined("or", lambda: self._joined("and", self._negated, tree.All), tree.Any)
        self._depth -= 1
        return node

    def _joined(
        self,
        word: str,
        part: Callable[[], tree.Node],
        node: Callable[[tuple[tree.Node, ...]], tree.Node],
    ) -> tree.Node:
        parts = [part()]
        while self._take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else node(tuple(parts))

    def _negated(self) -> tree.Node:
        count = 0
        while self._take("!"):
            count += 1
        node = self._compared()
        return tree.Not(node) if count % 2 else tree.Not(tree.Not(node)) if count else node

    def _compared(self) -> tree.Node:
        left = self._value()
        if self._take("in"):
            return tree.In(left, self._value())
        operator = self._take(*tree.COMPARISONS)
        if operator is None:
            return left
        return tree.Compare(cast("tree.Comparison", operator.text), left, self._value())

    def _value(self) -> tree.Node:  # noqa: RET503 - one for each kind; the last line raises.
        piece = self._next
        if self._take("("):
            node = self._either()
            self._expect(")")
            return node
        if self._take("["):
            return tree.Items(self._until("]", self._value))
        if self._take("true", "false", "null"):
            return tree.Value({"true": True, "false": False, "null": None}[piece.text])
        if piece.kind == "text":
            self._at += 1
            quote = piece.text[0]
            inner = piece.text[1:-1].replace("\\\\", "\0")
            inner = inner.replace(f"\\{quote}", quote).replace("\0", "\\\\")
            return tree.Value(inner, is_single_quoted=quote == "'")
        if piece.kind == "number":
            self._at += 1
            return tree.Value(js.whole_if_exact(float(piece.text)))
        if piece.kind == "path":
            self._at += 1
            return self._call(piece) if self._take("(") else _path(piece)
        self._unexpected("Write a path such as event, a text in quotes, or a number")

    def _call(self, name: Token) -> tree.Node:
        counts = FUNCTIONS.get(name.text)
        if counts is None:
            raise FqlError(
                f'There is no function "{name.text}".',
                do=f"Use one of {', '.join(FUNCTIONS)}.",
                position=name.position,
            )
        arguments = self._until(")", self._either)
        if len(arguments) != counts.arguments:
            raise FqlError(
                f'"{name.text}" has {len(arguments)} values between its parentheses.',
                do=f"Give it {counts.arguments}, separated by commas.",
                position=name.position,
            )
        return tree.Call(name.text, arguments)

    def _until(self, end: str, part: Callable[[], tree.Node]) -> tuple[tree.Node, ...]:
        parts: list[tree.Node] = []
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._unexpected(f"Nest at most {DEPTH_MAX} deep")
        while not self._take(end):
            if parts:
                self._expect(",")
            parts.append(part())
        self._depth -= 1
        return tuple(parts)


def _path(piece: Token) -> tree.Path:
    return tree.Path(tuple(_ESCAPE.sub(r"\1", key[0]) for key in _KEY.finditer(piece.text)))
