"""A stop is told to, ends in time, and exits 0, whatever it meets."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3
from typing_extensions import override

from tests.running import ADMIN_TOKEN, COMMAND, RunningServer, eventually, running_server


def test_half_a_request_does_not_hold_a_stop_up(tmp_path: Path) -> None:
    with running_server(tmp_path, "--drain-seconds-max", "60") as server:
        host, _, port = server.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n" + b'{"a'
            )
            assert server.request("GET", "/healthz").status == 200
            asked_at = time.monotonic()

            code = server.stop()

    assert code == 0
    assert time.monotonic() - asked_at < 30
    log = (tmp_path / "server.log").read_text()
    assert "Traceback" not in log
    assert "CancelledError" not in log


class SlowVendor:
    """Takes a request, and answers when it is told to."""

    def __init__(self) -> None:
        self.requests = 0
        self.may_answer = threading.Event()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                vendor.requests += 1
                vendor.may_answer.wait(30)
                self.send_response(200)
                self.end_headers()

            @override
            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.port = self._server.server_port

    def close(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def vendor() -> Iterator[SlowVendor]:
    slow = SlowVendor()
    yield slow
    slow.close()


def send_to(server: RunningServer, vendor: SlowVendor) -> None:
    """Connect the vendor, and have a delivery to it under way."""
    source = server.api("GET", "/sources")["sources"][0]
    catalog: Any = server.api("GET", "/catalog/destinations?pagination[count]=200")
    webhook = next(one for one in catalog["destinationsCatalog"] if one["slug"] == "webhook")
    server.api(
        "POST",
        "/destinations",
        {
            "sourceId": source["id"],
            "metadataId": webhook["id"],
            "settings": {"url": f"http://127.0.0.1:{vendor.port}/"},
            "enabled": True,
        },
    )
    server.request(
        "POST",
        "/v1/track",
        json={"writeKey": source["writeKeys"][0], "userId": "u", "event": "E"},
    )
    eventually(lambda: vendor.requests)


def test_door_and_deliveries_have_one_deadline_together(tmp_path: Path, vendor: SlowVendor) -> None:
    allowed = f"127.0.0.1:{vendor.port}"
    with running_server(
        tmp_path, "--drain-seconds-max", "8", "--allowed-addresses", allowed
    ) as server:
        send_to(server, vendor)
        host, _, port = server.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
            asked_at = time.monotonic()

            code = server.stop()

    assert code == 0
    # One after the other they would take 16 seconds.
    assert 7.5 < time.monotonic() - asked_at < 15.5


def test_asked_twice_it_does_not_wait(tmp_path: Path, vendor: SlowVendor) -> None:
    allowed = f"127.0.0.1:{vendor.port}"
    with running_server(
        tmp_path, "--drain-seconds-max", "60", "--allowed-addresses", allowed
    ) as server:
        send_to(server, vendor)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: b"is stopping" in (tmp_path / "server.log").read_bytes())
        asked_at = time.monotonic()

        code = server.stop()

    assert code == 0
    assert time.monotonic() - asked_at < 30


def test_a_signal_during_the_start_is_a_stop_too(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"nats://127.0.0.1:{silent.getsockname()[1]}"
        with subprocess.Popen(
            [COMMAND, "serve", "--data-dir", tmp_path, "--port", "0", "--nats-url", url],
            env={"PATH": os.environ["PATH"], "CROSSDOCK_ADMIN_TOKEN": ADMIN_TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            silent.accept()[0].close()
            process.send_signal(signal.SIGTERM)
            output, log = process.communicate(timeout=30)

    assert process.returncode == 0, log
    assert b"Ready" not in output
    assert b"Traceback" not in log


def test_whoever_asks_again_and_again_ends_it_as_well(tmp_path: Path) -> None:
    with running_server(tmp_path, command="serve") as server:
        asking = threading.Event()

        def ask() -> None:
            while not asking.wait(0.002) and server.process.poll() is None:
                server.process.send_signal(signal.SIGINT)

        asker = threading.Thread(target=ask)
        asker.start()
        code = server.process.wait(timeout=30)
        asking.set()
        asker.join()

    assert code == 0
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_a_journal_that_hangs_costs_a_stop_seconds_and_is_ended_with_it(tmp_path: Path) -> None:
    with running_server(tmp_path, "--drain-seconds-max", "0", command="serve") as server:
        hanging = server.journal_process_ids()
        for process_id in hanging:
            os.kill(process_id, signal.SIGSTOP)
        asked_at = time.monotonic()

        code = server.stop()

    assert code == 0
    assert time.monotonic() - asked_at < 30
    assert not [each for each in hanging if Path(f"/proc/{each}").exists()]


def test_a_question_in_sql_that_takes_long_does_not_hold_a_stop_up(tmp_path: Path) -> None:
    with running_server(tmp_path, "--drain-seconds-max", "0.5", command="serve") as server:
        question = "SELECT sum(hash(a.range, b.range)) FROM range(9000000) a, range(9000000) b"
        eventually(lambda: _ask(server, "SELECT 1") == 200)
        asking = threading.Thread(target=_ask, args=(server, question))
        before_seconds = _processor_seconds(server.process.pid)
        asking.start()
        eventually(lambda: _processor_seconds(server.process.pid) > before_seconds + 1)
        asked_at = time.monotonic()

        code = server.stop()
        asking.join()

    assert code == 0
    assert time.monotonic() - asked_at < 30


def _ask(server: RunningServer, question: str) -> int | None:
    try:
        return server.request(
            "POST",
            "/api/v1/sql",
            json={"sql": question},
            headers={"authorization": f"Bearer {ADMIN_TOKEN}"},
        ).status
    except urllib3.exceptions.HTTPError:
        return None


def _processor_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
