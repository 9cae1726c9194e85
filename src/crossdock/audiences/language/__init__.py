"""The query language of audiences and computed traits: from text to SQL, and to the builder.

Pure: it reads nothing, and knows no time. `docs/guides/audiences-language.md` is its reference.

- `builder`: what the builder edits, as types.
- `canonical`: from the tree to text.
- `check`: whether a tree means anything.
- `compile`: from the tree to SQL.
- `compiled`: `Compiled`, `Relations`.
- `conditions`: conditions in SQL, and when they may change.
- `errors`: `LanguageError`, `NotInBuilder`.
- `from_builder`: from what the builder edits to the tree.
- `operands`: values in SQL, and how two compare.
- `parameters`: what is handed to DuckDB beside the SQL.
- `parse`: from text to the tree.
- `paths`: places in a JSON value.
- `reducers`: sums, counts and the others in SQL.
- `streams`: events and their windows in SQL.
- `to_builder`: from the tree to what the builder edits.
- `tokens`: the pieces of a text.
- `tree`: the tree.
- `values`: how a text is read as a number or a moment.
- `words`: the words of the language, and its bounds.
"""

from __future__ import annotations

from crossdock.audiences.language import tree
from crossdock.audiences.language.canonical import text_of
from crossdock.audiences.language.check import check
from crossdock.audiences.language.compile import compile_members, compile_values
from crossdock.audiences.language.compiled import Compiled, Relations, Subject
from crossdock.audiences.language.errors import LanguageError, NotInBuilder
from crossdock.audiences.language.from_builder import computed_of, condition_of
from crossdock.audiences.language.parse import parse_condition, parse_scalar
from crossdock.audiences.language.to_builder import builder_of, computed_trait_of

__all__ = [
    "Compiled",
    "LanguageError",
    "NotInBuilder",
    "Relations",
    "Subject",
    "builder_of",
    "compile_audience",
    "compile_trait",
    "computed_of",
    "computed_trait_of",
    "condition_of",
    "read_audience",
    "read_trait",
    "text_of",
]


def read_audience(text: str, *, subject: Subject = "users") -> tree.Condition:
    """Return the checked tree of an audience's definition.

    Raises:
        LanguageError: The text is none; show its `excerpt`, `what` and `do`.
    """
    node = parse_condition(text)
    check(node, text, subject)
    return node


def read_trait(text: str, *, subject: Subject = "users") -> tree.Reduced:
    """Return the checked tree of a computed trait's definition.

    Raises:
        LanguageError: The text is none; show its `excerpt`, `what` and `do`.
    """
    node = parse_scalar(text)
    check(node, text, subject)
    if not isinstance(node, tree.Reduced):
        raise TypeError("the check lets nothing else through")
    return node


def compile_audience(
    text: str,
    *,
    subject: Subject = "users",
    with_anonymous: bool = False,
    relations: Relations | None = None,
) -> Compiled:
    """Return the SQL of who is in an audience.

    Args:
        text: The definition.
        subject: Whether it is about users or about accounts.
        with_anonymous: Whether profiles without a user id or an address can be in it; fixed when
            an audience is created. Of an account, whether they count as its users.
        relations: What the SQL reads; see `Relations`.

    Raises:
        LanguageError: The text is no definition.
    """
    node = read_audience(text, subject=subject)
    return compile_members(
        node, subject=subject, with_anonymous=with_anonymous, relations=relations or Relations()
    )


def compile_trait(
    text: str,
    *,
    subject: Subject = "users",
    with_anonymous: bool = False,
    relations: Relations | None = None,
) -> Compiled:
    """Return the SQL of a computed trait's values. The arguments are those of `compile_audience`.

    Raises:
        LanguageError: The text is no definition.
    """
    node = read_trait(text, subject=subject)
    return compile_values(
        node, subject=subject, with_anonymous=with_anonymous, relations=relations or Relations()
    )
