"""`@liquid`: templates of Shopify's language, rendered as LiquidJS renders them for Segment.

The parser is python-liquid's. What a value looks like as text, which filters exist and what they
do with JavaScript's values is ours (`liquid_filters`), because that is what people see.

A template is at most 1,000 characters and cannot loop, so that its work is bounded by the sizes
below rather than by a clock: the same event gives the same result on a slow machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final, TextIO

from liquid import BoundTemplate, Environment, RenderContext
from liquid import Mode as Tolerance
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError
from typing_extensions import override

from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping import liquid_filters
from crossdock.kit.mapping.errors import MappingError

TEMPLATE_UNITS_MAX: Final = 1000
_DISABLED_TAGS: Final = ("case", "for", "include", "layout", "render", "tablerow")
# LiquidJS does not have these.
_FOREIGN_TAGS: Final = ("doc", "ifchanged")
_BLOCKS: Final = ("if", "unless", "capture", "comment", "raw")
_PARSE: Final = "ParseError"
_TOKENIZATION: Final = "TokenizationError"
_VALUE_START = re.compile(r"[A-Za-z_0-9\"'(\[\-.]|[^\x00-\x7f]")
_OPENING = re.compile(r"\{\{|\{%")
_TAG_NAME = re.compile(r"-?\s*([A-Za-z_]\w*|#)", re.ASCII)
_EXCERPT_CHARACTERS_MAX = 16


class _Context(RenderContext):
    """Looks members up as JavaScript does."""

    @override
    def get_item(self, obj: object, key: object) -> object:
        name = key if isinstance(key, str) else js.text_of(key)
        if isinstance(obj, dict):
            if name == "size" and name not in obj:
                return len(obj)
            return obj[name]
        if name == "size" and isinstance(obj, (str, list)):
            name = "length"
        elif name in ("first", "last") and isinstance(obj, list):
            return obj[0 if name == "first" else -1]
        if isinstance(key, int) and key < 0 and isinstance(obj, list):
            return obj[key]
        found = js.member(obj, name)
        if found is UNDEFINED:
            raise KeyError(name)
        return found


class _Template(BoundTemplate):
    context_class = _Context


class _Node(OutputNode):
    """`{{ … }}`, written as JavaScript writes it."""

    @override
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the value and return how many characters it has."""
        try:
            return buffer.write(liquid_filters.output(self.expression.evaluate(context)))
        except liquid_filters.Disabled as error:
            error.token = self.token
            raise


class _Output(Output):
    """Pseudo tag of `{{ … }}`."""

    node_class = _Node


class _Environment(Environment):
    """What Segment's runtime allows in a template, and how much of it."""

    loop_iteration_limit: ClassVar[int | None] = 1000
    # LiquidJS has a memory limit of 1e8 of its own units; no payload needs a hundredth of it.
    output_stream_limit: ClassVar[int | None] = liquid_filters.TEXT_MAX
    local_namespace_limit: ClassVar[int | None] = 1_000_000
    template_class = _Template
    shorthand_indexes = False
    logical_not_operator = True
    suppress_blank_control_flow_blocks = False

    @override
    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register what there is."""
        super().setup_tags_and_filters(extra=extra)
        for name in _FOREIGN_TAGS:
            self.tags.pop(name, None)
        self.add_tag(_Output)
        self.filters = dict(liquid_filters.FILTERS)


_environment = _Environment(tolerance=Tolerance.STRICT, strict_filters=False)


def load(text: object) -> BoundTemplate | None:
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
    _check_tags(text)
    try:
        return _environment.from_string(text)
    except LiquidError as error:
        raise _mapping_error(error, _PARSE) from error


def _check_tags(text: str) -> None:
    """Refuse, in LiquidJS's words, what it refuses before it looks into a tag."""
    tags: list[tuple[str, int, int]] = []
    outputs: list[tuple[str, int]] = []
    at = 0
    while (found := _OPENING.search(text, at)) is not None:
        start = found.start()
        kind, closing = ("output", "}}") if found[0] == "{{" else ("tag", "%}")
        end = text.find(closing, start)
        if end < 0:
            # It names the first line of what is open, and at most 16 characters of it.
            excerpt = text[start:].split("\n", maxsplit=1)[0][:_EXCERPT_CHARACTERS_MAX]
            message = f'{kind} "{excerpt}" not closed{_place(text, start)}'
            raise MappingError(message, name=_TOKENIZATION)
        at = end + 2
        name = _TAG_NAME.match(text, start + 2) if kind == "tag" else None
        if kind == "output":
            outputs.append((text[start + 2 : end], start + 2))
        elif name is not None:
            tags.append((name[1], start, at))
            if name[1] in ("raw", "comment"):
                closed = re.compile(rf"\{{%-?\s*end{name[1]}\s*-?%\}}").search(text, at)
                at = closed.start() if closed else len(text)
    _check_names(text, tags)
    for content, start in outputs:
        inner = content.strip(f"-{js.WHITESPACE}") if content[:1] == "-" else content.strip()
        if not _VALUE_START.match(inner):
            place = _place(text, start + len(content) - len(content.lstrip()))
            raise MappingError(f'invalid value expression: "{inner}"{place}', name=_TOKENIZATION)


def _check_names(text: str, tags: list[tuple[str, int, int]]) -> None:
    """Refuse tags that do not exist here, and blocks that are not closed."""
    opened: list[tuple[str, int, int]] = []
    for tag, start, end in tags:
        if tag in _DISABLED_TAGS:
            raise MappingError(f'tag "{tag}" is disabled{_place(text, start)}', name=_PARSE)
        if opened and tag == f"end{opened[-1][0]}":
            opened.pop()
        elif tag in _BLOCKS:
            opened.append((tag, start, end))
        elif tag not in _environment.tags and not (opened and tag in ("else", "elsif")):
            raise MappingError(f'tag "{tag}" not found{_place(text, start)}', name=_PARSE)
    if opened:
        tag, start, end = opened[-1]
        message = f"tag {text[start:end]} not closed{_place(text, start)}"
        raise MappingError(message, name=_PARSE)


def _place(text: str, at: int) -> str:
    before = text[:at]
    column = js.length(before[before.rfind("\n") + 1 :]) + 1
    return f", line:{before.count(chr(10)) + 1}, col:{column}"


def rendered(template: BoundTemplate, event: object) -> str:
    """Return the text that the template makes of the event.

    Raises:
        MappingError: A filter is disabled, or does not take what it is given.
    """
    scope: Mapping[str, object]
    scope = event if isinstance(event, dict) else {"length": js.member(event, "length")}
    try:
        return template.render(scope)
    except LiquidError as error:
        raise _mapping_error(error, "RenderError") from error
    except (ArithmeticError, ValueError, TypeError, RecursionError) as error:
        raise MappingError(f"{error}, line:1, col:1", name="RenderError") from error


def _mapping_error(error: LiquidError, name: str) -> MappingError:
    place = ", line:1, col:1"
    if error.token is not None and error.token.start_index >= 0:
        # LiquidJS counts from where the tag opens.
        source, at = error.token.source, error.token.start_index + 2
        place = _place(source, max(source.rfind("{{", 0, at), source.rfind("{%", 0, at), 0))
    return MappingError(f"{error.message}{place}", name=name)
