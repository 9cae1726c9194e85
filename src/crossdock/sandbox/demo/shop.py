"""The demo shop over HTTP: the page, who is signed in, and the proof that secure mode asks for."""

from __future__ import annotations

import hashlib
import re
import shlex
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock.base.clock import Clock
from crossdock.base.ids import new_secret
from crossdock.sandbox import web
from crossdock.sandbox.pages import Page
from crossdock.sandbox.ramen.admission import is_email
from crossdock.sandbox.ramen.people import Organization
from crossdock.sandbox.ramen.vendor import DEMO_ORGANIZATION_ID, Ramen
from crossdock.sandbox.store import Shelf, Store
from crossdock.secure_mode import RamenOptions, ramen_secure_mode

DEMO_WRITE_KEY = "demo-write-key"

_WRITE_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")

_COOKIE = "crossdock_demo_session"

_SESSION_SECONDS_MAX = 30 * 24 * 3600

_SHOP = Page(
    package="crossdock.sandbox.demo",
    file="shop.html",
    title="Pantry",
    subtitle="A demo shop. Nothing here is for sale.",
    path="demo/",
    scripts='<script src="snippet.js" data-write-key="{{write_key}}"></script>\n'
    '  <script src="shop.js" defer></script>',
    label="Sandbox stand-ins",
)
_SETTINGS = Page(
    package="crossdock.sandbox.demo",
    file="settings.html",
    title="Change settings",
    subtitle="Of the demo, while the shop is open.",
    path="demo/settings",
    label="Demo",
)


class Customer(msgspec.Struct, frozen=True):
    """Who is signed in to the shop."""

    id: str
    name: str
    email: str
    plan: str
    created_at: str


SESSIONS = Shelf("demo_session", Customer, 1_000)


class Shop:
    """The demo shop, an ASGI app that can be mounted anywhere beside the sandbox.

    Args:
        store: Keeps who is signed in.
        ramen: Whose customer the shop plays.
        clock: What time it is.
        scripts: The browser halves.
        write_key: Of the source that the page sends to, unless `?writeKey=` names another.
        data_dir: The server's, for the commands that the page shows.
    """

    def __init__(  # noqa: PLR0913 - the parts it is put together from, each named.
        self,
        *,
        store: Store,
        ramen: Ramen,
        clock: Clock,
        scripts: web.Scripts,
        write_key: str,
        data_dir: Path,
    ) -> None:
        self._store = store
        self._ramen = ramen
        self._clock = clock
        self._scripts = scripts
        self._write_key = write_key
        self._data_dir = data_dir
        self._app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/settings", self._settings_page),
                Route("/look.css", self._style),
                Route("/{name}.js", self._script),
                Route("/session", self._show_session),
                Route("/session", self._sign_in, methods=["POST"]),
                Route("/session", self._sign_out, methods=["DELETE"]),
                Route("/ramen-auth", self._show_ramen_options),
            ],
            exception_handlers={web.Refused: web.answer_refusal},
        )
        self._from_this_site: ASGIApp = web.OwnerOnly(self._app, owner=None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, unless a page of another site wants something changed."""
        if scope["type"] == "http" and web.local_path(scope) == "":
            await web.folder_redirect(scope)(scope, receive, send)
            return
        await self._from_this_site(scope, receive, send)

    async def _page(self, request: Request) -> Response:
        # The app opens the shop as a page of the source that somebody has just set up.
        wanted = request.query_params.get("writeKey", "")
        write_key = wanted if _WRITE_KEY.fullmatch(wanted) else self._write_key
        return _SHOP.response(has_shop=True, write_key=write_key)

    async def _settings_page(self, request: Request) -> Response:
        return _SETTINGS.response(
            has_shop=True,
            url=str(request.base_url).rstrip("/").removesuffix("/demo"),
            data_dir=shlex.quote(str(self._data_dir.absolute())),
        )

    async def _style(self, _request: Request) -> Response:
        return web.style_response()

    async def _script(self, request: Request) -> Response:
        return self._scripts.response(f"demo/{request.path_params['name']}.js")

    async def _show_session(self, request: Request) -> Response:
        customer = self._signed_in(request)
        return web.answer({"customer": customer, "ramen": self._ramen_options(customer)})

    async def _sign_in(self, request: Request) -> Response:
        body = await web.read_object(request)
        email = (web.text_or_none(body, "email") or "").strip()
        if not email:
            raise web.Refused(
                422, "no_email", "Nobody can sign in without an e-mail.", do="Fill in any address."
            )
        if not is_email(email):
            raise web.Refused(
                422,
                "no_email",
                f'"{email}" is not an e-mail address.',
                do="Write one such as ana@shop.example.",
            )
        customer = Customer(
            # The same person has the same id each time, and nobody else has it.
            id=f"customer-{hashlib.sha256(email.lower().encode()).hexdigest()[:8]}",
            name=(web.text_or_none(body, "name") or email.partition("@")[0]).strip(),
            email=email,
            plan=web.text_or_none(body, "plan") or "Free",
            created_at=self._clock.now().isoformat(timespec="seconds"),
        )
        session_id = new_secret()
        self._store.put(SESSIONS, customer, workspace_id="", record_id=session_id)
        response = web.answer({"customer": customer, "ramen": self._ramen_options(customer)})
        response.set_cookie(
            _COOKIE, session_id, max_age=_SESSION_SECONDS_MAX, httponly=True, samesite="lax"
        )
        return response

    async def _sign_out(self, request: Request) -> Response:
        session_id = request.cookies.get(_COOKIE, "")
        self._store.remove(SESSIONS, workspace_id="", record_id=session_id)
        response = web.answer({"customer": None, "ramen": None})
        response.delete_cookie(_COOKIE, httponly=True, samesite="lax")
        return response

    async def _show_ramen_options(self, request: Request) -> Response:
        """Answer with the proof for whoever is signed in; never for whom a visitor names."""
        customer = self._signed_in(request)
        if customer is None:
            raise web.Refused(
                401, "signed_out", "Nobody is signed in to the shop.", do="Sign in first."
            )
        return web.answer(self._ramen_options(customer) or {})

    def _signed_in(self, request: Request) -> Customer | None:
        session_id = request.cookies.get(_COOKIE, "")
        return self._store.find(SESSIONS, workspace_id="", record_id=session_id)

    def _ramen_options(self, customer: Customer | None) -> RamenOptions | None:
        organization: Organization | None = self._ramen.find_organization(DEMO_ORGANIZATION_ID)
        if customer is None or organization is None or not organization.has_secure_mode:
            return None
        user = {"id": customer.id, "email": customer.email, "name": customer.name}
        return ramen_secure_mode(user, organization.secret, self._clock.now())
