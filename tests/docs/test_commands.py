"""What docs/start and the guides tell people to run, works as it stands there."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ADMIN_TOKEN, RunningServer, eventually

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BIN = Path(sys.executable).parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Shell:
    """One shell in which the blocks of a page are run one after the other, against one server."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self._exports = ""

    def run(self, kind: str, text: str) -> str:
        """Run a block, and return what it printed; its `export`s hold for the next ones."""
        text = self._as_here(text)
        if kind == "sh":
            # Without this, what fails inside a pipe would look well.
            script = f"set -euo pipefail\n{self._exports}\n{text}"
            self._exports += "".join(re.findall(r"^export .*\n", text, re.MULTILINE))
            return self._output(["bash", "-c", script])
        program: list[str | Path] = [BIN / "python", "-c"]
        if kind == "js":
            program = [BIN / "node", "--input-type=module", "-e"]
        exported = self._output(["bash", "-c", f'{self._exports}\nprintf %s "$KEY"'])
        return self._output([*program, text], KEY=exported)

    def _as_here(self, text: str) -> str:
        here = {
            "http://127.0.0.1:8080": self.server.url,
            ".venv/bin/": f"{BIN}/",
            "crossdock-data/": f"{self.server.data_dir}/",
        }
        for there, replaced in here.items():
            text = text.replace(there, replaced)
        return text

    @staticmethod
    def _output(command: list[str | Path], **environment: str) -> str:
        ran = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
        return ran.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "admin-token").write_text(ADMIN_TOKEN)
    server = RunningServer(
        tmp_path, "--sandbox", "--allowed-addresses", "127.0.0.0/8", command="serve"
    )
    yield Shell(server)
    server.stop()


def blocks(page: str) -> list[tuple[str, str]]:
    """The blocks of a page that can be run, in order."""
    runnable = ("sh", "python", "js")
    return [(k, text) for k, text in BLOCK.findall((DOCS / page).read_text()) if k in runnable]


def test_the_first_source_is_set_up_as_its_page_says(shell: Shell) -> None:
    page = blocks("start/first-source.md")
    (_, keep), (_, send), (_, malformed), (_, discards), (_, verdict), (_, snippet) = page[:6]
    (python, in_python), (node, in_node), (_, connect), (_, look) = page[6:]

    shell.run("sh", keep)
    sent = shell.run("sh", send)
    answered = shell.run("sh", malformed)
    discarded = eventually(
        lambda: found if "discarded" in (found := shell.run("sh", discards)) else None
    )
    strict = shell.run("sh", verdict)
    pasted = shell.run("sh", snippet)

    assert sent == '{"success":true}'
    assert answered == '{"success":true}'
    assert "neither a userId nor an anonymousId" in discarded
    assert '"success":false' in strict
    assert pasted.startswith("<script>")
    shell.run(python, in_python)
    shell.run(node, in_node)
    assert '"success":true' in shell.run("sh", connect)
    seen = eventually(lambda: found if "delivered" in (found := shell.run("sh", look)) else None)
    assert "Order Completed" in seen
    metrics = shell.server.request("GET", "/metrics").body.decode()
    assert re.search(r"crossdock_events_accepted_total\{.*\} 4\.0", metrics), metrics


def test_the_key_of_a_page_is_taken_over_as_coming_from_segment_says(shell: Shell) -> None:
    created = "".join(shell.run(*block) for block in blocks("start/coming-from-segment.md"))

    assert '"writeKeys":["the-key-your-pages-have"]' in created


@pytest.mark.parametrize("page", ["guides/ripe.md", "guides/ramen.md"])
def test_a_guide_connects_its_destination(shell: Shell, page: str) -> None:
    shell.run(*blocks("start/first-source.md")[0])

    printed = "".join(shell.run(kind, text) for kind, text in blocks(page) if kind == "sh")

    assert '"enabled":true' in printed
    assert '"errors"' not in printed


def test_the_guide_to_the_management_api_can_be_followed(shell: Shell) -> None:
    printed = [shell.run(kind, text) for kind, text in blocks("guides/management-api.md")]

    assert [one for one in printed if '"errors":[' in one] == []
    _, connected, changed, rotated = printed
    assert '"enabled":true' in connected
    assert "Order Completed" in changed
    assert '"SUCCESS"' in rotated


def test_the_commands_on_the_demos_settings_page_work(tmp_path: Path) -> None:
    (tmp_path / "admin-token").write_text(ADMIN_TOKEN)
    server = RunningServer(tmp_path)
    try:
        page = server.request("GET", "/demo/settings").body.decode()
        as_file, by_api = (
            html.unescape(text)
            for text in re.findall(r"<pre id=[^>]*>(.*?)</pre>", page, re.DOTALL)
        )
        shell = Shell(server)

        switched = shell.run("sh", by_api)
        exported = shell.run("sh", f"cd {tmp_path}\n{as_file}")

        assert '"enabled":false' in switched
        assert "connection demo/actions-ripe: enabled: false → true" in exported
    finally:
        server.stop()
