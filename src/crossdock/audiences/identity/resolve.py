"""Decides which profile an event is about, and which profiles it proves to be one person.

Everybody with one of the event's identifiers is the same person, unless that person then had more
identifiers of a type than one can have: a shared computer must not make one person of a family.
Then the event's least trustworthy identifier is left out, and it is tried again.

Source: Segment's documentation of identity resolution (limits, priorities, blocked values).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from crossdock.audiences.identity.identifiers import (
    ANONYMOUS_ID,
    USER_ID,
    Identifier,
    find_identifier,
    identifiers_of,
)
from crossdock.events import Event, EventType


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one person can have.

    Attributes:
        by_type: Identifiers of a type.
        others: Identifiers of any other type.
        identifiers: Identifiers together.
        merges: How many profiles may have become this one.
    """

    by_type: Mapping[str, int] = dataclasses.field(default_factory=lambda: {USER_ID: 1})
    others: int = 5
    identifiers: int = 1_000
    merges: int = 100

    def of(self, kind: str) -> int:
        """Return how many identifiers of a type somebody can have."""
        return self.by_type.get(kind, self.others)


@dataclasses.dataclass(slots=True)
class Person:
    """A profile, as far as its identity goes.

    Attributes:
        profile_id: Smaller is older.
        identifiers: All of them.
        merges: How many profiles became this one.
    """

    profile_id: int
    identifiers: set[Identifier] = dataclasses.field(default_factory=set)
    merges: int = 0


class Resolved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who an event is about.

    Attributes:
        profile_id: Who.
        is_new: Nobody was known by any of these identifiers.
        added: Identifiers that were not known before.
        merged: Profiles that turned out to be this one.
        used: The identifiers that it was told by.
        left_out: Identifiers that would have exceeded a limit.
    """

    profile_id: int
    is_new: bool
    added: Sequence[Identifier]
    merged: Sequence[int]
    used: Sequence[Identifier]
    left_out: Sequence[Identifier]


class People:
    """Everybody whom some events may be about. Changes as events are resolved, in order.

    Args:
        people: Those who are known by one of the events' identifiers.
        next_profile_id: Returns the id of the next new profile.
        limits: How much one person can have.
    """

    def __init__(
        self,
        people: Iterable[Person],
        *,
        next_profile_id: Callable[[], int],
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._next_profile_id = next_profile_id
        self._person_by_identifier: dict[Identifier, Person] = {}
        self._person_by_id: dict[int, Person] = {}
        for person in people:
            self._person_by_id[person.profile_id] = person
            for identifier in person.identifiers:
                self._person_by_identifier[identifier] = person

    def person(self, profile_id: int) -> Person:
        """Return somebody who was not merged into another."""
        return self._person_by_id[profile_id]

    def resolve(self, event: Event, said: Sequence[Identifier] | None = None) -> Resolved | None:
        """Return who the event is about; None if nothing in it identifies anybody.

        Args:
            event: What happened.
            said: Its identifiers, where they were looked for before.
        """
        wanted = identifiers_of(event) if said is None else [*said]
        if event.type is EventType.ALIAS:
            previous = self._previous(event.body.get("previousId"))
            if previous is not None and previous not in wanted:
                # Its caller says that the two are one, whatever the limits of a type say.
                together = [*wanted, previous]
                if not self._exceeds_a_limit(together, is_said=True):
                    return self._join(together, [])
        known = self._known_by_all(wanted)
        if known is not None:
            return known
        left_out: list[Identifier] = []
        while len(wanted) > 1 and self._exceeds_a_limit(wanted):
            left_out.append(wanted.pop())
        return self._join(wanted, left_out) if wanted else None

    def _known_by_all(self, wanted: Sequence[Identifier]) -> Resolved | None:
        """Return somebody who is known by all of these already, as nearly everybody is."""
        if not wanted:
            return None
        person = self._person_by_identifier.get(wanted[0])
        if person is None or any(
            self._person_by_identifier.get(other) is not person for other in wanted[1:]
        ):
            return None
        return Resolved(
            profile_id=person.profile_id,
            is_new=False,
            added=(),
            merged=(),
            used=wanted,
            left_out=(),
        )

    def _previous(self, previous_id: object) -> Identifier | None:
        as_user = find_identifier(USER_ID, previous_id)
        if as_user in self._person_by_identifier:
            return as_user
        return find_identifier(ANONYMOUS_ID, previous_id)

    def _matched(self, wanted: Sequence[Identifier]) -> list[Person]:
        """Return who is known by these: who has a user id first, then the oldest."""
        found = {
            person.profile_id: person
            for identifier in wanted
            if (person := self._person_by_identifier.get(identifier)) is not None
        }
        return sorted(
            found.values(),
            key=lambda person: (
                not any(identifier.type == USER_ID for identifier in person.identifiers),
                person.profile_id,
            ),
        )

    def _exceeds_a_limit(self, wanted: Sequence[Identifier], *, is_said: bool = False) -> bool:
        matched = self._matched(wanted)
        if len(matched) == 1 and matched[0].identifiers.issuperset(wanted):
            return False
        together = set(wanted).union(*(person.identifiers for person in matched))
        merges = sum(person.merges for person in matched) + max(0, len(matched) - 1)
        if len(together) > self._limits.identifiers or merges > self._limits.merges:
            return True
        if is_said:
            return False
        # Whoever has more than the limit already, by an alias or an older limit, may keep it.
        most_by_type: Counter[str] = Counter()
        for person in matched:
            most_by_type |= Counter(identifier.type for identifier in person.identifiers)
        counts = Counter(identifier.type for identifier in together)
        return any(
            count > max(self._limits.of(kind), most_by_type[kind]) for kind, count in counts.items()
        )

    def _join(self, wanted: Sequence[Identifier], left_out: Sequence[Identifier]) -> Resolved:
        matched = self._matched(wanted)
        is_new = not matched
        if is_new:
            person = Person(self._next_profile_id())
            self._person_by_id[person.profile_id] = person
        else:
            person = matched[0]
        for other in matched[1:]:
            self._merge(other, person)
        added = [one for one in wanted if one not in self._person_by_identifier]
        for identifier in added:
            person.identifiers.add(identifier)
            self._person_by_identifier[identifier] = person
        return Resolved(
            profile_id=person.profile_id,
            is_new=is_new,
            added=added,
            merged=[other.profile_id for other in matched[1:]],
            used=wanted,
            left_out=left_out,
        )

    def _merge(self, loser: Person, winner: Person) -> None:
        winner.merges += loser.merges + 1
        winner.identifiers |= loser.identifiers
        for identifier in loser.identifiers:
            self._person_by_identifier[identifier] = winner
        del self._person_by_id[loser.profile_id]
