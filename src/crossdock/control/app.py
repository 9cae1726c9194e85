"""Puts the management API together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.types import Scope

from crossdock.control import (
    as_code,
    audiences,
    audit,
    browser,
    catalog,
    computed_traits,
    connection_state,
    dead_letters,
    destinations,
    events,
    filters,
    ledger,
    memberships,
    notices,
    people,
    pickup,
    profile_api,
    profiles,
    regulations,
    replay,
    secure_mode,
    sending,
    session,
    sizes,
    sources,
    sql,
    subscriptions,
    tester,
    tokens,
    vocabulary,
    volumes,
)
from crossdock.control.access import Access
from crossdock.control.accounts import build_accounts
from crossdock.control.answers import ERRORS, answer_errors
from crossdock.control.caller import is_signed_in
from crossdock.control.conflict import answer_conflict
from crossdock.control.description import describe, operation_id
from crossdock.control.parts import Parts
from crossdock.workspace import ChangedMeanwhile

_ROUTERS = (
    as_code.router,
    sources.router,
    browser.router,
    destinations.router,
    connection_state.router,
    dead_letters.router,
    sending.router,
    secure_mode.router,
    subscriptions.router,
    filters.router,
    catalog.router,
    notices.router,
    pickup.router,
    tester.router,
    replay.router,
    ledger.router,
    # Behind the ledger, whose path of a trace is the longer one.
    events.router,
    volumes.router,
    session.router,
    people.router,
    tokens.router,
    audit.router,
    # Before profiles, whose own path takes everything.
    memberships.router,
    vocabulary.router,
    profiles.router,
    profile_api.router,
    sql.router,
    regulations.router,
    # Before audiences, one of which could be called so.
    sizes.router,
    audiences.router,
    computed_traits.router,
)


def described_api() -> FastAPI:
    """Return the routes of the management API, which can describe themselves but not answer yet.

    There is no page that draws the description: such pages load their scripts from elsewhere.
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
        generate_unique_id_function=operation_id,
    )
    answer_errors(app)
    app.add_exception_handler(ChangedMeanwhile, answer_conflict)
    describe(app)
    for router in _ROUTERS:
        app.include_router(router)
    return app


def build_control(parts: Parts) -> FastAPI:
    """Return the management API, to be mounted at `/api/v1`.

    Everything wants a token or a session, the description of the API at `openapi.json` too.
    """
    app = described_api()
    accounts = build_accounts(parts)
    app.state.parts = parts
    app.state.accounts = accounts
    app.add_middleware(Access, parts=parts, accounts=accounts)
    return app


def session_check(control: FastAPI) -> Callable[[Scope], Awaitable[bool]]:
    """Return what tells whether a request elsewhere on this server is of who is signed in."""

    async def check(scope: Scope) -> bool:
        state = control.state
        return await asyncio.to_thread(
            is_signed_in, HTTPConnection(scope), state.parts, state.accounts
        )

    return check
