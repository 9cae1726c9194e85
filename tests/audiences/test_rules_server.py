"""What an audience may be called, and what it may refer to; told by a running server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.running import ADMIN_TOKEN, RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("rules"), command="serve") as running:
        yield running


def asked(server: RunningServer, method: str, path: str, body: object = None) -> tuple[int, str]:
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    answer = server.request(method, f"/api/v1{path}", json=body, headers=headers)
    return answer.status, answer.body.decode()


def body(name: str, query: str = "event('Order Completed').count() >= 1") -> dict[str, Any]:
    return {"name": name, "definition": {"query": query}}


def created(server: RunningServer, name: str, **more: str) -> dict[str, Any]:
    made: dict[str, Any] = server.api("POST", "/audiences", body(name, **more))["computation"]
    return made


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Bought Shoes Last 30 Days", "bought_shoes_last_30_days"),
        ("VIP -- (really)", "vip_really"),
    ],
)
def test_a_key_is_the_name_in_snake_case(server: RunningServer, name: str, key: str) -> None:
    assert created(server, name)["key"] == key


def test_a_key_stays_when_the_name_changes_and_is_never_given_again(server: RunningServer) -> None:
    path = f"/audiences/{created(server, 'First Name')['id']}"

    renamed = server.api("PATCH", path, {"name": "Second Name"})["computation"]
    server.api("DELETE", path)
    status, answer = asked(server, "POST", "/audiences", body("First Name"))

    assert renamed["key"] == "first_name"
    assert status >= 400
    assert "key_taken" in answer


def test_a_circle_is_refused_with_the_way_around_it(server: RunningServer) -> None:
    first = created(server, "Ring A")
    created(server, "Ring B", query="trait('ring_a') = true")
    created(server, "Ring C", query="trait('ring_b') = true")

    status, answer = asked(
        server,
        "PATCH",
        f"/audiences/{first['id']}",
        {"definition": {"query": "trait('ring_c') = true"}},
    )

    assert status >= 400
    assert "ring_a → ring_c → ring_b → ring_a" in answer


def test_what_another_reads_is_not_deleted(server: RunningServer) -> None:
    read = created(server, "Read One")
    created(server, "Reader", query="trait('read_one') = true")

    status, answer = asked(server, "DELETE", f"/audiences/{read['id']}")

    assert status >= 400
    assert "computation_in_use" in answer


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        pytest.param("GET", "/audiences/aud_none", None, 404, id="no such audience"),
        pytest.param("POST", "/audiences/aud_none/recompute", None, 404, id="none to compute"),
        pytest.param("GET", "/profiles/user_id:nobody/audiences", None, 404, id="nobody"),
        pytest.param("GET", "/accounts/none/audiences", None, 404, id="no account"),
        pytest.param("POST", "/audiences", body("Odd", "event('x'"), 400, id="half a definition"),
        pytest.param("POST", "/audiences", body(""), 400, id="no name"),
    ],
)
def test_what_cannot_be_done_says_so(
    server: RunningServer, method: str, path: str, sent: object, status: int
) -> None:
    found, answer = asked(server, method, path, sent)

    assert (found, '"errors"' in answer) == (status, True), answer
