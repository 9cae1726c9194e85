"""What Ripe keeps: people, Companies and the stream of events; and how a call changes them."""

from __future__ import annotations

import msgspec

from crossdock.base.json import JsonObject
from crossdock.sandbox.store import Shelf, Store

# A Company lists the people last seen in it.
MEMBERS_MAX = 200

TRAITS_MAX = 300


class Workspace(msgspec.Struct, frozen=True, rename="camel"):
    """A Ripe workspace, known by its API key."""

    api_key: str
    name: str
    created_at: str


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """One call, as it arrived.

    Attributes:
        type: `identify`, `group`, `track`, or `pageview`, as Ripe calls a page call.
        mode: `device` from the SDK in a browser, `cloud` from a server.
        person_id: Whose; the key of a `Person`.
    """

    id: str
    type: str
    mode: str
    person_id: str
    received_at: str
    message_id: str | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    group_id: str | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    traits: JsonObject = {}
    properties: JsonObject = {}
    context: JsonObject = {}
    timestamp: str | None = None


class Person(msgspec.Struct, frozen=True, rename="camel"):
    """Someone, by user id if Ripe knows one, else by anonymous id."""

    id: str
    user_id: str | None
    first_seen_at: str
    last_seen_at: str
    anonymous_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    traits: JsonObject = {}
    events: int = 0


class Company(msgspec.Struct, frozen=True, rename="camel"):
    """A group. Each belongs to one distinct group id."""

    id: str
    first_seen_at: str
    last_seen_at: str
    name: str | None = None
    traits: JsonObject = {}
    member_ids: tuple[str, ...] = ()


WORKSPACES = Shelf("ripe_workspace", Workspace, 100)
EVENTS = Shelf("ripe_event", Event, 2_000)
PEOPLE = Shelf("ripe_person", Person, 5_000)
COMPANIES = Shelf("ripe_company", Company, 5_000)


def person_id_for(user_id: str | None, anonymous_id: str | None) -> str:
    """Return the key of a person: the user id, and without one the anonymous id."""
    return f"user:{user_id}" if user_id is not None else f"anonymous:{anonymous_id}"


def keep(store: Store, api_key: str, event: Event) -> None:
    """Write one call down, and what it says about a person and their Company."""
    with store.transaction():
        store.put(EVENTS, event, workspace_id=api_key, record_id=event.id)
        person = seen(_known_person(store, api_key, event), event)
        store.put(PEOPLE, person, workspace_id=api_key, record_id=person.id)
        if event.group_id is not None:
            known = store.find(COMPANIES, workspace_id=api_key, record_id=event.group_id)
            company = visited(known, event, event.group_id)
            store.put(COMPANIES, company, workspace_id=api_key, record_id=company.id)


def seen(known: Person | None, event: Event) -> Person:
    """Return the person after the event."""
    if known is None:
        known = Person(event.person_id, event.user_id, event.received_at, event.received_at)
    return msgspec.structs.replace(
        known,
        last_seen_at=event.received_at,
        anonymous_ids=_with(known.anonymous_ids, event.anonymous_id),
        group_ids=_with(known.group_ids, event.group_id),
        traits=_merged(known.traits, event.traits) if event.type == "identify" else known.traits,
        events=known.events + 1,
    )


def visited(known: Company | None, event: Event, group_id: str) -> Company:
    """Return the Company after the event: traits come with `group`, members with any call."""
    if known is None:
        known = Company(group_id, event.received_at, event.received_at)
    traits = _merged(known.traits, event.traits) if event.type == "group" else known.traits
    name = traits.get("name")
    return msgspec.structs.replace(
        known,
        last_seen_at=event.received_at,
        name=name if isinstance(name, str) else known.name,
        traits=traits,
        member_ids=_with(known.member_ids, event.person_id),
    )


def _known_person(store: Store, api_key: str, event: Event) -> Person | None:
    """Return who this is; an anonymous visitor who turns out to be a user becomes that user."""
    known = store.find(PEOPLE, workspace_id=api_key, record_id=event.person_id)
    if event.user_id is None or event.anonymous_id is None:
        return known
    visitor_id = person_id_for(None, event.anonymous_id)
    visitor = store.find(PEOPLE, workspace_id=api_key, record_id=visitor_id)
    if visitor is None:
        return known
    store.remove(PEOPLE, workspace_id=api_key, record_id=visitor_id)
    if known is None:
        return msgspec.structs.replace(visitor, id=event.person_id, user_id=event.user_id)
    return msgspec.structs.replace(
        known,
        first_seen_at=min(known.first_seen_at, visitor.first_seen_at),
        anonymous_ids=_with(known.anonymous_ids, *visitor.anonymous_ids),
        group_ids=_with(known.group_ids, *visitor.group_ids),
        traits=_merged(visitor.traits, known.traits),
        events=known.events + visitor.events,
    )


def _with(known: tuple[str, ...], *more: str | None) -> tuple[str, ...]:
    new = tuple(item for item in more if item is not None and item not in known)
    return (*known, *new)[-MEMBERS_MAX:]


def _merged(known: JsonObject, more: JsonObject) -> JsonObject:
    merged = {**known, **more}
    return dict(list(merged.items())[-TRAITS_MAX:])
