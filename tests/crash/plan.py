"""What a run is going to do, all of it from its seed: faults, misbehaving vendors, traffic."""

from __future__ import annotations

import dataclasses
import enum
import random
from collections.abc import Iterator, Sequence
from typing import TypeVar

Kind = TypeVar("Kind")


class FaultKind(enum.StrEnum):
    """What is done to the server, from outside."""

    KILL_SERVER = "kill -9 of the server"
    KILL_JOURNAL = "kill -9 of the journal's process"
    KILL_BOTH = "kill -9 of both"
    KILL_AT_START = "kill -9 of the server, and again while it starts"
    KILL_WITH_JOURNAL_STOPPED = "kill -9 of the server while the journal's process is stopped"
    STOP_SERVER = "SIGSTOP of the server"
    STOP_JOURNAL = "SIGSTOP of the journal's process"
    RESTART = "SIGTERM, then a start"
    FILL_DISK = "a full disk"
    TURN_CLOCK = "the clock is turned"


class Behaviour(enum.StrEnum):
    """How a vendor answers one request."""

    TAKE = "200"
    TAKE_AND_CLOSE = "200, then closes the connection"
    TAKE_SLOWLY = "200 after a while, byte by byte"
    CUT = "200, and closes before the body is complete"
    CUT_HEAD = "half of a head, and closes"
    ERROR = "500"
    AWAY = "503 with Retry-After in seconds"
    WAIT_SECONDS = "429 with Retry-After in seconds"
    WAIT_DATE = "429 with Retry-After as a date"
    WAIT_PAST = "429 with Retry-After as a date in the past"
    REJECT = "400"
    WRONG_KEY = "401"
    NONSENSE = "what is not HTTP"
    HANG = "no answer"
    STALL = "200, and no body"
    CLOSE = "closes without an answer"
    RESET = "resets the connection"


class EditKind(enum.StrEnum):
    """What the owner does while traffic flows and faults happen."""

    RETRY_ONE = "sends a dead letter again"
    RETRY_ALL = "sends all dead letters again"
    DISCARD_ONE = "discards a dead letter"
    DISCARD_ALL = "discards all dead letters"
    REPLAY = "begins a replay"
    EDIT_MAPPING = "edits a mapping"
    DISABLE = "disables a connection, and enables it again"
    DELETE = "deletes a connection, and makes it anew"
    ROTATE_KEY = "gives a source another write key"


BAD_BEHAVIOURS = tuple(one for one in Behaviour if one is not Behaviour.TAKE)
_LASTING = frozenset({FaultKind.STOP_SERVER, FaultKind.STOP_JOURNAL, FaultKind.FILL_DISK})
TAKING = frozenset({Behaviour.TAKE, Behaviour.TAKE_AND_CLOSE, Behaviour.TAKE_SLOWLY})

# Long enough for the server to be at work again, short enough for several faults in a short run.
_PAUSE_SECONDS = (0.5, 4.0)
_FAULT_SECONDS = (0.2, 4.0)
# Longer than the journal tries to store: then senders must be told that nothing was stored.
_LONG_FAULT_SECONDS = 12.0
_TURNED_SECONDS_MAX = 3 * 3600
_DAY_SECONDS = 86_400
# Within the seven days for which a messageId is known.
_TURNED_DAYS_MAX = 3
# An audience begins when there is something to tell, and while there is time to change.
_AUDIENCES_BEGIN = (0.2, 0.5)
_SPELL_SECONDS = (1.0, 6.0)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        at_seconds: When, since the run began; later if the one before takes longer.
        seconds: How long, where it lasts.
        ahead_seconds: How far the clock is ahead from then on, where it is turned; negative if it
            is behind.
    """

    kind: FaultKind
    at_seconds: float
    seconds: float
    ahead_seconds: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Spell:
    """A time in which a vendor behaves badly, at random, half of the time."""

    vendor: str
    at_seconds: float
    until_seconds: float
    behaviours: tuple[Behaviour, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Edit:
    """Something that the owner does.

    Attributes:
        at_seconds: When, since the run began; later if the one before takes longer.
        seconds: How long, where it lasts.
    """

    kind: EditKind
    at_seconds: float
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """Everything that chance decides before a run.

    Attributes:
        seconds: How long faults and traffic go on.
        audiences_at_seconds: When the owner begins to tell who is in an audience.
    """

    seed: int
    seconds: float
    faults: tuple[Fault, ...]
    spells: tuple[Spell, ...]
    edits: tuple[Edit, ...]
    audiences_at_seconds: float

    def chance(self, purpose: str) -> random.Random:
        """Return random numbers that are the same in every run of the seed, for one purpose."""
        return seeded(f"{self.seed} {purpose}")


def seeded(seed: str) -> random.Random:
    """Return random numbers that can be had again."""
    return random.Random(seed)  # noqa: S311 - which fault comes when is no secret.


def plan_of(
    seed: int, *, seconds: float, vendors: tuple[str, ...], impossible: frozenset[FaultKind]
) -> Plan:
    """Return what the seed means.

    Args:
        seed: The same gives the same, as long as the other arguments are the same.
        seconds: How long faults and traffic go on.
        vendors: Who may misbehave.
        impossible: What cannot be done on this machine.
    """
    kinds = [kind for kind in FaultKind if kind not in impossible]
    return Plan(
        seed,
        seconds,
        tuple(_faults(seeded(f"{seed} faults"), kinds, seconds)),
        tuple(_spells(seeded(f"{seed} spells"), vendors, seconds)),
        tuple(_edits(seeded(f"{seed} edits"), seconds)),
        seeded(f"{seed} audiences").uniform(*_AUDIENCES_BEGIN) * seconds,
    )


def _faults(chance: random.Random, kinds: Sequence[FaultKind], seconds: float) -> Iterator[Fault]:
    bag: list[FaultKind] = []
    at_seconds = chance.uniform(*_PAUSE_SECONDS)
    while at_seconds < seconds:
        kind = _next(bag, kinds, chance)
        lasts_seconds = chance.uniform(*_FAULT_SECONDS)
        if seconds >= 5 * _LONG_FAULT_SECONDS and chance.random() < 0.1:
            lasts_seconds = _LONG_FAULT_SECONDS
        ahead_seconds = chance.randint(-_TURNED_SECONDS_MAX, _TURNED_SECONDS_MAX)
        if chance.random() < 0.2:
            ahead_seconds += _DAY_SECONDS * chance.randint(1, _TURNED_DAYS_MAX)
        yield Fault(kind, at_seconds, lasts_seconds, ahead_seconds)
        at_seconds += chance.uniform(*_PAUSE_SECONDS) + (lasts_seconds if kind in _LASTING else 0)


def _spells(chance: random.Random, vendors: Sequence[str], seconds: float) -> Iterator[Spell]:
    for vendor in vendors:
        at_seconds = chance.uniform(0, 4)
        while at_seconds < seconds:
            until_seconds = at_seconds + chance.uniform(*_SPELL_SECONDS)
            behaviours = tuple(chance.sample(BAD_BEHAVIOURS, chance.randint(1, 4)))
            yield Spell(vendor, at_seconds, until_seconds, behaviours)
            at_seconds = until_seconds + chance.uniform(*_SPELL_SECONDS)


def _edits(chance: random.Random, seconds: float) -> Iterator[Edit]:
    bag: list[EditKind] = []
    at_seconds = chance.uniform(*_PAUSE_SECONDS)
    while at_seconds < seconds:
        lasts_seconds = chance.uniform(*_FAULT_SECONDS)
        yield Edit(_next(bag, list(EditKind), chance), at_seconds, lasts_seconds)
        at_seconds += chance.uniform(*_PAUSE_SECONDS)


def _next(bag: list[Kind], kinds: Sequence[Kind], chance: random.Random) -> Kind:
    """Return one out of the bag: each before any comes again, so that a minute meets most."""
    if not bag:
        bag += chance.sample(kinds, len(kinds))
    return bag.pop()
