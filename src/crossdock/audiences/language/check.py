"""Whether a tree means anything: what may stand where, and which values can be compared."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NoReturn

from crossdock.audiences.language import tree
from crossdock.audiences.language.compiled import Subject
from crossdock.audiences.language.errors import LanguageError
from crossdock.audiences.language.paths import LEVELS_MAX, keys_of
from crossdock.audiences.language.values import iso_moment, readable_number

ENTITIES: Final = ("accounts",)
_NUMBERS: Final = ("count", "sum", "avg", "unique_count")
_IN_SEQUENCE: Final = ("count", "sum", "avg", "min", "max", "unique_count")
_UNORDERED: Final = ("first", "last")
_TEXT_TESTS: Final = ("contains", "omits", "starts_with", "ends_with")
_DATE_TESTS: Final = ("before_date", "after_date")
_MOVING_TESTS: Final = ("within_last", "within_next", "before_last", "after_next")
_NAME_CHARACTERS_MAX: Final = 500


def window_of(stream: tree.Stream) -> tree.Within | tree.Between | tree.ExpiresAfter | None:
    """Return the window that moves with the present, of which a checked stream has one at most."""
    for one in stream.filters:
        if isinstance(one, tree.ExpiresAfter):
            return one
        if isinstance(one, tree.Within | tree.Between) and not one.of_parent:
            return one
    return None


def check(node: tree.Node, text: str, subject: Subject) -> None:
    """Refuse what cannot be computed.

    Args:
        node: A condition for an audience, else a computed trait.
        subject: Whom it is about.
        text: What the tree was read from, to point at the place.

    Raises:
        LanguageError: At the first thing that is wrong.
    """
    checker = _Checker(text, subject)
    if isinstance(node, tree.Scalar):
        if not isinstance(node, tree.Reduced):
            checker.refuse(
                "A computed trait is made from events.",
                "Begin with event('its name'), and end with a reducer such as .count().",
                node,
            )
        checker.scalar(node, streams=0)
        return
    checker.condition(node, streams=0)


class _Checker:
    def __init__(self, text: str, subject: Subject) -> None:
        self._text = text
        self._subject = subject
        self._is_of_members = False

    def refuse(self, what: str, do: str, node: tree.Node | tree.Filter | tree.Stream) -> NoReturn:
        raise LanguageError(what, do=do, text=self._text, position=min(node.at, len(self._text)))

    def condition(self, node: tree.Condition, streams: int) -> None:
        """Check it, knowing how many events it speaks about: 0 outside of `where`."""
        match node:
            case tree.And(parts) | tree.Or(parts):
                for part in parts:
                    self.condition(part, streams)
            case tree.Not(part):
                self.condition(part, streams)
            case tree.Members():
                self._members(node, streams)
            case tree.Compare():
                self._compare(node, streams)
            case tree.Test():
                self._test(node, streams)

    def _members(self, node: tree.Members, streams: int) -> None:
        if self._subject == "users":
            self.refuse(
                f"{node.quantifier} asks the users of an account; this is about users.",
                "Remove it, or make the definition one of accounts.",
                node,
            )
        if self._is_of_members or streams:
            self.refuse(
                f"{node.quantifier} cannot stand in another, nor in where.",
                "Write it around the whole condition about the users.",
                node,
            )
        self._is_of_members = True
        self.condition(node.part, streams)
        self._is_of_members = False

    def _compare(self, node: tree.Compare, streams: int) -> None:
        kinds = [self.scalar(one, streams) for one in (node.left, node.right)]
        self._single(node, kinds)
        for kind, other in zip(kinds, (node.right, node.left), strict=True):
            if kind == "number":
                self._expect_number(other)
        if node.operator in ("=", "!="):
            return
        for one in (node.left, node.right):
            if isinstance(one, tree.Fixed) and isinstance(one.value, bool):
                self.refuse(
                    f"{str(one.value).lower()} is neither more nor less than anything.",
                    "Compare it with = or !=.",
                    one,
                )

    def _expect_number(self, node: tree.Scalar) -> None:
        if isinstance(node, tree.Fixed) and (
            isinstance(node.value, bool)
            or (isinstance(node.value, str) and readable_number(node.value) is None)
        ):
            self.refuse("This is compared with a number.", "Write a number here.", node)

    def _single(self, node: tree.Compare | tree.Test, kinds: Collection[str]) -> None:
        if "list" in kinds:
            self.refuse(
                "unique gives a list, which cannot be compared.",
                "Count it: unique(…).count() >= 1.",
                node,
            )

    def _test(self, node: tree.Test, streams: int) -> None:
        kind = self.scalar(node.left, streams)
        if node.name not in ("absent", "exists"):
            self._single(node, [kind])
        if kind == "number" and node.name in (*_TEXT_TESTS, *_DATE_TESTS, *_MOVING_TESTS):
            self.refuse(
                f"{node.name} compares {'texts' if node.name in _TEXT_TESTS else 'dates'}, "
                "and this is a number.",
                "Compare it with = != > >= < or <=.",
                node,
            )
        if kind == "literal":
            self.refuse("A fixed value is always the same.", "Test a trait or a property.", node)
        for value in node.arguments:
            self._argument(node, value, kind)

    def _argument(self, node: tree.Test, value: str | float | bool, kind: str) -> None:  # noqa: FBT001 - a value of the language.
        if node.name in (*_TEXT_TESTS, *_DATE_TESTS) and not isinstance(value, str):
            self.refuse(f"{node.name} takes a text.", "Put it in quotes.", node)
        if node.name in _DATE_TESTS and isinstance(value, str) and iso_moment(value) is None:
            self.refuse(
                f'"{value[:40]}" is no date in ISO 8601.',
                "Write for example '2030-01-31' or '2030-01-31T12:00:00Z'.",
                node,
            )
        if kind == "number":
            self._expect_number(tree.Fixed(value, at=node.at))

    def scalar(self, node: tree.Scalar, streams: int) -> str:
        """Check it and return its kind: `literal`, `any`, `text`, `number`, or `list`."""
        match node:
            case tree.Fixed():
                return "literal"
            case tree.Trait(path):
                self._path(path, node)
                return "any"
            case tree.Property(path, of_parent):
                self._path(path, node)
                self._needs_event(node, "property", streams)
                if of_parent and streams < 2:  # noqa: PLR2004 - the two of a sequence.
                    self.refuse(
                        "There is no parent event here.",
                        "Write property(parent: …) in the where of an event that stands in the "
                        "where of another.",
                        node,
                    )
                return "any"
            case tree.Context(path):
                self._path(path, node)
                self._needs_event(node, "context", streams)
                return "any"
            case tree.Reduced():
                return self._reduced(node, streams)

    def _path(self, path: str, node: tree.Scalar) -> None:
        keys = keys_of(path)
        if not all(keys) or len(keys) > LEVELS_MAX or len(path) > _NAME_CHARACTERS_MAX:
            self.refuse(
                f'"{path[:40]}" names nothing.',
                f"Write a name, or up to {LEVELS_MAX} names with dots between them.",
                node,
            )
        if "$" in keys:
            self.refuse(
                "Going through all elements of a list with $ is not possible.",
                "Name an element by its number, as in products.0.sku.",
                node,
            )

    def _needs_event(self, node: tree.Scalar, word: str, streams: int) -> None:
        if not streams:
            self.refuse(
                f"{word} belongs to an event, and there is none here.",
                f"Write it in where, or in a reducer: event('…').where({word}('…') = 1).count().",
                node,
            )

    def _reduced(self, node: tree.Reduced, streams: int) -> str:
        stream = node.stream
        if not stream.name or len(stream.name) > _NAME_CHARACTERS_MAX:
            self.refuse("The event has no name that could be one.", "Write its name.", stream)
        if streams > 1:
            self.refuse(
                "A sequence has two events; this is the third.",
                "Make the condition about it one of its own.",
                stream,
            )
        if stream.kind == "entity":
            self._entity(node, streams)
        self._filters(stream, streams)
        if node.argument is not None:
            self.scalar(node.argument, streams + 1)
        if streams and node.reducer not in _IN_SEQUENCE:
            self.refuse(
                f"{node.reducer} is not possible in a where.",
                f"Use one of {', '.join(_IN_SEQUENCE[:-1])}.",
                node,
            )
        if node.value_type and node.reducer not in ("min", "max", "mode", "unique", "unique_count"):
            self.refuse(f"{node.reducer} takes no type.", "Remove it.", node)
        return _kind(node)

    def _entity(self, node: tree.Reduced, streams: int) -> None:
        stream = node.stream
        if stream.name not in ENTITIES:
            self.refuse(
                f'There is no entity "{stream.name[:40]}".',
                f"The only entities are {', '.join(ENTITIES)}.",
                stream,
            )
        if streams or (self._subject == "accounts" and not self._is_of_members):
            self.refuse(
                "The accounts of a user cannot be asked for here.",
                "Ask for them in a definition of users, outside of where.",
                stream,
            )
        if node.reducer in _UNORDERED or isinstance(node.argument, tree.Context):
            self.refuse(
                "Accounts have neither an order nor a context.", "Count them, for example.", stream
            )
        for one in stream.filters:
            if not isinstance(one, tree.Where):
                self.refuse("Accounts are not events.", "Filter them with where only.", one)

    def _filters(self, stream: tree.Stream, streams: int) -> None:
        windows = 0
        for one in stream.filters:
            if isinstance(one, tree.Where):
                self.condition(one.condition, streams + 1)
            if isinstance(one, tree.Within | tree.Between) and one.of_parent and not streams:
                self.refuse(
                    "There is no parent event here.",
                    "Remove parent:, or write the event in the where of another.",
                    one,
                )
            if isinstance(one, tree.Between) and one.start.seconds >= one.end.seconds:
                self.refuse(
                    "The window begins where it ends.",
                    "Write the shorter time first: between(7 days, 10 days).",
                    one,
                )
            if isinstance(one, tree.Sources | tree.Where):
                continue
            windows += not (isinstance(one, tree.Within | tree.Between) and one.of_parent)
            if windows > 1:
                self.refuse("There is a window already.", "Write one window for an event.", one)
            if isinstance(one, tree.ExpiresAfter):
                self._session(stream, one, streams)

    def _session(self, stream: tree.Stream, session: tree.ExpiresAfter, streams: int) -> None:
        is_moving = any(
            (isinstance(node, tree.Test) and node.name in _MOVING_TESTS)
            or (isinstance(node, tree.Reduced) and window_of(node.stream))
            for one in stream.filters
            if isinstance(one, tree.Where)
            for node in tree.walk(one.condition)
        )
        if streams or is_moving:
            self.refuse(
                "A session cannot be found in a sequence, nor by comparing dates with now.",
                "Use within instead of expires_after.",
                session,
            )


def _kind(node: tree.Reduced) -> str:
    if node.reducer in _NUMBERS:
        return "number"
    if node.reducer in ("min", "max"):
        return "text" if node.value_type == "string" else "number"
    if node.reducer == "mode":
        return "number" if node.value_type == "number" else "text"
    return "list" if node.reducer == "unique" else "any"
