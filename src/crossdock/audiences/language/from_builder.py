"""From what the builder edits to the tree."""

from __future__ import annotations

from typing import assert_never, cast

from crossdock.audiences.language import builder, tree
from crossdock.audiences.language.words import OPERATOR_NAMES


def condition_of(part: builder.Condition) -> tree.Condition:
    """Return the tree of a condition; `text_of` makes the definition of it."""
    node = _plain(part)
    return tree.Not(node) if part.negated else node


def computed_of(part: builder.ComputedTrait) -> tree.Reduced:
    """Return the tree of a computed trait."""
    filters = _filters(part.where, None, part.excluded_sources, part.window)
    argument = None if part.of is None else tree.Property(part.of)
    stream = tree.Stream("event", part.event, filters)
    return tree.Reduced(stream, part.reducer, argument, part.value_type, part.frequency_min)


def _plain(part: builder.Condition) -> tree.Condition:
    match part:
        case builder.EventCondition():
            second = None if part.followed_by is None else _second(part.followed_by)
            filters = _filters(part.where, second, part.excluded_sources, part.window)
            return _counted(part.event, filters, part.sign, part.count)
        case builder.TraitCondition():
            values = tuple(tree.Fixed(value) for value in part.values)
            return _compared(tree.Trait(part.path), part.comparison, values, part.span)
        case builder.AudienceCondition():
            return tree.Compare(tree.Trait(part.key), "=", tree.Fixed(value=True))
        case builder.Group():
            return _joined(part.match, [condition_of(one) for one in part.conditions])
        case builder.UsersCondition():
            inner = condition_of(part.condition)
            if part.quantifier == "none":
                return tree.Members("ALL", tree.Not(inner))
            return tree.Members("ANY" if part.quantifier == "any" else "ALL", inner)
        case _:
            assert_never(part)


def _joined(match: str, parts: list[tree.Condition]) -> tree.Condition:
    if len(parts) == 1:
        return parts[0]
    return tree.And(tuple(parts)) if match == "all" else tree.Or(tuple(parts))


def _counted(
    event: str, filters: tuple[tree.Filter, ...], sign: tree.Operator, count: float
) -> tree.Condition:
    counted = tree.Reduced(tree.Stream("event", event, filters), "count")
    return tree.Compare(counted, sign, tree.Fixed(count))


def _second(part: builder.FollowedBy) -> tree.Condition:
    filters = _filters(part.where, None, (), None)
    match part.window:
        case builder.LastWindow(span):
            filters += (tree.Within(_duration(span), of_parent=True),)
        case builder.BetweenWindow(start, end):
            filters += (tree.Between(_duration(start), _duration(end), of_parent=True),)
        case None:
            pass
    return _counted(part.event, filters, part.sign, part.count)


def _filters(
    where: builder.Filters,
    second: tree.Condition | None,
    excluded: tuple[str, ...],
    window: builder.Window | None,
) -> tuple[tree.Filter, ...]:
    found: list[tree.Filter] = []
    conditions = [_filter(one) for one in where.filters]
    parts = [_joined(where.match, conditions)] if conditions else []
    if second is not None:
        parts = [*(conditions if where.match == "all" else parts), second]
    if parts:
        found.append(tree.Where(_joined("all", parts)))
    if excluded:
        found.append(tree.Sources(excluded))
    match window:
        case builder.LastWindow(span):
            found.append(tree.Within(_duration(span)))
        case builder.BetweenWindow(start, end):
            found.append(tree.Between(_duration(start), _duration(end)))
        case builder.SessionWindow(span):
            found.append(tree.ExpiresAfter(_duration(span)))
        case None:
            pass
    return tuple(found)


def _filter(part: builder.Filter) -> tree.Condition:
    left = {"property": tree.Property, "context": tree.Context, "trait": tree.Trait}[part.of](
        part.path
    )
    values = tuple(
        tree.Property(value.parent, of_parent=True)
        if isinstance(value, builder.ParentProperty)
        else tree.Fixed(value)
        for value in part.values
    )
    node = _compared(left, part.comparison, values, part.span)
    return tree.Not(node) if part.negated else node


def _compared(
    left: tree.Scalar,
    comparison: builder.Comparison,
    values: tuple[tree.Fixed | tree.Property, ...],
    span: builder.Span | None,
) -> tree.Condition:
    operator = OPERATOR_NAMES.get(comparison)
    if operator is not None:
        # Nothing filled in yet is an empty text: the check says what is wrong with it, if anything.
        return tree.Compare(left, operator, values[0] if values else tree.Fixed(""))
    # A parent's property has no place in these; its name would be taken for a text.
    fixed = tuple(value.value for value in values if isinstance(value, tree.Fixed))
    duration = None if span is None else _duration(span)
    return tree.Test(left, cast("tree.TestName", comparison), fixed, duration)


def _duration(span: builder.Span) -> tree.Duration:
    return tree.Duration(span.amount, span.unit)
