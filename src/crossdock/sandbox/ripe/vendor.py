"""The Ripe sandbox over HTTP: its SDK, what SDK and servers send, and the workspace page."""

from __future__ import annotations

import base64
from typing import Literal

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from crossdock.base.clock import Clock
from crossdock.base.ids import Ids, new_secret
from crossdock.base.json import JsonObject, encode
from crossdock.sandbox import web
from crossdock.sandbox.live import Live
from crossdock.sandbox.pages import Page
from crossdock.sandbox.ripe import people
from crossdock.sandbox.store import Store

DEMO_API_KEY = "demo-ripe-key"

Mode = Literal["device", "cloud"]

# What Ripe calls each call.
_EVENT_TYPES_BY_CALL = {
    "identify": "identify",
    "group": "group",
    "track": "track",
    "page": "pageview",
}

_ROWS_MAX = 500


_PAGE = Page(
    package="crossdock.sandbox.ripe",
    file="workspace.html",
    title="Ripe sandbox",
    subtitle="Workspace",
    path="sandbox/ripe/",
    vendor="ripe",
    scripts='<script src="workspace.js" defer></script>',
)


class Ripe:
    """The vendor. `app` is the ASGI app, to be mounted anywhere.

    Args:
        store: Where it keeps what it knows.
        live: Where it tells what happened.
        clock: What time it is.
        ids: For events that came without an id.
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
        self._store = store
        self._live = live
        self._clock = clock
        self._ids = ids
        self._scripts = scripts
        self._has_shop = has_shop
        if self._find_workspace(DEMO_API_KEY) is None:
            self._add_workspace(DEMO_API_KEY, "Demo workspace")
        owner_only = [Middleware(web.OwnerOnly, owner=owner)]
        device = [Route("/{call}", self._receive_device, methods=["POST"])]
        # Servers are told either endpoint: the sandbox itself, or `event` in it as at the vendor.
        cloud = [
            Route("/auth/sdk", self._check_key),
            Route("/{call}", self._receive_cloud, methods=["POST"]),
        ]
        api = [
            Route("/workspaces", self._list_workspaces),
            Route("/workspaces", self._create_workspace, methods=["POST"]),
            Route("/people", self._list_people),
            Route("/companies", self._list_companies),
            Route("/events", self._list_events),
            Route("/stream", self._stream),
            Route("/clear", self._clear, methods=["POST"]),
        ]
        self.app = Starlette(
            routes=[
                Route("/sdk/{version}/sdk.umd.js", self._sdk),
                Route("/workspace.js", self._script),
                Mount("/capture", routes=device, middleware=web.ANY_ORIGIN),
                Mount("/event", routes=cloud),
                Mount("/api", routes=api, middleware=owner_only),
                Route("/", self._page, middleware=owner_only),
                *cloud,
            ],
            exception_handlers={web.Refused: web.answer_refusal},
        )

    # What pages and servers call.

    async def _sdk(self, _request: Request) -> Response:
        return self._scripts.response("ripe/sdk.js")

    async def _receive_device(self, request: Request) -> Response:
        body = await web.read_object(request)
        api_key = self._existing_key(web.text_or_none(body, "apiKey"))
        return self._receive(request.path_params["call"], body, api_key, "device")

    async def _receive_cloud(self, request: Request) -> Response:
        api_key = self._key_from_header(request)
        body = await web.read_object(request)
        return self._receive(request.path_params["call"], body, api_key, "cloud")

    async def _check_key(self, request: Request) -> Response:
        self._key_from_header(request)
        return web.answer({"ok": True})

    def _receive(self, call: str, body: JsonObject, api_key: str, mode: Mode) -> Response:
        event = self._event_from(call, body, mode)
        people.keep(self._store, api_key, event)
        self._live.publish(f"ripe:{api_key}", "event", encode(event))
        return web.answer({"ok": True})

    def _event_from(self, call: str, body: JsonObject, mode: Mode) -> people.Event:
        event_type = _EVENT_TYPES_BY_CALL.get(call)
        if event_type is None:
            raise web.Refused(
                404,
                "unknown_call",
                f'Ripe has no call "{call[:40]}".',
                do="Use identify, group, track or page.",
            )
        user_id = web.text_or_none(body, "userId")
        anonymous_id = web.text_or_none(body, "anonymousId")
        if user_id is None and anonymous_id is None:
            raise _missing("anonymousId", "Send the anonymous id that Analytics.js keeps.")
        context = web.object_or_empty(body, "context")
        group_id = web.text_or_none(body, "groupId") or web.text_or_none(context, "groupId")
        event_name = web.text_or_none(body, "event")
        if call == "group" and group_id is None:
            raise _missing("groupId", "Send the id of the group; each Company belongs to one.")
        if call == "track" and event_name is None:
            raise _missing("event", "Send the name of what happened.")
        return people.Event(
            id=self._ids.new("event"),
            type=event_type,
            mode=mode,
            person_id=people.person_id_for(user_id, anonymous_id),
            received_at=self._clock.now().isoformat(timespec="milliseconds"),
            message_id=web.text_or_none(body, "messageId"),
            anonymous_id=anonymous_id,
            user_id=user_id,
            group_id=group_id,
            event=event_name,
            name=web.text_or_none(body, "name"),
            category=web.text_or_none(body, "category"),
            traits=web.object_or_empty(body, "traits"),
            properties=web.object_or_empty(body, "properties"),
            context=context,
            timestamp=web.text_or_none(body, "timestamp"),
        )

    # Keys.

    def _key_from_header(self, request: Request) -> str:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        api_key: str | None = None
        if scheme.lower() == "basic":
            try:
                api_key = base64.b64decode(credentials, validate=True).decode()
            except ValueError:  # Not base64, not UTF-8, or not even ASCII.
                api_key = None
        return self._existing_key(api_key)

    def _existing_key(self, api_key: str | None) -> str:
        if api_key is None or self._find_workspace(api_key) is None:
            raise web.Refused(
                401,
                "wrong_api_key",
                "Ripe knows no workspace with this API key."
                if api_key
                else "The request carries no API key.",
                do="Copy the API key from the workspace's page.",
            )
        return api_key

    def _find_workspace(self, api_key: str) -> people.Workspace | None:
        return self._store.find(people.WORKSPACES, workspace_id="", record_id=api_key)

    def _add_workspace(self, api_key: str, name: str) -> people.Workspace:
        created_at = self._clock.now().isoformat(timespec="seconds")
        workspace = people.Workspace(api_key=api_key, name=name, created_at=created_at)
        self._store.put(people.WORKSPACES, workspace, workspace_id="", record_id=api_key)
        return workspace

    # The workspace page and what it reads.

    async def _page(self, _request: Request) -> Response:
        return _PAGE.response(has_shop=self._has_shop)

    async def _script(self, _request: Request) -> Response:
        return self._scripts.response("ripe/workspace.js")

    async def _list_workspaces(self, _request: Request) -> Response:
        workspaces = self._store.latest(people.WORKSPACES, workspace_id="")
        return web.answer({"workspaces": workspaces})

    async def _create_workspace(self, request: Request) -> Response:
        name = web.text_or_none(await web.read_object(request), "name") or "New workspace"
        return web.answer(self._add_workspace(f"ripe_{new_secret(24)}", name), status=201)

    def _asked_workspace(self, request: Request) -> str:
        return self._existing_key(request.query_params.get("apiKey", DEMO_API_KEY))

    async def _list_people(self, request: Request) -> Response:
        api_key = self._asked_workspace(request)
        rows = self._store.latest(people.PEOPLE, workspace_id=api_key, limit=_ROWS_MAX)
        return web.answer({"people": rows})

    async def _list_companies(self, request: Request) -> Response:
        api_key = self._asked_workspace(request)
        rows = self._store.latest(people.COMPANIES, workspace_id=api_key, limit=_ROWS_MAX)
        return web.answer({"companies": rows})

    async def _list_events(self, request: Request) -> Response:
        api_key = self._asked_workspace(request)
        rows = self._store.latest(people.EVENTS, workspace_id=api_key, limit=_ROWS_MAX)
        return web.answer({"events": rows})

    async def _stream(self, request: Request) -> Response:
        return web.live_response(self._live, f"ripe:{self._asked_workspace(request)}")

    async def _clear(self, request: Request) -> Response:
        api_key = self._asked_workspace(request)
        with self._store.transaction():
            self._store.clear(people.EVENTS, workspace_id=api_key)
            self._store.clear(people.PEOPLE, workspace_id=api_key)
            self._store.clear(people.COMPANIES, workspace_id=api_key)
        self._live.publish(f"ripe:{api_key}", "cleared", b"{}")
        return web.answer({"ok": True})


def _missing(name: str, do: str) -> web.Refused:
    return web.Refused(400, f"missing_{name}", f'"{name}" is missing.', do=do)
