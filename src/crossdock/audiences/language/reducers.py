"""From the rows of a stream to one value of each profile."""

# ruff: noqa: S608 - only names and whole numbers of our own are put in; the rest are parameters.

from __future__ import annotations

import math

from crossdock.audiences.language import tree
from crossdock.audiences.language.operands import Operand
from crossdock.audiences.language.streams import Rows

# Beyond, the wake-up is the first of any event, which is right and only more often than needed.
EXACT_COUNT_MAX = 100
# Sums of money with two decimals come out as people write them, whatever the order of adding.
DECIMALS = 9


def value_of(node: tree.Reduced, rows: Rows) -> str:  # noqa: PLR0911 - one for each reducer.
    """Return the aggregate, over the rows of one profile."""
    argument = Operand("x", "raw")
    if node.reducer == "count":
        return f"count(*){rows.only_kept}"
    is_number = node.value_type == "number" or (
        node.reducer in ("sum", "avg", "min", "max") and node.value_type is None
    )
    value = argument.number if is_number else argument.text
    match node.reducer:
        case "sum":
            return f"round(fsum({value}){rows.only_kept}, {DECIMALS})"
        case "avg":
            return f"round(favg({value}){rows.only_kept}, {DECIMALS})"
        case "min" | "max":
            return f"{node.reducer}({value}){rows.only_kept}"
        case "first" | "last":
            order = "" if node.reducer == "first" else " DESC"
            there = "x IS NOT NULL" if rows.always_kept else "x IS NOT NULL AND keep"
            # The id decides between events of the same moment, so that it is always the same one.
            return f"first(x ORDER BY moment{order}, message_id{order}) FILTER (WHERE {there})"
        case "unique":
            return f"list_sort(list(DISTINCT {value}) {_there(value, rows)})"
        case "unique_count":
            return f"count(DISTINCT {value}){rows.only_kept}"
        case _:
            raise ValueError(f"{node.reducer} has no aggregate of its own")


def _there(value: str, rows: Rows) -> str:
    kept = "" if rows.always_kept else "keep AND "
    return f"FILTER (WHERE {kept}({value}) IS NOT NULL)"


def grouped(node: tree.Reduced, rows: Rows, comparison: tree.Compare | None) -> str:
    """Return a SELECT of `id`, `v` and `next_at`, one row for each id that has events.

    Args:
        node: What is reduced.
        rows: Its events.
        comparison: What the value is the left side of; it can say that it turns later.
    """
    next_at = _next_at(node, rows, comparison)
    if node.reducer != "mode":
        value = value_of(node, rows)
        return f"SELECT id, {value} AS v, {next_at} AS next_at FROM ({rows.sql}) GROUP BY id"
    argument = Operand("x", "raw")
    value = argument.number if node.value_type == "number" else argument.text
    counted = (
        f"SELECT id, {value} AS value, count(*){rows.only_kept} AS times, "
        f"min(next_at) AS next_at FROM ({rows.sql}) GROUP BY ALL"
    )
    return (
        "SELECT id, first(value ORDER BY times DESC, value) "
        f"FILTER (WHERE value IS NOT NULL AND times >= {node.frequency_min or 1}) AS v, "
        f"min(next_at) AS next_at FROM ({counted}) GROUP BY id"
    )


def _next_at(node: tree.Reduced, rows: Rows, comparison: tree.Compare | None) -> str:
    if not rows.moves:
        return "CAST(NULL AS TIMESTAMP)"
    threshold = _threshold(node, comparison)
    if threshold is None or rows.trailing is None:
        return "min(next_at)"
    # As time passes a count only falls. At least three, say, stops to be true when the third
    # newest leaves the window: waking up for each one before would find nothing changed.
    length = f"INTERVAL {rows.trailing.seconds} SECOND"
    if threshold < 1:
        return "CAST(NULL AS TIMESTAMP)"
    if threshold == 1:
        return f"max(moment){rows.only_kept} + {length}"
    return f"(max(moment, {threshold}){rows.only_kept})[{threshold}] + {length}"


def _threshold(node: tree.Reduced, comparison: tree.Compare | None) -> int | None:
    """Return the count below which the comparison turns, if it is one of a count with a bound."""
    if node.reducer != "count" or comparison is None:
        return None
    if not isinstance(comparison.right, tree.Fixed):
        return None
    bound = comparison.right.value
    if isinstance(bound, bool | str) or abs(bound) > EXACT_COUNT_MAX:
        return None
    if comparison.operator in (">=", "<"):
        return math.ceil(bound)
    if comparison.operator in (">", "<="):
        return math.floor(bound) + 1
    return None
