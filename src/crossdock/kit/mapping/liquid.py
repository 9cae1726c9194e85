"""`@liquid`: templates of Shopify's language, rendered as LiquidJS renders them for Segment.

There are Liquid parsers in Python, but they are strict where LiquidJS is lenient, and the other way
round: `properties.0`, `properties.empty`, `a | `, `a >= "42"`. People move with templates that work
there, so the reader follows LiquidJS instead (`liquid_tokens`, `liquid_tags`, `liquid_values`).

A template is at most 1,000 characters and cannot loop, so that its work is bounded by the sizes of
texts and lists rather than by a clock: the same event gives the same result on a slow machine.
"""

from __future__ import annotations

from typing import Final

from crossdock.kit import javascript as js
from crossdock.kit.mapping.errors import MappingError
from crossdock.kit.mapping.liquid_tags import Parser, Template, Written
from crossdock.kit.mapping.liquid_tokens import LiquidError, Tokenizer
from crossdock.kit.mapping.liquid_values import Context

TEMPLATE_UNITS_MAX: Final = 1000


def load(text: object) -> Template | None:
    """Return the parsed template; None for the empty one.

    Raises:
        MappingError: It is not a template, or a longer one than Segment's runtime takes.
    """
    if not isinstance(text, str):
        raise MappingError("liquid template value must be a string")
    if not text:
        return None
    if js.length(text) > TEMPLATE_UNITS_MAX:
        raise MappingError(f"liquid template values are limited to {TEMPLATE_UNITS_MAX} characters")
    try:
        return Parser(text, Tokenizer(text).tokens()).all()
    except LiquidError as error:
        raise MappingError(str(error), name=error.name) from error


def rendered(template: Template, event: object) -> str:
    """Return the text that the template makes of the event.

    Raises:
        MappingError: A filter is disabled, or does not take what it is given.
    """
    written = Written()
    try:
        template.render(Context(event), written)
    except LiquidError as error:
        raise MappingError(str(error), name=error.name) from error
    return written.text
