"""What is wrong with a mapping before any event is seen.

The walk goes through objects and through the options of directives, and never into lists: what is
wrong inside a list shows only when an event is mapped. A problem at the root directive itself is
thrown alone; whatever a walk over an object found is thrown together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, cast

from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping.errors import MappingError

METADATA_KEY: Final = "_metadata"
REPLACE_UNITS_MAX: Final = 10
_Path = tuple[str, ...]


class _Problem(Exception):
    """One thing is wrong; it was not found by walking an object."""


class _Problems(Exception):
    """What a walk over an object found."""


def check(mapping: object) -> None:
    """Return if nothing is wrong with the mapping.

    Raises:
        MappingError: With every problem found, in the order of the mapping's keys.
    """
    try:
        _check_value(mapping, ())
    except _Problem as problem:
        raise MappingError(str(problem), name="ValidationError") from None
    except _Problems as problems:
        raise MappingError(*problems.args, name="AggregateError") from None


def directive_keys(value: object) -> list[str]:
    """Return the keys that start with `@`, in order; none if it is not an object."""
    if not isinstance(value, dict):
        return []
    return [key for key in js.keys(value) if key.startswith("@")]


def _problem(path: _Path, sentence: str) -> _Problem:
    return _Problem(f"/{'/'.join(path)} {sentence}.")


def _article_and_type(value: object) -> str:
    name = "directive" if directive_keys(value) else js.type_name(value)
    return f"{'an' if name[0] in 'aou' else 'a'} {name}"


def _expected(path: _Path, what: str, value: object) -> _Problem:
    return _problem(path, f"should be {what} but it is {_article_and_type(value)}")


def _check_value(value: object, path: _Path) -> None:
    if directive_keys(value):
        _check_directive(value, path)
    elif isinstance(value, dict):
        _check_members(value, path)


def _check_members(value: dict[str, object], path: _Path) -> None:
    _raise_all([partial(_check_value, value[key], (*path, key)) for key in js.keys(value)])


def _raise_all(checks: Sequence[Callable[[], None]]) -> None:
    """Run every check; raise what all of them found."""
    messages: list[str] = []
    for check_one in checks:
        try:
            check_one()
        except (_Problem, _Problems) as problem:
            messages.extend(problem.args)
    if messages:
        raise _Problems(*messages)


def _check_directive(directive: object, path: _Path) -> None:
    value = cast("dict[str, object]", directive)
    names = directive_keys(value)
    others = [key for key in value if key != METADATA_KEY]
    count = len(names) if len(names) > 1 else len(value)
    if len(names) > 1 or len(others) > 1:
        raise _problem(path, f"should only have one @-prefixed key but it has {count} keys")
    name = names[0]
    check_options = _CHECKS.get(name)
    if check_options is None:
        raise _problem(path, f"has an invalid directive: {name}")
    check_options(value[name], (*path, name))


def _check_text_or_directive(value: object, path: _Path) -> None:
    if directive_keys(value):
        _check_directive(value, path)
    elif not isinstance(value, str):
        raise _expected(path, "a string or a mapping directive", value)


def _check_text(value: object, path: _Path) -> None:
    if not isinstance(value, str):
        raise _expected(path, "a string", value)


def _check_bool(value: object, path: _Path) -> None:
    if not isinstance(value, bool):
        raise _expected(path, "a boolean", value)


def _check_list(value: object, path: _Path) -> None:
    if not isinstance(value, list):
        raise _expected(path, "an array", value)


def _check_object_or_directive(value: object, path: _Path) -> None:
    if not isinstance(value, dict):
        raise _expected(path, "a object or a mapping directive", value)
    _check_value(value, path)


def _check_any(value: object, path: _Path) -> None:
    """A raw object or list is not walked here."""
    if directive_keys(value):
        _check_directive(value, path)
    elif value is UNDEFINED:
        raise _expected(path, "a mapping directive or a JSON value", value)


def _check_units(value: object, path: _Path, *, units_min: int) -> None:
    _check_text(value, path)
    units = js.length(cast("str", value))
    if units < units_min:
        raise _problem(path, f"should be a string of length {units_min} or greater")
    if units > REPLACE_UNITS_MAX:
        raise _problem(path, f"should be a string of length {REPLACE_UNITS_MAX} or less")


def _check_one_of(value: object, path: _Path, *, words: tuple[str, ...]) -> None:
    _check_text(value, path)
    if cast("str", value).lower() not in words:
        raise _problem(path, f'should be one of {", ".join(words)} but it is "{value}"')


_Check = Callable[[object, _Path], None]


def _check_each_option(
    value: object, path: _Path, *, checks: Mapping[str, _Check], required: frozenset[str]
) -> None:
    """Check an object of options: whatever it holds first, then the options known, in order."""
    if not isinstance(value, dict) or directive_keys(value):
        raise _expected(path, "an object", value)
    _check_members(value, path)

    def check_option(name: str) -> None:
        option = value.get(name, UNDEFINED)
        if option is not UNDEFINED:
            checks[name](option, (*path, name))
        elif name in required:
            raise _problem(path, f'should have field "{name}" but it doesn\'t')

    _raise_all([partial(check_option, name) for name in checks])


def _options(*required: str, **checks: _Check) -> _Check:
    return partial(_check_each_option, checks=checks, required=frozenset(required))


_check_merge_options = _options(
    "objects", direction=partial(_check_one_of, words=("left", "right")), objects=_check_list
)


def _check_merge(value: object, path: _Path) -> None:
    _check_merge_options(value, path)
    for merged in cast("dict[str, list[object]]", value)["objects"]:
        # Segment's runtime forgets here where it is.
        _check_object_or_directive(merged, ())


def _check_array_path(value: object, path: _Path) -> None:
    _check_list(value, path)
    items = cast("list[object]", value)
    _check_text_or_directive(items[0] if items else UNDEFINED, path)
    if len(items) > 1:
        _check_value(items[1], path)


_CHECKS: Final[Mapping[str, _Check]] = {
    "@if": _options(**{"exists": _check_any, "then": _check_any, "else": _check_any}),
    "@case": _options(operator=_check_text, value=_check_text_or_directive),
    "@replace": _options(
        "pattern",
        "value",
        pattern=partial(_check_units, units_min=1),
        replacement=partial(_check_units, units_min=0),
        value=_check_text_or_directive,
        ignorecase=_check_bool,
        **{"global": _check_bool},
    ),
    "@arrayPath": _check_array_path,
    "@path": _check_text_or_directive,
    "@template": _check_text_or_directive,
    "@literal": _check_any,
    "@flatten": _options("value", separator=_check_text, value=_check_any),
    "@json": _options(
        "value", "mode", value=_check_any, mode=partial(_check_one_of, words=("encode", "decode"))
    ),
    "@merge": _check_merge,
    "@transform": _options(
        "apply", "mapping", apply=_check_object_or_directive, mapping=_check_object_or_directive
    ),
    "@excludeWhenNull": _check_any,
    "@liquid": _check_text,
}
