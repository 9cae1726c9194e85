"""The Ramen sandbox over HTTP: RamenJS, what it sends to, and the workspace page."""

from __future__ import annotations

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from crossdock.base.clock import Clock
from crossdock.base.ids import Ids, new_secret
from crossdock.sandbox import web
from crossdock.sandbox.live import Live
from crossdock.sandbox.pages import Page
from crossdock.sandbox.ramen import people, questions
from crossdock.sandbox.ramen.collect import Collect
from crossdock.sandbox.ramen.people import Organization
from crossdock.sandbox.ramen.questions import Draft, EventCondition, Targeting
from crossdock.sandbox.ramen.register import Register, Registers
from crossdock.sandbox.store import Store

DEMO_ORGANIZATION_ID = "demo-organization"
DEMO_SECRET = "demo-ramen-secret"  # noqa: S105 - of the demo, published on purpose.
DEMO_API_KEY = "demo-ramen-api-key"

_ROWS_MAX = 500

_FIRST_QUESTIONS = (
    Draft(
        text="What nearly kept you from buying today?",
        targeting=Targeting(events=[EventCondition("Product Added")]),
    ),
    Draft(
        text="How likely are you to recommend us to a friend?",
        type="score",
        low_label="Not at all",
        high_label="Certainly",
        targeting=Targeting(audience="identified", events=[EventCondition("Order Completed")]),
    ),
)


_PAGE = Page(
    package="crossdock.sandbox.ramen",
    file="workspace.html",
    title="Ramen sandbox",
    subtitle="Organization",
    path="sandbox/ramen/",
    vendor="ramen",
    scripts='<script src="workspace.js" defer></script>',
)


class Ramen:
    """The vendor. `app` is the ASGI app, to be mounted anywhere.

    Args:
        store: Where it keeps what it knows.
        live: Where it tells what happened.
        clock: What time it is.
        ids: New ids.
        scripts: The browser halves.
        owner: Who may open the workspace page; None means everyone.
        has_shop: Whether the page links to the demo shop.
    """

    def __init__(  # noqa: PLR0913 - the parts it is put together from, each named.
        self,
        *,
        store: Store,
        live: Live,
        clock: Clock,
        ids: Ids,
        scripts: web.Scripts,
        owner: web.Owner | None,
        has_shop: bool,
    ) -> None:
        self._registers = Registers(store, live, clock, ids)
        self._live = live
        self._scripts = scripts
        self._has_shop = has_shop
        if self._registers.of(DEMO_ORGANIZATION_ID).find_organization() is None:
            self._found_demo()
        collect = Collect(self._registers, clock)
        owner_only = [Middleware(web.OwnerOnly, owner=owner)]
        api = [
            Route("/organizations", self._list_organizations),
            Route("/organizations", self._create_organization, methods=["POST"]),
            Route("/organization", self._show_organization),
            Route("/organization", self._change_organization, methods=["PATCH"]),
            Route("/users", self._list_users),
            Route("/companies", self._list_companies),
            Route("/events", self._list_events),
            Route("/answers", self._list_answers),
            Route("/questions", self._list_questions),
            Route("/questions", self._create_question, methods=["POST"]),
            Route("/questions/{question_id}", self._change_question, methods=["PUT"]),
            Route("/questions/{question_id}", self._remove_question, methods=["DELETE"]),
            Route("/stream", self._stream),
            Route("/clear", self._clear, methods=["POST"]),
        ]
        self.app = Starlette(
            routes=[
                Route("/assets/ramen.js", self._ramen_js),
                Route("/workspace.js", self._script),
                Mount("/call", routes=collect.routes, middleware=web.ANY_ORIGIN),
                Route("/api/v1/users/{user_id:path}", collect.update_user, methods=["PATCH"]),
                Mount("/api", routes=api, middleware=owner_only),
                Route("/", self._page, middleware=owner_only),
            ],
            exception_handlers={web.Refused: web.answer_refusal},
        )

    def find_organization(self, organization_id: str) -> Organization | None:
        """Return an organization, for the shop that plays its customer; or None."""
        return self._registers.of(organization_id).find_organization()

    def _found_demo(self) -> None:
        register = self._registers.of(DEMO_ORGANIZATION_ID)
        register.put_organization(
            Organization(DEMO_ORGANIZATION_ID, "Demo organization", DEMO_SECRET, DEMO_API_KEY)
        )
        for draft in _FIRST_QUESTIONS:
            register.add_question(draft)

    async def _ramen_js(self, _request: Request) -> Response:
        return self._scripts.response("ramen/ramen.js")

    async def _page(self, _request: Request) -> Response:
        return _PAGE.response(has_shop=self._has_shop)

    async def _script(self, _request: Request) -> Response:
        return self._scripts.response("ramen/workspace.js")

    # What the workspace page reads and changes.

    def _asked(self, request: Request) -> tuple[Register, Organization]:
        return self._registers.opened(
            request.query_params.get("organization_id", DEMO_ORGANIZATION_ID)
        )

    async def _list_organizations(self, _request: Request) -> Response:
        return web.answer({"organizations": self._registers.all_organizations()})

    async def _create_organization(self, request: Request) -> Response:
        name = web.text_or_none(await web.read_object(request), "name") or "New organization"
        organization = Organization(
            id=new_secret(12), name=name, secret=new_secret(), api_key=new_secret()
        )
        self._registers.of(organization.id).put_organization(organization)
        return web.answer(organization, status=201)

    async def _show_organization(self, request: Request) -> Response:
        return web.answer(self._asked(request)[1])

    async def _change_organization(self, request: Request) -> Response:
        register, organization = self._asked(request)
        has_secure_mode = (await web.read_object(request)).get("has_secure_mode")
        if not isinstance(has_secure_mode, bool):
            raise web.Refused(
                422,
                "unusable",
                '"has_secure_mode" is neither true nor false.',
                do='Send {"has_secure_mode": true}.',
            )
        organization = msgspec.structs.replace(organization, has_secure_mode=has_secure_mode)
        register.put_organization(organization)
        self._live.publish(f"ramen:{organization.id}", "changed", b"{}")
        return web.answer(organization)

    async def _list_users(self, request: Request) -> Response:
        register, _ = self._asked(request)
        rows = register.store.latest(
            people.USERS, workspace_id=register.organization_id, limit=_ROWS_MAX
        )
        return web.answer({"users": rows})

    async def _list_companies(self, request: Request) -> Response:
        register, _ = self._asked(request)
        rows = register.store.latest(
            people.COMPANIES, workspace_id=register.organization_id, limit=_ROWS_MAX
        )
        return web.answer({"companies": rows})

    async def _list_events(self, request: Request) -> Response:
        register, _ = self._asked(request)
        rows = register.store.latest(
            people.EVENTS, workspace_id=register.organization_id, limit=_ROWS_MAX
        )
        return web.answer({"events": rows})

    async def _list_answers(self, request: Request) -> Response:
        register, _ = self._asked(request)
        rows = register.store.latest(
            questions.ANSWERS, workspace_id=register.organization_id, limit=_ROWS_MAX
        )
        return web.answer({"answers": rows})

    async def _list_questions(self, request: Request) -> Response:
        return web.answer({"questions": self._asked(request)[0].all_questions()})

    async def _create_question(self, request: Request) -> Response:
        register, _ = self._asked(request)
        draft = questions.read_draft(await web.read_bytes(request))
        return web.answer(register.add_question(draft), status=201)

    async def _change_question(self, request: Request) -> Response:
        register, question = self._asked_question(request)
        draft = questions.read_draft(await web.read_bytes(request))
        question = msgspec.structs.replace(question, draft=draft)
        register.put_question(question)
        return web.answer(question)

    async def _remove_question(self, request: Request) -> Response:
        register, question = self._asked_question(request)
        register.remove_question(question.id)
        return web.answer({"ok": True})

    def _asked_question(self, request: Request) -> tuple[Register, questions.Question]:
        register, _ = self._asked(request)
        question = register.find_question(request.path_params["question_id"])
        if question is None:
            raise questions.unknown_question()
        return register, question

    async def _stream(self, request: Request) -> Response:
        return web.live_response(self._live, f"ramen:{self._asked(request)[1].id}")

    async def _clear(self, request: Request) -> Response:
        register, organization = self._asked(request)
        register.clear(organization)
        return web.answer({"ok": True})
