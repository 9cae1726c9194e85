"""Values in SQL: what a JSON value is as a number, as a text, as a moment, and how two compare.

A value in JSON is held as its JSON text (`raw`), where a null is a missing value. A string begins
with a quote there and a number with a digit or a minus, so that its type costs no second reading of
the JSON.

Rules, the same for every comparison:

- If one side is a number, both are compared as numbers; a string that is one in decimal notation
  counts as one. What cannot be read as a number is not equal, not less, not greater.
- Otherwise texts are compared, by code points; true and false are the texts `true` and `false`, a
  list or an object is its JSON.
- A missing value is not equal to anything, not different from anything, not less, not greater.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crossdock.audiences.language import tree
from crossdock.audiences.language.parameters import Parameters
from crossdock.audiences.language.values import (
    EPOCH_MILLISECONDS_END,
    EPOCH_SECONDS_END,
    EPOCH_SECONDS_MIN,
    LOCAL_PATTERN,
    NUMBER_PATTERN,
    OFFSET_PATTERN,
    readable_number,
)

_NUMBER_SQL = f"'^{NUMBER_PATTERN}$'"
_LOCAL_SQL = f"'{LOCAL_PATTERN}'"
_OFFSET_SQL = f"'{OFFSET_PATTERN}'"


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison, as SQL.

    Attributes:
        sql: The value itself; null if it is missing.
        kind: What `sql` gives: a JSON text, a DOUBLE, or a VARCHAR.
        next_at: SQL of the earliest moment after now at which it may be another value, if any.
        fixed: The value, if it is written in the definition.
        as_text: SQL of a JSON value's text that reads the JSON once, where there is one.
    """

    sql: str
    kind: Literal["raw", "number", "text"]
    next_at: str | None = None
    fixed: str | float | bool | None = None
    as_text: str | None = None

    @property
    def is_number(self) -> str:
        """SQL of whether the value is a number."""
        # Between - and 9 lie only ., / and the digits; JSON begins a number with no other sign.
        raw = f"({self.sql} >= '-' AND {self.sql} < ':')"
        return {"raw": raw, "number": "TRUE", "text": "FALSE"}[self.kind]

    @property
    def number(self) -> str:
        """SQL of the value as a number, null if it is none."""
        if self.kind == "number":
            return self.sql
        if self.kind == "text":
            return _number_of(self.sql)
        # First as a number, since most are; what begins with a quote is none to DuckDB.
        text = self.as_text or _unquoted(self.sql)
        return (
            f"coalesce(TRY_CAST({self.sql} AS DOUBLE), "
            f"CASE WHEN starts_with({self.sql}, '\"') THEN {_number_of(text)} END)"
        )

    @property
    def text(self) -> str:
        """SQL of the value as a text."""
        if self.kind == "number":
            return f"CAST({self.sql} AS VARCHAR)"
        if self.kind == "text":
            return self.sql
        return self.as_text or (
            f"CASE WHEN starts_with({self.sql}, '\"') THEN {_unquoted(self.sql)} "
            f"ELSE {self.sql} END"
        )

    @property
    def moment(self) -> str:
        """SQL of the value as a moment, null if it is none."""
        text = self.text
        epoch = _epoch(self.number)
        return (
            f"CASE WHEN regexp_full_match({text}, {_OFFSET_SQL}) "
            # Only with an offset: without one, DuckDB would take its session's time zone.
            f"THEN make_timestamp(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ))) "
            f"WHEN regexp_full_match({text}, {_LOCAL_SQL}) THEN TRY_CAST({text} AS TIMESTAMP) "
            f"ELSE {epoch} END"
        )


def _unquoted(raw: str) -> str:
    return f"json_extract_string({raw}, '$')"


def _number_of(text: str) -> str:
    return f"TRY_CAST(regexp_extract({text}, {_NUMBER_SQL}, 1) AS DOUBLE)"


def _epoch(number: str) -> str:
    def after_1970(factor: int) -> str:
        return f"make_timestamp(CAST(round({number} * {factor}) AS BIGINT))"

    return (
        f"CASE WHEN {number} > {EPOCH_SECONDS_MIN} AND {number} < {EPOCH_SECONDS_END} "
        f"THEN {after_1970(1_000_000)} "
        f"WHEN {number} >= {EPOCH_SECONDS_END} AND {number} < {EPOCH_MILLISECONDS_END} "
        f"THEN {after_1970(1_000)} END"
    )


def fixed(value: str | float | bool, parameters: Parameters) -> Operand:  # noqa: FBT001 - a value of the language.
    """Return a value that is written in the definition."""
    if isinstance(value, bool):
        return Operand(parameters.name("true" if value else "false"), "text", fixed=value)
    if isinstance(value, str):
        return Operand(parameters.name(value), "text", fixed=value)
    return Operand(f"CAST({parameters.name(float(value))} AS DOUBLE)", "number", fixed=value)


def compared(left: Operand, operator: tree.Operator, right: Operand) -> str:
    """Return SQL that is true or false, never null."""
    if operator == "!=":
        there = " AND ".join(f"{one.sql} IS NOT NULL" for one in (left, right) if one.fixed is None)
        return f"({there or 'TRUE'} AND NOT {compared(left, '=', right)})"
    numbers = f"{left.number} {operator} {right.number}"
    texts = f"{left.text} {operator} {right.text}"
    if "number" in (left.kind, right.kind):
        return f"coalesce({numbers}, FALSE)"
    # Where a fixed text is no number, the comparison of numbers is never true: leave it out.
    if left.kind == right.kind == "text" or (
        operator == "=" and any(_is_wordy(one) for one in (left, right))
    ):
        return f"coalesce({texts}, FALSE)"
    either = " OR ".join(one.is_number for one in (left, right) if one.kind == "raw")
    return f"coalesce(CASE WHEN {either} THEN {numbers} ELSE {texts} END, FALSE)"


def _is_wordy(operand: Operand) -> bool:
    value = operand.fixed
    return isinstance(value, bool) or (isinstance(value, str) and readable_number(value) is None)
