"""Tokens that are shown once and kept as hashes only, and what follows from them.

They have 256 bits of chance: nobody tries them out, so a fast hash is enough, unlike for passwords.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

_BYTES = 32


def new_token(prefix: str = "") -> str:
    """Return a new one of 256 bits, in letters that a URL and a header may hold."""
    return prefix + secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(session_token: str) -> str:
    """Return what a page must show, besides the cookie, to change something in the session.

    It follows from the cookie, which no page can read and no other site knows, so that nothing
    has to be kept, and neither can the cookie be found from it.
    """
    return hmac.new(session_token.encode(), b"csrf", hashlib.sha256).hexdigest()
