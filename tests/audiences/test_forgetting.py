"""Somebody who wants to be forgotten is, everywhere; and the balance still holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.running import ADMIN_TOKEN, RunningServer, eventually, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("forgetting"), command="serve") as running:
        yield running


def send(server: RunningServer, message_id: str, **body: object) -> Any:
    key = server.api("GET", "/sources")["sources"][0]["writeKeys"][0]
    message = {"type": "identify", "messageId": message_id, **body}
    return server.request(
        "POST",
        "/v1/batch",
        json={"batch": [message], "writeKey": key},
        headers={"x-crossdock-strict": "true"},
    )


def status_of(server: RunningServer, user_id: str) -> int:
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    return server.request("GET", f"/api/v1/profiles/user_id:{user_id}", headers=headers).status


def regulate(server: RunningServer, kind: str, *user_ids: str) -> str:
    order = {"regulationType": kind, "subjectType": "USER_ID", "subjectIds": [*user_ids]}
    return str(server.api("POST", "/regulations", order)["regulateId"])


def is_finished(server: RunningServer, regulation_id: str) -> bool:
    found = server.api("GET", f"/regulations/{regulation_id}")["regulation"]
    return bool(found["overallStatus"] == "FINISHED")


def count(server: RunningServer, table: str) -> int:
    # The test's own words.
    question = f"SELECT count(*) FROM {table}"  # noqa: S608 - nobody else's.
    answer = server.api("POST", "/sql", {"sql": question})
    return int(answer["rows"][0][0])


def test_a_forgotten_user_leaves_nothing_but_counts_and_may_come_again(
    server: RunningServer,
) -> None:
    send(server, "m1", userId="ada", anonymousId="b1", traits={"name": "Ada"})
    send(server, "m2", userId="bob")
    eventually(lambda: status_of(server, "ada") == 200 and status_of(server, "bob") == 200)

    regulation_id = regulate(server, "DELETE_ONLY", "ada")
    eventually(lambda: is_finished(server, regulation_id), seconds=30)

    assert status_of(server, "ada") == 404
    assert status_of(server, "bob") == 200
    assert count(server, "events WHERE user_id = 'ada' OR anonymous_id = 'b1'") == 0
    assert count(server, "identifiers WHERE value IN ('ada', 'b1')") == 0
    assert server.api("GET", "/ledger?userId=ada")["entries"] == []
    assert server.api("GET", "/balance")["holds"]
    send(server, "m3", userId="ada")
    eventually(lambda: status_of(server, "ada") == 200)


def test_a_suppressed_user_is_refused_at_the_door_also_after_a_restart_until_it_is_lifted(
    server: RunningServer,
) -> None:
    regulate(server, "SUPPRESS_ONLY", "eve")
    refused = send(server, "m4", userId="eve")
    server.stop()
    server.start()
    again = send(server, "m5", userId="eve")
    suppressed = server.api("GET", "/suppressions")["subjectIds"]
    regulate(server, "UNSUPPRESS", "eve")

    assert (refused.status, again.status) == (400, 400)
    assert refused.json()["code"] == "user_suppressed"
    assert suppressed == ["eve"]
    assert send(server, "m6", userId="eve").status == 200
