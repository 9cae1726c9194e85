"""Keeps the settings of connections unreadable at rest.

All settings of a connection are sealed, not only those that its destination calls secret: a
definition may learn tomorrow that a setting is a secret, and a destination may be uninstalled.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from crossdock.base import json
from crossdock.base.json import JsonObject
from crossdock.workspace.errors import KeyProblem


class SecretBox:
    """Seals and opens, with one key.

    Args:
        key: 32 bytes in URL-safe base64, as `new_key()` makes them.

    Raises:
        KeyProblem: It is not such a key.

    Source:
        Fernet: AES-128-CBC with HMAC-SHA-256, https://github.com/fernet/spec.
    """

    def __init__(self, key: str) -> None:
        try:
            self._fernet = Fernet(key.strip())
        except ValueError as error:
            raise KeyProblem(
                "The key for the workspace's secrets is not 32 bytes in URL-safe base64.",
                do="Restore the key file from a backup, or give the key that was used before.",
            ) from error

    def seal(self, value: JsonObject) -> str:
        """Return the value so that only the holder of the key can read it."""
        return self._fernet.encrypt(json.encode(value)).decode()

    def unseal(self, sealed: str) -> JsonObject:
        """Return the value that was sealed.

        Raises:
            KeyProblem: It was sealed with another key, or changed since.
        """
        try:
            value: JsonObject = json.decode(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise KeyProblem(
                "The workspace's secrets were written with another key than the one given.",
                do="Restore the key file that belongs to this database from a backup.",
            ) from error
        return value


def new_key() -> str:
    """Return a new key."""
    return Fernet.generate_key().decode()


def find_key(path: Path) -> str | None:
    """Return the key that the file holds, or None if there is no such file.

    Raises:
        KeyProblem: There is one, and it cannot be read.
    """
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyProblem(
            f'The key file "{path}" cannot be read ({type(error).__name__}).',
            do="Make it readable for the user that runs the server, or restore it from a backup.",
        ) from error


def create_key(path: Path) -> str:
    """Write a new key to the file, readable by its owner only, and return it.

    A file that another process made meanwhile is kept, and its key returned: linking a finished
    file is atomic, so nobody ever reads half a key.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        Path(unfinished).unlink()
    return path.read_text("ascii")
