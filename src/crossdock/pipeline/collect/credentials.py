"""Who is calling: every form in which Segment's libraries name the write key."""

from __future__ import annotations

import base64
import binascii
import functools


@functools.lru_cache(maxsize=4096)
def write_key_of(authorization: bytes) -> str:
    """Return the write key of an Authorization header, or an empty string if it has none.

    Basic has it as the user, with an empty password; a missing colon is tolerated. A bearer token
    says nothing here: the write key stands in the body then.
    """
    scheme, _, credentials = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        decoded = base64.b64decode(credentials.strip(), validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[0]
