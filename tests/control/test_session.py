"""People sign in once, and a page of somebody else gains nothing from it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.visiting import Visitor

TOKEN = "the-admins-token"  # noqa: S105 - of `conftest`.
DAY_SECONDS = 86_400.0

Api = Any
"""`conftest.Api`, which tests cannot import."""


@pytest.fixture
def visitor(api: Api) -> Visitor:
    return Visitor(api.url)


def test_the_admin_token_signs_in_as_an_owner(visitor: Visitor) -> None:
    session = visitor.sign_in(token=TOKEN)

    assert session == {
        "person": None,
        "role": "owner",
        "via": "admin-token",
        "csrfToken": visitor.csrf_token,
    }
    assert visitor.ok("GET", "/session")["session"] == session
    assert visitor.ok("POST", "/sources", {"slug": "shop"})["source"]["slug"] == "shop"


def test_the_cookie_is_for_this_server_and_no_script(visitor: Visitor) -> None:
    visitor.sign_in(token=TOKEN)

    attributes = {part.strip().lower() for part in visitor.set_cookie.split(";")[1:]}
    assert attributes == {"httponly", "samesite=lax", "path=/", f"max-age={90 * 86_400}"}
    assert len(visitor.cookie.partition("=")[2]) >= 43


def test_over_https_the_cookie_is_secure_and_this_hosts_alone(visitor: Visitor) -> None:
    visitor.ok("POST", "/session", {"token": TOKEN}, x_forwarded_proto="https")

    assert visitor.cookie.startswith("__Host-crossdock_")
    assert "; Secure" in visitor.set_cookie
    assert visitor.status("GET", "/session", x_forwarded_proto="https") == 200
    assert visitor.status("GET", "/session") == 401


def test_the_database_does_not_know_the_cookie(api: Api, visitor: Visitor, tmp_path: Any) -> None:
    visitor.sign_in(token=TOKEN)

    api.store.close()

    secret = visitor.cookie.partition("=")[2].encode()
    assert all(secret not in file.read_bytes() for file in tmp_path.glob("workspace.db*"))


def test_a_wrong_token_signs_nobody_in(visitor: Visitor) -> None:
    error = visitor.refused(401, "POST", "/session", {"token": "wrong"})

    assert error["type"] == "sign_in_refused"
    assert "data directory" in error["data"]["do"]
    assert visitor.status("GET", "/session") == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "a@b.example"}, {"password": "x"}, {"token": "x", "email": "a@b.example"}],
)
def test_half_of_what_signs_in_is_told(visitor: Visitor, body: dict[str, str]) -> None:
    error = visitor.refused(400, "POST", "/session", body)

    assert "an e-mail and a password" in error["message"]


def test_who_signs_out_is_out_also_with_the_old_cookie(visitor: Visitor) -> None:
    visitor.sign_in(token=TOKEN)
    cookie = visitor.cookie

    visitor.ok("DELETE", "/session")

    assert visitor.cookie.endswith('=""')
    assert visitor.status("GET", "/session", cookie=cookie) == 401


def test_a_session_that_is_used_lasts_ninety_days(api: Api, visitor: Visitor) -> None:
    visitor.sign_in(token=TOKEN)

    for _ in range(8):
        api.clock.advance(11 * DAY_SECONDS)
        assert visitor.status("GET", "/session") == 200

    api.clock.advance(2 * DAY_SECONDS)
    assert visitor.status("GET", "/session") == 401


def test_a_session_that_is_not_used_ends_after_two_weeks(api: Api, visitor: Visitor) -> None:
    visitor.sign_in(token=TOKEN)

    api.clock.advance(14 * DAY_SECONDS)

    assert visitor.status("GET", "/session") == 401


def test_a_change_with_the_cookie_shows_the_csrf_token(api: Api, visitor: Visitor) -> None:
    visitor.sign_in(token=TOKEN)
    other = Visitor(api.url)
    other.sign_in(token=TOKEN)

    for token in ("", "wrong", other.csrf_token):
        error = visitor.refused(403, "POST", "/sources", {"slug": "shop"}, x_csrf_token=token)
        assert error["type"] == "csrf_token"
        assert "X-CSRF-Token" in error["data"]["do"]

    assert visitor.status("GET", "/sources", x_csrf_token="") == 200
    assert api.store.load().sources == ()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "https://evil.example"},
    ],
)
def test_a_page_of_another_address_changes_nothing(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    visitor.sign_in(token=TOKEN)

    error = visitor.refused(403, "POST", "/sources", {"slug": "shop"}, **headers)

    assert error["type"] == "other_origin"


def test_a_page_of_another_address_signs_nobody_in(visitor: Visitor) -> None:
    error = visitor.refused(403, "POST", "/session", {"token": TOKEN}, sec_fetch_site="cross-site")

    assert error["type"] == "other_origin"


def test_who_signed_in_again_on_one_page_can_do_so_on_another(visitor: Visitor) -> None:
    """Two pages ask for the password again; the second has the cookie of the first by then."""
    visitor.sign_in(token=TOKEN)
    old_csrf_token = visitor.csrf_token
    visitor.ok("DELETE", "/session")
    visitor.sign_in(token=TOKEN)

    visitor.ok("POST", "/session", {"token": TOKEN}, x_csrf_token="")
    visitor.ok("POST", "/session", {"token": TOKEN}, x_csrf_token=old_csrf_token)

    error = visitor.refused(403, "POST", "/session", {"token": TOKEN}, sec_fetch_site="same-site")
    assert error["type"] == "other_origin"


def test_a_bearer_token_needs_no_csrf_token(api: Api) -> None:
    status, _, _ = api.request("POST", "/sources", {"slug": "shop"}, origin="https://x.example")

    assert status == 200


def test_many_wrong_tokens_have_to_wait_and_the_right_one_does_not(visitor: Visitor) -> None:
    for _ in range(10):
        visitor.refused(401, "POST", "/session", {"token": "wrong"})

    status, answer, headers = visitor.request("POST", "/session", {"token": "wrong"})

    assert (status, answer["errors"][0]["type"]) == (429, "too_many_tries")
    assert 0 < int(headers["retry-after"]) <= 60
    assert visitor.status("POST", "/session", {"token": TOKEN}) == 200


def test_what_nobody_sent_yet_is_bounded(visitor: Visitor) -> None:
    error = visitor.refused(413, "POST", "/session", {"token": "x" * 20_000})

    assert "16384" in error["message"]
