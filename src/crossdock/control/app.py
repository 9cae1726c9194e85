"""Puts the management API together."""

from __future__ import annotations

from fastapi import FastAPI

from crossdock.control import (
    as_code,
    browser,
    catalog,
    connection_state,
    dead_letters,
    destinations,
    filters,
    ledger,
    notices,
    profile_api,
    profiles,
    regulations,
    replay,
    secure_mode,
    sources,
    sql,
    subscriptions,
    tester,
)
from crossdock.control.access import Access
from crossdock.control.answers import ERRORS, answer_errors
from crossdock.control.parts import Parts

_ROUTERS = (
    as_code.router,
    sources.router,
    browser.router,
    destinations.router,
    connection_state.router,
    dead_letters.router,
    secure_mode.router,
    subscriptions.router,
    filters.router,
    catalog.router,
    notices.router,
    tester.router,
    replay.router,
    ledger.router,
    profiles.router,
    profile_api.router,
    sql.router,
    regulations.router,
)


def build_control(parts: Parts) -> FastAPI:
    """Return the management API, to be mounted at `/api/v1`.

    Everything wants the token, the description of the API at `openapi.json` too. There is no page
    that draws it: such pages load their scripts from elsewhere.
    """
    app = FastAPI(
        title="Crossdock management API",
        version="1",
        description="Sources, destinations, mappings and filters. The shapes are those of "
        "Segment's Public API, with additions.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=ERRORS,
        redirect_slashes=False,
    )
    app.state.parts = parts
    answer_errors(app)
    for router in _ROUTERS:
        app.include_router(router)
    app.add_middleware(Access, admin_token=parts.admin_token)
    return app
