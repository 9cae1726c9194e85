"""What an operator set is looked at before anything starts; all that is wrong is told at once."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crossdock.base.settings import ServerSettings
from crossdock.checks import check_settings
from crossdock.startup import CannotStart, listener, make_folder, own_url
from tests.running import ADMIN_TOKEN, COMMAND, running_server

FINE = ServerSettings(data_dir=Path("data"))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"public_url": "events.example.com"}, "--public-url"),
        ({"public_url": "ftp://events.example.com"}, "--public-url"),
        ({"public_url": "https://"}, "--public-url"),
        ({"public_url": "https://x:99999"}, "--public-url"),
        ({"nats_url": "http://127.0.0.1:4222"}, "--nats-url"),
        ({"nats_url": "nats://"}, "--nats-url"),
        ({"nats_url": ""}, "--nats-url"),
        ({"allowed_addresses": ("junk",)}, "junk"),
        ({"trusted_proxies": ("10.0.0.0/8", "proxy")}, "proxy"),
        ({"trusted_proxies": ("10.0.0.1/8",)}, "10.0.0.1/8"),
        ({"admin_token": "short"}, "--admin-token"),
        ({"admin_token": "long enough, but it has spaces"}, "--admin-token"),
        ({"admin_token": ""}, "--admin-token"),
        ({"cdn_path_prefix": "a/b"}, "--cdn-path-prefix"),
        ({"cdn_path_prefix": ""}, "--cdn-path-prefix"),
        ({"cdn_path_prefix": "v1"}, "--cdn-path-prefix"),
        ({"cdn_path_prefix": "sandbox"}, "--cdn-path-prefix"),
        ({"tls_key": Path(__file__)}, "--tls-certificate and --tls-key"),
        ({"tls_certificate": Path(__file__), "tls_key": Path(__file__)}, "certificate"),
    ],
)
def test_what_cannot_be_used_is_named(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(CannotStart) as raised:
        check_settings(dataclasses.replace(FINE, **changed))

    assert named in raised.value.what
    assert raised.value.do


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"public_url": "https://events.example.com/cdp/"},
        {"nats_url": "nats://me:secret@127.0.0.1:4222,tls://nats.example"},
        {"allowed_addresses": ("10.0.0.0/8", "127.0.0.1:8080")},
        {"trusted_proxies": ()},
        {"trusted_proxies": ("10.0.0.0/8", "::1")},
        {"admin_token": "a-token-of-one's-own"},
        {"cdn_path_prefix": "site"},
    ],
)
def test_what_can_be_used_is_taken(changed: dict[str, Any]) -> None:
    check_settings(dataclasses.replace(FINE, **changed))


def test_a_password_in_an_address_is_not_shown() -> None:
    settings = dataclasses.replace(FINE, nats_url="http://me:secret@nats")

    with pytest.raises(CannotStart) as raised:
        check_settings(settings)

    assert "secret" not in str(raised.value)


def started(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_all_problems_are_told_before_anything_is_made(tmp_path: Path) -> None:
    ran = started(
        *("serve", "--public-url", "example.com", "--cdn-path-prefix", "v1"),
        *("--admin-token", "short", "--port", "0"),
        cwd=tmp_path,
    )

    assert ran.returncode == 1
    assert "3 settings cannot be used" in ran.stderr
    for name in ("--public-url", "--cdn-path-prefix", "--admin-token"):
        assert name in ran.stderr
    assert "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_ipv6_address_has_brackets() -> None:
    settings = dataclasses.replace(FINE, host="::1", port=0)
    with listener(settings) as bound:
        assert own_url(settings, bound) == f"http://[::1]:{bound.getsockname()[1]}"


def test_a_port_in_use_says_how_to_take_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = dataclasses.replace(FINE, port=taken.getsockname()[1])

        with pytest.raises(CannotStart, match="in use") as raised:
            listener(settings)

    assert 'make run ARGS="--port 8081"' in raised.value.do


def test_a_host_that_is_none_is_not_said_to_be_in_use() -> None:
    with pytest.raises(CannotStart) as raised:
        listener(dataclasses.replace(FINE, host="192.0.2.1", port=0))

    assert "Stop what uses it" not in raised.value.do
    assert "--host" in raised.value.do


def test_the_data_directory_is_for_its_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    make_folder(folder)

    assert folder.stat().st_mode & 0o777 == 0o700


def test_nothing_in_the_data_directory_can_be_read_by_others(tmp_path: Path) -> None:
    tmp_path.joinpath("workspace.sqlite3").touch(0o644)
    with running_server(tmp_path):
        made = [path for path in tmp_path.rglob("*") if path.name != "server.log"]
        open_to_others = [path for path in made if path.exists() and path.stat().st_mode & 0o077]

    assert made
    assert open_to_others == []


def test_the_stand_ins_are_not_there_in_production_unless_asked_for(tmp_path: Path) -> None:
    for folder in ("without", "with"):
        (tmp_path / folder).mkdir()
    call = {"apiKey": "demo-ripe-key", "anonymousId": "a", "event": "E"}

    with running_server(tmp_path / "without", command="serve") as server:
        without = server.request("POST", "/sandbox/ripe/capture/track", json=call).status
        home = server.request("GET", "/", headers={"accept": "text/html"}).body
    with running_server(tmp_path / "with", "--sandbox", command="serve") as server:
        asked_for = server.request("POST", "/sandbox/ripe/capture/track", json=call).status
        page = server.request("GET", "/sandbox/ripe/").status

    assert (without, asked_for, page) == (404, 200, 401)
    assert b"sandbox" not in home


def test_the_pages_of_a_demo_that_others_can_reach_want_the_token(tmp_path: Path) -> None:
    with running_server(tmp_path, "--host", "0.0.0.0") as server:  # noqa: S104 - that is what is tested.
        stranger = server.request("GET", "/sandbox/ripe/api/people").status
        owner = server.request(
            "GET", "/sandbox/ripe/api/people", headers={"authorization": f"Bearer {ADMIN_TOKEN}"}
        ).status

    assert (stranger, owner) == (401, 200)


@pytest.mark.parametrize(
    ("arguments", "protocol"),
    [
        pytest.param((), "https", id="a proxy on this machine by default"),
        pytest.param(("--trusted-proxies", "127.0.0.0/8"), "https", id="one in a network"),
        pytest.param(("--trusted-proxies", "10.0.0.0/8"), "http", id="none elsewhere"),
        pytest.param(("--trusted-proxies", ""), "http", id="nobody at all"),
    ],
)
def test_only_a_trusted_proxy_is_believed(
    tmp_path: Path, arguments: tuple[str, ...], protocol: str
) -> None:
    with running_server(tmp_path, *arguments) as server:
        settings = server.request(
            "GET",
            "/v1/projects/demo-write-key/settings",
            headers={"x-forwarded-proto": "https", "host": "cdp.example"},
        ).json()

    assert settings["integrations"]["Segment.io"]["protocol"] == protocol


def test_what_a_person_is_shown_is_the_public_address(tmp_path: Path) -> None:
    with running_server(tmp_path, "--public-url", "https://events.example.com/") as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert "https://events.example.com" in "".join(server.said)
