"""Reads the text of a template as LiquidJS's tokenizer does, its leniency included.

`{{ a b }}` is `a`, `properties.0` is a member, `{{ a | }}` has no filter: what is taken and what is
refused, and with which words, follows the original step by step.

Source:
    liquidjs 10.25.7, `Tokenizer`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from crossdock.kit import javascript as js
from crossdock.kit.mapping.liquid_values import BLANK, EMPTY, NIL

_BLANKS: Final = frozenset(
    "\t\n\v\f\r \u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
_NOT_WORDS: Final = _BLANKS | frozenset("\u201c\u201d")
_WORD = re.compile(r"[A-Za-z0-9_?-]")
_LITERALS: Final = {
    "true": True,
    "false": False,
    "nil": NIL,
    "null": NIL,
    "empty": EMPTY,
    "blank": BLANK,
}
_LITERAL = re.compile("|".join(_LITERALS))
_OPERATOR = re.compile("==|!=|>=|<=|>|<|contains|not|and|or")
_PRECEDENCE: Final = {"not": 1, "and": 0, "or": 0}
_COMPARISON_PRECEDENCE: Final = 2
_EXCERPT_UNITS_MAX: Final = 32
_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_OPEN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
_ESCAPE = re.compile(
    r"\\(?:u(?P<hex>[0-9a-fA-F]{0,4})|(?P<octal>[0-7]{1,3})|(?P<other>.?))", re.DOTALL
)


class LiquidError(Exception):
    """A template is wrong, or a filter does not take what it is given.

    Attributes:
        name: What LiquidJS calls it.
    """

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


class Problem(Exception):
    """Something is wrong with what stands in a tag; whoever knows the tag adds its place."""


def place(text: str, at: int) -> str:
    """Return where in the template that is, in LiquidJS's words."""
    before = text[:at]
    column = js.length(before[before.rfind("\n") + 1 :]) + 1
    return f", line:{before.count(chr(10)) + 1}, col:{column}"


class Constant(NamedTuple):
    """A value that stands in the template."""

    value: object
    text: str


class Operator(NamedTuple):
    """What connects values."""

    name: str

    @property
    def precedence(self) -> int:
        """Whether it is applied before others."""
        return _PRECEDENCE.get(self.name, _COMPARISON_PRECEDENCE)


class Access(NamedTuple):
    """A path: `a.b[c]`, or `"text".size`."""

    base: Operand | None
    keys: tuple[Operand, ...]
    text: str


class Range(NamedTuple):
    """`(1..3)`."""

    low: Operand
    high: Operand
    text: str


Operand = Constant | Access | Range


class Argument(NamedTuple):
    """A filter's, with its name if it has one."""

    name: str | None
    value: Operand | None


class Filter(NamedTuple):
    """A filter's name and its arguments."""

    name: str
    arguments: tuple[Argument, ...]


class Filtered(NamedTuple):
    """An expression in postfix order, and what it goes through."""

    postfix: tuple[Operand | Operator, ...]
    filters: tuple[Filter, ...]


class Html(NamedTuple):
    """Text between tags; what a `-` of a neighbour takes away is already cut off."""

    text: str
    begin: int
    end: int


class Output(NamedTuple):
    """`{{ … }}`."""

    begin: int
    end: int
    content: tuple[int, int]


class Tag(NamedTuple):
    """`{% … %}`, or a line of `{% liquid … %}`."""

    name: str
    begin: int
    end: int
    arguments: tuple[int, int]


Token = Html | Output | Tag


def _is_word(character: str) -> bool:
    if character > "\x7f":
        return character not in _NOT_WORDS
    return _WORD.match(character) is not None


def unescaped(quoted: str) -> str:
    """Return the text that a quoted one means."""

    def replace(match: re.Match[str]) -> str:
        if match["hex"] is not None:
            return chr(int(match["hex"] or "0", 16))
        if match["octal"] is not None:
            return chr(int(match["octal"], 8))
        return _ESCAPES.get(match["other"], match["other"])

    inner = quoted[1:-1]
    if _OPEN_ESCAPE.search(inner):
        # Not closed at all: the last quote is part of the text.
        inner += quoted[-1]
    return js.joined([_ESCAPE.sub(replace, inner)])


class Tokenizer:
    """Reads from a place of the template to another.

    Args:
        text: The whole template.
        begin: From where.
        end: Up to where; the end of the text if it is not said.
    """

    def __init__(self, text: str, begin: int = 0, end: int | None = None) -> None:
        self.text = text
        self.at = begin
        self.stop = len(text) if end is None else end

    def error(self, message: str, at: int | None = None) -> LiquidError:
        """Return the error to raise for the place."""
        where = place(self.text, self.at if at is None else at)
        return LiquidError(message + where, "TokenizationError")

    def excerpt(self, begin: int | None = None) -> str:
        """Return what stands there, quoted, and not too much of it."""
        rest = self.text[self.at if begin is None else begin : self.stop]
        if js.length(rest) > _EXCERPT_UNITS_MAX:
            rest = js.joined([*list(js.units(rest))[: _EXCERPT_UNITS_MAX - 3], "..."])
        return str(js.json_text(rest))

    def peek(self, offset: int = 0) -> str:
        """Return a character ahead, or an empty text at the end."""
        at = self.at + offset
        return self.text[at] if at < self.stop else ""

    def is_at_end(self) -> bool:
        """Return whether nothing is left."""
        return self.at >= self.stop

    def skip_blank(self) -> None:
        """Go on to what is not blank."""
        while self.at < self.stop and self.text[self.at] in _BLANKS:
            self.at += 1

    def remaining(self) -> str:
        """Return what is left."""
        return self.text[self.at : self.stop]

    def identifier(self) -> str:
        """Read a name; empty if there is none."""
        self.skip_blank()
        begin = self.at
        while self.at < self.stop and _is_word(self.text[self.at]):
            self.at += 1
        return self.text[begin : self.at]

    def to(self, pattern: str) -> bool:
        """Go behind the pattern, or to the end if it does not come."""
        while self.at < self.stop:
            self.at += 1
            if self._is_behind(pattern):
                return True
        return False

    def filtered(self) -> Filtered:
        """Read an expression and its filters."""
        postfix = tuple(self._postfix())
        if not postfix:
            raise self.error(f"invalid value expression: {self.excerpt()}")
        filters: list[Filter] = []
        while (found := self._filter()) is not None:
            filters.append(found)
        return Filtered(postfix, tuple(filters))

    def value(self) -> Operand | None:
        """Read a value, or nothing."""
        self.skip_blank()
        begin = self.at
        base = self._literal() or self.quoted() or self._range() or self._number()
        keys = self._keys(is_begin=base is None)
        return Access(base, tuple(keys), self.text[begin : self.at]) if keys else base

    def path(self) -> Access | None:
        """Read a path that starts with a name."""
        self.skip_blank()
        begin = self.at
        keys = self._keys(is_begin=True)
        return Access(None, tuple(keys), self.text[begin : self.at]) if keys else None

    def quoted(self) -> Constant | None:
        """Read a text in quotes, or nothing."""
        self.skip_blank()
        begin, quote = self.at, self.peek()
        if quote not in ("'", '"'):
            return None
        self.at += 1
        is_escaped = False
        while self.at < self.stop:
            self.at += 1
            character = self.text[self.at - 1]
            if character == quote and not is_escaped:
                break
            is_escaped = not is_escaped and character == "\\"
        found = self.text[begin : self.at]
        return Constant(unescaped(found), found)

    def tokens(self) -> list[Token]:
        """Read the whole template."""
        found: list[Token] = []
        raw_begin: int | None = None
        while self.at < self.stop:
            token: Token
            if raw_begin is not None:
                token = self._end_of_raw(raw_begin)
                raw_begin = raw_begin if isinstance(token, Html) else None
            elif self.text.startswith("{%", self.at):
                token = self._tag()
                raw_begin = token.begin if token.name == "raw" else None
            elif self.text.startswith("{{", self.at):
                token = self._output()
            else:
                token = self._html()
            found.append(token)
        return self._trimmed(found)

    def lines(self) -> list[Token]:
        """Read the tags of `{% liquid … %}`, one a line."""
        found: list[Token] = []
        while True:
            self.skip_blank()
            if self.is_at_end():
                return found
            begin = self.at
            self.to("\n")
            found.append(self._named(begin, self.at, begin, self.at, "illegal liquid tag syntax"))

    def _is_behind(self, pattern: str) -> bool:
        return self.text.endswith(pattern, 0, self.at)

    def _postfix(self) -> list[Operand | Operator]:
        found: list[Operand | Operator] = []
        waiting: list[Operator] = []
        while self.at < self.stop:
            operator = self._operator()
            if operator is not None:
                while waiting and waiting[-1].precedence > operator.precedence:
                    found.append(waiting.pop())
                waiting.append(operator)
                continue
            operand = self.value()
            if operand is None:
                break
            found.append(operand)
        return found + waiting[::-1]

    def _operator(self) -> Operator | None:
        self.skip_blank()
        name = self._known(_OPERATOR)
        return Operator(name) if name else None

    def _literal(self) -> Constant | None:
        name = self._known(_LITERAL)
        return Constant(_LITERALS[name], name) if name else None

    def _known(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at, self.stop)
        if match is None:
            return ""
        if match[0][-1].isalpha() and _is_word(self.peek(len(match[0]))):
            return ""
        self.at = match.end()
        return match[0]

    def _number(self) -> Constant | None:
        size = 1 if self.peek() in ("+", "-") else 0
        has_point = has_digit = False
        while True:
            character = self.peek(size)
            if character and character in "0123456789":
                has_digit = True
            elif character == "." and self.peek(size + 1) != ".":
                if has_point or not has_digit:
                    return None
                has_point = True
            else:
                break
            size += 1
        if not has_digit or _is_word(self.peek(size)):
            return None
        found = self.text[self.at : self.at + size]
        self.at += size
        return Constant(js.to_number(found), found)

    def _range(self) -> Range | None:
        begin = self.at
        if self.peek() != "(":
            return None
        self.at += 1
        low = self._required_value()
        self.skip_blank()
        self._expect("..")
        high = self._required_value()
        self.skip_blank()
        self._expect(")")
        return Range(low, high, self.text[begin : self.at])

    def _expect(self, characters: str) -> None:
        for character in characters:
            self.at += 1
            if self.text[self.at - 1 : self.at] != character:
                raise self.error("invalid range syntax")

    def _required_value(self) -> Operand:
        value = self.value()
        if value is None:
            raise self.error(f"unexpected token {self.excerpt()}, value expected")
        return value

    def _keys(self, *, is_begin: bool) -> list[Operand]:
        keys: list[Operand] = []
        while True:
            if self.peek() == "[":
                self.at += 1
                key = self.value() or Constant("", "")
                if not self.to("]"):
                    raise self.error("[ not closed")
                keys.append(key)
                continue
            name = ""
            if is_begin and not keys:
                name = self.identifier()
            if not name and self.peek() == "." and self.peek(1) != ".":
                self.at += 1
                name = self.identifier()
            if not name:
                return keys
            keys.append(Constant(name, name))

    def _filter(self) -> Filter | None:
        self.skip_blank()
        if self.is_at_end():
            return None
        self.at += 1
        if self.text[self.at - 1] != "|":
            raise self.error('expected "|" before filter')
        name = self.identifier()
        if not name:
            if not self.is_at_end():
                raise self.error("expected filter name")
            return None
        arguments: list[Argument] = []
        self.skip_blank()
        if self.peek() not in (":", "|", ""):
            raise self.error('expected ":" after filter name')
        is_listed = self.peek() == ":"
        while is_listed:
            self.at += 1
            argument = self._argument()
            if argument is not None:
                arguments.append(argument)
            self.skip_blank()
            if self.peek() not in (",", "|", ""):
                raise self.error(f"unexpected character {self.excerpt()}")
            is_listed = self.peek() == ","
        return Filter(name, tuple(arguments))

    def _argument(self) -> Argument | None:
        key = self.value()
        if key is None:
            return None
        self.skip_blank()
        if self.peek() != ":":
            return Argument(None, key)
        self.at += 1
        return Argument(key.text, self.value())

    def _html(self) -> Html:
        begin = self.at
        ends = [
            end for end in (self.text.find("{%", begin), self.text.find("{{", begin)) if end >= 0
        ]
        self.at = min([*ends, self.stop])
        return Html(self.text[begin : self.at], begin, self.at)

    def _tag(self) -> Tag:
        begin = self.at
        if not self.to("%}"):
            raise self.error(f"tag {self.excerpt(begin)} not closed", begin)
        return self._named(
            begin, self.at, begin + 2, self.at - 2, "illegal tag syntax, tag name expected"
        )

    def _named(self, begin: int, end: int, inner: int, outer: int, complaint: str) -> Tag:
        inner, outer = self._content(inner, outer)
        reader = Tokenizer(self.text, inner, outer)
        reader.skip_blank()
        if self.text[reader.at : reader.at + 1] == "#":
            reader.at += 1
            name = "#"
        else:
            name = reader.identifier()
        if not name:
            raise reader.error(complaint)
        reader.skip_blank()
        return Tag(name, begin, end, (reader.at, outer))

    def _output(self) -> Output:
        begin = self.at
        while self.at < self.stop:
            if self.peek() in ("'", '"'):
                self.quoted()
                continue
            self.at += 1
            if self._is_behind("}}"):
                return Output(begin, self.at, self._content(begin + 2, self.at - 2))
        raise self.error(f"output {self.excerpt(begin)} not closed", begin)

    def _content(self, begin: int, end: int) -> tuple[int, int]:
        left = begin + 1 if self.text[begin : begin + 1] == "-" else begin
        right = end - 1 if self.text[end - 1 : end] == "-" else end
        while left < right and self.text[left] in _BLANKS:
            left += 1
        while right > left and self.text[right - 1] in _BLANKS:
            right -= 1
        return left, right

    def _end_of_raw(self, raw_begin: int) -> Tag | Html:
        begin = self.at
        self.to("{%")
        left = self.at - 2
        while self.at < self.stop:
            if self.identifier() != "endraw":
                self.to("{%")
                left = self.at - 2
                continue
            while self.at <= self.stop:
                if self._is_behind("%}"):
                    if begin == left:
                        return self._named(begin, self.at, begin + 2, self.at - 2, "")
                    self.at = left
                    return Html(self.text[begin:left], begin, left)
                if self._is_behind("{%"):
                    break
                self.at += 1
        raise self.error(f"raw {self.excerpt(raw_begin)} not closed", begin)

    def _trimmed(self, tokens: Sequence[Token]) -> list[Token]:
        found = list(tokens)
        is_raw = False
        for at, token in enumerate(tokens):
            if isinstance(token, Html):
                continue
            if not is_raw and self.text[token.begin + 2 : token.begin + 3] == "-":
                self._trim(found, at - 1, is_left=False)
            if isinstance(token, Tag) and token.name in ("raw", "endraw"):
                is_raw = token.name == "raw"
            if not is_raw and self.text[token.end - 3 : token.end - 2] == "-":
                self._trim(found, at + 1, is_left=True)
        return found

    @staticmethod
    def _trim(tokens: list[Token], at: int, *, is_left: bool) -> None:
        token = tokens[at] if 0 <= at < len(tokens) else None
        if isinstance(token, Html):
            blanks = "".join(_BLANKS)
            text = token.text.lstrip(blanks) if is_left else token.text.rstrip(blanks)
            tokens[at] = token._replace(text=text)
