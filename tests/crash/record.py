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


@dataclasses.dataclass(frozen=True, slots=True)
class Happened:
    """A fault that was made."""

    what: str
    began_at: float
    ended_at: float


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
        entries: The whole ledger, as the server's API gives it, oldest first.
        traces_by_message_id: A sample of traces, as the API gives them.
        balance: The last one, as the API gives it; None if there never was one.
    """

    connected: dict[str, Connected] = dataclasses.field(default_factory=dict)
    sent_by_id: dict[str, Sent] = dataclasses.field(default_factory=dict)
    receipts: list[Receipt] = dataclasses.field(default_factory=list)
    faults: list[Happened] = dataclasses.field(default_factory=list)
    entries: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    traces_by_message_id: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    balance: dict[str, Any] | None = None
    exit_codes: list[tuple[str, int, int]] = dataclasses.field(default_factory=list)
    timeline: list[str] = dataclasses.field(default_factory=list)
    began_at: float = dataclasses.field(default_factory=time.monotonic)

    def note(self, what: str) -> None:
        """Write a line of the timeline."""
        self.timeline.append(f"{time.monotonic() - self.began_at:8.3f}  {what}")
