"""A running server knows who people are: Segment's Profile API, the management API, and SQL."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import ADMIN_TOKEN, COMMAND, RunningServer, eventually, running_server

SPACE = "/profiles/v1/spaces/any/collections"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("profiles"), command="serve") as running:
        key = running.api("GET", "/sources")["sources"][0]["writeKeys"][0]
        for body in (
            {"type": "page", "messageId": "m1", "anonymousId": "b1", "name": "Home"},
            {
                "type": "identify",
                "messageId": "m2",
                "anonymousId": "b1",
                "userId": "ada",
                "traits": {"email": "Ada@Example.com", "plan": "pro"},
            },
            {"type": "group", "messageId": "m3", "userId": "ada", "groupId": "acme"},
            {
                "type": "track",
                "messageId": "m4",
                "userId": "ada",
                "event": "Order Completed",
                "properties": {"total": 12.5},
            },
        ):
            sent = running.request("POST", "/v1/batch", json={"batch": [body], "writeKey": key})
            assert sent.status == 200
        eventually(lambda: profile(running).get("eventCount") == 4)
        yield running


def profile(server: RunningServer) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    answer = server.request("GET", "/api/v1/profiles/user_id:ada", headers=headers)
    return answer.json()["data"]["profile"] if answer.status == 200 else {}


def segment(server: RunningServer, path: str, token: str = ADMIN_TOKEN) -> tuple[int, Any]:
    """Ask as programs ask Segment: the token is the user, and there is no password."""
    credentials = base64.b64encode(f"{token}:".encode()).decode()
    answer = server.request(
        "GET", f"{SPACE}/{path}", headers={"authorization": f"Basic {credentials}"}
    )
    return answer.status, answer.json()


def test_a_profile_tells_who_somebody_is_and_why(server: RunningServer) -> None:
    shown = profile(server)

    assert {(one["type"], one["value"], one["messageId"]) for one in shown["identifiers"]} == {
        ("anonymous_id", "b1", "m1"),
        ("user_id", "ada", "m2"),
        ("email", "ada@example.com", "m2"),
    }
    assert {one["key"]: one["value"] for one in shown["traits"]} == {
        "email": "Ada@Example.com",
        "plan": "pro",
    }
    assert [one["groupId"] for one in shown["groups"]] == ["acme"]
    assert not shown["isAnonymous"]


def test_people_are_found_by_the_beginning_of_an_identifier(server: RunningServer) -> None:
    (found,) = server.api("GET", "/profiles?q=ADA@")["profiles"]
    events = server.api("GET", f"/profiles/{found['id']}/events?limit=1")
    older = server.api("GET", f"/profiles/{found['id']}/events?cursor={events['next']}")

    assert [one["messageId"] for one in events["events"] + older["events"]] == [
        "m4",
        "m3",
        "m2",
        "m1",
    ]
    assert server.api("GET", "/profiles?q=nobody")["profiles"] == []
    assert server.api("GET", "/accounts/acme/members")["profiles"] == [found]


def test_programs_ask_as_they_ask_segment(server: RunningServer) -> None:
    _, traits = segment(server, "users/profiles/user_id:ada/traits?include=plan")
    _, events = segment(server, "users/profiles/email:ada@example.com/events?exclude=Page+Viewed")
    _, ids = segment(server, "users/profiles/anonymous_id:b1/external_ids?include=email")
    _, links = segment(server, "users/profiles/user_id:ada/links")
    _, members = segment(server, "accounts/profiles/group_id:acme/links")
    _, metadata = segment(server, "users/profiles/user_id:ada/metadata")

    assert traits == {
        "traits": {"plan": "pro"},
        "cursor": {
            "url": "/v1/spaces/any/collections/users/profiles/user_id:ada/traits",
            "has_more": False,
            "next": "",
            "limit": 10,
        },
    }
    assert [one["message_id"] for one in events["data"]] == ["m4", "m3", "m2"]
    assert [one["id"] for one in ids["data"]] == ["ada@example.com"]
    assert links["data"][0]["external_ids"][0]["id"] == "acme"
    assert {"user_id", "email"} <= {one["type"] for one in members["data"][0]["external_ids"]}
    assert metadata["metadata"]["first_message_id"] == "m1"


def test_pages_of_traits_lead_to_each_other(server: RunningServer) -> None:
    _, first = segment(server, "users/profiles/user_id:ada/traits?limit=1")
    following = first["cursor"]["next"]
    _, second = segment(server, f"users/profiles/user_id:ada/traits?limit=1&next={following}")

    assert [*first["traits"], *second["traits"]] == ["email", "plan"]
    assert (first["cursor"]["has_more"], second["cursor"]["has_more"]) == (True, False)


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [
        pytest.param("users/profiles/user_id:bob/traits", ADMIN_TOKEN, 404, id="nobody"),
        pytest.param("users/profiles/user_id:ada/traits", "wrong", 401, id="a wrong token"),
        pytest.param("users/profiles/user_id:ada/events?next=x", ADMIN_TOKEN, 400, id="a cursor"),
        pytest.param("planets/profiles/user_id:ada/traits", ADMIN_TOKEN, 400, id="a collection"),
    ],
)
def test_what_cannot_be_answered_says_so(
    server: RunningServer, path: str, token: str, status: int
) -> None:
    assert segment(server, path, token)[0] == status


@pytest.mark.parametrize("name", ["start", "end"])
def test_a_time_that_no_calendar_has_is_refused_as_segment_does(
    server: RunningServer, name: str
) -> None:
    moment = "0001-01-01T00:00:00%2B14:00"

    status, answer = segment(server, f"users/profiles/user_id:ada/events?{name}={moment}")

    assert status == 400
    assert answer["error"]["code"] == "bad_request"
    assert f'"{name}" is not within any calendar.' in answer["error"]["message"]


def test_nothing_else_is_reached_through_the_profile_api(server: RunningServer) -> None:
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}

    assert server.request("GET", "/profiles/v1/sources", headers=headers).status == 404
    assert server.request("GET", "/profiles/v1/spaces/../sources", headers=headers).status == 404


def test_the_command_line_asks_in_sql(server: RunningServer) -> None:
    def asked(*arguments: str) -> str:
        return subprocess.run(
            [COMMAND, "sql", *arguments, "--data-dir", server.data_dir, "--token", ADMIN_TOKEN],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    select = "SELECT user_id, total, event FROM order_completed"

    assert asked(select) == (
        "user_id  total  event\n-------  -----  ---------------\nada      12.5   order_completed\n"
    )
    assert asked(select, "--format", "csv") == "user_id,total,event\nada,12.5,order_completed\n"
    assert asked("SELECT 1 AS one", "--format", "json") == '{"one":1}\n'


def test_a_change_in_sql_is_refused_with_a_reason(server: RunningServer, tmp_path: Path) -> None:
    refused = subprocess.run(
        [COMMAND, "sql", "DROP VIEW events", "--data-dir", server.data_dir, "--token", ADMIN_TOKEN],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert refused.returncode == 1
    assert "not one SELECT" in refused.stderr


def test_a_profile_tells_in_which_audiences_it_is(server: RunningServer) -> None:
    for path, name, query, subject in (
        ("audiences", "Buyers", "event('Order Completed').count() >= 1", "USERS"),
        ("audiences", "Nobody", "event('Order Completed').count() >= 9", "USERS"),
        ("computed-traits", "Spent", "event('Order Completed').sum(property('total'))", "USERS"),
        ("audiences", "Old", "ANY(event('Order Completed').count() >= 1)", "ACCOUNTS"),
    ):
        definition = {"query": query, "type": subject}
        server.api("POST", f"/{path}", {"name": name, "definition": definition})

    def values(path: str) -> dict[str, Any]:
        found = server.api("GET", f"{path}/memberships")["memberships"]
        return {one["key"]: (one["kind"], one["value"]) for one in found}

    assert eventually(
        lambda: len(values("/accounts/acme")) == 1 and values("/profiles/user_id:ada")
    )
    assert values("/profiles/user_id:ada") == {
        "buyers": ("audience", True),
        "spent": ("computed_trait", 12.5),
    }
    assert values("/accounts/acme") == {"old": ("audience", True)}
