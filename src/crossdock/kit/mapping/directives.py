"""What generated code calls for the directives that are not written inline.

Arguments are resolved already. Results may hold undefined members; the generated code removes
them where a value comes to rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, cast

from crossdock.base.json import DEPTH_MAX, depth_exceeds
from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED, Undefined
from crossdock.kit.mapping import path
from crossdock.kit.mapping.check import REPLACE_UNITS_MAX
from crossdock.kit.mapping.errors import MappingError

_TRIPLE = re.compile(r"\{\{\{([^}]+)\}\}\}")
DOUBLE: Final = re.compile(r"\{\{([^}]+)\}\}")
_REPLACEMENT = re.compile(r"\$[$&`']")
_ASCII_END = "\x80"

# A template that puts a large value into a template that is scanned again, or a replacement that
# repeats the text around it, can grow beyond any event. A payload is at most this long.
TEXT_MAX: Final = 1_000_000


def fail(message: str, name: str = "Error") -> None:
    """Raise what Segment's runtime would.

    Raises:
        MappingError: Always.
    """
    raise MappingError(message, name=name)


def fail_all(error: MappingError) -> None:
    """Raise a copy of an error that was found when the mapping was compiled.

    Raises:
        MappingError: Always.
    """
    raise MappingError(*error.messages, name=error.name)


def not_text(directive: str, value: object) -> None:
    """Raise, because the directive works on text and this is something else.

    Raises:
        MappingError: Always.
    """
    raise MappingError(f"{directive}: expected string, got {js.type_name(value)}")


def at_path(event: object, value: object) -> object:
    """Return what is at a path that was itself computed."""
    if not isinstance(value, str):
        not_text("@path", value)
    return path.walk(event, path.event_pieces(cast("str", value)))


def template(event: object, value: object) -> str:
    """Return the template with `{{{x}}}`, and then `{{x}}`, replaced by what is at path x."""
    if not isinstance(value, str):
        not_text("@template", value)

    def text_at(match: re.Match[str]) -> str:
        return js.text_of(path.walk(event, path.pieces(match[1].strip(js.WHITESPACE))))

    return _bounded(DOUBLE.sub(text_at, _bounded(_TRIPLE.sub(text_at, cast("str", value)))))


def is_there(value: object) -> bool:
    """Return the condition of `@if` with `blank`: the value is not blank."""
    if value is None or value is UNDEFINED:
        return False
    if value.__class__ is list:
        return js.text_of(value) != ""
    if value.__class__ is str:
        # Text is compared as it is: "0" and "  " are not blank.
        return value != ""
    return value.__class__ is dict or bool(value)


def cased(value: object, operator: object) -> object:
    """Return the text in lower or upper case; anything but text as it is."""
    if not isinstance(value, str):
        return value
    if operator == "lower":
        return value.lower()
    if operator == "upper":
        return value.upper()
    raise MappingError('operator key should have a value of "lower" or "upper"')


def replaced(value: object, options: dict[str, object]) -> str:
    """Return the text with one or two literal patterns replaced; `''` for what is not text."""
    if value.__class__ is bool or js.is_number(value):
        value = js.text_of(value)
    pattern, replacement = options["pattern"], _or(options.get("replacement"), default="")
    ignore_case, every = (
        _or(options.get("ignorecase"), default=False),
        _or(options.get("global"), default=True),
    )
    if not (
        isinstance(value, str)
        and isinstance(pattern, str)
        and isinstance(replacement, str)
        and isinstance(ignore_case, bool)
        and isinstance(every, bool)
    ):
        return ""
    value = _replaced_once(value, pattern, replacement, ignore_case=ignore_case, every=every)
    pattern, replacement = options.get("pattern2"), _or(options.get("replacement2"), default="")
    if isinstance(pattern, str) and pattern and isinstance(replacement, str):
        value = _replaced_once(value, pattern, replacement, ignore_case=ignore_case, every=every)
    return value


def _or(value: object, *, default: object) -> object:
    return default if value is None or value is UNDEFINED else value


def _replaced_once(
    text: str, pattern: str, replacement: str, *, ignore_case: bool, every: bool
) -> str:
    for given, name in ((pattern, "pattern"), (replacement, "replacement")):
        if js.length(given) > REPLACE_UNITS_MAX:
            raise MappingError(f'@replace requires a "{name}" less than 10 characters')
    units, wanted = "".join(js.units(text)), "".join(js.units(pattern))
    searched = _folded(units) if ignore_case else units
    if ignore_case:
        wanted = _folded(wanted)
    parts, at, size = [], 0, 0
    while (found := searched.find(wanted, at)) >= 0:
        end = found + len(wanted)
        parts += [units[at:found], _expanded(replacement, units, found, end)]
        size += len(parts[-1])
        if size > TEXT_MAX:
            raise MappingError(f"@replace gives a text of more than {TEXT_MAX} characters")
        at = end
        if not every:
            break
    return js.joined([*parts, units[at:]])


def _expanded(replacement: str, units: str, start: int, end: int) -> str:
    if "$" not in replacement:
        return replacement
    meaning = {"$$": "$", "$&": units[start:end], "$`": units[:start], "$'": units[end:]}
    return _REPLACEMENT.sub(lambda match: meaning[match[0]], replacement)


def _folded(units: str) -> str:
    """Return the text as a regular expression that ignores case compares it: unit by unit.

    Source:
        ECMA-262, Canonicalize, without the `u` flag: upper case, unless that is more than one
        unit, or ASCII for something that is not.
    """
    folded = []
    for unit in units:
        upper = unit.upper()
        is_simple = js.length(upper) == 1 and not (upper < _ASCII_END <= unit)
        folded.append(upper if is_simple else unit)
    return "".join(folded)


def mapped_items(root: object, shape: Callable[[object], object]) -> object:
    """Return the shape of each item; of an object, as if it were a list of one."""
    if root.__class__ is list:
        return [shape(item) for item in cast("list[object]", root)]
    return [shape(root)] if root.__class__ is dict else root


def encoded(value: object) -> str | Undefined:
    """Return the value as compact JSON."""
    return js.json_text(value)


def decoded(value: object) -> object:
    """Return what the JSON text stands for; the value itself where it is not JSON text."""
    if not isinstance(value, str):
        return value
    try:
        parsed = js.parse_json(value)
    except js.NotJson:
        return value
    except RecursionError:
        parsed = UNDEFINED
    if parsed is UNDEFINED or depth_exceeds(parsed, DEPTH_MAX):
        raise MappingError(f"@json: the text is nested deeper than {DEPTH_MAX} levels")
    return parsed


def flattened(value: object, separator: object, *, keeps_lists: bool) -> dict[str, object]:
    """Return the leaves, each under the keys that lead to it."""
    if not isinstance(separator, str):
        raise MappingError("@flatten requires a string separator")
    leaves: dict[str, object] = {}

    def collect(inner: object, key: str) -> None:
        if isinstance(inner, dict):
            for name in js.keys(inner):
                collect(inner[name], f"{key}{separator}{name}" if key else name)
        elif isinstance(inner, list) and not keeps_lists:
            for index, item in enumerate(inner):
                collect(item, f"{key}{separator}{index}" if key else str(index))
        else:
            leaves[key] = inner

    collect(value, "")
    return leaves


def merged(values: Sequence[object], direction: object) -> dict[str, object]:
    """Return one object of all their members; the last wins, or the first from the left."""
    result: dict[str, object] = {}
    for value in reversed(values) if direction == "left" else values:
        result.update(spread(value))
    return result


def spread(value: object) -> dict[str, object]:
    """Return what `{...value}` gives: members, items by index, characters by index."""
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        value = list(js.units(value))
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    return {}


def without_null(value: object) -> object:
    """Return undefined for null; an object without its null members, lists untouched."""
    if value is None:
        return UNDEFINED
    if not isinstance(value, dict):
        return value
    return {key: without_null(inner) for key, inner in value.items()}


def require_object(value: object) -> None:
    """Raise unless it is what a mapping can be applied to.

    Raises:
        MappingError: It is not an object.
    """
    if value.__class__ is not dict:
        raise MappingError(f"data must be an object, got {js.type_name(value)}")


def _bounded(text: str) -> str:
    if len(text) > TEXT_MAX:
        raise MappingError(f"The text has more than {TEXT_MAX} characters")
    return text
