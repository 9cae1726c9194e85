"""Ramen's secure mode: proof that a page's server, not its visitor, said who the visitor is.

Imports nothing, so that people's own servers and the sandbox vendor can use the same function.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from typing import TypedDict


class RamenOptions(TypedDict):
    """What goes into a call's `integrations.Ramen` options."""

    timestamp: int
    auth_hash: str


def ramen_secure_mode(
    user: Mapping[str, object], secret: str, now: dt.datetime | int
) -> RamenOptions:
    """Return the `integrations.Ramen` options that prove who the user is.

    Render them into the page with the `identify` call. They are good for 15 minutes.

    Args:
        user: `id`, required; `email` and `name`, both optional, exactly as they are passed to
            `identify`. Without a name the e-mail takes its place.
        secret: The organization's secret key, from Ramen's RamenJS page.
        now: This moment: aware, or seconds since the epoch.

    Raises:
        ValueError: `user` has no `id`, or `now` is a datetime without a time zone.

    Source:
        Ramen's secure-mode page: SHA-256 of `email:id:name:timestamp:secret`.
    """
    if user.get("id") in (None, ""):
        raise ValueError('The user has no "id". Pass the id that the page gives to identify().')
    if isinstance(now, dt.datetime):
        if now.tzinfo is None:
            raise ValueError("`now` has no time zone. Use datetime.now(UTC).")
        timestamp = int(now.timestamp())
    else:
        timestamp = now
    email = _text(user.get("email"))
    name = _text(user.get("name")) or email
    signed = f"{email}:{_text(user['id'])}:{name}:{timestamp}:{secret}"
    return {"timestamp": timestamp, "auth_hash": hashlib.sha256(signed.encode()).hexdigest()}


def is_same_hash(expected: str, given: str) -> bool:
    """Return whether two hashes are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(expected.encode(), given.encode())


def _text(value: object) -> str:
    return "" if value is None else str(value)
