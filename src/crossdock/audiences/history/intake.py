"""What some events change: who they are about, what is known of these, what is added."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from crossdock.audiences.history.rows import (
    AccountRow,
    EventRow,
    IdentifierRow,
    MergeRow,
    ProfileRow,
    event_row,
    hash_of,
)
from crossdock.audiences.identity import (
    Identifier,
    Limits,
    Mark,
    People,
    Person,
    Resolved,
    Traits,
    identifiers_of,
    is_known,
)
from crossdock.audiences.identity.identifiers import (
    ANONYMOUS_ID,
    GROUP_ID,
    USER_ID,
    find_identifier,
)
from crossdock.events import Event, EventType


@dataclasses.dataclass(slots=True)
class Changes:
    """Everything that some events change.

    Attributes:
        events: Rows that are added.
        identifiers: By what people are known from now on.
        profiles: Those of whom something is different, by id; losers are not among them.
        merges: Why some became others, in order.
        accounts: Groups of which something is different.
        members: Who joined which group when: account, profile, microseconds.
        left_out: Identifiers that would have exceeded a limit.
    """

    events: list[EventRow] = dataclasses.field(default_factory=list)
    identifiers: list[IdentifierRow] = dataclasses.field(default_factory=list)
    profiles: dict[int, ProfileRow] = dataclasses.field(default_factory=dict)
    merges: list[MergeRow] = dataclasses.field(default_factory=list)
    accounts: dict[str, AccountRow] = dataclasses.field(default_factory=dict)
    members: dict[tuple[int, int], int] = dataclasses.field(default_factory=dict)
    left_out: int = 0

    @property
    def winners_by_loser(self) -> dict[int, int]:
        """Who became whom in the end."""
        winners: dict[int, int] = {}
        for merge in self.merges:
            for loser, winner in winners.items():
                if winner == merge.loser_id:
                    winners[loser] = merge.winner_id
            winners[merge.loser_id] = merge.winner_id
        return winners


Said = tuple[Event, Sequence[Identifier]]
"""An event, and its identifiers: they are looked for once."""


def said_by(events: Sequence[Event]) -> list[Said]:
    """Return each event with its identifiers."""
    return [(event, identifiers_of(event)) for event in events]


def named_in(said: Sequence[Said]) -> set[Identifier]:
    """Return every identifier by which one of the events may be told to be somebody's."""
    named: set[Identifier] = set()
    for event, identifiers in said:
        named.update(identifiers)
        if event.type is EventType.ALIAS:
            for kind in (USER_ID, ANONYMOUS_ID):
                previous = find_identifier(kind, event.body.get("previousId"))
                if previous is not None:
                    named.add(previous)
    return named


def groups_in(events: Sequence[Event]) -> set[str]:
    """Return every group that one of the events is about."""
    return {group_id for event in events if (group_id := _group_id(event)) is not None}


class Intake:
    """Works out what events change, in the order they were accepted.

    Args:
        people: Who is known by what the events name.
        profiles: What is known of them, by id.
        accounts: The groups that the events name, by group id.
        next_profile_id: Of the next new profile.
        next_account_id: Of the next new group.
        limits: How much one person can have.
    """

    def __init__(  # noqa: PLR0913 - all that is known, each by name.
        self,
        *,
        people: Iterable[Person],
        profiles: Mapping[int, ProfileRow],
        accounts: Mapping[str, AccountRow],
        next_profile_id: int,
        next_account_id: int,
        limits: Limits | None = None,
    ) -> None:
        self.next_profile_id = next_profile_id
        self.next_account_id = next_account_id
        self._people = People(people, next_profile_id=self._new_profile_id, limits=limits)
        self._profiles = {**profiles}
        self._accounts = {**accounts}
        self.changes = Changes()

    def take(self, said: Sequence[Said]) -> Changes:
        """Return what the events change."""
        for event, identifiers in said:
            resolved = self._people.resolve(event, identifiers)
            row = event_row(event, resolved.profile_id if resolved else None)
            self.changes.events.append(row)
            if resolved is not None:
                self._note_identity(resolved, row)
            # A group call says something about the account, also where it says nobody's name.
            self._learn(resolved.profile_id if resolved else None, event, row)
        winners = self.changes.winners_by_loser
        self.changes.identifiers = [_under_winner(row, winners) for row in self.changes.identifiers]
        self.changes.profiles = {
            profile_id: profile
            for profile_id, profile in self._profiles.items()
            if (profile.is_changed or profile.is_new) and profile_id not in winners
        }
        self.changes.accounts = {
            group_id: account
            for group_id, account in self._accounts.items()
            if account.is_changed or account.is_new
        }
        return self.changes

    def _note_identity(self, resolved: Resolved, row: EventRow) -> None:
        self.changes.left_out += len(resolved.left_out)
        profile = self._profile(resolved.profile_id, row)
        for loser_id in resolved.merged:
            loser = self._profiles[loser_id]
            profile.traits.merge(loser.traits)
            profile.created_us = min(profile.created_us, loser.created_us)
            profile.merges += loser.merges + 1
            self.changes.merges.append(
                MergeRow(
                    us=row.received_us,
                    winner_id=resolved.profile_id,
                    loser_id=loser_id,
                    source_id=row.source_id,
                    message_id=row.message_id,
                    identifiers=[*resolved.used],
                )
            )
        if resolved.merged or resolved.added:
            known = is_known(self._people.person(resolved.profile_id).identifiers)
            if resolved.merged or profile.is_anonymous is known:
                profile.is_anonymous = not known
                profile.is_changed = True
        for identifier in resolved.added:
            self.changes.identifiers.append(
                IdentifierRow(
                    hash=hash_of(identifier),
                    profile_id=resolved.profile_id,
                    type=identifier.type,
                    value=identifier.value,
                    us=row.us,
                    source_id=row.source_id,
                    message_id=row.message_id,
                )
            )

    def _learn(self, profile_id: int | None, event: Event, row: EventRow) -> None:
        # A clock that is ahead must not make a trait the latest for years.
        mark = Mark(min(row.us, row.received_us), row.source_id)
        if event.type is EventType.IDENTIFY and row.traits and profile_id is not None:
            profile = self._profile(profile_id, row)
            profile.is_changed |= profile.traits.learn(row.traits, mark, now_us=row.received_us)
        group_id = _group_id(event)
        if group_id is None:
            return
        account = self._accounts.get(group_id)
        if account is None:
            account = AccountRow(
                account_id=self.next_account_id,
                group_id=group_id,
                created_us=row.received_us,
                traits=Traits(),
                is_new=True,
            )
            self.next_account_id += 1
            self._accounts[group_id] = account
        if row.traits:
            account.is_changed |= account.traits.learn(row.traits, mark, now_us=row.received_us)
        if profile_id is not None:
            self.changes.members.setdefault((account.account_id, profile_id), row.us)

    def _profile(self, profile_id: int, row: EventRow) -> ProfileRow:
        profile = self._profiles.get(profile_id)
        if profile is None:
            profile = self._profiles[profile_id] = ProfileRow(
                profile_id=profile_id,
                is_anonymous=not is_known(self._people.person(profile_id).identifiers),
                created_us=row.received_us,
                traits=Traits(),
                is_new=True,
            )
        return profile

    def _new_profile_id(self) -> int:
        self.next_profile_id += 1
        return self.next_profile_id - 1


def _under_winner(row: IdentifierRow, winners: Mapping[int, int]) -> IdentifierRow:
    winner = winners.get(row.profile_id)
    return row if winner is None else msgspec.structs.replace(row, profile_id=winner)


def _group_id(event: Event) -> str | None:
    if event.type is not EventType.GROUP:
        return None
    found = find_identifier(GROUP_ID, event.body.get("groupId"))
    return None if found is None else found.value
