"""A change as an event, in the shape in which Segment's Engage sends it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from crossdock.base import json
from crossdock.base.json import JsonObject
from crossdock.workspace import Computation, Output

_MILLISECONDS = "milliseconds"
_REQUEST_BYTES_MAX = 400_000


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """How somebody is known."""

    profile_id: int
    user_id: str | None
    anonymous_id: str | None
    email: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """A group and its members."""

    group_id: str
    members: tuple[Person, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """Somebody came in or left, or has another value.

    Attributes:
        about: Whom.
        value: Of the trait now; of an audience True, or None for who left.
        at: When it was found.
        message_id: The same however often it is sent.
    """

    about: Person | Account
    value: object
    at: dt.datetime
    message_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Whom a definition's changes are for.

    Attributes:
        space_id: `spa_…`.
        destination: The name of the connection's destination.
    """

    space_id: str
    destination: str


def messages_of(
    change: Change, computation: Computation, output: Output, address: Address
) -> Iterator[JsonObject]:
    """Yield the events that tell one connection of a change.

    The connection is named beside its destination: there may be two of the same vendor.
    """
    value = (change.value is True) if computation.kind == "audience" else change.value
    for call in output.sends:
        for person, suffix in _people(change.about, call):
            yield {
                **_call(call, computation, output, value, change.about),
                **_identity(person),
                "messageId": f"{change.message_id}{suffix}-{call}",
                "timestamp": change.at.isoformat(timespec=_MILLISECONDS).replace("+00:00", "Z"),
                "context": _context(call, computation, address.space_id, person),
                "integrations": {
                    "All": False,
                    address.destination: True,
                    output.connection_id: True,
                },
            }


def _people(about: Person | Account, call: str) -> Iterator[tuple[Person, str]]:
    if isinstance(about, Person):
        yield about, ""
    elif call == "group":
        # A group call is made in somebody's name; the first member who has one.
        named = [one for one in about.members if one.user_id] or [*about.members]
        yield (named[0] if named else Person(0, None, f"account:{about.group_id}", None)), ""
    else:
        for one in about.members:
            yield one, f"-{one.profile_id}"


def _identity(person: Person) -> JsonObject:
    if person.user_id is not None:
        return {"userId": person.user_id}
    # Who is known by an address alone has no other name that an event could carry.
    return {"anonymousId": person.anonymous_id or f"profile:{person.profile_id}"}


def _call(
    call: str, computation: Computation, output: Output, value: object, about: Person | Account
) -> JsonObject:
    key = computation.key
    if call == "track":
        if computation.kind == "audience":
            event = output.entered_event if value else output.exited_event
            return {
                "type": "track",
                "event": event,
                "properties": {"audience_key": key, key: value},
            }
        return {
            "type": "track",
            "event": output.computed_event,
            "properties": {"trait_key": key, key: value},
        }
    traits: JsonObject = {key: value}
    if call == "group" and isinstance(about, Account):
        return {"type": "group", "groupId": about.group_id, "traits": traits}
    if isinstance(about, Person) and about.email is not None:
        traits = {**traits, "email": about.email}
    return {"type": "identify", "traits": traits}


def _context(
    call: str, computation: Computation, space_id: str, person: Person
) -> Mapping[str, object]:
    email = {"traits": {"email": person.email}} if call == "track" and person.email else {}
    return {
        **email,
        "personas": {
            "computation_class": "audience" if computation.kind == "audience" else "trait",
            "computation_id": computation.id,
            "computation_key": computation.key,
            "namespace": space_id,
            "space_id": space_id,
        },
    }


def space_id_of(source_id: str) -> str:
    """Return the id of the space whose source it is."""
    return f"spa_{source_id.partition('_')[2] or source_id}"


def requests_of(messages: Sequence[JsonObject]) -> list[bytes]:
    """Return the messages as bodies of requests, none of them too large."""
    bodies: list[bytes] = []
    parts: list[bytes] = []
    size = 0
    for message in messages:
        part = json.encode(message)
        if parts and size + len(part) > _REQUEST_BYTES_MAX:
            bodies.append(b'{"batch":[' + b",".join(parts) + b"]}")
            parts, size = [], 0
        parts.append(part)
        size += len(part)
    if parts:
        bodies.append(b'{"batch":[' + b",".join(parts) + b"]}")
    return bodies
