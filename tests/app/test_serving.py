"""How the server gives the web app to browsers."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest

from tests.running import ADMIN_TOKEN, RunningServer, running_server

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("crossdock")) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/sources", "/sources/1/debugger", "/no/such/page"])
def test_every_page_of_the_app_is_the_one_page(server: RunningServer, path: str) -> None:
    answer = server.request("GET", path, headers=PAGE)

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert b'<div id="root">' in answer.body


def test_a_program_that_asks_for_what_is_not_there_is_told_so(server: RunningServer) -> None:
    answer = server.request("GET", "/sources", headers={"accept": "application/json"})
    posted = server.request("POST", "/sources", headers=PAGE)

    assert (answer.status, posted.status) == (404, 404)
    assert answer.json()["code"] == "not_found"


def test_what_others_have_stays_theirs(server: RunningServer) -> None:
    paths = ("/demo/", "/sandbox/ripe/", "/healthz", "/metrics")

    bodies = [server.request("GET", path, headers=PAGE).body for path in paths]
    api = server.request("GET", "/api/v1/no-such-thing", headers=PAGE)

    assert [b'<div id="root">' in body for body in bodies] == [False] * len(paths)
    assert api.headers["content-type"] == "application/json"


def test_the_policy_lets_in_only_what_the_server_wrote_into_this_answer(
    server: RunningServer,
) -> None:
    first, second = (server.request("GET", "/", headers=PAGE) for _ in range(2))

    policy = first.headers["content-security-policy"]
    nonces = {match[1] for match in re.finditer(r"'nonce-([\w-]+)'", policy)}
    assert len(nonces) == 1
    nonce = nonces.pop()
    assert f'nonce="{nonce}"'.encode() in first.body
    assert nonce.encode() not in second.body
    assert "unsafe" not in policy
    assert "http" not in policy


def test_files_are_kept_for_ever_and_come_compressed(server: RunningServer) -> None:
    page = server.request("GET", "/", headers=PAGE).body.decode()
    path = re.findall(r'src="(/app/files/[^"]+\.js)"', page)[0]

    plain = server.request("GET", path)
    zipped = server.request("GET", path, headers={"accept-encoding": "gzip"})
    smallest = server.request("GET", path, headers={"accept-encoding": "gzip, deflate, br"})

    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["content-type"].startswith("text/javascript")
    assert zipped.headers["content-encoding"] == "gzip"
    assert smallest.headers["content-encoding"] == "br"
    assert "Accept-Encoding" in plain.headers["vary"]
    assert zipped.body == plain.body or gzip.decompress(zipped.body) == plain.body


def test_a_file_of_another_build_is_not_the_page(server: RunningServer) -> None:
    answer = server.request("GET", "/app/files/old-1234abcd.js", headers=PAGE)

    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_can_tell_that_it_is_of_an_older_build(server: RunningServer) -> None:
    page = server.request("GET", "/", headers=PAGE).body.decode()

    build = server.request("GET", "/app/build.json").json()["build"]

    assert f'name="crossdock-build" content="{build}"' in page


def test_the_first_load_is_within_its_budget(server: RunningServer) -> None:
    page = server.request("GET", "/", headers=PAGE).body.decode()
    scripts = set(re.findall(r'"(/app/files/[^"]+\.js)"', page))

    sizes = [len(gzip.compress(server.request("GET", path).body, 9)) for path in scripts]

    assert scripts
    assert sum(sizes) < 250_000
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]+)"', page))


def test_who_is_signed_in_to_the_app_may_open_the_sandbox(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("not_a_demo")
    with running_server(folder, "--sandbox", command="serve") as server:
        signed_in = server.request("POST", "/api/v1/session", json={"token": ADMIN_TOKEN})
        cookie = {"cookie": signed_in.headers["set-cookie"].partition(";")[0]}
        stranger = {"cookie": "crossdock_x=y"}
        statuses = [
            server.request(method, path, headers=headers).status
            for method, path, headers in (
                ("GET", "/sandbox/ripe/", stranger),
                ("GET", "/sandbox/ripe/", cookie),
                ("GET", "/sandbox/ramen/api/users", cookie),
                ("POST", "/sandbox/ripe/api/clear", {**cookie, "sec-fetch-site": "cross-site"}),
                ("POST", "/sandbox/ripe/api/clear", {**cookie, "sec-fetch-site": "same-origin"}),
            )
        ]

    assert statuses == [401, 200, 200, 403, 200]
