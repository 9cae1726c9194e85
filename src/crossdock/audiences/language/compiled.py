"""What a definition is compiled to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Subject = Literal["users", "accounts"]


@dataclass(frozen=True, slots=True)
class Relations:
    """The names of what the SQL reads.

    A runtime gives the whole history for a first computation, and for a micro-batch temporary
    tables of the same columns with the profiles it touched: all their events, and for a definition
    of accounts all members of the accounts it touched.
    """

    events: str = "events"
    profiles: str = "profiles"
    accounts: str = "accounts"
    members: str = "members"

    def quoted(self) -> Relations:
        """Return them as SQL takes them, whatever characters they have; dots qualify a name."""
        return Relations(
            *(
                ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))
                for name in (self.events, self.profiles, self.accounts, self.members)
            )
        )


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL that gives one row for each profile, or for each account, and what it depends on.

    The row is `(profile_id, member, next_at)` for an audience, `(profile_id, value, next_at)` for a
    computed trait, with `account_id` in a definition of accounts. `value` is JSON, null for "no
    trait". `next_at` is a moment after now, in UTC without zone, before which the result cannot
    change by the passing of time alone; null if it never will.

    Attributes:
        sql: To be run with `bind(now)`.
        parameters: What the SQL takes beside now.
        event_names: The events that can change the result. Empty if none can.
        trait_keys: The traits of profiles that can, computed traits and audiences among them.
        account_trait_keys: The traits of accounts that can.
        is_windowed: Whether time alone can.
        reads_members: Whether it matters who belongs to which account.
    """

    sql: str
    subject: Subject
    parameters: dict[str, object] = field(repr=False)
    event_names: frozenset[str]
    trait_keys: frozenset[str]
    account_trait_keys: frozenset[str]
    is_windowed: bool
    reads_members: bool

    def bind(self, now: dt.datetime) -> dict[str, object]:
        """Return the parameters for a moment.

        Raises:
            ValueError: The moment has no zone. That is a bug in the caller.
        """
        if now.tzinfo is None:
            raise ValueError("a moment needs a zone")
        if "$now" not in self.sql:
            return dict(self.parameters)
        return {**self.parameters, "now": now.astimezone(dt.UTC).replace(tzinfo=None)}

    def reads_audiences(self, keys: frozenset[str]) -> frozenset[str]:
        """Return which of these keys of audiences, or of computed traits, it refers to."""
        return (self.trait_keys | self.account_trait_keys) & keys
