"""Who makes a request: by the admin token, an API token, or the cookie of a session."""

from __future__ import annotations

import dataclasses
import hmac
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from crossdock.admin_token import Refusal, given_token
from crossdock.control.accounts import Accounts, is_secure
from crossdock.control.parts import Caller, Parts
from crossdock.control.permissions import OPEN, path_of
from crossdock.people import Forbidden, Role, csrf_token, may

CSRF_HEADER = "x-csrf-token"
_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})


def find_caller(connection: HTTPConnection, parts: Parts, accounts: Accounts) -> Caller | Refusal:
    """Return who makes the request, or why nobody that is known does."""
    given = given_token(connection.scope)
    if given:
        token = accounts.api_tokens.find(given.decode("latin-1"))
        if token is not None:
            return Caller(via="api-token", role=token.role, id=token.id, name=token.name)
        refusal = parts.admin_token.refusal_of(given, connection.scope)
        return refusal or Caller(via="admin-token", role="owner", name="admin token")
    name = accounts.cookie_name(is_secure=is_secure(parts, connection))
    cookie = connection.cookies.get(name)
    if cookie is None:
        return Refusal.NO_TOKEN
    mark = parts.admin_token.mark()
    session = accounts.sessions.find(cookie, admin_mark=mark)
    if session is None:
        return Refusal.NO_TOKEN
    if session.person is None:
        caller = Caller(via="admin-token", role="owner", name="admin token")
    else:
        person = session.person
        caller = Caller(via="password", role=person.role, id=person.id, name=person.name)
    return dataclasses.replace(caller, session=session, csrf_token=csrf_token(cookie))


def is_signed_in(connection: HTTPConnection, parts: Parts, accounts: Accounts) -> bool:
    """Return whether it is a session's, of somebody who may look; or change, if it changes."""
    if not connection.cookies:
        return False
    caller = find_caller(connection, parts, accounts)
    needed: Role = "viewer" if connection.scope["method"] in _LOOKS else "editor"
    return isinstance(caller, Caller) and caller.session is not None and may(caller.role, needed)


def check_page(connection: HTTPConnection, parts: Parts, caller: Caller | None) -> None:
    """Refuse a change that a page of somebody else may have made with the cookie.

    Whoever signs in, or sets a password, shows something that no other site knows. Their page may
    hold the CSRF token of a session that has ended, while another page has begun the next one.

    Raises:
        Forbidden: It comes from another origin, or does not show the session's CSRF token.
    """
    method = connection.scope["method"]
    if method in _LOOKS or (caller is not None and caller.session is None):
        return
    if not _is_own_page(connection, parts):
        raise Forbidden(
            "The request was made by a page of another address than this server's.",
            do="Use the app at this server's own address; if a proxy changes the host name, start "
            "the server with --public-url.",
            reason="other_origin",
        )
    if caller is None or (method, path_of(connection.scope)) in OPEN:
        return
    given = connection.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), caller.csrf_token.encode()):
        raise Forbidden(
            "The request has the cookie of a session, but not its CSRF token.",
            do="Send the header `X-CSRF-Token` with the `csrfToken` of `GET /api/v1/session`; "
            "programs use an API token instead of a cookie.",
            reason="csrf_token",
        )


def _is_own_page(connection: HTTPConnection, parts: Parts) -> bool:
    """Return whether the page is ours. What is no browser's says nothing, and is no page."""
    site: str | None = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin: str | None = connection.headers.get("origin")
    if origin is None:
        return True
    public = urlsplit(parts.public_url or "")
    own = {
        f"{connection.url.scheme}://{connection.url.netloc}",
        f"{public.scheme}://{public.netloc}",
    }
    return origin.lower() in {each.lower() for each in own}
