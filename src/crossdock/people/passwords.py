"""Passwords, hashed with Argon2id.

Source: RFC 9106, section 4, the second recommended option: 64 MiB, 3 passes, 4 lanes.
"""

from __future__ import annotations

import os
import threading
import unicodedata

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from crossdock.workspace import Refused

CHARACTERS_MIN = 10
CHARACTERS_MAX = 500
_MEMORY_KIB = 64 * 1024
_PASSES = 3
_LANES = 4
_SALT_BYTES = 16
_HASH_BYTES = 32
# Each takes 64 MiB and most of a core for a tenth of a second: whoever floods the sign-in page
# waits in line, and the events do not.
_AT_ONCE_MAX = 2


class Passwords:
    """Hashes passwords and compares them. Synchronous and slow on purpose: use it in a thread."""

    def __init__(self, *, memory_kib: int = _MEMORY_KIB, passes: int = _PASSES) -> None:
        self._memory_kib = memory_kib
        self._passes = passes
        self._turns = threading.BoundedSemaphore(_AT_ONCE_MAX)
        self._nobodys_hash: str | None = None

    def hash(self, password: str) -> str:
        """Return what is kept of a password, in the PHC form."""
        with self._turns:
            return Argon2id(
                salt=os.urandom(_SALT_BYTES),
                length=_HASH_BYTES,
                iterations=self._passes,
                lanes=_LANES,
                memory_cost=self._memory_kib,
            ).derive_phc_encoded(_bytes(password))

    def is_right(self, password: str, kept: str | None) -> bool:
        """Return whether the password is the one that was kept.

        With None, which is nobody's, it takes as long and is never right: the time of the answer
        does not tell who there is.
        """
        if kept is None:
            if self._nobodys_hash is None:
                self._nobodys_hash = self.hash("nobody's")
            self._compare(password, self._nobodys_hash)
            return False
        return self._compare(password, kept)

    def _compare(self, password: str, kept: str) -> bool:
        with self._turns:
            try:
                Argon2id.verify_phc_encoded(_bytes(password), kept)
            except InvalidKey:
                return False
        return True


def check_password(password: str, *, email: str) -> None:
    """Refuse a password that somebody would try.

    Raises:
        Refused: It is too short or too long, or it is the e-mail.
    """
    if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
        raise Refused(
            f"The password has {len(password)} characters; it must have {CHARACTERS_MIN} to "
            f"{CHARACTERS_MAX}.",
            do="Choose some words that belong together for nobody but you.",
            reason="unusable_password",
            field="password",
        )
    if password.casefold() == email.casefold() or len(set(password)) == 1:
        raise Refused(
            "The password is the e-mail address, or one character again and again.",
            do="Choose some words that belong together for nobody but you.",
            reason="unusable_password",
            field="password",
        )


def _bytes(password: str) -> bytes:
    # Keyboards differ in how they compose an accent. Half a surrogate is nobody's password.
    return unicodedata.normalize("NFKC", password).encode(errors="replace")
