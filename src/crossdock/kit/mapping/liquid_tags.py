"""The tags that Segment's runtime allows: what is in them, and what they render.

Source:
    liquidjs 10.25.7; actions-core 3.170.0 disables the tags that loop or include.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping import liquid_values as values
from crossdock.kit.mapping.liquid_filters import FILTERS, TEXT_MAX, require_room
from crossdock.kit.mapping.liquid_tokens import (
    Access,
    Constant,
    Filtered,
    Html,
    LiquidError,
    Operand,
    Operator,
    Output,
    Problem,
    Tag,
    Token,
    Tokenizer,
    place,
)

_DISABLED: Final = ("case", "for", "include", "layout", "render", "tablerow")
_BARE_LINE = re.compile(rf"\n[{js.WHITESPACE}]*[^#{js.WHITESPACE}]")


class Written:
    """What a rendering has written; bounded."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._size = 0

    def write(self, value: object) -> None:
        """Add the value as text."""
        text = values.text(value)
        self._size += len(text)
        require_room(self._size, " ")
        self.parts.append(text)

    @property
    def text(self) -> str:
        """All of it."""
        return js.joined(self.parts)


Render = Callable[[values.Context, Written], None]


class Template:
    """A part of a template, ready to be rendered.

    Args:
        nodes: What renders, each with its place for errors.
    """

    def __init__(self) -> None:
        self.nodes: list[tuple[Render, str]] = []

    def render(self, context: values.Context, written: Written) -> None:
        """Write what it says of the context.

        Raises:
            LiquidError: A filter is disabled, or does not take what it is given.
        """
        for node, where in self.nodes:
            try:
                node(context, written)
            except (Problem, ArithmeticError, ValueError, TypeError, RecursionError) as error:
                raise LiquidError(f"{error}{where}", "RenderError") from error
            if context.is_broken:
                return


class Parser:
    """Makes a template of its tokens.

    Args:
        text: The whole template.
        tokens: Of it, or of a part.
    """

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens[::-1]

    def all(self) -> Template:
        """Return everything that is left as one template."""
        template = Template()
        while self._tokens:
            self._add(template, self._tokens.pop())
        return template

    def _add(self, template: Template, token: Token) -> None:
        where = place(self._text, token.begin)
        try:
            template.nodes.append((self._node(token), where))
        except Problem as error:
            raise LiquidError(f"{error}{where}", "ParseError") from error

    def _node(self, token: Token) -> Render:
        if isinstance(token, Html):
            text = token.text
            return lambda _, written: written.write(text)
        if isinstance(token, Output):
            filtered = Tokenizer(self._text, *token.content).filtered()
            return lambda context, written: written.write(evaluated(filtered, context))
        if token.name in _DISABLED:
            raise Problem(f'tag "{token.name}" is disabled')
        make = _TAGS.get(token.name)
        if make is None:
            raise Problem(f'tag "{token.name}" not found')
        return make(self, token, Tokenizer(self._text, *token.arguments))

    def _assign(self, _: Tag, reader: Tokenizer) -> Render:
        name = reader.identifier()
        if not name:
            raise reader.error("expected variable name")
        reader.skip_blank()
        if reader.peek() != "=":
            raise reader.error('expected "="')
        reader.at += 1
        filtered = reader.filtered()

        def render(context: values.Context, _: Written) -> None:
            context.variables[name] = evaluated(filtered, context)

        return render

    def _capture(self, tag: Tag, reader: Tokenizer) -> Render:
        name: object = reader.identifier()
        if not name:
            quoted = reader.quoted()
            if quoted is None:
                raise reader.error("invalid capture name")
            name = quoted.value
        inside = self._until(tag, "endcapture")

        def render(context: values.Context, _: Written) -> None:
            written = Written()
            inside.render(context, written)
            context.variables[str(name)] = written.text

        return render

    def _block(self, tag: Tag, reader: Tokenizer) -> Render:
        del reader
        inside = self._until(tag, "endblock")

        def render(context: values.Context, written: Written) -> None:
            had, before = "block" in context.variables, context.variables.get("block")
            context.variables["block"] = {}
            inside.render(context, written)
            context.variables.pop("block")
            if had:
                context.variables["block"] = before

        return render

    def _comment(self, tag: Tag, reader: Tokenizer) -> Render:
        del reader
        while self._tokens:
            token = self._tokens.pop()
            if isinstance(token, Tag) and token.name == "endcomment":
                return _nothing
        raise self._not_closed(tag)

    def _raw(self, tag: Tag, reader: Tokenizer) -> Render:
        del reader
        parts: list[str] = []
        while self._tokens:
            token = self._tokens.pop()
            if isinstance(token, Tag) and token.name == "endraw":
                text = "".join(parts)
                return lambda _, written: written.write(text)
            parts.append(self._text[token.begin : token.end])
        raise self._not_closed(tag)

    def _cycle(self, tag: Tag, reader: Tokenizer) -> Render:
        group: Operand | None = None
        first = reader.value()
        candidates = [] if first is None else [first]
        reader.skip_blank()
        if first is not None and reader.peek() == ":":
            group, candidates = first, []
            reader.at += 1
        while not reader.is_at_end():
            value = reader.value()
            if value is not None:
                candidates.append(value)
            reader.to(",")
        if not candidates:
            raise reader.error(f'empty candidates: "{self._text[tag.begin : tag.end]}"')

        def render(context: values.Context, written: Written) -> None:
            name = values.as_string(value_of(group, context))
            # Objects look all the same when they are joined to a text, so groups are told apart by
            # their number of candidates only.
            fingerprint = f"{name}:{len(candidates)}"
            at = context.cycles.get(fingerprint, 0)
            context.cycles[fingerprint] = (at + 1) % len(candidates)
            value = value_of(candidates[at], context)
            if isinstance(value, values.Special) or js.truthy(value):
                written.write(value)

        return render

    def _if(self, tag: Tag, reader: Tokenizer) -> Render:
        part = Template()
        branches: list[tuple[Filtered | None, Template]] = [(reader.filtered(), part)]
        has_else = False
        while self._tokens:
            token = self._tokens.pop()
            name = token.name if isinstance(token, Tag) else ""
            if isinstance(token, Tag) and name in ("elsif", "else", "endif"):
                inner = Tokenizer(self._text, *token.arguments)
                if name != "elsif" and inner.remaining():
                    raise Problem(f"unexpected {js.json_text(inner.remaining())}")
                if name == "endif":
                    return _conditional(branches)
                if has_else:
                    complaint = (
                        "duplicated else" if name == "else" else "unexpected elsif after else"
                    )
                    raise Problem(complaint)
                has_else = name == "else"
                part = Template()
                branches.append((None if has_else else inner.filtered(), part))
                continue
            self._add(part, token)
        raise self._not_closed(tag)

    def _unless(self, tag: Tag, reader: Tokenizer) -> Render:
        part, otherwise, ignored = Template(), Template(), Template()
        branches: list[tuple[Filtered | None, Template]] = [(reader.filtered(), part)]
        else_count = 0
        while self._tokens:
            token = self._tokens.pop()
            name = token.name if isinstance(token, Tag) else ""
            if name == "endunless":
                return _conditional([*branches, (None, otherwise)], is_first_negated=True)
            if name == "else":
                else_count += 1
                part = otherwise if else_count == 1 else ignored
            elif isinstance(token, Tag) and name == "elsif":
                part = Template()
                if not else_count:
                    inner = Tokenizer(self._text, *token.arguments)
                    branches.append((inner.filtered(), part))
            else:
                self._add(part, token)
        raise self._not_closed(tag)

    def _echo(self, tag: Tag, reader: Tokenizer) -> Render:
        del tag
        reader.skip_blank()
        if reader.is_at_end():
            return _nothing
        filtered = reader.filtered()
        return lambda context, written: written.write(evaluated(filtered, context))

    def _liquid(self, tag: Tag, reader: Tokenizer) -> Render:
        del tag
        return Parser(self._text, reader.lines()).all().render

    def _line_comment(self, tag: Tag, reader: Tokenizer) -> Render:
        del tag
        if _BARE_LINE.search(reader.remaining()):
            raise Problem("every line of an inline comment must start with a '#' character")
        return _nothing

    def _increment(self, tag: Tag, reader: Tokenizer) -> Render:
        del tag
        name = reader.identifier()
        return lambda context, written: written.write(context.count(name, 1)[0])

    def _decrement(self, tag: Tag, reader: Tokenizer) -> Render:
        del tag
        name = reader.identifier()
        return lambda context, written: written.write(context.count(name, -1)[1])

    def _break(self, tag: Tag, reader: Tokenizer) -> Render:
        del tag, reader

        def render(context: values.Context, _: Written) -> None:
            context.is_broken = True

        return render

    def _until(self, tag: Tag, end: str) -> Template:
        inside = Template()
        while self._tokens:
            token = self._tokens.pop()
            if isinstance(token, Tag) and token.name == end:
                return inside
            self._add(inside, token)
        raise self._not_closed(tag)

    def _not_closed(self, tag: Tag) -> Problem:
        return Problem(f"tag {self._text[tag.begin : tag.end]} not closed")

    TAGS: Final = {
        "assign": _assign,
        "block": _block,
        "break": _break,
        "capture": _capture,
        "comment": _comment,
        "continue": _break,
        "cycle": _cycle,
        "decrement": _decrement,
        "echo": _echo,
        "if": _if,
        "increment": _increment,
        "liquid": _liquid,
        "raw": _raw,
        "unless": _unless,
        "#": _line_comment,
    }


_TAGS: Final = Parser.TAGS


def _nothing(context: values.Context, written: Written) -> None:
    del context, written


def _conditional(
    branches: list[tuple[Filtered | None, Template]], *, is_first_negated: bool = False
) -> Render:
    def render(context: values.Context, written: Written) -> None:
        is_negated = is_first_negated
        for condition, template in branches:
            if condition is None or values.is_falsy(evaluated(condition, context)) == is_negated:
                template.render(context, written)
                return
            is_negated = False

    return render


def evaluated(filtered: Filtered, context: values.Context) -> object:
    """Return the value of an expression behind its filters."""
    operands: list[object] = []
    for item in filtered.postfix:
        if not isinstance(item, Operator):
            operands.append(value_of(item, context))
            continue
        right = operands.pop() if operands else UNDEFINED
        if item.name == "not":
            operands.append(values.is_falsy(right))
        else:
            left = operands.pop() if operands else UNDEFINED
            operands.append(values.OPERATORS[item.name](left, right))
    value = operands[0]
    for name, arguments in filtered.filters:
        given = [
            value_of(argument.value, context)
            if argument.name is None
            else [argument.name, value_of(argument.value, context)]
            for argument in arguments
        ]
        function = FILTERS.get(name)
        if function is not None:
            value = function(value, *given)
    return value


def value_of(operand: Operand | None, context: values.Context) -> object:
    """Return what an operand stands for; undefined for none."""
    if operand is None:
        return UNDEFINED
    if isinstance(operand, Constant):
        return operand.value
    if isinstance(operand, Access):
        keys = [value_of(key, context) for key in operand.keys]
        if operand.base is None:
            return context.lookup(keys)
        return values.members(value_of(operand.base, context), keys)
    low, high = (values.number(value_of(end, context)) for end in (operand.low, operand.high))
    if math.isnan(low) or math.isnan(high):
        return []
    if high - low >= TEXT_MAX:
        raise Problem("memory alloc limit exceeded")
    return [
        js.whole_if_exact(js.as_double(low) + step) for step in range(math.floor(high - low) + 1)
    ]
