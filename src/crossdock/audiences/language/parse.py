r"""From the text of a definition to its tree.

    condition = both { "OR" both }
    both      = one { "AND" one }
    one       = ( "NOT" | "ANY" | "ALL" ) one | "(" condition ")" | comparison
    comparison = scalar ( sign scalar | "." test "(" arguments ")" )
    scalar    = text | number | "true" | "false" | "literal" "(" … ")"
              | ( "trait" | "property" | "context" ) "(" [ "parent" ":" ] text ")"
              | ( "event" | "entity" ) "(" text ")" { "." filter } "." reducer

Written by hand, so that an error can say what would have been right at that place.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from typing import NoReturn, cast

from crossdock.audiences.language import tree
from crossdock.audiences.language.errors import LanguageError
from crossdock.audiences.language.tokens import Token, tokens
from crossdock.audiences.language.words import (
    CONDITIONS_MAX,
    DEPTH_MAX,
    DURATION_TESTS,
    EXTRACTORS,
    FILTERS,
    NUMBER_CHARACTERS_MAX,
    OPERATOR_NAMES,
    OPERATORS,
    REDUCERS,
    SECONDS_MAX,
    SEVERAL,
    TESTS,
    UNITS,
    VALUE_TESTS,
)


def parse_condition(text: str) -> tree.Condition:
    """Return the tree of an audience's definition. Types are not checked yet.

    Raises:
        LanguageError: The text is none; the error says where, and what to write.
    """
    return _Parser(text).condition()


def parse_scalar(text: str) -> tree.Scalar:
    """Return the tree of a computed trait's definition. Types are not checked yet.

    Raises:
        LanguageError: The text is none; the error says where, and what to write.
    """
    return _Parser(text).scalar()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._index = 0
        self._depth = 0
        self._conditions = 0

    def condition(self) -> tree.Condition:
        node = self._either()
        if self._next.kind != "end":
            self._unexpected("Join conditions with AND or OR.")
        return node

    def scalar(self) -> tree.Scalar:
        node = self._scalar()
        if self._next.kind != "end":
            self._unexpected("End here: a computed trait is one value, and compares nothing.")
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._index]

    def _refuse(self, what: str, do: str, at: int) -> NoReturn:
        raise LanguageError(what, do=do, text=self._text, position=at)

    def _unexpected(self, do: str) -> NoReturn:
        piece = self._next
        what = (
            "The definition ends early."
            if piece.kind == "end"
            else (f"{piece.text} cannot stand here.")
        )
        self._refuse(what, do, piece.at)

    def _advance(self) -> Token:
        piece = self._next
        self._index += 1
        return piece

    def _take(self, sign: str) -> Token | None:
        if self._next.kind == "sign" and self._next.text == sign:
            return self._advance()
        return None

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            self._unexpected(f"Write {sign} before it." if self._next.text else f"Add {sign}.")

    def _word(self, *words: str) -> Token | None:
        if self._next.kind == "name" and self._next.text.upper() in words:
            return self._advance()
        return None

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self._unexpected(f"Nest at most {DEPTH_MAX} deep.")

    def _either(self) -> tree.Condition:
        self._deeper()
        node = self._joined("OR", lambda: self._joined("AND", self._one, tree.And), tree.Or)
        self._depth -= 1
        return node

    def _joined(
        self,
        word: str,
        part: Callable[[], tree.Condition],
        node: Callable[[tuple[tree.Condition, ...], int], tree.Condition],
    ) -> tree.Condition:
        at = self._next.at
        parts = [part()]
        while self._word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else node(tuple(parts), at)

    def _one(self) -> tree.Condition:
        word = self._word("NOT", "ANY", "ALL")
        if word:
            self._deeper()
            part = self._one()
            self._depth -= 1
            if word.text.upper() == "NOT":
                return tree.Not(part, at=word.at)
            return tree.Members("ANY" if word.text.upper() == "ANY" else "ALL", part, at=word.at)
        if self._take("("):
            node = self._either()
            self._expect(")")
            return node
        return self._comparison()

    def _comparison(self) -> tree.Condition:  # noqa: RET503 - the last line raises.
        at = self._next.at
        self._conditions += 1
        if self._conditions > CONDITIONS_MAX:
            self._refuse(
                f"The definition has more than {CONDITIONS_MAX} conditions.",
                "Make an audience of some of them, and refer to it by trait('its_key') = true.",
                at,
            )
        left = self._scalar()
        if self._next.kind == "sign" and self._next.text in OPERATORS:
            operator = OPERATORS[self._advance().text]
            return tree.Compare(left, operator, self._scalar(), at=at)
        if self._take("."):
            return self._test(left, at)
        if isinstance(left, tree.Reduced):
            self._unexpected("Compare the value, for example with >= 1.")
        self._unexpected("Compare the value with = != > >= < <=, or call .exists() on it.")

    def _test(self, left: tree.Scalar, at: int) -> tree.Condition:
        name = self._name_of(
            (*TESTS, *OPERATOR_NAMES),
            "comparison",
            elsewhere=(FILTERS, "comes before the reducer, such as count()"),
        )
        self._expect("(")
        if name in OPERATOR_NAMES:
            right = self._scalar()
            self._expect(")")
            return tree.Compare(left, OPERATOR_NAMES[name], right, at=at)
        duration: tree.Duration | None = None
        arguments: tuple[str | float | bool, ...] = ()
        if name in DURATION_TESTS:
            duration = self._duration()
        elif name in VALUE_TESTS:
            arguments = self._values(")")
            if len(arguments) > 1 and name not in SEVERAL:
                self._refuse(f"{name} takes one value.", "Remove the others.", at)
        self._expect(")")
        return tree.Test(left, cast("tree.TestName", name), arguments, duration, at=at)

    def _name_of(  # noqa: RET503 - the last line raises.
        self,
        names: Collection[str],
        kind: str,
        *,
        elsewhere: tuple[Collection[str], str] = ((), ""),
    ) -> str:
        piece = self._next
        if piece.kind == "name" and piece.text in names:
            return self._advance().text
        if piece.kind != "name":
            self._unexpected(f"Write one of {', '.join(names)}.")
        if piece.text in elsewhere[0]:
            self._refuse(f"{piece.text} cannot stand here.", f"It {elsewhere[1]}.", piece.at)
        close = difflib.get_close_matches(piece.text.lower(), names, n=1)
        do = f"Did you mean {close[0]}?" if close else f"Use one of {', '.join(names)}."
        self._refuse(f"There is no {kind} {piece.text}.", do, piece.at)

    def _scalar(self) -> tree.Scalar:
        piece = self._next
        literal = self._literal()
        if literal is not None:
            return literal
        name = self._name_of(EXTRACTORS, "extractor")
        self._expect("(")
        if name == "literal":
            inner = self._literal()
            if inner is None:
                self._unexpected("Write a text in quotes, a number, true or false.")
            self._expect(")")
            return inner
        of_parent = name == "property" and self._parent()
        text = self._quoted(f"the name of the {name}")
        self._expect(")")
        if name == "trait":
            return tree.Trait(text, at=piece.at)
        if name == "property":
            return tree.Property(text, of_parent, at=piece.at)
        if name == "context":
            return tree.Context(text, at=piece.at)
        kind = "event" if name == "event" else "entity"
        return self._reduced(tree.Stream(kind, text, at=piece.at))  # type: ignore[arg-type] # One of two.

    def _literal(self) -> tree.Fixed | None:
        piece = self._next
        if piece.kind == "text":
            return tree.Fixed(self._advance().content, at=piece.at)
        if piece.kind == "number":
            if len(piece.text) > NUMBER_CHARACTERS_MAX:
                self._refuse("The number is too long.", "Write it shorter, or in quotes.", piece.at)
            return tree.Fixed(_number(self._advance().text), at=piece.at)
        if word := self._word("TRUE", "FALSE"):
            return tree.Fixed(word.text.upper() == "TRUE", at=piece.at)
        return None

    def _quoted(self, what: str) -> str:
        if self._next.kind != "text":
            self._unexpected(f"Write {what} in quotes.")
        return self._advance().content

    def _parent(self) -> bool:
        if not self._word("PARENT"):
            return False
        self._expect(":")
        return True

    def _values(self, end: str) -> tuple[str | float | bool, ...]:
        found: list[str | float | bool] = []
        is_list = self._take("[") is not None
        while not found or self._take(","):
            literal = self._literal()
            if literal is None:
                self._unexpected("Write a text in quotes, or a number.")
            found.append(literal.value)
        if is_list:
            self._expect("]")
        if self._next.text != end:
            self._unexpected("Write a comma between values.")
        return tuple(found)

    def _duration(self) -> tree.Duration:
        piece = self._next
        if piece.kind != "number" or not piece.text.isdigit():
            self._unexpected("Write a length of time, such as 30 days.")
        self._advance()
        unit = UNITS.get(self._next.text.lower())
        if unit is None:
            self._unexpected("Write hours or days after the number.")
        self._advance()
        duration = tree.Duration(int(piece.text[:12]), unit)
        if not 0 <= duration.seconds <= SECONDS_MAX:
            self._refuse(f"{piece.text} {unit} is too long.", "Write at most 36500 days.", piece.at)
        return duration

    def _reduced(self, stream: tree.Stream) -> tree.Reduced:
        filters: list[tree.Filter] = []
        while True:
            if not self._take("."):
                self._unexpected("Reduce the events to a value, for example with .count().")
            at = self._next.at
            name = self._name_of(
                (*FILTERS, *REDUCERS),
                "filter or reducer",
                elsewhere=(TESTS, "comes after a reducer, such as count()"),
            )
            self._expect("(")
            if name in REDUCERS:
                stream = tree.Stream(stream.kind, stream.name, tuple(filters), at=stream.at)
                return self._reducer(stream, name, at)
            filters.append(self._filter(name, at))
            self._expect(")")

    def _filter(self, name: str, at: int) -> tree.Filter:
        if name == "where":
            self._deeper()
            is_braced = self._take("{")
            condition = self._either()
            if is_braced:
                self._expect("}")
            self._depth -= 1
            return tree.Where(condition, at=at)
        if name == "sources":
            return self._sources(at)
        of_parent = name != "expires_after" and self._parent()
        duration = self._duration()
        if name == "within":
            return tree.Within(duration, of_parent, at=at)
        if name == "expires_after":
            return tree.ExpiresAfter(duration, at=at)
        self._expect(",")
        return tree.Between(duration, self._duration(), of_parent, at=at)

    def _sources(self, at: int) -> tree.Sources:
        is_braced = self._take("{")
        if not self._word("EXCLUDE"):
            self._unexpected("Write sources({exclude: 'id of a source'}).")
        self._expect(":")
        values = self._values("}" if is_braced else ")")
        if is_braced:
            self._expect("}")
        if not all(isinstance(value, str) for value in values):
            self._refuse("The id of a source is a text.", "Put it in quotes.", at)
        return tree.Sources(cast("tuple[str, ...]", values), at=at)

    def _reducer(self, stream: tree.Stream, name: str, at: int) -> tree.Reduced:
        argument, value_type, frequency = None, None, None
        if name != "count":
            argument = self._argument(name)
            value_type = self._value_type()
        if name == "mode":
            frequency = self._frequency()
        self._expect(")")
        if name == "unique" and self._is_counted():
            name = "unique_count"
        reducer = cast("tree.ReducerName", name)
        return tree.Reduced(stream, reducer, argument, value_type, frequency, at=at)

    def _argument(self, name: str) -> tree.Property | tree.Context:
        at = self._next.at
        argument = self._scalar() if self._next.kind == "name" else None
        if not isinstance(argument, tree.Property | tree.Context):
            self._refuse(
                f"{name} needs what to look at.", f"Write {name}(property('its name')).", at
            )
        return argument

    def _value_type(self) -> tree.ValueType | None:
        if not self._word("AS"):
            return None
        return cast("tree.ValueType", self._name_of(("number", "string"), "type"))

    def _frequency(self) -> int:
        if not self._take(","):
            return 2
        piece = self._next
        if piece.kind != "number" or not piece.text.isdigit() or not int(piece.text[:12]) > 0:
            self._unexpected("Write how often the value must occur, such as 2.")
        return int(self._advance().text[:12])

    def _is_counted(self) -> bool:
        pieces = [one.text for one in self._tokens[self._index : self._index + 4]]
        if pieces != [".", "count", "(", ")"]:
            return False
        self._index += 4
        return True


def _number(text: str) -> float:
    number = float(text)
    # A whole number stays one, so that it is written as people wrote it.
    return int(number) if number.is_integer() and abs(number) <= 2**53 else number
