"""What happened in a run, seen from outside: what was sent, received, and done to the server."""

from __future__ import annotations

import dataclasses
import enum
import time
from collections.abc import Mapping
from typing import Any

from tests.crash.plan import Behaviour


class Verdict(enum.StrEnum):
    """What a client knows of an event that it sent."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    """It must not be delivered: it was wrong, and the client was told so or could know."""
    UNKNOWN = "unknown"
    """There was no answer, or one that says to try again: it may have been accepted."""


@dataclasses.dataclass(slots=True)
class Sent:
    """An event that a client sent, perhaps several times.

    Attributes:
        source: Whose write key it was sent with.
        message: As sent.
        began_at: Monotonic seconds before it was first sent.
        ended_at: Monotonic seconds when the verdict was known.
        times: How often it was sent.
        place: In its request.
    """

    source: str
    message: Mapping[str, Any]
    began_at: float
    place: int = 0
    verdict: Verdict = Verdict.UNKNOWN
    ended_at: float = float("inf")
    times: int = 0

    @property
    def message_id(self) -> str:
        return str(self.message["messageId"])

    @property
    def person(self) -> str:
        return str(self.message.get("userId", ""))


@dataclasses.dataclass(frozen=True, slots=True)
class Receipt:
    """An event that a vendor got, in a request of its own or in a list.

    Attributes:
        number: Counts all events of all vendors.
        at: Monotonic seconds when it was complete.
        message: The event, as far as the vendor gets it.
        key: Its idempotency key; empty if the vendor gets none for it.
        behaviour: How the vendor answered.
    """

    vendor: str
    number: int
    at: float
    message: Mapping[str, Any]
    key: str
    behaviour: Behaviour

    @property
    def message_id(self) -> str:
        return str(self.message.get("messageId", ""))

    @property
    def replay_id(self) -> str:
        """Return that of the replay that it is of; empty for the first way of an event."""
        return self.key.split("-")[1] if self.key.startswith("replay-") else ""


@dataclasses.dataclass(frozen=True, slots=True)
class Happened:
    """A fault that was made."""

    what: str
    began_at: float
    ended_at: float


@dataclasses.dataclass(slots=True)
class WriteKey:
    """A write key of a source.

    Attributes:
        leaves_at: Monotonic seconds when its removal was asked for; what came before is accepted.
        gone_at: Monotonic seconds when it was answered that it is removed.
    """

    text: str
    leaves_at: float | None = None
    gone_at: float | None = None


class ChangeKind(enum.StrEnum):
    """What the owner changes while traffic flows."""

    EDIT = "another edition of the mapping"
    DISABLE = "disabled"
    ENABLE = "enabled"
    DELETE = "deleted"
    CREATE = "created"
    RETRY = "dead letters sent again"
    DISCARD = "dead letters discarded"
    REPLAY = "a replay"


@dataclasses.dataclass(frozen=True, slots=True)
class Changed:
    """Something that the owner asked for.

    Attributes:
        vendor: What it is about.
        began_at: Monotonic seconds when it was first asked for.
        ended_at: Monotonic seconds when it was answered.
        is_answered: Whether it was answered; else it was done, or not, or in part.
        edition: Of the mapping, from then on.
        replay_id: Of the replay that was begun.
    """

    kind: ChangeKind
    vendor: str
    began_at: float
    ended_at: float
    is_answered: bool = True
    edition: int = 0
    replay_id: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Connected:
    """A connection: which vendor gets the events of which source.

    Attributes:
        id: The server's.
        source: By slug.
        source_id: The server's.
        keeps_order: Whether events of one person must arrive in the order accepted.
    """

    id: str
    vendor: str
    source: str
    source_id: str
    keeps_order: bool


@dataclasses.dataclass
class Record:
    """Everything that is known after a run.

    Attributes:
        connected: What stays connected for the whole run, by vendor.
        edited: The connections that one vendor had one after the other, the last one last.
        engaged: Whom audiences are told to; None before it is.
        audiences: What is to be in which audience: the id, by key.
        members_by_key: Who is in each audience at the end, as the API says.
        replays: All, as the API gives them.
        changes: What the owner asked for, in this order.
        events_from: The first message of the journal that did not have to make room.
        is_turned_by_days: Whether the clock was turned so far that retries were given up.
        entries: The whole ledger, as the server's API gives it, oldest first.
        traces_by_message_id: A sample of traces, as the API gives them.
        balance: The last one, as the API gives it; None if there never was one.
    """

    connected: dict[str, Connected] = dataclasses.field(default_factory=dict)
    edited: list[Connected] = dataclasses.field(default_factory=list)
    engaged: Connected | None = None
    audiences: dict[str, str] = dataclasses.field(default_factory=dict)
    members_by_key: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    replays: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    changes: list[Changed] = dataclasses.field(default_factory=list)
    events_from: int = 0
    is_turned_by_days: bool = False
    sent_by_id: dict[str, Sent] = dataclasses.field(default_factory=dict)
    receipts: list[Receipt] = dataclasses.field(default_factory=list)
    faults: list[Happened] = dataclasses.field(default_factory=list)
    entries: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    traces_by_message_id: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    balance: dict[str, Any] | None = None
    exit_codes: list[tuple[str, int, int]] = dataclasses.field(default_factory=list)
    timeline: list[str] = dataclasses.field(default_factory=list)
    began_at: float = dataclasses.field(default_factory=time.monotonic)

    @property
    def steady(self) -> list[Connected]:
        """What stays as it is once it is there."""
        return [*self.connected.values(), *([self.engaged] if self.engaged else [])]

    def source_of(self, vendor: str) -> str:
        """Return the slug of the source whose events a vendor gets."""
        everyone = [*self.steady, *self.edited]
        return next(connected.source for connected in everyone if connected.vendor == vendor)

    def changes_of(self, vendor: str, *kinds: ChangeKind) -> list[Changed]:
        """Return what the owner asked for about a vendor, of these kinds."""
        return [one for one in self.changes if one.vendor == vendor and one.kind in kinds]

    def removed(self) -> set[str]:
        """Return the messageIds of events that had to make room: a full disk costs the oldest."""
        return {
            str(entry["messageId"])
            for entry in self.entries
            if entry["step"] == "mapped"
            and not entry.get("replayId")
            # `<message of the journal>-<index>-<mapping>`
            and int(entry.get("outcomeId", "0").partition("-")[0]) < self.events_from
        }

    def note(self, what: str) -> None:
        """Write a line of the timeline."""
        self.timeline.append(f"{time.monotonic() - self.began_at:8.3f}  {what}")
