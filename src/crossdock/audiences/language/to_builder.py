"""From the tree to what the builder edits, where it can show it.

What is made is turned back and compared: the builder never shows something else than is meant.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NoReturn, TypeVar

import msgspec

from crossdock.audiences.language import builder, tree
from crossdock.audiences.language.canonical import text_of
from crossdock.audiences.language.errors import NotInBuilder
from crossdock.audiences.language.from_builder import computed_of, condition_of
from crossdock.audiences.language.words import OPERATOR_NAMES

_Kind = TypeVar("_Kind", bound=tree.Filter)
_NAMES = {operator: name for name, operator in OPERATOR_NAMES.items()}
_ORDER = (tree.Where, tree.Sources, tree.Within, tree.Between, tree.ExpiresAfter)


def builder_of(  # noqa: PLR0911 - one for each kind.
    node: tree.Condition, *, audience_keys: Collection[str] = ()
) -> builder.Condition:
    """Return what the builder shows for a condition.

    Args:
        node: Checked.
        audience_keys: The traits that are audiences.

    Raises:
        NotInBuilder: It cannot show a part of it; the error names that part.
    """
    match node:
        case tree.Not(part):
            inner = builder_of(part, audience_keys=audience_keys)
            if inner.negated:
                _refuse(node)
            return msgspec.structs.replace(inner, negated=True)
        case tree.And(parts) | tree.Or(parts):
            conditions = tuple(builder_of(one, audience_keys=audience_keys) for one in parts)
            return builder.Group(conditions, "all" if isinstance(node, tree.And) else "any")
        case tree.Members("ALL", tree.Not(part)):
            return builder.UsersCondition("none", builder_of(part, audience_keys=audience_keys))
        case tree.Members(quantifier, part):
            inner = builder_of(part, audience_keys=audience_keys)
            return builder.UsersCondition("any" if quantifier == "ANY" else "all", inner)
        case tree.Compare(tree.Trait(key), "=", tree.Fixed(True)) if key in audience_keys:
            return builder.AudienceCondition(key)
        case tree.Compare(tree.Reduced() as one):
            found = _event(node, one)
            ordered = replace(node, left=_ordered(one))
            return found if condition_of(found) == ordered else _refuse(node)
        case _:
            trait = _trait(node)
            return trait if condition_of(trait) == node else _refuse(node)


def computed_trait_of(node: tree.Reduced) -> builder.ComputedTrait:
    """Return what the builder shows for a computed trait.

    Raises:
        NotInBuilder: It cannot show a part of it; the error names that part.
    """
    where, second = _where(node.stream)
    if second is not None or isinstance(node.argument, tree.Context):
        _refuse(node)
    found = builder.ComputedTrait(
        event=node.stream.name,
        reducer=node.reducer,
        of=node.argument.path if node.argument else None,
        value_type=node.value_type,
        frequency_min=node.frequency_min,
        where=where,
        window=_window(node.stream),
        excluded_sources=_excluded(node.stream),
    )
    return found if computed_of(found) == _ordered(node) else _refuse(node)


def _refuse(node: tree.Node) -> NoReturn:
    raise NotInBuilder(
        f"The builder cannot show {text_of(node)[:200]}.", do="Edit the definition as text."
    )


def _ordered(node: tree.Reduced) -> tree.Reduced:
    """Return the same with its filters in the builder's order, which changes nothing."""
    filters = sorted(node.stream.filters, key=lambda one: _ORDER.index(type(one)))
    return replace(node, stream=replace(node.stream, filters=tuple(filters)))


def _event(node: tree.Compare, one: tree.Reduced) -> builder.EventCondition:
    where, second = _where(one.stream)
    return builder.EventCondition(
        event=one.stream.name,
        sign=node.operator,
        count=_count(node),
        where=where,
        window=_window(one.stream),
        excluded_sources=_excluded(one.stream),
        followed_by=None if second is None else _followed_by(second),
    )


def _count(node: tree.Compare) -> float:
    right = node.right
    if not isinstance(right, tree.Fixed) or isinstance(right.value, str | bool):
        _refuse(node)
    return right.value


def _followed_by(node: tree.Compare) -> builder.FollowedBy:
    if not isinstance(node.left, tree.Reduced):
        _refuse(node)
    stream = node.left.stream
    where, third = _where(stream)
    window = _window(stream)
    if third is not None or isinstance(window, builder.SessionWindow):
        _refuse(node)
    return builder.FollowedBy(stream.name, node.operator, _count(node), where, window)


def _one(stream: tree.Stream, kind: type[_Kind]) -> _Kind | None:
    return next((one for one in stream.filters if isinstance(one, kind)), None)


def _excluded(stream: tree.Stream) -> tuple[str, ...]:
    sources = _one(stream, tree.Sources)
    return sources.excluded if sources else ()


def _window(stream: tree.Stream) -> builder.Window | None:
    if within := _one(stream, tree.Within):
        return builder.LastWindow(_span(within.duration))
    if between := _one(stream, tree.Between):
        return builder.BetweenWindow(_span(between.start), _span(between.end))
    if session := _one(stream, tree.ExpiresAfter):
        return builder.SessionWindow(_span(session.duration))
    return None


def _where(stream: tree.Stream) -> tuple[builder.Filters, tree.Compare | None]:
    """Return the filters, and the second event of a sequence, which is the last of them."""
    where = _one(stream, tree.Where)
    if where is None:
        return builder.Filters(), None
    node = where.condition
    parts = list(node.parts) if isinstance(node, tree.And) else [node]
    second = None
    if isinstance(parts[-1], tree.Compare) and isinstance(parts[-1].left, tree.Reduced):
        second = parts[-1]
        parts.pop()
    if len(parts) == 1 and isinstance(parts[0], tree.Or):
        filters = tuple(_filter(one) for one in parts[0].parts)
        return builder.Filters("any", filters), second
    return builder.Filters("all", tuple(_filter(one) for one in parts)), second


def _filter(node: tree.Condition) -> builder.Filter:
    inner = node.part if isinstance(node, tree.Not) else node
    if not isinstance(inner, tree.Compare | tree.Test):
        _refuse(node)
    left = inner.left
    if isinstance(left, tree.Property) and not left.of_parent:
        of, path = "property", left.path
    elif isinstance(left, tree.Context | tree.Trait):
        of, path = ("context" if isinstance(left, tree.Context) else "trait"), left.path
    else:
        _refuse(node)
    values = (_value(inner),) if isinstance(inner, tree.Compare) else inner.arguments
    return builder.Filter(
        of=of,  # type: ignore[arg-type] # One of the three above.
        path=path,
        comparison=_comparison(inner),
        values=values,
        span=_span_of(inner),
        negated=isinstance(node, tree.Not),
    )


def _value(node: tree.Compare) -> builder.Value | builder.ParentProperty:
    if isinstance(node.right, tree.Property) and node.right.of_parent:
        return builder.ParentProperty(node.right.path)
    if not isinstance(node.right, tree.Fixed):
        _refuse(node)
    return node.right.value


def _trait(node: tree.Condition) -> builder.TraitCondition:
    if not isinstance(node, tree.Compare | tree.Test) or not isinstance(node.left, tree.Trait):
        _refuse(node)
    values: tuple[builder.Value, ...]
    if isinstance(node, tree.Compare):
        if not isinstance(node.right, tree.Fixed):
            _refuse(node)
        values = (node.right.value,)
    else:
        values = node.arguments
    return builder.TraitCondition(node.left.path, _comparison(node), values, _span_of(node))


def _comparison(node: tree.Compare | tree.Test) -> builder.Comparison:
    if isinstance(node, tree.Test):
        return node.name
    return _NAMES[node.operator]  # type: ignore[return-value] # The names of the six signs.


def _span_of(node: tree.Compare | tree.Test) -> builder.Span | None:
    return _span(node.duration) if isinstance(node, tree.Test) and node.duration else None


def _span(duration: tree.Duration) -> builder.Span:
    return builder.Span(duration.amount, duration.unit)
