"""Owners say who may sign in, and nobody locks out the last of them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.control.visiting import PASSWORD, Visitor

TOKEN = "the-admins-token"  # noqa: S105 - of `conftest`.
DAY_SECONDS = 86_400.0

Api = Any
"""`conftest.Api`, which tests cannot import."""


def person(api: Api, role: str = "editor", email: str = "ada@example.com") -> tuple[Visitor, Any]:
    """Invite somebody, who sets a password and signs in."""
    invited = api.ok("POST", "/people", {"email": email, "name": "Ada", "role": role})
    visitor = Visitor(api.url)
    visitor.ok("POST", "/password", {"link_token": invited["link"]["token"], "password": PASSWORD})
    visitor.sign_in(email=email, password=PASSWORD)
    return visitor, invited["person"]


def test_who_is_invited_sets_a_password_and_signs_in(api: Api) -> None:
    invited = api.ok("POST", "/people", {"email": " Ada@Example.com ", "role": "editor"})
    ada = Visitor(api.url)

    ada.ok("POST", "/password", {"linkToken": invited["link"]["token"], "password": PASSWORD})
    session = ada.sign_in(email="ADA@example.com", password=PASSWORD)

    assert invited["link"]["url"] == f"{api.url}/set-password#{invited['link']['token']}"
    assert invited["link"]["expiresAt"] == "2030-01-08T12:00:00Z"
    assert session["via"] == "password"
    assert session["role"] == "editor"
    assert session["person"] == {
        "id": invited["person"]["id"],
        "name": "ada",
        "email": "ada@example.com",
        "role": "editor",
    }
    listed = api.ok("GET", "/people")["people"][0]
    assert (listed["hasPassword"], listed["linkExpiresAt"]) == (True, None)
    assert listed["signedInAt"] == "2030-01-01T12:00:00Z"


def test_a_link_sets_one_password_once(api: Api) -> None:
    link = api.ok("POST", "/people", {"email": "ada@example.com"})["link"]["token"]
    ada = Visitor(api.url)
    ada.ok("POST", "/password", {"linkToken": link, "password": PASSWORD})

    error = ada.refused(400, "POST", "/password", {"linkToken": link, "password": "another one!"})

    assert error["type"] == "void_link"
    assert "Ask an owner" in error["data"]["do"]


def test_a_link_is_void_after_seven_days_or_when_there_is_another(api: Api) -> None:
    invited = api.ok("POST", "/people", {"email": "ada@example.com"})
    path = f"/people/{invited['person']['id']}"
    second = api.ok("POST", f"{path}/password-link")["link"]["token"]
    ada = Visitor(api.url)

    first = {"linkToken": invited["link"]["token"], "password": PASSWORD}
    ada.refused(400, "POST", "/password", first)
    api.clock.advance(7 * DAY_SECONDS)
    ada.refused(400, "POST", "/password", {"linkToken": second, "password": PASSWORD})

    assert api.ok("GET", path)["person"]["linkExpiresAt"] is None


@pytest.mark.parametrize("password", ["short", "x" * 501, "ada@example.com", "aaaaaaaaaaaa"])
def test_a_password_that_somebody_would_try_is_refused(api: Api, password: str) -> None:
    link = api.ok("POST", "/people", {"email": "ada@example.com"})["link"]["token"]

    error = Visitor(api.url).refused(
        400, "POST", "/password", {"linkToken": link, "password": password}
    )

    assert (error["type"], error["field"]) == ("unusable_password", "password")
    assert password not in error["message"]


def test_a_wrong_password_and_nobody_are_answered_alike(api: Api) -> None:
    person(api)
    visitor = Visitor(api.url)

    wrong = visitor.refused(
        401, "POST", "/session", {"email": "ada@example.com", "password": "wrong"}
    )
    nobody = visitor.refused(
        401, "POST", "/session", {"email": "bob@example.com", "password": "wrong"}
    )

    assert wrong == nobody


def test_many_wrong_passwords_have_to_wait_even_for_the_right_one(api: Api) -> None:
    person(api)
    visitor = Visitor(api.url)
    right = {"email": "ada@example.com", "password": PASSWORD}
    for _ in range(10):
        visitor.refused(401, "POST", "/session", {**right, "password": "wrong"})

    status, _, headers = visitor.request("POST", "/session", right)
    api.clock.advance(float(headers["retry-after"]))

    assert status == 429
    assert visitor.status("POST", "/session", right) == 200


def test_a_new_password_ends_the_other_sessions(api: Api) -> None:
    ada, _ = person(api)
    elsewhere = Visitor(api.url)
    elsewhere.sign_in(email="ada@example.com", password=PASSWORD)
    body = {"currentPassword": PASSWORD, "password": "another long one"}

    refused = ada.refused(403, "POST", "/password", {**body, "currentPassword": "wrong"})
    ada.ok("POST", "/password", body)

    assert refused["type"] == "wrong_password"
    assert ada.status("GET", "/session") == 200
    assert elsewhere.status("GET", "/session") == 401
    assert Visitor(api.url).sign_in(email="ada@example.com", password="another long one")  # noqa: S106 - of a test.


def test_a_new_role_ends_the_sessions_of_the_old_one(api: Api) -> None:
    ada, found = person(api)

    api.ok("PATCH", f"/people/{found['id']}", {"role": "viewer"})

    assert ada.status("GET", "/session") == 401
    assert ada.sign_in(email="ada@example.com", password=PASSWORD)["role"] == "viewer"


def test_who_is_removed_is_out_at_once(api: Api) -> None:
    ada, found = person(api)

    api.ok("DELETE", f"/people/{found['id']}")

    assert ada.status("GET", "/session") == 401
    assert api.ok("GET", "/people")["people"] == []


def test_the_last_owner_who_can_sign_in_stays(api: Api) -> None:
    _, ada = person(api, "owner")
    api.ok("POST", "/people", {"email": "bob@example.com", "role": "owner"})
    path = f"/people/{ada['id']}"

    demoted = api.refused("PATCH", path, {"role": "editor"})
    removed = api.refused("DELETE", path)
    person(api, "owner", "cid@example.com")

    assert demoted["type"] == removed["type"] == "last_owner"
    assert "set a password" in demoted["data"]["do"]
    assert api.ok("DELETE", path)


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        ({"email": "ada"}, "unusable_email"),
        ({"email": "a b@example.com"}, "unusable_email"),
        ({"email": "taken@example.com"}, "email_taken"),
        ({"email": "ada@example.com", "name": "x" * 101}, "unusable_name"),
        ({"email": "ada@example.com", "role": "king"}, "invalid_request"),
    ],
)
def test_who_cannot_be_invited_is_told_why(api: Api, body: dict[str, str], type_: str) -> None:
    api.ok("POST", "/people", {"email": "Taken@example.com"})

    assert api.refused("POST", "/people", body)["type"] == type_


def test_nothing_that_opens_is_in_the_database(api: Api, tmp_path: Any) -> None:
    link = api.ok("POST", "/people", {"email": "bob@example.com"})["link"]["token"]
    person(api)
    value = api.ok("POST", "/tokens", {"name": "CI"})["value"]

    api.store.close()

    for file in tmp_path.glob("workspace.db*"):
        content = file.read_bytes()
        assert all(text.encode() not in content for text in (PASSWORD, link, value, TOKEN))


def test_a_token_opens_what_its_role_may(api: Api) -> None:
    made = api.ok("POST", "/tokens", {"name": "CI", "role": "viewer"})
    authorization = f"Bearer {made['value']}"

    looked = api.request("GET", "/sources", authorization=authorization)[0]
    changed, answer, _ = api.request(
        "POST", "/sources", {"slug": "shop"}, authorization=authorization
    )

    assert re.fullmatch("cdk_[A-Za-z0-9_-]{43}", made["value"])
    assert made["value"].endswith(made["token"]["ending"])
    assert (looked, changed) == (200, 403)
    assert answer["errors"][0]["message"].startswith("This needs the role editor, and yours is")
    assert made["value"] not in str(api.ok("GET", "/tokens"))


def test_a_token_tells_the_minute_it_was_used(api: Api) -> None:
    made = api.ok("POST", "/tokens", {"name": "CI"})
    api.clock.advance(90.0)

    api.request("GET", "/sources", authorization=f"Bearer {made['value']}")

    token = api.ok("GET", "/tokens")["tokens"][0]
    assert token["usedAt"] == "2030-01-01T12:01:00Z"
    assert token["createdBy"] == "admin token"


@pytest.mark.parametrize("end", ["expire", "revoke"])
def test_a_token_that_has_ended_opens_nothing(api: Api, end: str) -> None:
    made = api.ok("POST", "/tokens", {"name": "CI", "expiresAt": "2030-01-02T12:00:00Z"})

    if end == "expire":
        api.clock.advance(DAY_SECONDS)
    else:
        api.ok("DELETE", f"/tokens/{made['token']['id']}")

    assert api.request("GET", "/sources", authorization=f"Bearer {made['value']}")[0] == 401


def test_a_token_cannot_expire_beyond_the_calendar(api: Api) -> None:
    body = {"name": "CI", "expiresAt": "9999-12-31T23:59:59-05:00"}

    error = api.refused("POST", "/tokens", body)

    assert (error["type"], error["field"]) == ("unusable_expiry", "expiresAt")


def test_who_is_signed_in_can_look_while_nothing_can_be_written(api: Api) -> None:
    """A full disk is when somebody wants to see what is wrong."""
    visitor = Visitor(api.url)
    visitor.sign_in(token=TOKEN)
    value = api.ok("POST", "/tokens", {"name": "CI"})["value"]
    with api.store.transactions.writing() as database:
        for table in ("sessions", "api_tokens"):
            database.exec_driver_sql(
                f"CREATE TRIGGER full_{table} BEFORE UPDATE ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
    api.clock.advance(3600.0)

    assert visitor.status("GET", "/sources") == 200
    assert api.request("GET", "/sources", authorization=f"Bearer {value}")[0] == 200


def test_a_token_cannot_expire_in_the_past(api: Api) -> None:
    error = api.refused("POST", "/tokens", {"name": "CI", "expiresAt": "2029-12-31T00:00:00Z"})

    assert (error["type"], error["field"]) == ("unusable_expiry", "expiresAt")
