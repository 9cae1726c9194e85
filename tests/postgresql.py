"""A PostgreSQL server for tests, where the machine has one installed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.running import eventually

_START_SECONDS_MAX = 60.0
_USER = "crossdock"
# Where Debian and Homebrew keep what is not on the path.
_ELSEWHERE = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin")


def find_postgresql() -> Path | None:
    """Return the folder with PostgreSQL's programs; None if there is none that can be used."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for pattern in _ELSEWHERE:
        folders += sorted(Path("/").glob(pattern.removeprefix("/")), reverse=True)
    found = next((one for one in folders if (one / "initdb").exists()), None)
    # It refuses to run as root, and needs somebody else to be.
    return None if found is not None and os.geteuid() == 0 and _other_user() is None else found


def _other_user() -> str | None:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


class Postgresql:
    """A server with a folder of its own, reached by a socket in it.

    Args:
        programs: From `find_postgresql`.
        folder: Where it keeps everything; its path must be short.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._data = folder / "data"
        self._user = _other_user() if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(self._data), "-U", _USER, "--auth=trust", "--no-sync")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = ("listen_addresses=", f"unix_socket_directories={self._folder}", "fsync=off")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    *("-D", self._data),
                    *(part for setting in settings for part in ("-c", setting)),
                ],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self._folder,
            )
        eventually(self._answers, seconds=_START_SECONDS_MAX)

    def stop(self) -> None:
        """End it at once, with every connection to it."""
        if self._process is not None:
            # Its own word for: now.
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=_START_SECONDS_MAX)
            self._process = None

    def url(self, database: str = "postgres", *, user: str = _USER) -> str:
        """Return the URL of a database."""
        return f"postgresql+psycopg://{user}@/{database}?host={self._folder}"

    def make_database(self, name: str) -> str:
        """Make an empty database, and return its URL."""
        engine = create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        return self.url(name)

    def _answers(self) -> bool:
        engine = create_engine(self.url())
        try:
            with engine.connect():
                return True
        except OperationalError:
            return False
        finally:
            engine.dispose()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self._folder,
        )


@contextlib.contextmanager
def running_postgresql(programs: Path) -> Iterator[Postgresql]:
    """A server that ends with the block. In a folder of its own: a socket's path is short."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        server = Postgresql(programs, Path(folder))
        try:
            yield server
        finally:
            server.stop()
