"""What RamenJS in a browser, and the customer's server, send to Ramen."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crossdock.base.clock import Clock
from crossdock.base.json import JsonObject
from crossdock.sandbox import web
from crossdock.sandbox.ramen import admission
from crossdock.sandbox.ramen.people import Organization, User
from crossdock.sandbox.ramen.questions import Question, checked_value, unknown_question
from crossdock.sandbox.ramen.register import Register, Registers

_VISITOR_ID = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)

_URL_LENGTH_MAX = 2_000


class Collect:
    """The collecting half. `routes` are called by pages anywhere, `update_user` by servers.

    Args:
        registers: Finds an organization's books.
        clock: What time it is.
    """

    def __init__(self, registers: Registers, clock: Clock) -> None:
        self._registers = registers
        self._clock = clock
        self.routes = [
            Route("/organization", self._find_organization),
            Route("/identify", self._identify, methods=["POST"]),
            Route("/group", self._group, methods=["POST"]),
            Route("/track", self._track, methods=["POST"]),
            Route("/page", self._page, methods=["POST"]),
            Route("/ask", self._ask, methods=["POST"]),
            Route("/answer", self._answer, methods=["POST"]),
        ]

    async def _find_organization(self, request: Request) -> Response:
        """Tell whether there is such an organization, and nothing of it."""
        self._registers.opened(request.query_params.get("organization_id", ""))
        return web.answer({"ok": True})

    async def _identify(self, request: Request) -> Response:
        body = await web.read_object(request)
        register, organization = self._opened(body)
        user = body.get("user")
        if user is None:
            return self._identify_visitor(register, organization, body)
        if not isinstance(user, dict):
            user = {}
        options = web.object_or_empty(body, "options")
        admission.check_person(user)
        notes = self._proof_notes(organization, user, options, body)
        key = f"user:{web.text_or_none(user, 'id')}"
        person, more = register.identify(organization, key, user, mode="device")
        visitor_id = body.get("visitor_id")
        if isinstance(visitor_id, str) and _VISITOR_ID.fullmatch(visitor_id):
            register.join_visitor(person, f"visitor:{visitor_id}")
        return _identified(organization, key, (*notes, *more))

    def _proof_notes(
        self,
        organization: Organization,
        user: Mapping[str, object],
        options: Mapping[str, object],
        body: Mapping[str, object],
    ) -> tuple[str, ...]:
        """Check the proof where it is demanded; elsewhere say what would be refused.

        Raises:
            Refused: 401.
        """
        if not organization.has_secure_mode:
            return ()
        environment = options.get("environment") or body.get("environment") or "production"
        try:
            admission.check_proof(organization, user, options, self._clock.now())
        except web.Refused as refusal:
            if environment == "production":
                raise
            if not options.get("auth_hash"):
                return ()
            return (f"Production would answer {refusal.status} {refusal.reason}: {refusal.what}",)
        return ()

    def _identify_visitor(
        self, register: Register, organization: Organization, body: JsonObject
    ) -> Response:
        """Answer an identify of nobody: whoever this device remembers, else a new visitor."""
        if body.get("session"):
            key = admission.user_key_of(organization, body["session"])
        else:
            visitor_id = body.get("visitor_id")
            if not isinstance(visitor_id, str) or not _VISITOR_ID.fullmatch(visitor_id):
                raise web.Refused(
                    400, "wrong_type", '"visitor_id" is no visitor id.', do="Load ramen.js anew."
                )
            key = f"visitor:{visitor_id}"
        register.identify(organization, key, {}, mode="device")
        return _identified(organization, key, ())

    async def _group(self, request: Request) -> Response:
        body = await web.read_object(request)
        register, organization, user = self._session(body)
        properties = web.object_or_empty(body, "properties")
        if web.text_or_none(properties, "id") is None:
            raise web.Refused(
                400,
                "missing_company_id",
                'The company has no "id".',
                do='Pass the company\'s "id".',
            )
        _, notes = register.group(organization, user, properties)
        return web.answer({"notes": notes})

    async def _track(self, request: Request) -> Response:
        body = await web.read_object(request)
        register, _, user = self._session(body)
        name = web.text_or_none(body, "name")
        if name is None:
            raise web.Refused(
                400, "missing_event_name", "The event has no name.", do="Pass what happened."
            )
        return self._asking(register, register.track(user, name, _url(body)), body)

    async def _page(self, request: Request) -> Response:
        body = await web.read_object(request)
        register, _, user = self._session(body)
        return self._asking(register, register.page(user, _url(body)), body)

    def _asking(self, register: Register, user: User, body: JsonObject) -> Response:
        """Answer with the question that is due, unless the page shows one already."""
        if body.get("is_asking") is True:
            return web.answer({"question": None})
        return web.answer({"question": _shown(register.next_question(user, _url(body)))})

    async def _ask(self, request: Request) -> Response:
        body = await web.read_object(request)
        register, _, user = self._session(body)
        if body.get("question_id") is None:
            return self._asking(register, user, body)
        question = _existing_question(register, body)
        if question.id in user.asked_question_ids and body.get("force") is not True:
            return web.answer({"question": None})
        register.note_asked(user, question)
        return web.answer({"question": _shown(question)})

    async def _answer(self, request: Request) -> Response:
        body = await web.read_object(request)
        register, _, user = self._session(body)
        question = _existing_question(register, body)
        if question.id not in user.asked_question_ids:
            raise web.Refused(
                409, "not_asked", "The user was not asked this.", do="Ask before you answer."
            )
        is_dismissed = body.get("is_dismissed") is True
        value = None if is_dismissed else checked_value(question.draft, body.get("value"))
        register.answer(user, question, value)
        return web.answer({"ok": True})

    async def update_user(self, request: Request) -> Response:
        """Answer the REST API's `PATCH /api/v1/users/<id>` with the user as they are then."""
        register, organization = self._registers.opened_by_api_key(
            request.headers.get("ramen_api_key", "")
        )
        traits = (await web.read_object(request)).get("traits")
        if not isinstance(traits, dict):
            raise web.Refused(
                422, "unusable", 'The body has no "traits".', do='Send {"traits": {…}}.'
            )
        user_id = request.path_params["user_id"]
        if len(user_id) > web.ID_LENGTH_MAX:
            raise admission.wrong_organization()
        own = {name: traits.pop(name) for name in ("email", "name") if name in traits}
        user, notes = register.identify(
            organization, f"user:{user_id}", {**own, "traits": traits}, mode="server"
        )
        return web.answer({"user": user, "notes": notes})

    def _opened(self, body: JsonObject) -> tuple[Register, Organization]:
        return self._registers.opened(str(body.get("organization_id") or ""))

    def _session(self, body: JsonObject) -> tuple[Register, Organization, User]:
        register, organization = self._opened(body)
        key = admission.user_key_of(organization, body.get("session"))
        return register, organization, register.load_user(key)


def _identified(organization: Organization, key: str, notes: tuple[str, ...]) -> Response:
    session = admission.session_for(organization, key)
    return web.answer(
        {"session": session, "is_visitor": key.startswith("visitor:"), "notes": notes}
    )


def _existing_question(register: Register, body: JsonObject) -> Question:
    question = register.find_question(str(body.get("question_id")))
    if question is None:
        raise unknown_question()
    return question


def _shown(question: Question | None) -> JsonObject | None:
    """Return what the browser needs to ask the question; its targeting is nobody's business."""
    if question is None:
        return None
    draft = question.draft
    return {
        "id": question.id,
        "text": draft.text,
        "type": draft.type,
        "choices": draft.choices,
        "low_label": draft.low_label,
        "high_label": draft.high_label,
    }


def _url(body: JsonObject) -> str:
    value = body.get("url")
    return value[:_URL_LENGTH_MAX] if isinstance(value, str) else ""
