"""Every route is for some roles and not for others, also those that are written tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from crossdock.control.permissions import is_recorded, needed_role
from tests.control.visiting import Visitor

Api = Any
"""`conftest.Api`, which tests cannot import."""

OPEN = {("POST", "/session"), ("POST", "/password")}
OWNERS_ONLY = ("/people", "/tokens")
EDITORS_SEE = ("/audit", "/audit-events")
ENGAGE = ("/audiences", "/computed-traits")
ONES_OWN = ("/session", "/password")


def operations(api: Api) -> Iterator[tuple[str, str, Any]]:
    """Every operation of the API."""
    for path, methods in api.request("GET", "/openapi.json")[1]["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def expected(role: str, method: str, path: str) -> bool:
    """Return whether the role may do this, said a second time and in other words."""
    if role == "owner" or path.startswith(ONES_OWN):
        return True
    if path.startswith(OWNERS_ONLY):
        return False
    if role == "editor":
        return True
    if path.endswith(("/preview", "/convert")) and path.startswith(ENGAGE):
        return True
    return method == "GET" and path not in EDITORS_SEE


@pytest.mark.parametrize("role", ["owner", "editor", "viewer"])
def test_each_role_may_do_what_it_should_and_no_more(api: Api, role: str) -> None:
    value = api.ok("POST", "/tokens", {"name": role, "role": role})["value"]
    authorization = f"Bearer {value}"
    found = list(operations(api))

    # A stream of events never ends; that it is let in is known by its role alone.
    endless = {path for _, path, operation in found if "text/event-stream" in str(operation)}
    for method, path, _ in found:
        if (method, path) in OPEN or path in endless or path.endswith("/tail"):
            continue
        real = re.sub(r"\{[^}]*\}", "unknown", path)
        body: dict[str, str] | None = (
            {} if method != "GET" and not path.startswith("/workspace") else None
        )
        status, _, _ = api.request(method, real, body, authorization=authorization)

        assert (status != 403) == expected(role, method, path), (method, path, status)
        assert status != 401, (method, path)

    assert len(found) > 40


def test_nobody_may_do_anything_but_sign_in(api: Api) -> None:
    visitor = Visitor(api.url)

    for method, path, _ in operations(api):
        real = re.sub(r"\{[^}]*\}", "unknown", path)
        status = visitor.status(method, real, {} if method != "GET" else None)

        assert status == (400 if (method, path) in OPEN else 401), (method, path)


def test_what_is_written_tomorrow_is_for_editors_to_change_and_for_viewers_to_see() -> None:
    assert needed_role("GET", "/tomorrow") == "viewer"
    assert needed_role("POST", "/tomorrow/1") == "editor"
    assert needed_role("BREW", "/tomorrow") == "editor"


def test_the_audit_log_knows_of_changes_and_not_of_questions() -> None:
    assert is_recorded("POST", "/destinations/d/pause")
    assert not is_recorded("POST", "/sql")
    assert not is_recorded("POST", "/audiences/preview")


def test_every_operation_has_a_name_of_its_own_and_says_whom_it_is_for(api: Api) -> None:
    found = list(operations(api))

    names = [operation["operationId"] for _, _, operation in found]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z][A-Za-z]+", name) for name in names)
    for method, path, operation in found:
        if (method, path) in OPEN:
            assert operation["security"] == []
        else:
            assert operation["x-role"] == needed_role(method, path)
        assert "422" not in operation["responses"]
        assert {"400", "401", "403", "404", "412", "429"} <= set(operation["responses"])
