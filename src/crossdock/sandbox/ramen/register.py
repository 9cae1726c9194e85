"""Ramen's books: takes calls from one organization's users, writes down what they change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import msgspec

from crossdock.base.clock import Clock
from crossdock.base.ids import Ids
from crossdock.base.json import JsonObject, encode
from crossdock.sandbox import web
from crossdock.sandbox.live import Live
from crossdock.sandbox.ramen import admission, people, questions
from crossdock.sandbox.ramen.people import Company, Event, Organization, User
from crossdock.sandbox.ramen.questions import Answer, Question
from crossdock.sandbox.store import Store
from crossdock.secure_mode import is_same_hash

Mode = Literal["device", "server"]


@dataclasses.dataclass(frozen=True, slots=True)
class Register:
    """The books of one organization.

    Attributes:
        organization_id: Whose.
        store: Where they are kept.
        live: Where news goes.
        clock: What time it is.
        ids: New ids.
    """

    organization_id: str
    store: Store
    live: Live
    clock: Clock
    ids: Ids

    def find_organization(self) -> Organization | None:
        """Return the organization, or None if nobody has this id."""
        return self.store.find(
            people.ORGANIZATIONS, workspace_id="", record_id=self.organization_id
        )

    def put_organization(self, organization: Organization) -> None:
        """Write the organization down."""
        self.store.put(
            people.ORGANIZATIONS, organization, workspace_id="", record_id=organization.id
        )

    def load_user(self, key: str) -> User:
        """Return the user with this key, who may be new."""
        now = self._now()
        user_id = key.removeprefix("user:") if key.startswith("user:") else None
        known = self.store.find(people.USERS, workspace_id=self.organization_id, record_id=key)
        return known or User(key=key, id=user_id, first_seen_at=now, last_seen_at=now)

    def put_user(self, user: User) -> None:
        """Write the user down."""
        user = msgspec.structs.replace(user, last_seen_at=self._now())
        self.store.put(people.USERS, user, workspace_id=self.organization_id, record_id=user.key)

    def identify(
        self, organization: Organization, key: str, sent: Mapping[str, object], *, mode: Mode
    ) -> tuple[User, tuple[str, ...]]:
        """Write down who someone is; return them, and why something was left out."""
        with self.store.transaction():
            user, organization, notes = people.with_identity(
                self.load_user(key), organization, sent
            )
            self.put_user(user)
            self.put_organization(organization)
            company = sent.get("company")
            if isinstance(company, dict) and company.get("id") not in (None, ""):
                user, more = self.group(organization, user, company)
                notes += more
            self._happened("identify", user, mode=mode, properties=dict(sent))
        return user, notes

    def join_visitor(self, user: User, visitor_key: str) -> User:
        """Return the user with what they did as visitor, who is then forgotten."""
        visitor = self.store.find(
            people.USERS, workspace_id=self.organization_id, record_id=visitor_key
        )
        if visitor is None:
            return user
        user = people.joined(user, visitor)
        with self.store.transaction():
            self.store.remove(
                people.USERS, workspace_id=self.organization_id, record_id=visitor_key
            )
            self.put_user(user)
        return user

    def group(
        self, organization: Organization, user: User, sent: JsonObject
    ) -> tuple[User, tuple[str, ...]]:
        """Put the user into a company; return them, and why something was left out."""
        company_id, now = str(sent["id"])[: web.ID_LENGTH_MAX], self._now()
        known = self.store.find(
            people.COMPANIES, workspace_id=self.organization_id, record_id=company_id
        )
        company, organization, notes = people.with_company_properties(
            known or Company(company_id, first_seen_at=now, last_seen_at=now), organization, sent
        )
        user, company = people.member(user, company)
        company = msgspec.structs.replace(company, last_seen_at=now)
        with self.store.transaction():
            self.put_organization(organization)
            self.put_user(user)
            self.store.put(
                people.COMPANIES,
                company,
                workspace_id=self.organization_id,
                record_id=company_id,
            )
            self._happened("group", user, name=company_id, properties=sent)
        return user, notes

    def track(self, user: User, name: str, url: str) -> User:
        """Count an event; Ramen takes its name and nothing else."""
        user = people.with_event(user, name)
        self.put_user(user)
        self._happened("track", user, name=name, url=url)
        return user

    def page(self, user: User, url: str) -> User:
        """Count a pageview."""
        user = msgspec.structs.replace(user, pageviews=user.pageviews + 1)
        self.put_user(user)
        self._happened("pageview", user, url=url)
        return user

    def all_questions(self) -> list[Question]:
        """Return every question, the oldest first."""
        found = self.store.latest(questions.QUESTIONS, workspace_id=self.organization_id)
        return sorted(found, key=lambda question: question.created_at)

    def find_question(self, question_id: str) -> Question | None:
        """Return a question, or None."""
        return self.store.find(
            questions.QUESTIONS, workspace_id=self.organization_id, record_id=question_id
        )

    def add_question(self, draft: questions.Draft) -> Question:
        """Write a new question down."""
        question = Question(self.ids.new("question"), self._now(), draft)
        self.put_question(question)
        return question

    def put_question(self, question: Question) -> None:
        """Write a question down and tell the pages that show it."""
        self.store.put(
            questions.QUESTIONS,
            question,
            workspace_id=self.organization_id,
            record_id=question.id,
        )
        self._changed()

    def remove_question(self, question_id: str) -> None:
        """Forget a question; its answers stay."""
        self.store.remove(
            questions.QUESTIONS, workspace_id=self.organization_id, record_id=question_id
        )
        self._changed()

    def next_question(self, user: User, url: str) -> Question | None:
        """Return the question that is due, and note that it is being asked."""
        question = questions.due_question(self.all_questions(), user, url)
        if question is not None:
            self.note_asked(user, question)
        return question

    def note_asked(self, user: User, question: Question) -> None:
        """Note that the user is asked now, so that it stays the only time.

        It is noted when the question is handed out, not when it is seen: two open tabs would ask
        twice otherwise.
        """
        asked = dict.fromkeys((*user.asked_question_ids, question.id))
        self.put_user(msgspec.structs.replace(user, asked_question_ids=tuple(asked)))
        self._happened("question", user, name=question.draft.text)

    def answer(self, user: User, question: Question, value: str | int | None) -> Answer:
        """Write an answer down; no value means that the question was dismissed."""
        answer = Answer(
            id=self.ids.new("answer"),
            question_id=question.id,
            question_text=question.draft.text,
            user_key=user.key,
            user_name=people.label(user),
            state="dismissed" if value is None else "answered",
            value=value,
            answered_at=self._now(),
        )
        self.store.put(
            questions.ANSWERS, answer, workspace_id=self.organization_id, record_id=answer.id
        )
        self._happened(
            "dismissal" if value is None else "answer",
            user,
            name=question.draft.text,
            properties={} if value is None else {"value": value},
        )
        return answer

    def clear(self, organization: Organization) -> None:
        """Forget users, companies, events, answers and trait types; questions stay."""
        with self.store.transaction():
            self.store.clear(people.USERS, workspace_id=self.organization_id)
            self.store.clear(people.COMPANIES, workspace_id=self.organization_id)
            self.store.clear(people.EVENTS, workspace_id=self.organization_id)
            self.store.clear(questions.ANSWERS, workspace_id=self.organization_id)
            self.put_organization(
                msgspec.structs.replace(organization, user_trait_types={}, company_trait_types={})
            )
        self.live.publish(f"ramen:{self.organization_id}", "cleared", b"{}")

    def _now(self) -> str:
        return self.clock.now().isoformat(timespec="milliseconds")

    def _changed(self) -> None:
        self.live.publish(f"ramen:{self.organization_id}", "changed", b"{}")

    def _happened(  # noqa: PLR0913 - a line of the stream, each part named.
        self,
        event_type: str,
        user: User,
        *,
        mode: Mode = "device",
        name: str | None = None,
        url: str | None = None,
        properties: JsonObject | None = None,
    ) -> None:
        event = Event(
            id=self.ids.new("event"),
            type=event_type,
            mode=mode,
            user_key=user.key,
            user_name=people.label(user),
            received_at=self._now(),
            name=name,
            url=url,
            properties=properties or {},
        )
        self.store.put(people.EVENTS, event, workspace_id=self.organization_id, record_id=event.id)
        self.live.publish(f"ramen:{self.organization_id}", "event", encode(event))


@dataclasses.dataclass(frozen=True, slots=True)
class Registers:
    """Finds an organization's books.

    Attributes:
        store: Where they are kept.
        live: Where news goes.
        clock: What time it is.
        ids: New ids.
    """

    store: Store
    live: Live
    clock: Clock
    ids: Ids

    def of(self, organization_id: str) -> Register:
        """Return the books, which may be of nobody."""
        return Register(organization_id, self.store, self.live, self.clock, self.ids)

    def all_organizations(self) -> list[Organization]:
        """Return every organization."""
        return self.store.latest(people.ORGANIZATIONS, workspace_id="")

    def opened(self, organization_id: str) -> tuple[Register, Organization]:
        """Return the books and their organization.

        Raises:
            Refused: 404, nobody has this id.
        """
        register = self.of(organization_id)
        organization = register.find_organization()
        if organization is None:
            raise admission.wrong_organization()
        return register, organization

    def opened_by_api_key(self, api_key: str) -> tuple[Register, Organization]:
        """Return the books and the organization with this key of the REST API.

        Raises:
            Refused: 401, nobody has this key.
        """
        for organization in self.all_organizations():
            if is_same_hash(organization.api_key, api_key):
                return self.of(organization.id), organization
        raise web.Refused(
            401,
            "wrong_api_key",
            "Ramen knows no organization with this API key.",
            do="Send the API key of the organization's page in the header RAMEN_API_KEY.",
        )
