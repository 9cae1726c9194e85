"""One real server for all fuzzing of a worker, and a look into its log at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RunningServer


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[RunningServer]:
    """A server that must not have met a bug of its own when the tests are over."""
    server = RunningServer(folder, "--log-level", "debug", command="serve")
    try:
        yield server
    finally:
        code = server.stop()
    log = (folder / "server.log").read_text(errors="replace")
    assert code == 0
    assert "Traceback" not in log
    assert "[error" not in log
