"""Who did what is kept, and told to whoever was about to overwrite it."""

from __future__ import annotations

from typing import Any

import pytest

from crossdock.control.access import deed_of
from crossdock.workspace import AuditLog, Deed
from tests.control.visiting import PASSWORD, Visitor

SECRET = "key-of-pigeon-cloud"  # noqa: S105 - of a test.
TOKEN = "the-admins-token"  # noqa: S105 - of `conftest`.

Api = Any
"""`conftest.Api`, which tests cannot import."""


@pytest.fixture
def ada(api: Api) -> Visitor:
    """Somebody who is signed in with a password, as an editor."""
    body = {"email": "ada@example.com", "name": "Ada", "role": "editor"}
    link = api.ok("POST", "/people", body)["link"]["token"]
    visitor = Visitor(api.url)
    visitor.ok("POST", "/password", {"linkToken": link, "password": PASSWORD})
    visitor.sign_in(email="ada@example.com", password=PASSWORD)
    return visitor


def test_a_change_names_the_person_who_made_it(api: Api, ada: Visitor) -> None:
    source = ada.ok("POST", "/sources", {"slug": "shop"})["source"]
    person = api.ok("GET", "/people")["people"][0]

    entry = api.ok("GET", "/audit")["entries"][0]

    assert entry["who"] == {"id": person["id"], "name": "Ada"}
    assert (entry["kind"], entry["change"]) == ("source", "created")
    assert (entry["objectId"], entry["objectName"]) == (source["id"], "shop")
    assert entry["at"] == "2030-01-01T12:00:00Z"
    assert entry["before"] is None
    assert entry["after"]["slug"] == "shop"


def test_a_change_names_the_token_that_made_it(api: Api) -> None:
    made = api.ok("POST", "/tokens", {"name": "CI", "role": "editor"})

    api.request("POST", "/sources", {"slug": "shop"}, authorization=f"Bearer {made['value']}")

    assert api.ok("GET", "/audit")["entries"][0]["who"] == {
        "id": made["token"]["id"],
        "name": "CI",
    }


def test_a_file_that_is_applied_names_who_did(api: Api, ada: Visitor) -> None:
    api.source()
    text = api.request("GET", "/workspace/export")[1].replace("name: shop", "name: Shop")

    status, _, _ = api.request("POST", "/workspace/apply", body=text)

    assert status == 200
    entry = api.ok("GET", "/audit")["entries"][0]
    assert (entry["change"], entry["who"]["name"]) == ("changed", "admin token")
    assert ada.status("GET", "/audit") == 200


def test_the_log_is_asked_by_kind_object_and_who(api: Api, ada: Visitor) -> None:
    source = ada.ok("POST", "/sources", {"slug": "shop"})["source"]["id"]
    ada.ok("PATCH", f"/sources/{source}", {"name": "Shop"})
    api.source("other")

    def changes(query: str) -> list[str]:
        page = api.ok("GET", f"/audit?{query}")
        assert page["pagination"]["totalEntries"] == len(page["entries"])
        return [f"{entry['kind']} {entry['change']}" for entry in page["entries"]]

    assert changes("kind=person") == ["person password set", "person invited"]
    assert changes(f"id={source}") == ["source changed", "source created"]
    assert changes("who=Ada&kind=source") == ["source changed", "source created"]
    assert changes("who=admin token&kind=source") == ["source created"]


def test_the_log_comes_in_pages(api: Api) -> None:
    for number in range(3):
        api.source(f"s{number}")

    first = api.ok("GET", "/audit?pagination[count]=2")
    rest = api.ok("GET", f"/audit?pagination[cursor]={first['pagination']['next']}")

    names = [entry["objectName"] for page in (first, rest) for entry in page["entries"]]
    assert names == ["s2", "s1", "s0"]


def test_what_is_done_to_deliveries_is_told_too(api: Api, ada: Visitor) -> None:
    destination = api.destination(api.source()["id"])["id"]

    ada.ok("POST", f"/destinations/{destination}/pause")
    ada.ok(
        "POST",
        "/destination/filters/preview",
        {"filter": {"if": "a = b", "actions": [{"type": "DROP"}]}, "payload": {}},
    )

    entry = api.ok("GET", "/audit")["entries"][0]
    assert (entry["kind"], entry["change"]) == ("connection", "pause")
    assert entry["objectId"] == destination
    assert entry["objectName"] == f"/destinations/{destination}/pause"
    assert entry["who"]["name"] == "Ada"


def test_who_had_somebody_forgotten_is_told_and_not_who_was(api: Api, ada: Visitor) -> None:
    body = {
        "regulationType": "SUPPRESS_ONLY",
        "subjectType": "USER_ID",
        "subjectIds": ["user-42", "user-43", "user-42"],
    }

    made = ada.ok("POST", "/regulations", body)["regulateId"]

    entry = api.ok("GET", "/audit")["entries"][0]
    assert (entry["kind"], entry["change"], entry["objectId"]) == ("regulation", "created", made)
    assert entry["after"] == {"regulationType": "SUPPRESS_ONLY", "subjects": 2}
    assert entry["who"]["name"] == "Ada"
    assert "user-42" not in str(entry)


def test_sign_ins_are_told_and_what_was_typed_is_not(api: Api, ada: Visitor) -> None:
    Visitor(api.url).status("POST", "/session", {"email": "my password", "password": "typed"})
    Visitor(api.url).status("POST", "/session", {"email": "ada@example.com", "password": "typed"})
    ada.ok("DELETE", "/session")

    entries = api.ok("GET", "/audit?kind=session")["entries"]
    assert [(e["change"], e["objectName"], e["who"]["name"]) for e in entries] == [
        ("signed out", "ada@example.com", "Ada"),
        ("sign-in refused", "ada@example.com", "nobody"),
        ("sign-in refused", "", "nobody"),
        ("signed in", "ada@example.com", "Ada"),
    ]
    assert "my password" not in str(api.ok("GET", "/audit"))


def test_secrets_say_only_that_they_changed(api: Api) -> None:
    destination = api.destination(api.source()["id"], settings={"apiKey": "old"})["id"]
    api.ok("PATCH", f"/destinations/{destination}", {"settings": {"apiKey": SECRET}})
    made = api.ok("POST", "/tokens", {"name": "CI"})
    invited = api.ok("POST", "/people", {"email": "bob@example.com"})

    told = api.ok("GET", "/audit")

    for secret in (SECRET, made["value"], invited["link"]["token"]):
        assert secret not in str(told)
    changed = next(e for e in told["entries"] if e["change"] == "changed")
    assert changed["after"] == {"settings.apiKey": "••• (changed)"}


@pytest.mark.parametrize(
    ("method", "path", "parameters", "kind", "change"),
    [
        (
            "DELETE",
            "/destinations/d/dead-letters/7",
            ("d", "7"),
            "connection",
            "dead letters deleted",
        ),
        ("POST", "/destinations/d/dead-letters/retry", ("d",), "connection", "dead letters retry"),
        ("POST", "/replays", (), "replay", "created"),
        ("PUT", "/settings", (), "setting", "changed"),
    ],
)
def test_what_a_request_did_is_told_by_its_path(
    method: str, path: str, parameters: tuple[str, ...], kind: str, change: str
) -> None:
    deed = deed_of(
        method, path, dict(zip(("destination_id", "letter_id"), parameters, strict=False))
    )

    assert (deed.kind, deed.change, deed.path) == (kind, change, path)


def test_tries_to_sign_in_do_not_push_out_changes(api: Api) -> None:
    log = AuditLog(api.store.transactions, clock=api.clock, events_max=2, session_events_max=3)
    for number in range(3):
        log.write(Deed(kind="source", change="created", path=f"s{number}"), by="Ada")

    for _ in range(5):
        log.write(Deed(kind="session", change="sign-in refused"), by="nobody")

    assert [event.change.path for event in log.events(limit=10)] == ["", "", "", "s2", "s1"]


def test_who_was_slower_is_told_by_whom_and_shown_what_it_is_now(api: Api, ada: Visitor) -> None:
    destination = api.destination(api.source()["id"], settings={"apiKey": SECRET})["id"]
    mappings = f"/destinations/{destination}/subscriptions"
    mapping = f"{mappings}/{api.ok('GET', mappings)['subscriptions'][0]['id']}"

    for path, key in (
        (f"/destinations/{destination}", "destination"),
        (mapping, "subscription"),
    ):
        seen = api.request("GET", path)[2]["etag"]
        ada.ok("PATCH", path, {"name": "Ada's"}, if_match=seen)

        status, answer, _ = api.request("PATCH", path, {"name": "Bob's"}, if_match=seen)

        conflict = answer["errors"][0]["conflict"]
        _, now, headers = api.request("GET", path)
        assert status == 412
        assert (conflict["changedBy"], conflict["changedAt"]) == ("Ada", "2030-01-01T12:00:00Z")
        assert conflict["etag"] == headers["etag"]
        assert conflict["current"] == now["data"][key]
        assert SECRET not in str(answer)
