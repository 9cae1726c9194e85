"""From a tree to the one text that is written for it; `parse` of that text is the same tree."""

from __future__ import annotations

from typing import Final, assert_never

from crossdock.audiences.language import tree

# How tightly a condition holds its parts together; a part that holds less needs parentheses.
_OR: Final = 1
_AND: Final = 2
_ONE: Final = 3


def text_of(node: tree.Node) -> str:
    """Return the canonical text of a definition."""
    match node:
        case tree.And() | tree.Or() | tree.Not() | tree.Members() | tree.Compare() | tree.Test():
            return _condition(node, _OR)
        case _:
            return _scalar(node)


def quoted(text: str) -> str:
    """Return the text in quotes, as the language reads it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _condition(node: tree.Condition, least: int) -> str:
    match node:
        case tree.Or(parts):
            text, strength = " OR ".join(_condition(part, _AND) for part in parts), _OR
        case tree.And(parts):
            text, strength = " AND ".join(_condition(part, _ONE) for part in parts), _AND
        case tree.Not(part):
            text, strength = f"NOT {_condition(part, _ONE)}", _ONE
        case tree.Members(quantifier, part):
            text, strength = f"{quantifier} {_condition(part, _ONE)}", _ONE
        case tree.Compare(left, operator, right):
            text, strength = f"{_scalar(left)} {operator} {_scalar(right)}", _ONE
        case tree.Test(left, name, arguments, duration):
            inner = _duration(duration) if duration else ", ".join(_value(one) for one in arguments)
            text, strength = f"{_scalar(left)}.{name}({inner})", _ONE
        case _:
            assert_never(node)
    return text if strength >= least else f"({text})"


def _value(value: str | float | bool) -> str:  # noqa: FBT001 - a value of the language.
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    # Never an exponent, which the language does not have.
    return f"{value:.20f}".rstrip("0").rstrip(".") if "e" in repr(value) else repr(value)


def _duration(duration: tree.Duration) -> str:
    unit = duration.unit.removesuffix("s") if duration.amount == 1 else duration.unit
    return f"{duration.amount} {unit}"


def _scalar(node: tree.Scalar) -> str:
    match node:
        case tree.Fixed(value):
            return _value(value)
        case tree.Trait(path):
            return f"trait({quoted(path)})"
        case tree.Property(path, of_parent):
            return f"property({_parent(of_parent)}{quoted(path)})"
        case tree.Context(path):
            return f"context({quoted(path)})"
        case tree.Reduced(stream):
            steps = [f"{stream.kind}({quoted(stream.name)})"]
            steps += [_filter(one) for one in stream.filters]
            return ".".join([*steps, _reducer(node)])
        case _:
            assert_never(node)


def _parent(of_parent: bool) -> str:  # noqa: FBT001 - the name is the only thing it could mean.
    return "parent: " if of_parent else ""


def _filter(node: tree.Filter) -> str:
    match node:
        case tree.Where(condition):
            return f"where({_condition(condition, _OR)})"
        case tree.Sources(excluded):
            return f"sources({{exclude: {', '.join(quoted(one) for one in excluded)}}})"
        case tree.Within(duration, of_parent):
            return f"within({_parent(of_parent)}{_duration(duration)})"
        case tree.Between(start, end, of_parent):
            return f"between({_parent(of_parent)}{_duration(start)}, {_duration(end)})"
        case tree.ExpiresAfter(duration):
            return f"expires_after({_duration(duration)})"
        case _:
            assert_never(node)


def _reducer(node: tree.Reduced) -> str:
    if node.argument is None:
        return "count()"
    inner = _scalar(node.argument)
    if node.value_type:
        inner += f" as {node.value_type}"
    if node.frequency_min is not None:
        inner += f", {node.frequency_min}"
    if node.reducer == "unique_count":
        return f"unique({inner}).count()"
    return f"{node.reducer}({inner})"
