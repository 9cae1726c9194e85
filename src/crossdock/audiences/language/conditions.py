"""From a condition about values to SQL, and to SQL of when it may change.

Each result is never null: what is missing makes a comparison false. `next_at` is SQL of the
earliest moment after now at which the condition may turn by the passing of time alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from crossdock.audiences.language import tree
from crossdock.audiences.language.operands import Operand, compared, fixed
from crossdock.audiences.language.parameters import NOW, Parameters
from crossdock.audiences.language.values import iso_moment


@dataclass(frozen=True, slots=True)
class Truth:
    """A condition in SQL.

    Attributes:
        sql: True or false.
        next_at: When it may turn; nothing if it cannot.
    """

    sql: str
    next_at: str | None = None


ToOperand = Callable[[tree.Scalar, tree.Compare | None], Operand]
"""Makes a scalar SQL; is told the comparison it stands in, if it is the left side of one."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Makes conditions SQL, for one place: a profile, an account, an event, or a second event.

    Attributes:
        operand: How the values of that place are found.
        members: How ANY and ALL are asked, where there are members.
    """

    parameters: Parameters
    operand: ToOperand
    members: Callable[[tree.Members], Truth]

    def truth(self, node: tree.Condition) -> Truth:
        """Return the condition as SQL."""
        match node:
            case tree.And(parts):
                return self._joined(" AND ", parts)
            case tree.Or(parts):
                return self._joined(" OR ", parts)
            case tree.Not(part):
                inner = self.truth(part)
                return Truth(f"(NOT {inner.sql})", inner.next_at)
            case tree.Members():
                return self.members(node)
            case tree.Compare(left, operator, right):
                sides = self.operand(left, node), self.operand(right, None)
                sql = compared(sides[0], operator, sides[1])
                return Truth(sql, earliest(one.next_at for one in sides))
            case tree.Test():
                return self._test(node)
            case _:
                assert_never(node)

    def _joined(self, word: str, parts: tuple[tree.Condition, ...]) -> Truth:
        truths = [self.truth(part) for part in parts]
        sql = word.join(one.sql for one in truths)
        return Truth(f"({sql})", earliest(one.next_at for one in truths))

    def _test(self, node: tree.Test) -> Truth:
        left = self.operand(node.left, None)
        if node.duration is not None:
            return _moving(node.name, left, node.duration)
        return Truth(self._fixed_test(node, left), left.next_at)

    def _fixed_test(self, node: tree.Test, left: Operand) -> str:
        match node.name:
            case "absent":
                return f"({left.sql} IS NULL)"
            case "exists":
                return f"({left.sql} IS NOT NULL)"
            case "one_of" | "none_of":
                values = [fixed(value, self.parameters) for value in node.arguments]
                any_of = " OR ".join(compared(left, "=", value) for value in values)
                if node.name == "one_of":
                    return f"({any_of})"
                return f"({left.sql} IS NOT NULL AND NOT ({any_of}))"
            case "before_date" | "after_date":
                sign = "<" if node.name == "before_date" else ">"
                moment = iso_moment(str(node.arguments[0]))
                if moment is None:
                    raise ValueError("the tree was not checked")
                at = self.parameters.name(moment.isoformat())
                return f"coalesce({left.moment} {sign} CAST({at} AS TIMESTAMP), FALSE)"
            case _:
                return self._text_test(node, left)

    def _text_test(self, node: tree.Test, left: Operand) -> str:
        function = "contains" if node.name == "omits" else node.name
        names = [self.parameters.name(str(value)) for value in node.arguments]
        found = " OR ".join(f"{function}({left.text}, {name})" for name in names)
        if node.name == "omits":
            return f"(NOT coalesce({found}, FALSE))"
        return f"coalesce({found}, FALSE)"


def _moving(name: tree.TestName, left: Operand, duration: tree.Duration) -> Truth:
    """Compare a moment with now; each of the four is true from one moment until another.

    Together they divide time: before_last, within_last, within_next, after_next.
    """
    moment = left.moment
    length = f"INTERVAL {duration.seconds} SECOND"
    past = f"{moment} <= {NOW} - {length}", f"{moment} + {length}"
    present = f"{moment} <= {NOW}", moment
    future = f"{moment} <= {NOW} + {length}", f"{moment} - {length}"
    turns: tuple[str, ...]
    match name:
        case "before_last":
            sql, turns = past[0], (past[1],)
        case "within_last":
            sql, turns = f"{present[0]} AND NOT {past[0]}", (present[1], past[1])
        case "within_next":
            sql, turns = f"{future[0]} AND NOT {present[0]}", (future[1], present[1])
        case _:
            sql, turns = f"NOT {future[0]}", (future[1],)
    next_at = earliest([left.next_at, *(after_now(turn) for turn in turns)])
    return Truth(f"coalesce({sql}, FALSE)", next_at)


def after_now(moment: str) -> str:
    """Return SQL of the moment if it is still to come, else null."""
    return f"CASE WHEN {moment} > {NOW} THEN {moment} END"


def earliest(moments: Iterable[str | None]) -> str | None:
    """Return SQL of the first of several moments; `least` leaves nulls out."""
    there = list(dict.fromkeys(one for one in moments if one))
    if len(there) > 1:
        return f"least({', '.join(there)})"
    return there[0] if there else None
