"""What Ramen keeps: organizations, users, companies, events; and how a call changes them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossdock.base.json import JsonObject
from crossdock.sandbox.ramen.traits import TraitType, TraitValue, as_time, cast
from crossdock.sandbox.store import Shelf

COMPANIES_OF_A_USER_MAX = 100
EVENT_NAMES_MAX = 300
MEMBERS_MAX = 200


class Organization(msgspec.Struct, frozen=True):
    """One of Ramen's customers.

    Attributes:
        secret: What the customer's server signs with in secure mode.
        api_key: What the customer's server shows to the REST API.
        has_secure_mode: Whether an identify needs a proof.
        user_trait_types: The type of each trait of a user, fixed by its first value.
        company_trait_types: The same for companies.
    """

    id: str
    name: str
    secret: str
    api_key: str
    has_secure_mode: bool = False
    user_trait_types: dict[str, TraitType] = {}
    company_trait_types: dict[str, TraitType] = {}


class User(msgspec.Struct, frozen=True):
    """Someone: identified (`id`), or a visitor whom nobody has identified yet (`id` is null).

    Attributes:
        key: `user:<id>` or `visitor:<random>`.
        asked_question_ids: What was asked already, so that it is not asked again.
        events: How often each event was tracked.
    """

    key: str
    id: str | None
    first_seen_at: str
    last_seen_at: str
    email: str | None = None
    name: str | None = None
    customer_created_at: str | None = None
    traits: dict[str, TraitValue] = {}
    company_ids: tuple[str, ...] = ()
    events: dict[str, int] = {}
    pageviews: int = 0
    asked_question_ids: tuple[str, ...] = ()


class Company(msgspec.Struct, frozen=True):
    """A company; its users are those whose `group` named it."""

    id: str
    first_seen_at: str
    last_seen_at: str
    name: str | None = None
    url: str | None = None
    company_created_at: str | None = None
    traits: dict[str, TraitValue] = {}
    user_keys: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True):
    """One line of the stream.

    Attributes:
        type: `identify`, `group`, `track`, `pageview`, `question`, `answer` or `dismissal`.
        mode: `device` from RamenJS in a browser, `server` from the REST API.
        name: The event's name, the company's id or the question's text.
        properties: For people who look at the stream; Ramen itself takes none with track and page.
    """

    id: str
    type: str
    mode: str
    user_key: str
    received_at: str
    user_name: str | None = None
    name: str | None = None
    url: str | None = None
    properties: JsonObject = {}


ORGANIZATIONS = Shelf("ramen_organization", Organization, 100)
USERS = Shelf("ramen_user", User, 5_000)
COMPANIES = Shelf("ramen_company", Company, 5_000)
EVENTS = Shelf("ramen_event", Event, 2_000)


def label(user: User) -> str:
    """Return what people call the user."""
    return user.name or user.email or user.id or "Anonymous visitor"


def with_identity(
    user: User, organization: Organization, sent: Mapping[str, object]
) -> tuple[User, Organization, tuple[str, ...]]:
    """Return the user and the organization after an identify, and why something was left out.

    Args:
        user: As known so far.
        organization: Holds the types of the traits.
        sent: `email`, `name`, `created_at`, `traits`; what is missing stays as it was.
    """
    traits = sent.get("traits")
    kept = cast(traits if isinstance(traits, dict) else {}, organization.user_trait_types)
    notes = list(kept.notes)
    created_at, note = _created_at(sent, "user")
    notes.extend(note)
    user = msgspec.structs.replace(
        user,
        email=_text(sent.get("email")) or user.email,
        name=_text(sent.get("name")) or user.name,
        customer_created_at=created_at or user.customer_created_at,
        traits=_updated(user.traits, kept.values_by_name),
    )
    types = kept.types_by_name
    return user, msgspec.structs.replace(organization, user_trait_types=types), tuple(notes)


def with_company_properties(
    company: Company, organization: Organization, sent: Mapping[str, object]
) -> tuple[Company, Organization, tuple[str, ...]]:
    """Return the company and the organization after a group call, and why something was left out.

    Args:
        company: As known so far.
        organization: Holds the types of the traits.
        sent: `name`, `url`, `created_at`; everything else is a trait.
    """
    own = {"id", "name", "url", "created_at", "traits"}
    nested = sent.get("traits")
    traits = {name: value for name, value in sent.items() if name not in own}
    if isinstance(nested, dict):
        traits.update(nested)
    kept = cast(traits, organization.company_trait_types)
    created_at, note = _created_at(sent, "company")
    company = msgspec.structs.replace(
        company,
        name=_text(sent.get("name")) or company.name,
        url=_text(sent.get("url")) or company.url,
        company_created_at=created_at or company.company_created_at,
        traits=_updated(company.traits, kept.values_by_name),
    )
    types = kept.types_by_name
    organization = msgspec.structs.replace(organization, company_trait_types=types)
    return company, organization, (*kept.notes, *note)


def member(user: User, company: Company) -> tuple[User, Company]:
    """Return both after the user was put into the company. A user may be in several."""
    user_keys = dict.fromkeys((*company.user_keys, user.key))
    company_ids = dict.fromkeys((*user.company_ids, company.id))
    return (
        msgspec.structs.replace(user, company_ids=tuple(company_ids)[-COMPANIES_OF_A_USER_MAX:]),
        msgspec.structs.replace(company, user_keys=tuple(user_keys)[-MEMBERS_MAX:]),
    )


def with_event(user: User, name: str) -> User:
    """Return the user with one more event of that name."""
    if name not in user.events and len(user.events) >= EVENT_NAMES_MAX:
        return user
    events = {**user.events, name: user.events.get(name, 0) + 1}
    return msgspec.structs.replace(user, events=events)


def joined(user: User, visitor: User) -> User:
    """Return the user with what they did before they were identified.

    What a visitor was asked, the user is not asked again: it is the same person.
    """
    events = dict(user.events)
    for name, count in visitor.events.items():
        events[name] = events.get(name, 0) + count
    asked = dict.fromkeys((*user.asked_question_ids, *visitor.asked_question_ids))
    companies = dict.fromkeys((*user.company_ids, *visitor.company_ids))
    return msgspec.structs.replace(
        user,
        first_seen_at=min(user.first_seen_at, visitor.first_seen_at),
        company_ids=tuple(companies)[-COMPANIES_OF_A_USER_MAX:],
        events=dict(list(events.items())[:EVENT_NAMES_MAX]),
        pageviews=user.pageviews + visitor.pageviews,
        asked_question_ids=tuple(asked),
    )


def _created_at(sent: Mapping[str, object], whose: str) -> tuple[str | None, tuple[str, ...]]:
    value = sent.get("created_at")
    if value in (None, ""):
        return None, ()
    moment = as_time(value)
    if moment is None:
        return None, (f'The {whose}\'s "created_at" is left out: its value is not a time.',)
    return moment, ()


def _updated(
    known: Mapping[str, TraitValue], new: Mapping[str, TraitValue | None]
) -> dict[str, TraitValue]:
    merged = {**known, **new}
    return {name: value for name, value in merged.items() if value is not None}


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or value == "":
        return None
    return str(value)[:500]
