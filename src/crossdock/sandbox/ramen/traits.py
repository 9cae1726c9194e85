"""Ramen's typed traits: which names it takes, which type a trait has, how a value is cast to it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Literal

TraitType = Literal["string", "boolean", "integer", "float", "time"]
TraitValue = str | bool | int | float

# Letters, digits, `_` and `-`, case-sensitive: what RamenJS documents.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)

# XML Schema dateTime; a zone is optional there, and without one UTC is meant.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")

# An organization has at most this many traits for users, and as many for companies.
TRAITS_MAX = 300

TEXT_LENGTH_MAX = 2_000

_NUMBER_TYPES: dict[type, TraitType] = {bool: "boolean", int: "integer", float: "float"}

_FALSE_WORDS = frozenset({"", "0", "f", "false", "n", "no", "off"})


@dataclasses.dataclass(frozen=True, slots=True)
class Cast:
    """Traits as they are kept.

    Attributes:
        values_by_name: What to keep; None means that the trait was emptied.
        types_by_name: All types that are fixed now, old and new.
        notes: Why something was left out, one sentence each, without the value.
    """

    values_by_name: dict[str, TraitValue | None]
    types_by_name: dict[str, TraitType]
    notes: tuple[str, ...]


def cast(traits: Mapping[str, object], types_by_name: Mapping[str, TraitType]) -> Cast:
    """Return the traits with the types that hold.

    The first value of a trait that is not null fixes its type, and later values are cast to it;
    names ending in `_at` are always times, names beginning with `is_` always booleans.

    Args:
        traits: As they were sent.
        types_by_name: What earlier values have fixed.
    """
    values: dict[str, TraitValue | None] = {}
    types = dict(types_by_name)
    notes: list[str] = []
    for name, value in traits.items():
        if not _NAME.fullmatch(name):
            notes.append(
                f'The trait "{name[:60]}" is left out: names hold letters, digits, "_" and "-".'
            )
            continue
        if value is None:
            values[name] = None
            continue
        trait_type = types.get(name) or type_of(name, value)
        if trait_type is None:
            notes.append(f'The trait "{name}" is left out: objects and lists cannot be kept.')
            continue
        kept = cast_value(value, trait_type)
        if kept is None:
            notes.append(f'The trait "{name}" is left out: its value is not a {trait_type}.')
            continue
        if name not in types and len(types) >= TRAITS_MAX:
            notes.append(f'The trait "{name}" is left out: {TRAITS_MAX} traits are known already.')
            continue
        types[name] = trait_type
        values[name] = kept
    return Cast(values, types, tuple(notes[:20]))


def type_of(name: str, value: object) -> TraitType | None:
    """Return the type that the first value of a trait fixes; None if it can have none."""
    if not isinstance(value, (str, bool, int, float)):
        return None
    if name.endswith("_at"):
        return "time"
    if name.startswith("is_"):
        return "boolean"
    if isinstance(value, str):
        return "time" if _DATE_TIME.fullmatch(value) else "string"
    return _NUMBER_TYPES[type(value)]


def cast_value(value: object, trait_type: TraitType) -> TraitValue | None:
    """Return the value in the type, or None if it cannot be."""
    if trait_type == "string":
        return _as_text(value)
    if trait_type == "boolean":
        return _as_boolean(value)
    if trait_type == "integer":
        number = _as_number(value)
        return None if number is None else math.trunc(number)
    if trait_type == "float":
        number = _as_number(value)
        return None if number is None else float(number)
    return as_time(value)


def as_time(value: object) -> str | None:
    """Return a moment as ISO 8601 in UTC, from epoch seconds or an XML Schema date-time."""
    if isinstance(value, str) and _DATE_TIME.fullmatch(value):
        try:
            moment = dt.datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            # In UTC it may be in a year that no calendar has.
            return _written(moment.astimezone(dt.UTC))
        except (ValueError, OverflowError):
            return None
    seconds = None if isinstance(value, bool) else _as_number(value)
    if seconds is None:
        return None
    try:
        return _written(dt.datetime.fromtimestamp(seconds, dt.UTC))
    except (OverflowError, ValueError, OSError):
        return None


def _written(moment: dt.datetime) -> str:
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)[:TEXT_LENGTH_MAX]
    return None


def _as_boolean(value: object) -> bool | None:
    if isinstance(value, str):
        return value.strip().lower() not in _FALSE_WORDS
    if isinstance(value, (bool, int, float)):
        return bool(value)
    return None


def _as_number(value: object) -> int | float | None:
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) else None
    if isinstance(value, str) and len(value) < 40:  # noqa: PLR2004 - a double has no more digits.
        try:
            number = float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None
    return None
