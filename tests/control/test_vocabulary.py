"""Who writes a definition is told the names there are; and in which audiences somebody is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.running import ADMIN_TOKEN, RunningServer, eventually, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("vocabulary"), command="serve") as running:
        (source,) = running.api("GET", "/sources")["sources"]
        batch = [
            {"type": "page", "userId": "ada", "name": "Home", "properties": {"path": "/"}},
            {"type": "identify", "userId": "ada", "traits": {"plan": "Pro", "a.b": {"c": 1}}},
            {"type": "group", "userId": "ada", "groupId": "acme", "traits": {"seats": 3}},
            {
                "type": "track",
                "userId": "ada",
                "event": "Order Completed",
                "properties": {"total": 12.5, "shipping": {"city": "Bern"}},
            },
            {"type": "track", "userId": "ben", "event": "Order Completed"},
        ]
        body = {"batch": batch, "writeKey": source["writeKeys"][0]}
        assert running.request("POST", "/v1/batch", json=body).status == 200
        eventually(lambda: is_known(running, "ben"))
        yield running


def is_known(server: RunningServer, user_id: str) -> bool:
    """Return whether the history has read so far; it opens a moment after the server is ready."""
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    path = f"/api/v1/profiles/user_id:{user_id}"
    return server.request("GET", path, headers=headers).status == 200


def make(server: RunningServer, path: str, name: str, query: str, kind: str = "USERS") -> Any:
    body = {"name": name, "definition": {"query": query, "type": kind}}
    made = server.api("POST", path, body)["computation"]
    return eventually(
        lambda: next(
            (
                one
                for one in server.api("GET", path)["computations"]
                if one["id"] == made["id"] and one["state"] == "live"
            ),
            None,
        )
    )


def test_the_vocabulary_has_what_events_brought_as_definitions_write_it(
    server: RunningServer,
) -> None:
    found = server.api("GET", "/vocabulary")

    by_name = {one["name"]: one for one in found["events"]}
    assert found["events"][0]["name"] == "Order Completed"
    assert by_name["Order Completed"]["count"] == 2
    assert by_name["Order Completed"]["properties"] == [
        {"path": "shipping.city", "kind": "text"},
        {"path": "total", "kind": "number"},
    ]
    assert {one["path"] for one in by_name["Page Viewed"]["properties"]} == {"page_name", "path"}
    assert {one["path"] for one in found["traits"]} == {"a\\.b.c", "plan"}
    assert [one["path"] for one in found["accountTraits"]] == ["seats"]


def test_a_profile_says_in_which_audiences_it_is_and_what_was_computed(
    server: RunningServer,
) -> None:
    make(server, "/audiences", "Pros", "trait('plan') = 'Pro'")
    make(server, "/computed-traits", "Spent", "event('Order Completed').sum(property('total'))")
    make(server, "/audiences", "Big", "trait('seats') >= 3", "ACCOUNTS")

    def known_of(path: str) -> Any:
        return server.api("GET", f"{path}/memberships")["memberships"]

    # The group call, which is read last of the batch, may still be on its way.
    of_acme = eventually(lambda: known_of("/accounts/acme"))
    of_ada = eventually(lambda: len(found := known_of("/profiles/user_id:ada")) >= 2 and found)

    values = {one["name"]: one["value"] for one in of_ada}
    assert (values["Pros"], values["Spent"]) == (True, 12.5)
    assert [(one["key"], one["kind"]) for one in of_acme] == [("big", "audience")]


def test_people_are_found_by_the_value_of_a_trait(server: RunningServer) -> None:
    found = server.api("GET", "/profiles?q=pro")["profiles"]

    assert [one["traits"]["plan"] for one in found] == ["Pro"]


def test_members_are_found_by_how_an_identifier_begins(server: RunningServer) -> None:
    one = make(server, "/audiences", "Buyers", "event('Order Completed').count() >= 1")

    found = server.api("GET", f"/audiences/{one['id']}/members?q=BE")["members"]

    assert [member["profile"]["identifiers"][0]["value"] for member in found] == ["ben"]
