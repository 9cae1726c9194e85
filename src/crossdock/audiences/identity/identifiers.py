"""Finds in an event what it says about who it is about.

Source: Segment's default external ids: userId, anonymousId, e-mail in the traits or properties,
the ids of a phone in `context.device`, and whatever `context.externalIds` holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crossdock.base.json import JsonObject
from crossdock.events import Event, EventType
from crossdock.events.id_text import id_text

USER_ID = "user_id"
EMAIL = "email"
ANONYMOUS_ID = "anonymous_id"
GROUP_ID = "group_id"

KNOWN_BY = frozenset({USER_ID, EMAIL, "android.idfa", "ios.idfa"})
"""Whoever has one of these is not anonymous."""

_FIRST = {USER_ID: 0, EMAIL: 1}
# Longer ones are no ids; an index of them would be as large as what it leads to.
_TYPE_CHARACTERS_MAX = 100
_VALUE_CHARACTERS_MAX = 500
# What programs send where they know nobody; Segment's defaults.
_BLOCKED = re.compile(r"[0-]*|-1|null|anonymous", re.IGNORECASE)


class Identifier(NamedTuple):
    """One name of somebody.

    Attributes:
        type: Such as `user_id`, `email`, `ios.idfa`, or what an owner made up.
        value: As sent; an e-mail in lower case, since nobody has two that differ in that alone.
    """

    type: str
    value: str

    @property
    def priority(self) -> tuple[int, str, str]:
        """What it sorts by: user_id first, then email, then the others in alphabetical order."""
        return _FIRST.get(self.type, 2), self.type, self.value


def find_identifier(kind: object, value: object) -> Identifier | None:
    """Return the identifier, or None if the value identifies nobody."""
    if value is None:
        return None
    text = id_text(value).strip()
    if not isinstance(kind, str) or not 0 < len(kind) <= _TYPE_CHARACTERS_MAX:
        return None
    if len(text) > _VALUE_CHARACTERS_MAX or _BLOCKED.fullmatch(text):
        return None
    # What PostgreSQL and DuckDB cannot hold, and no id has.
    if not text.isprintable() or not kind.isprintable():
        return None
    return Identifier(kind, text.lower() if kind == EMAIL else text)


def identifiers_of(event: Event) -> list[Identifier]:
    """Return the event's identifiers, the most trustworthy first.

    The `previousId` of an alias is not among them: what it is depends on who is known by it.
    """
    found = {
        identifier
        for kind, value in _said(event)
        if value is not None and (identifier := find_identifier(kind, value)) is not None
    }
    return by_priority(found) if len(found) > 1 else [*found]


def by_priority(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """Return the identifiers, the most trustworthy first."""
    return sorted(identifiers, key=lambda identifier: identifier.priority)


def is_known(identifiers: Iterable[Identifier]) -> bool:
    """Return whether whoever has these is more than a browser."""
    return any(identifier.type in KNOWN_BY for identifier in identifiers)


def _said(event: Event) -> list[tuple[object, object]]:
    body = event.body
    context = body.get("context")
    context = context if isinstance(context, dict) else {}
    said: list[tuple[object, object]] = [
        (USER_ID, body.get("userId")),
        (ANONYMOUS_ID, body.get("anonymousId")),
    ]
    # The traits of a group call are the group's.
    own = "traits" if event.type is EventType.IDENTIFY else "properties"
    for traits in (body.get(own), context.get("traits")):
        if isinstance(traits, dict):
            said.append((EMAIL, _text(traits.get("email"))))
            said.append(("cross_domain_id", _text(traits.get("crossDomainId"))))
    said.extend(_of_device(context.get("device")))
    external_ids = context.get("externalIds")
    said.extend(
        (external.get("type"), external.get("id"))
        for external in (external_ids if isinstance(external_ids, list) else ())
        if isinstance(external, dict) and _is_of_user(external)
    )
    return said


def _of_device(device: object) -> Iterator[tuple[object, object]]:
    if not isinstance(device, dict):
        return
    kind = str(device.get("type") or "").lower()
    if kind in {"ios", "android"}:
        yield f"{kind}.id", _text(device.get("id"))
        yield f"{kind}.idfa", _text(device.get("advertisingId"))
        yield f"{kind}.push_token", _text(device.get("token"))


def _is_of_user(external: JsonObject) -> bool:
    return (
        external.get("collection", "users") == "users"
        and external.get("encoding", "none") == "none"
        # An account is no name of a user.
        and external.get("type") != GROUP_ID
    )


def _text(value: object) -> object:
    return value if isinstance(value, str) else None
