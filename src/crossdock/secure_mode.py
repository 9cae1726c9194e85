"""Proof that a page's server, not its visitor, said who the visitor is.

`ramen_secure_mode` proves it to Ramen; `engage_proof` to us, before a page is told in which
audiences somebody is. Imports nothing, so that people's own servers and the sandbox vendor can use
the same functions.
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


class EngageProof(TypedDict):
    """What goes into a call's `integrations.Ramen.engage`."""

    expires: int
    signature: str


ENGAGE_SECONDS_MAX = 24 * 60 * 60
"""A proof that is good for longer than this is not taken: it could be kept for ever."""


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
    timestamp = _epoch_seconds(now)
    email = _text(user.get("email"))
    name = _text(user.get("name")) or email
    signed = f"{email}:{_text(user['id'])}:{name}:{timestamp}:{secret}"
    return {"timestamp": timestamp, "auth_hash": hashlib.sha256(signed.encode()).hexdigest()}


def engage_proof(
    user_id: str | int, secret: str, now: dt.datetime | int, *, seconds: int = 15 * 60
) -> EngageProof:
    """Return the `integrations.Ramen.engage` options that let a page know a user's Engage values.

    Render them into the page with the `identify` call, anew each time.

    Args:
        user_id: As it is passed to `identify`.
        secret: The signing secret of the connection.
        now: This moment: aware, or seconds since the epoch.
        seconds: For how long it is good, up to a day.

    Raises:
        ValueError: There is no user id, `now` is a datetime without a time zone, or `seconds` is
            out of bounds.
    """
    if user_id == "":
        raise ValueError("The user id is empty. Pass the id that the page gives to identify().")
    if not 0 < seconds <= ENGAGE_SECONDS_MAX:
        raise ValueError(f"`seconds` is {seconds}; use 1 to {ENGAGE_SECONDS_MAX}.")
    expires = _epoch_seconds(now) + seconds
    return {"expires": expires, "signature": engage_signature(user_id, secret, expires)}


def engage_signature(user_id: str | int, secret: str, expires: int) -> str:
    """Return the HMAC-SHA256, in hex, of `engage:<expires>:<user id>`.

    The user id stands last, so that nothing in it can be taken for another part.

    Args:
        user_id: As it is passed to `identify`.
        secret: The signing secret of the connection.
        expires: Seconds since the epoch.
    """
    signed = f"engage:{expires}:{user_id}"
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def is_same_hash(expected: str, given: str) -> bool:
    """Return whether two hashes are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(expected.encode(), given.encode())


def _epoch_seconds(now: dt.datetime | int) -> int:
    if not isinstance(now, dt.datetime):
        return now
    if now.tzinfo is None:
        raise ValueError("`now` has no time zone. Use datetime.now(UTC).")
    return int(now.timestamp())


def _text(value: object) -> str:
    return "" if value is None else str(value)
