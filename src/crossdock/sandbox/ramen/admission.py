"""Who may say that someone is who: Ramen's 404 and 401, each with its reason.

Source: Ramen's pages on troubleshooting and on secure mode.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping

from crossdock.sandbox import web
from crossdock.sandbox.ramen.people import Organization
from crossdock.secure_mode import is_same_hash, ramen_secure_mode

# Ramen's own bound. The other way round it forgives a server whose clock is ahead.
TIMESTAMP_SECONDS_MAX = 15 * 60

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")

# A timestamp beyond this is in milliseconds: in seconds it would be the year 5138.
_MILLISECONDS_FROM = 100_000_000_000


def wrong_organization() -> web.Refused:
    """Return the refusal of an organization id that nobody has."""
    return web.Refused(
        404,
        "wrong_organization",
        "Ramen knows no organization with this id.",
        do="Copy the organization id from Ramen's RamenJS settings page.",
    )


def is_email(text: str) -> bool:
    """Return whether it looks like an e-mail address to Ramen."""
    return _EMAIL.fullmatch(text) is not None


def check_person(user: Mapping[str, object]) -> None:
    """Check that there is a user id, and that the e-mail, if any, can be one.

    Raises:
        Refused: 401.
    """
    if user.get("id") in (None, ""):
        raise web.Refused(
            401,
            "missing_user_id",
            'The user has no "id".',
            do="Pass the user's id to identify, or identify nobody to ask as anonymous visitor.",
        )
    email = user.get("email")
    if email in (None, ""):
        return
    if not isinstance(email, str) or not is_email(email):
        raise web.Refused(
            401,
            "invalid_email",
            "The user's e-mail is not an e-mail address.",
            do="Send a whole address such as ana@shop.example, or leave it blank.",
        )


def check_proof(
    organization: Organization,
    user: Mapping[str, object],
    options: Mapping[str, object],
    now: dt.datetime,
) -> None:
    """Check that the page's server vouches for the user.

    Args:
        organization: Whose secret signs.
        user: `id`, `email` and `name` as the page passed them.
        options: `timestamp`, epoch seconds, and `auth_hash`.
        now: This moment.

    Raises:
        Refused: 401: no proof, one that is too old, or a wrong one.
    """
    timestamp = _epoch_seconds(options.get("timestamp"))
    auth_hash = options.get("auth_hash")
    if options.get("timestamp") in (None, "") or not auth_hash:
        raise web.Refused(
            401,
            "secure_mode_required",
            'Secure mode is on, and the call came without "timestamp" and "auth_hash".',
            do="Let your server render both into the identify call, or switch secure mode off.",
        )
    if timestamp is None or abs(now.timestamp() - timestamp) > TIMESTAMP_SECONDS_MAX:
        is_milliseconds = timestamp is not None and timestamp >= _MILLISECONDS_FROM
        raise web.Refused(
            401,
            "stale_timestamp",
            '"timestamp" is in milliseconds; epoch seconds are meant.'
            if is_milliseconds
            else '"timestamp" is not within 15 minutes of now.',
            do="Make it anew for each page, in epoch seconds; a hard-coded one goes stale.",
        )
    expected = ramen_secure_mode(
        {"id": user["id"], "email": user.get("email"), "name": user.get("name")},
        organization.secret,
        timestamp,
    )
    if not is_same_hash(expected["auth_hash"], str(auth_hash)):
        raise web.Refused(
            401,
            "wrong_hash",
            '"auth_hash" does not fit the user, the timestamp and the secret.',
            do='Hash "email:id:name:timestamp:secret" with SHA-256, with the values of the call.',
        )


def session_for(organization: Organization, user_key: str) -> str:
    """Return what the browser shows with its later calls, so that nobody else's id can be used."""
    return f"{user_key}.{_signature(organization, user_key)}"


def user_key_of(organization: Organization, session: object) -> str:
    """Return whose session it is.

    Raises:
        Refused: 401, nobody was identified, or the session was not made here.
    """
    user_key, _, signature = str(session or "").rpartition(".")
    if not user_key or not is_same_hash(_signature(organization, user_key), signature):
        raise web.Refused(
            401,
            "missing_user_id",
            "Nobody was identified before this call.",
            do="Call identify first; without arguments for an anonymous visitor.",
        )
    return user_key


def _signature(organization: Organization, user_key: str) -> str:
    key = f"session:{organization.secret}".encode()
    return hmac.new(key, f"{organization.id}:{user_key}".encode(), hashlib.sha256).hexdigest()


def _epoch_seconds(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if re.fullmatch(r"\d{1,15}", text, re.ASCII) else None
