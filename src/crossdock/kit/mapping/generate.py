"""Writes one Python function for a mapping, so that an event is mapped at the speed of plain code.

Nothing a person wrote becomes code: texts go in as `repr` of a `str`, everything else that is not
a plain constant through the namespace that the function runs in.

A path walks through objects that other paths walk through too; each such object is looked up once,
at the start of the function. Three properties of a value are known while code is written, and save
work at run time: it may be undefined, it may be a part of the event, it may hold undefined members.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Final, NamedTuple, cast

import msgspec

from crossdock.kit import javascript as js
from crossdock.kit.javascript import UNDEFINED
from crossdock.kit.mapping import path

# Beyond this an integer's text is not worth writing out; Python refuses it beyond 4,300 digits.
_LITERAL_INTEGER_MAX = 2**63


class Trait(enum.Flag):
    """What is known of a value before any event is seen."""

    PLAIN = 0
    MAYBE_UNDEFINED = enum.auto()
    """It may be undefined."""
    SHARED = enum.auto()
    """It may be, or hold, a part of the event."""
    RAW = enum.auto()
    """Objects in it may have undefined members."""


class Value(NamedTuple):
    """An expression without effects: a variable or a constant."""

    code: str
    traits: Trait = Trait.PLAIN


ANYTHING: Final = Trait.MAYBE_UNDEFINED | Trait.SHARED
NOTHING: Final = Value("U", Trait.MAYBE_UNDEFINED)


def copied(value: object) -> object:
    """Return a deep copy of JSON; objects in it lose their undefined members."""
    try:
        return msgspec.to_builtins(value)
    except TypeError:
        # Only something that is not JSON is refused, and the one such thing is undefined.
        return js.without_undefined(value)


class Program:
    """The source of all functions of one mapping, and the namespace that they run in.

    Args:
        copies: Whether parts of the event are copied where they come to rest in the result. What
            only reads the result, or encodes it at once, does not need the copy.
        is_exact: Whether an event may itself hold undefined values, which no JSON does.

    Attributes:
        has_undefined_items: Whether a list in the result may hold undefined items.
    """

    def __init__(self, *, copies: bool, is_exact: bool = False) -> None:
        self.copies = copies
        self._is_exact = is_exact
        self.has_undefined_items = False
        self.namespace: dict[str, object] = {
            "U": UNDEFINED,
            "step": path.step,
            "Odd": path.Odd,
            "text": js.text_of,
            "clean": js.without_undefined,
        }
        self._sources: list[str] = []
        self._count = 0

    def name(self, prefix: str) -> str:
        """Return a name that is not used yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: object) -> str:
        """Return the code of a constant."""
        if value is UNDEFINED:
            return "U"
        if value is None or value is True or value is False or value.__class__ is str:
            return repr(value)
        if isinstance(value, int) and abs(value) < _LITERAL_INTEGER_MAX:
            return repr(value)
        name = self.name("c")
        self.namespace[name] = value
        return name

    def call(self, function: Callable[..., object]) -> str:
        """Return the name under which generated code calls a function of ours."""
        self.namespace[function.__name__] = function
        return function.__name__

    def function(
        self, name: str, body: Callable[[Scope], Value], *, root_is_object: bool = False
    ) -> str:
        """Add a function of one argument, the event `e`, and return its name."""
        scope = Scope(self, root_is_object=root_is_object)
        result = body(scope)
        scope.line(f"return {result.code}")
        self._sources.append("\n".join([f"def {name}(e, U=U):", *scope.source_lines()]))
        return name

    def source(self) -> str:
        """Return all functions as Python source."""
        return "\n\n".join(self._sources) + "\n"

    def load(self, name: str) -> Callable[[object], object]:
        """Compile everything and return one function."""
        may_meet_undefined = self._is_exact or self.has_undefined_items
        self.namespace["copied"] = copied if may_meet_undefined else msgspec.to_builtins
        code: CodeType = compile(self.source(), "<mapping>", "exec")
        exec(code, self.namespace)  # noqa: S102 - the only text of others in it is the repr of a str.
        return cast("Callable[[object], object]", self.namespace[name])


class Scope:
    """The body of one function: statements, and the objects that its paths walk through."""

    def __init__(self, program: Program, *, root_is_object: bool) -> None:
        self.program = program
        self._lines: list[str] = []
        self._guards: list[str] = []
        self._lookups: list[str] = []
        self._variables_by_path: dict[tuple[str, ...], str] = {(): "e"}
        self._root_is_object = root_is_object
        self._indent = 1

    def source_lines(self) -> list[str]:
        """Return the indented lines of the body."""
        return [f"    {line}" for line in self._guards + self._lookups] + self._lines

    def guard(self, text: str) -> None:
        """Add a statement before everything else."""
        self._guards.append(text)

    def line(self, text: str) -> None:
        """Add a statement."""
        self._lines.append("    " * self._indent + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Add a statement whose block is what is added meanwhile."""
        self.line(head)
        self._indent += 1
        yield
        self._indent -= 1

    def variable(self, code: str) -> str:
        """Assign the expression to a new variable and return its name."""
        name = self.program.name("v")
        self.line(f"{name} = {code}")
        return name

    def at(self, keys: tuple[str, ...]) -> Value:
        """Return the code for what is at the path."""
        if not keys:
            return Value("e", Trait.SHARED if self._root_is_object else ANYTHING)
        return Value(self.variable(self._member(keys)), ANYTHING)

    def _member(self, keys: tuple[str, ...]) -> str:
        parent, key = self._object_at(keys[:-1]), repr(keys[-1])
        if parent == "e" and not self._root_is_object:
            return f"e.get({key}, U) if e.__class__ is dict else step(e, {key})"
        return f"{parent}.get({key}, U)"

    def _object_at(self, keys: tuple[str, ...]) -> str:
        """Return the variable that holds it; looked up at the start of the function."""
        if keys not in self._variables_by_path:
            code = self._member(keys)
            name = self.program.name("p")
            self._lookups.append(f"{name} = {code}")
            self._lookups.append(f"if {name}.__class__ is not dict: {name} = Odd({name})")
            self._variables_by_path[keys] = name
        return self._variables_by_path[keys]

    def at_rest(self, value: Value, *, keep: bool) -> Value:
        """Return the value as it can stay in the result.

        Args:
            value: What was resolved.
            keep: A directive further out needs to see undefined members, and cleans up after.
        """
        if keep:
            return value
        undefined = value.traits & Trait.MAYBE_UNDEFINED
        if Trait.RAW in value.traits:
            return Value(self.variable(f"clean({value.code})"), undefined)
        if Trait.SHARED in value.traits and self.program.copies:
            name = value.code if value.code[0] == "v" else self.variable(value.code)
            with self.block(f"if {name}.__class__ is dict or {name}.__class__ is list:"):
                self.line(f"{name} = copied({name})")
            return Value(name, undefined)
        return value
