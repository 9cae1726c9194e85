"""Who is calling: every form in which Segment's libraries name the write key."""

from __future__ import annotations

import base64
import binascii
import functools

# A header with a write key has less than a hundred; a head may have 64 KB, and thousands of those
# are not to be remembered.
_REMEMBERED_BYTES_MAX = 512


def write_key_of(authorization: bytes) -> str:
    """Return the write key of an Authorization header, or an empty string if it has none.

    Basic has it as the user, with an empty password; a missing colon is tolerated. A bearer token
    says nothing here: the write key stands in the body then.
    """
    if len(authorization) > _REMEMBERED_BYTES_MAX:
        return _read(authorization)
    return _remembered(authorization)


def _read(authorization: bytes) -> str:
    scheme, _, credentials = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        decoded = base64.b64decode(credentials.strip(), validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[0]


_remembered = functools.lru_cache(maxsize=4096)(_read)
