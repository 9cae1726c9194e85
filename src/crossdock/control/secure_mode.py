"""Tells why a signature for Ramen's secure mode is wrong. The secret is used and forgotten."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from fastapi import APIRouter
from pydantic import Field, SecretStr

from crossdock.control.answers import Data, Request_, Shape
from crossdock.control.parts import Here
from crossdock.secure_mode import is_same_hash, ramen_secure_mode
from crossdock.workspace import edits

router = APIRouter(tags=["Destinations"])

# Ramen's own bounds: a hash is good for this long, and a clock may be a little fast.
AGE_SECONDS_MAX = 15 * 60
AHEAD_SECONDS_MAX = 60
# From here on a number of seconds is a date after the year 5000: it is milliseconds.
MILLISECONDS_FROM = 100_000_000_000


class SecureModeCheck(Request_):
    """What the page passes to `identify`, and the secret that its server signs with."""

    id: str | int | float | None = None
    email: str | None = None
    name: str | None = None
    timestamp: int | float | str | None = None
    auth_hash: str | None = Field(default=None, alias="auth_hash")
    secret: SecretStr


class Verdict(Shape):
    """Whether Ramen would accept the signature; if not, why."""

    is_right: bool
    code: str
    what: str
    do: str


class VerdictAnswer(Shape):
    """The verdict."""

    check: Verdict


@router.post("/destinations/{destination_id}/secure-mode/check")
def check_secure_mode(
    destination_id: str, body: SecureModeCheck, parts: Here
) -> Data[VerdictAnswer]:
    """Check a signature for secure mode, and say what is most likely wrong with it."""
    edits.find_connection(parts.store.load(), destination_id)
    return Data(data=VerdictAnswer(check=verdict(body, parts.clock.now())))


def verdict(  # noqa: PLR0911 - one for each way to be wrong.
    check: SecureModeCheck, now: dt.datetime
) -> Verdict:
    """Return whether Ramen would accept the signature at this moment; if not, why."""
    if check.id in (None, ""):
        return _wrong(
            "missing_user_id",
            "There is no user id.",
            "Pass the id that the page gives to identify(); only anonymous visitors have none.",
        )
    if check.timestamp is None or not check.auth_hash:
        return _wrong(
            "missing_signature",
            "Secure mode is on, and timestamp or auth_hash is missing.",
            "Pass both in the call's options: integrations: {Ramen: {timestamp, auth_hash}}.",
        )
    timestamp = _seconds(check.timestamp)
    if timestamp is None:
        return _wrong(
            "unreadable_timestamp",
            "The timestamp is not a whole number of seconds.",
            "Sign with the seconds since 1970, such as those of `date +%s`.",
        )
    if timestamp >= MILLISECONDS_FROM:
        return _wrong(
            "milliseconds",
            "The timestamp is in milliseconds; Ramen reads seconds.",
            "Divide it by 1000 and round it down before signing and passing it.",
        )
    if not _is_right(check, timestamp):
        return _mistake(check, timestamp)
    age_seconds = now.timestamp() - timestamp
    if age_seconds > AGE_SECONDS_MAX:
        return _wrong(
            "stale_timestamp",
            f"The signature is right, but {round(age_seconds / 60)} minutes old; Ramen accepts 15.",
            "Sign anew with each page; a timestamp written into the page or a cached page does "
            "this.",
        )
    if age_seconds < -AHEAD_SECONDS_MAX:
        return _wrong(
            "future_timestamp",
            f"The signature is right, but of a time {round(-age_seconds / 60)} minutes ahead.",
            "Correct the clock of the server that signs.",
        )
    return Verdict(is_right=True, code="ok", what="Ramen accepts this signature.", do="")


def _mistake(check: SecureModeCheck, timestamp: int) -> Verdict:
    given = (check.auth_hash or "").strip().lower()
    for mistake in _known_mistakes(check):
        email, user_id, name, secret = mistake.signed
        text = f"{email}:{user_id}:{name}:{timestamp}:{secret}"
        if is_same_hash(hashlib.sha256(text.encode()).hexdigest(), given):
            return _wrong(mistake.code, mistake.what, mistake.do)
    return _wrong(
        "wrong_hash",
        "The hash is not that of this user, timestamp and secret.",
        "Most likely the secret is another organization's, or the page passes another id, e-mail, "
        "name or timestamp than its server signed. Sign `email:id:name:timestamp:secret`.",
    )


class _Mistake(NamedTuple):
    code: str
    # E-mail, id, name and secret as they went into the hash.
    signed: tuple[str, str, str, str]
    what: str
    do: str


def _known_mistakes(check: SecureModeCheck) -> Iterator[_Mistake]:
    """Yield each mistake that people make."""
    email, user_id = check.email or "", str(check.id)
    name = check.name or email
    secret = check.secret.get_secret_value()
    for other, how in (
        (email.lower(), "in lower case"),
        (email.upper(), "in upper case"),
        (email.strip(), "without the space around it"),
    ):
        yield _Mistake(
            "email_case",
            (other, user_id, check.name or other, secret),
            f"The server signed the e-mail {how}; the page passes it in another way.",
            "Pass the e-mail to identify() exactly as it was signed.",
        )
    yield _Mistake(
        "email_missing",
        ("", user_id, check.name or "", secret),
        "The server signed without the e-mail that the page passes.",
        "Sign with the e-mail, or do not pass it to identify().",
    )
    yield _Mistake(
        "name_missing",
        (email, user_id, email, secret),
        "The server signed without the name that the page passes, and so with the e-mail.",
        "Sign with the name that the page passes, or do not pass it to identify().",
    )
    yield _Mistake(
        "name_not_fallen_back",
        (email, user_id, "", secret),
        "The server signed an empty name; Ramen puts the e-mail in its place.",
        "Sign with the e-mail where the user has no name.",
    )
    yield _Mistake(
        "name_space",
        (email, user_id, name.strip(), secret),
        "The server signed the name without the space around it; the page passes it with.",
        "Pass the name to identify() exactly as it was signed.",
    )
    has_point = user_id.endswith(".0")
    yield _Mistake(
        "id_number",
        (email, user_id.removesuffix(".0") if has_point else f"{user_id}.0", name, secret),
        "The id is a number: one side has it with a decimal point, the other without.",
        "Sign and pass the id as text.",
    )
    yield _Mistake(
        "secret_space",
        (email, user_id, name, secret.strip()),
        "The secret that was given here has a space or a line break around it.",
        "Paste it without; the signature is right otherwise.",
    )


def _is_right(check: SecureModeCheck, timestamp: int) -> bool:
    user = {"id": check.id, "email": check.email, "name": check.name}
    expected = ramen_secure_mode(user, check.secret.get_secret_value(), timestamp)["auth_hash"]
    return is_same_hash(expected, (check.auth_hash or "").strip().lower())


def _seconds(timestamp: float | str) -> int | None:
    try:
        seconds = float(timestamp)
        return int(seconds) if seconds == int(seconds) else None
    except (ValueError, OverflowError):
        return None


def _wrong(code: str, what: str, do: str) -> Verdict:
    return Verdict(is_right=False, code=code, what=what, do=do)
