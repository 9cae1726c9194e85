"""Whether everything that was accepted is accounted for. Pure.

Two kinds of things are counted, and each is in exactly one state at a time:

- an **event** of a source: it waits for `route`, or is a duplicate, discarded, filtered (no
  connection is there for it), or routed;
- what `route` made of it for a **connection**: it was filtered, or discarded (no payload could be
  made), or became a delivery, which waits, or was delivered, or is dead. An event that two mappings
  take becomes two deliveries and counts twice.

The ledger counts by what it reads: each message once, a repeated outcome never. What it says is
then held against two things that it does not count: how far `route` is in the journal, and how many
deliveries lie in the journal unfinished. A delivery that waits and is not there is missing. One
that is there and does not wait was cut off by a crash between its outcome and its finish: it is
finished, or attempted once more, and nothing is missing.

What the journal has removed before the ledger could read it cannot be told any more. Where such a
gap is known, what is missing because of it is written off as `unrecorded`, once, in plain sight.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from crossdock.events import ConnectionId, Offset
from crossdock.ledger.entries import Entry, is_from_route, is_of_replay
from crossdock.ledger.standing import Standing, State, standing_after, state_of

AccountKey = tuple[str, str]
"""Source id and connection id; for a source's own account the second is empty."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The counts of one source, or of one connection.

    Attributes:
        source_id: Which source.
        connection_id: Which connection; empty for the source's own.
        counts: By state; `waiting` is what is left.
        difference: How many are missing: unaccounted for if positive, too many if negative.
        repeated: Deliveries that have ended and lie in the journal still.
    """

    source_id: str
    connection_id: str
    counts: Mapping[State, int]
    difference: int
    repeated: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """All accounts at one moment.

    Attributes:
        accounts: Each source, followed by its connections.
        is_settled: Whether nothing was on its way when it was drawn up. If not, differences are
            not known and are given as 0: what is on its way counts as waiting.
    """

    accounts: Sequence[Account]
    is_settled: bool

    @property
    def holds(self) -> bool:
        """Whether nothing is missing."""
        return all(account.difference == 0 for account in self.accounts)


def event_state_of(entry: Entry) -> State:
    """Return the state that an outcome of `route` puts the event itself in."""
    if not entry.connection_id:
        return state_of(entry) or State.ROUTED
    return State.ROUTED


@dataclasses.dataclass(slots=True)
class Changes:
    """What a number of outcomes changes.

    Attributes:
        counts: What to add, by account and state. Waiting things are not counted: they are the
            rest.
        standings: Where those stand that any of the outcomes was about.
    """

    counts: Counter[tuple[AccountKey, State]] = dataclasses.field(default_factory=Counter)
    standings: dict[str, Standing] = dataclasses.field(default_factory=dict)


def settle(
    entries: Iterable[Entry],
    *,
    standings: Mapping[str, Standing],
    known_events: AbstractSet[Offset],
) -> Changes:
    """Return what the outcomes change.

    Args:
        entries: New outcomes, oldest first; none that is known already.
        standings: Where those of their subjects stand that are known.
        known_events: Those of the events that an outcome of `route` was seen for before.
    """
    changes = Changes()
    events_seen = set(known_events)
    for entry in entries:
        # A replay makes deliveries of events that were accepted before: its connection accounts for
        # them, the source does not.
        is_replayed = is_of_replay(entry)
        if not entry.event_sequence and not is_replayed:
            continue
        if not is_replayed and is_from_route(entry) and entry.offset not in events_seen:
            events_seen.add(entry.offset)
            changes.counts[(entry.source_id, ""), event_state_of(entry)] += 1
        if not entry.connection_id:
            continue
        subject_id = entry.subject_id
        before = changes.standings.get(subject_id) or standings.get(subject_id)
        after = standing_after(before, entry)
        if after is not None and after is not before:
            changes.standings[subject_id] = after
            account = (entry.source_id, entry.connection_id)
            _move(account, before.state if before else None, after.state, changes.counts)
    return changes


def _move(
    account: AccountKey,
    before: State | None,
    after: State,
    counts: Counter[tuple[AccountKey, State]],
) -> None:
    if before is after:
        return
    if before is None:
        counts[account, State.ACCEPTED] += 1
    elif before is not State.WAITING:
        counts[account, before] -= 1
    if after is not State.WAITING:
        counts[account, after] += 1


def draw_up(
    counts: Mapping[tuple[AccountKey, State], int],
    *,
    unfinished_by_connection: Mapping[ConnectionId, int],
    is_settled: bool,
) -> Balance:
    """Return the balance.

    Args:
        counts: What the ledger has counted.
        unfinished_by_connection: Deliveries that lie in the journal.
        is_settled: Whether the ledger has read everything and `route` has nothing left to do.
    """
    by_account: dict[AccountKey, dict[State, int]] = {}
    for (account, state), count in counts.items():
        by_account.setdefault(account, {})[state] = count
    accounts = []
    for (source_id, connection_id), by_state in sorted(by_account.items()):
        rest = by_state.get(State.ACCEPTED, 0) - sum(
            count for state, count in by_state.items() if state is not State.ACCEPTED
        )
        if rest < 0 and (unrecorded := by_state.get(State.UNRECORDED, 0)):
            # Some of what was written off has turned up after all.
            found = min(-rest, unrecorded)
            by_state[State.UNRECORDED] = unrecorded - found
            rest += found
        # For a source itself nothing can wait once `route` is done.
        unfinished = (
            unfinished_by_connection.get(ConnectionId(connection_id), 0) if connection_id else 0
        )
        repeated = max(0, unfinished - max(0, rest)) if is_settled else 0
        waiting = unfinished - repeated if is_settled else rest
        accounts.append(
            Account(
                source_id=source_id,
                connection_id=connection_id,
                counts={**by_state, State.WAITING: waiting},
                difference=rest - waiting,
                repeated=repeated,
            )
        )
    return Balance(accounts=accounts, is_settled=is_settled)


def written_off(balance: Balance) -> Mapping[tuple[AccountKey, State], int]:
    """Return the changes of counts after which nothing is missing."""
    return {
        (
            (account.source_id, account.connection_id),
            # Too many: it was the word of their being accepted that was not read.
            State.UNRECORDED if account.difference > 0 else State.ACCEPTED,
        ): abs(account.difference)
        for account in balance.accounts
        if account.difference
    }
