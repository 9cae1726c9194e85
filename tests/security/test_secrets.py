"""What is secret goes to the vendor that it is for, and nowhere else."""

from __future__ import annotations

import asyncio
import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossdock.kit.loopback import Loopback, Received, Reply
from tests.running import ADMIN_TOKEN, COMMAND, RunningServer, eventually
from tests.security.serving import connect, outcomes, send_event, serving

SHARED_SECRET = "the-shared-secret-of-the-webhook"  # noqa: S105 - of one test.
HEADER_SECRET = "the-key-in-a-header-of-the-webhook"  # noqa: S105 - of one test.
API_KEY = "the-api-key-of-ripe"
BEARER = "the-bearer-token-of-a-sender"
PROPERTY = "what-nobody-but-the-vendor-may-read"
SECRETS = {
    "the webhook's shared secret": SHARED_SECRET,
    "the webhook's header": HEADER_SECRET,
    "Ripe's API key": API_KEY,
    "Ripe's API key in base64": base64.b64encode(API_KEY.encode()).decode(),
    "the admin token": ADMIN_TOKEN,
    "a sender's bearer token": BEARER,
}
READ_PATHS = (
    *("/", "/workspace/export", "/sources", "/destinations", "/outcomes?limit=1000", "/notices"),
    *("/audit-events", "/catalog/destinations", "/openapi.json"),
    *("/ledger?limit=1000", "/events/secret-event/trace", "/balance", "/replays"),
)


def echo(asked: Received) -> Reply:
    """Answer with everything that was sent, as vendors do when they debug."""
    sent = "\n".join(f"{name}: {value}" for name, value in asked.headers.items()).encode()
    status = {"/wrong-key": 401, "/broken": 500, "/never": 400}.get(asked.path, 200)
    return Reply(status=status, headers={"X-Echo": "1"}, body=sent + asked.body)


async def use(server: RunningServer, vendor: Loopback) -> None:
    """Let connections succeed and fail in every way, with all secrets in use."""
    webhook = {"sharedSecret": SHARED_SECRET, "headers": f"X-Api-Key: {HEADER_SECRET}"}
    for path in ("/", "/wrong-key", "/broken", "/never"):
        await connect(server, "webhook", {**webhook, "url": vendor.url + path})
    await connect(server, "webhook", {**webhook, "url": "http://127.0.0.1:1/closed"})
    await connect(server, "actions-ripe-cloud", {"apiKey": API_KEY, "endpoint": vendor.url})
    properties = {"what": PROPERTY}
    event = {"event": "E", "userId": "ann", "messageId": "secret-event", "properties": properties}
    await send_event(server, event, authorization=f"Bearer {BEARER}")
    await outcomes(server, count=6)
    await asyncio.to_thread(eventually, lambda: is_recorded(server))


def is_recorded(server: RunningServer) -> bool:
    """Return whether the ledger has the attempts with what was sent and answered."""
    entries = server.api("GET", "/ledger?limit=1000")["entries"]
    return len({entry["destinationId"] for entry in entries if "destinationId" in entry}) >= 6


def answers(server: RunningServer) -> Iterator[tuple[str, str]]:
    """Yield everything that can be read from the server, and how it answers to mistakes."""
    token = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    for path in READ_PATHS:
        answer = server.request("GET", f"/api/v1{path}", headers=token)
        assert answer.status == 200, (path, answer.body)
        yield f"GET {path}", answer.body.decode()
    yield "/metrics", server.request("GET", "/metrics", headers=token).body.decode()
    for one in server.api("GET", "/destinations")["destinations"]:
        path = f"/api/v1/destinations/{one['id']}"
        for mistake in (
            {"settings": {"sharedSecret": [SHARED_SECRET], "apiKey": [API_KEY]}},
            {"settings": {"headers": {"x": HEADER_SECRET}, "apiKey": {"a": API_KEY}}},
            {"settings": SHARED_SECRET, "enabled": HEADER_SECRET, "name": [API_KEY]},
        ):
            answer = server.request("PATCH", path, json=mistake, headers=token)
            assert answer.status == 400
            yield f"PATCH {one['name']}", answer.body.decode()
        letters = server.api("GET", f"/destinations/{one['id']}/dead-letters")
        yield f"dead letters of {one['name']}", str(letters)
        for letter in letters["deadLetters"]:
            told = server.api("GET", f"/destinations/{one['id']}/dead-letters/{letter['id']}")
            yield f"a dead letter of {one['name']}", str(told)
        yield f"state of {one['name']}", str(server.api("GET", f"/destinations/{one['id']}/state"))
        for is_sent in (False, True):
            trial = {"event": {"type": "track", "event": "E", "userId": "u"}, "send": is_sent}
            tried = server.request("POST", f"{path}/test-event", json=trial, headers=token)
            assert tried.status == 200, tried.body
            yield f"trial of {one['name']}", tried.body.decode()
        tried = server.request("POST", f"{path}/test", json={}, headers=token)
        yield f"test of {one['name']}", tried.body.decode()
    wrong = {"authorization": f"Bearer {ADMIN_TOKEN}x"}
    yield "a wrong token", server.request("GET", "/api/v1/sources", headers=wrong).body.decode()


@pytest.mark.timeout(120)
async def test_no_secret_is_in_answers_logs_or_files(tmp_path: Path) -> None:
    async with Loopback(echo) as vendor:
        allowed = f"{vendor.url.partition('://')[2]},127.0.0.1:1"
        options = ("--allowed-addresses", allowed, "--log-level", "debug")
        async with serving(tmp_path, *options) as server:
            await use(server, vendor)

            told = dict(await asyncio.to_thread(lambda: list(answers(server))))
            told["crossdock export"] = await asyncio.to_thread(export, tmp_path)

        received = b"".join(str(one.headers).encode() for one in vendor.received).decode()
    told |= {str(file): text for file, text in files(tmp_path)}
    found = [
        f"{name} in {where}"
        for where, text in told.items()
        for name, secret in SECRETS.items()
        if secret in text
    ]
    assert found == []
    assert HEADER_SECRET in received
    assert any("server.log" in where for where in told)


@pytest.mark.timeout(120)
async def test_what_an_event_says_is_in_no_log_and_no_metric(tmp_path: Path) -> None:
    async with Loopback(echo) as vendor:
        allowed = f"{vendor.url.partition('://')[2]},127.0.0.1:1"
        options = ("--allowed-addresses", allowed, "--log-level", "debug")
        async with serving(tmp_path, *options) as server:
            await use(server, vendor)
            metrics = await asyncio.to_thread(server.request, "GET", "/metrics")

    logs = [(file, text) for file, text in files(tmp_path) if file.suffix == ".log"]
    assert logs
    assert PROPERTY not in metrics.body.decode()
    assert [file for file, text in logs if PROPERTY in text] == []
    assert PROPERTY in vendor.received[0].body.decode()


@pytest.mark.timeout(120)
async def test_what_opens_the_server_can_be_read_by_its_user_only(tmp_path: Path) -> None:
    async with serving(tmp_path):
        private = [tmp_path / "secrets.key", tmp_path / "journal" / "nats.conf"]

        modes = {file.name: file.stat().st_mode & 0o077 for file in private}

    assert modes == {"secrets.key": 0, "nats.conf": 0}


def export(folder: Path) -> str:
    return subprocess.run(
        [COMMAND, "export", "--data-dir", folder], capture_output=True, text=True, check=True
    ).stdout


def files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file that the server wrote; a stolen backup must not hold a secret either."""
    for file in folder.rglob("*"):
        if file.is_file():
            yield file, file.read_bytes().decode("latin-1")
