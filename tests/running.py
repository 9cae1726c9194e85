"""A real `crossdock` process for tests, and a small client for its management API."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import urllib3

ADMIN_TOKEN = "token-of-the-tests"  # noqa: S105 - a token that only tests know.
# How long a test waits for what has to happen: so long that only what never happens fails, however
# busy the machine is.
PATIENCE_SECONDS = 30
T = TypeVar("T")
COMMAND = Path(sys.executable).with_name("crossdock")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class RunningServer:
    """One process, on a free port of its own.

    Attributes:
        url: Where it listens, such as `http://127.0.0.1:40123`.
    """

    def __init__(
        self,
        data_dir: Path,
        *arguments: str,
        command: str = "demo",
        is_verified: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self._environment = environment or {}
        self._arguments = arguments
        self._command = command
        self._http = urllib3.PoolManager(
            maxsize=8,
            retries=False,
            timeout=20,
            cert_reqs="CERT_REQUIRED" if is_verified else "CERT_NONE",
        )
        self.url = ""
        self.start()

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.data_dir),
            "CROSSDOCK_ADMIN_TOKEN": ADMIN_TOKEN,
            **self._environment,
        }
        self._log = (self.data_dir / "server.log").open("ab")
        self.process = subprocess.Popen(
            [COMMAND, self._command, "--data-dir", self.data_dir, "--port", "0", *self._arguments],
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        for line in self.process.stdout:
            self.said.append(line.decode())
            if line.startswith(b"Ready: "):
                self.url = line.removeprefix(b"Ready: ").decode().strip()
                return
        pytest_log = (self.data_dir / "server.log").read_text()
        raise AssertionError(f"the server ended before it was ready:\n{pytest_log}")

    def start_again(self) -> None:
        """Start it at the address it had."""
        # Of two ports on a command line the last counts.
        self._arguments = (*self._arguments, "--port", self.url.rpartition(":")[2])
        self.start()

    def stop(self, *, signal_number: int = signal.SIGTERM) -> int:
        """End it, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        try:
            code = self.process.wait(timeout=30)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            if self.process.stdout is not None:
                self.process.stdout.close()
            self._log.close()
        return code

    def journal_process_ids(self) -> list[int]:
        """Return the process of the NATS server that it runs as a child, if it runs."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def kill_journal(self) -> None:
        """Kill the NATS server that it runs as a child."""
        for child in self.journal_process_ids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request as it is, without a token."""
        sent = dict(headers or {})
        if json is not None:
            body = msgspec.json.encode(json)
            sent.setdefault("content-type", "application/json")
        answer = self._http.request(method, self.url + path, body=body, headers=sent)
        return Answer(
            answer.status,
            {key.lower(): value for key, value in answer.headers.items()},
            answer.data,
        )

    def api(self, method: str, path: str, json: object = None) -> Any:
        """Call the management API with the admin token, and return `data`."""
        answer = self.request(
            method,
            f"/api/v1{path}",
            json=json,
            headers={"authorization": f"Bearer {ADMIN_TOKEN}"},
        )
        assert answer.status < 300, (answer.status, answer.body)
        return answer.json()["data"] if answer.body else None


@contextlib.contextmanager
def running_server(
    data_dir: Path, *arguments: str, command: str = "demo", is_verified: bool = True
) -> Iterator[RunningServer]:
    """A server that ends with the block."""
    server = RunningServer(data_dir, *arguments, command=command, is_verified=is_verified)
    try:
        yield server
    finally:
        server.stop()


def eventually(check: Callable[[], T | None], *, seconds: float = PATIENCE_SECONDS) -> T:
    """Return the first answer that is true, or fail when the time is up."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"still {found!r} after {seconds} seconds")
        pause.wait(0.02)
