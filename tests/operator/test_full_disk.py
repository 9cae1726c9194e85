"""On a full disk the server says so, takes nothing, and goes on by itself when there is room."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.running import ADMIN_TOKEN, COMMAND, eventually

MB = 1024**2
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only the superuser can mount a small disk"
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400m", "crossdock-test", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Leave 20 MB of the disk, and return the file that takes the rest."""
    statistics = os.statvfs(disk)
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, statistics.f_bavail * statistics.f_frsize - 20 * MB)
    return filler


class Starting:
    """A server of which nobody waits until it is ready."""

    def __init__(self, data_dir: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._log = log.open("wb")
        self.process = subprocess.Popen(
            [COMMAND, "serve", "--data-dir", data_dir, "--port", str(self.port)],
            env={"PATH": os.environ["PATH"], "CROSSDOCK_ADMIN_TOKEN": ADMIN_TOKEN},
            stdout=self._log,
            stderr=self._log,
        )
        self._http = urllib3.PoolManager(retries=False, timeout=20)

    def ask(self, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse | None:
        """Return the answer, or None if there is none."""
        try:
            return self._http.request(method, f"http://127.0.0.1:{self.port}{path}", **more)
        except urllib3.exceptions.HTTPError:
            return None

    def readiness(self, status: int) -> Any:
        """Return what /readyz says once it has this status."""

        def look() -> Any:
            answer = self.ask("GET", "/readyz")
            return answer.json() if answer is not None and answer.status == status else None

        return eventually(look, seconds=30)

    def send_event(self) -> int:
        token = {"authorization": f"Bearer {ADMIN_TOKEN}"}
        sources = self.ask("GET", "/api/v1/sources", headers=token)
        key = sources.json()["data"]["sources"][0]["writeKeys"][0] if sources else ""
        event = {"event": "Bought", "userId": "ann", "writeKey": key}
        answer = self.ask("POST", "/v1/track", json=event)
        return answer.status if answer is not None else 0

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            self._log.close()
            self._http.clear()


@pytest.mark.timeout(120)
def test_a_start_waits_for_room_and_says_so(disk: Path, tmp_path: Path) -> None:
    filler = fill(disk)
    server = Starting(disk / "data", tmp_path / "log")
    try:
        full = server.readiness(503)
        refused = server.ask("POST", "/v1/track", json={"event": "e"})
        alive = server.ask("GET", "/healthz")

        filler.unlink()
        ready = server.readiness(200)
        status = server.send_event()
    finally:
        code = server.end()

    assert [reason["code"] for reason in full["reasons"]] == ["disk_full"]
    assert refused is not None
    assert (refused.status, refused.headers["retry-after"]) == (503, "10")
    assert alive is not None
    assert alive.status == 200
    assert ready["reasons"] == []
    assert status == 200
    assert code == 0
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert log.count("An alarm begins.") == 1


@pytest.mark.timeout(120)
def test_a_server_that_waits_for_room_can_be_stopped(disk: Path, tmp_path: Path) -> None:
    fill(disk)
    server = Starting(disk / "data", tmp_path / "log")
    server.readiness(503)

    code = server.end()

    assert code == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.timeout(120)
def test_a_disk_that_fills_under_a_server_is_answered_and_recovered_from(
    disk: Path, tmp_path: Path
) -> None:
    server = Starting(disk / "data", tmp_path / "log")
    try:
        server.readiness(200)
        filler = fill(disk)
        full = server.readiness(503)
        refused = server.send_event()

        filler.unlink()
        server.readiness(200)
        status = server.send_event()
    finally:
        code = server.end()

    assert [reason["code"] for reason in full["reasons"]] == ["disk_full"]
    assert refused == 503
    assert status == 200
    assert code == 0
