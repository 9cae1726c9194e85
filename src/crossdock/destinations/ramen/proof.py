"""Whether a page proves who its visitor is, so that it may be told in which audiences they are.

There are two proofs, both made by the page's server with a secret that no visitor knows: a
signature of our own, over the user id and an expiry; and that of Ramen's secure mode, where the
connection knows the organization's secret.

The latter hashes `email:id:name:timestamp:secret`, and a colon in one part can be read as the end
of another: user 7, who calls himself `42:Rosa`, has the hash of a user 42 with the address
`…:7`. Here nobody may read what is known of another person, so that whoever has a colon in the
e-mail, the id or the name is refused, and needs the signature of our own. Of a text with no other
colons than the four there is only one way to read it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from crossdock.secure_mode import (
    ENGAGE_SECONDS_MAX,
    engage_signature,
    is_same_hash,
    ramen_secure_mode,
)

SWITCH = "engage_in_browser"
SIGNING_SECRET = "engage_secret"  # noqa: S105 - the name of a setting.
ORGANIZATION_SECRET = "organization_secret"  # noqa: S105 - the name of a setting.

# Ramen's own bounds: a hash is good for this long, and a clock may be a little fast.
_AGE_SECONDS_MAX = 15 * 60
_AHEAD_SECONDS_MAX = 60
_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)


def why_not_proven(
    settings: Mapping[str, Any], sent: Mapping[str, Any], now: dt.datetime
) -> str | None:
    """Return the code of what is wrong with a page's proof that its visitor is `userId`, or None.

    Of a signature that is wrong nothing else is said: it may be anybody's.
    """
    if "signature" in sent:
        return _of_own_signature(settings.get(SIGNING_SECRET), sent, now)
    if "auth_hash" in sent:
        return _of_secure_mode(settings.get(ORGANIZATION_SECRET), sent, now)
    return "engage_unsigned"


def _of_own_signature(secret: object, sent: Mapping[str, Any], now: dt.datetime) -> str | None:
    if not isinstance(secret, str) or not secret:
        return "engage_no_signing_secret"
    expires = _seconds(sent.get("expires"))
    if expires is None:
        return "engage_wrong_signature"
    if not _is_same(engage_signature(sent["userId"], secret, expires), sent["signature"]):
        return "engage_wrong_signature"
    left = expires - now.timestamp()
    if left <= 0:
        return "engage_expired"
    return "engage_too_long" if left > ENGAGE_SECONDS_MAX + _AHEAD_SECONDS_MAX else None


def _of_secure_mode(secret: object, sent: Mapping[str, Any], now: dt.datetime) -> str | None:
    if not isinstance(secret, str) or not secret:
        return "engage_no_organization_secret"
    user_id, email, name = sent["userId"], sent.get("email") or "", sent.get("name") or ""
    timestamp = _seconds(sent.get("timestamp"))
    if timestamp is None or not isinstance(email, str) or not isinstance(name, str):
        return "engage_wrong_signature"
    if ":" in f"{email}{user_id}{name}":
        return "engage_ambiguous"
    user = {"id": user_id, "email": email, "name": name}
    if not _is_same(ramen_secure_mode(user, secret, timestamp)["auth_hash"], sent["auth_hash"]):
        return "engage_wrong_signature"
    age = now.timestamp() - timestamp
    return None if -_AHEAD_SECONDS_MAX <= age <= _AGE_SECONDS_MAX else "engage_expired"


def _seconds(value: object) -> int | None:
    """Return a whole number of seconds; templates of pages write it as text, too."""
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def _is_same(expected: str, given: object) -> bool:
    return (
        isinstance(given, str)
        and _HEX.fullmatch(given) is not None
        and is_same_hash(expected, given.lower())
    )
