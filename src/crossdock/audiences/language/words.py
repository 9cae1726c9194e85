"""The words of the language, and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crossdock.audiences.language import tree

CONDITIONS_MAX: Final = 50
DEPTH_MAX: Final = 20
NUMBER_CHARACTERS_MAX: Final = 40
# A hundred years; beyond, moments leave the calendar.
SECONDS_MAX: Final = 36_500 * 86_400

OPERATORS: Final[Mapping[str, tree.Operator]] = {
    "=": "=",
    "==": "=",
    "!=": "!=",
    ">": ">",
    ">=": ">=",
    "<": "<",
    "<=": "<=",
}
OPERATOR_NAMES: Final[Mapping[str, tree.Operator]] = {
    "equals": "=",
    "differs": "!=",
    "greater_than": ">",
    "at_least": ">=",
    "less_than": "<",
    "at_most": "<=",
}
DURATION_TESTS: Final = ("within_last", "within_next", "before_last", "after_next")
VALUE_TESTS: Final = (
    "contains",
    "omits",
    "starts_with",
    "ends_with",
    "one_of",
    "none_of",
    "before_date",
    "after_date",
)
SEVERAL: Final = ("contains", "one_of", "none_of")
TESTS: Final = ("absent", "exists", *VALUE_TESTS, *DURATION_TESTS)
FILTERS: Final = ("where", "sources", "within", "between", "expires_after")
REDUCERS: Final = ("count", "sum", "avg", "min", "max", "mode", "first", "last", "unique")
EXTRACTORS: Final = ("event", "trait", "property", "context", "entity", "literal")
UNITS: Final[Mapping[str, tree.Unit]] = {
    spelling: unit for unit in tree.UNIT_SECONDS for spelling in (unit, unit.removesuffix("s"))
}
