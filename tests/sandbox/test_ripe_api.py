"""The Ripe sandbox takes what Ripe documents, refuses a wrong key, and keeps it over a restart."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEY = "demo-ripe-key"


def key_header(api_key: str = KEY) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(api_key.encode()).decode()}"}


@pytest.mark.parametrize("endpoint", ["/sandbox/ripe/event", "/sandbox/ripe"])
@pytest.mark.parametrize(
    ("call", "body", "event_type"),
    [
        pytest.param("identify", {"traits": {"plan": "Pro"}}, "identify", id="R7 identify"),
        pytest.param("track", {"event": "Bought", "name": "Bought"}, "track", id="R8 track"),
        pytest.param("group", {"groupId": "g1"}, "group", id="R9 group"),
        pytest.param("page", {"properties": {"path": "/"}}, "pageview", id="R10 page"),
    ],
)
async def test_a_server_sends_each_call_to_either_endpoint(
    vendors: Any, endpoint: str, call: str, body: dict[str, object], event_type: str
) -> None:
    sent = {"anonymousId": "a1", "userId": None, "messageId": "m1", **body}

    status, _ = await vendors.call("POST", f"{endpoint}/{call}", sent, headers=key_header())

    events = await vendors.read("/sandbox/ripe/api/events")
    assert status == 200
    assert [(e["type"], e["mode"], e["messageId"]) for e in events] == [(event_type, "cloud", "m1")]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no key"),
        pytest.param(key_header("nobody"), id="a key that nobody has"),
        pytest.param(key_header(f"{KEY}:"), id="a colon after the key"),
        pytest.param({"Authorization": "Basic %%"}, id="not base64"),
        pytest.param({"Authorization": "Basic \xff"}, id="not even ASCII"),
    ],
)
async def test_a_wrong_key_is_refused_with_401(vendors: Any, headers: dict[str, str]) -> None:
    status, body = await vendors.call(
        "POST", "/sandbox/ripe/event/track", {"anonymousId": "a", "event": "E"}, headers=headers
    )
    checked, _ = await vendors.call("GET", "/sandbox/ripe/event/auth/sdk", headers=headers)

    assert (status, body["reason"], checked) == (401, "wrong_api_key", 401)
    assert await vendors.read("/sandbox/ripe/api/events") == []


async def test_the_test_of_the_key_answers_200(vendors: Any) -> None:
    status, _ = await vendors.call("GET", "/sandbox/ripe/event/auth/sdk", headers=key_header())

    assert status == 200


async def test_each_company_belongs_to_one_group_id_and_its_traits_are_merged(
    vendors: Any,
) -> None:
    for traits in ({"name": "Initech", "plan": "Free"}, {"plan": "Pro"}):
        body = {"anonymousId": "a1", "userId": "u1", "groupId": "g1", "traits": traits}
        await vendors.call("POST", "/sandbox/ripe/event/group", body, headers=key_header())

    companies = await vendors.read("/sandbox/ripe/api/companies")

    assert [(c["id"], c["traits"], c["memberIds"]) for c in companies] == [
        ("g1", {"name": "Initech", "plan": "Pro"}, ["user:u1"])
    ]


async def test_an_anonymous_visitor_who_is_identified_becomes_that_person(vendors: Any) -> None:
    for body in ({"anonymousId": "a1"}, {"anonymousId": "a1", "userId": "u1"}):
        await vendors.call("POST", "/sandbox/ripe/event/identify", body, headers=key_header())

    people = await vendors.read("/sandbox/ripe/api/people")

    assert [(p["userId"], p["anonymousIds"], p["events"]) for p in people] == [("u1", ["a1"], 2)]


@pytest.mark.parametrize(
    ("call", "body", "status", "reason"),
    [
        pytest.param("track", {"event": "E"}, 400, "missing_anonymousId", id="nobody"),
        pytest.param("track", {"anonymousId": "a"}, 400, "missing_event", id="no event name"),
        pytest.param("group", {"anonymousId": "a"}, 400, "missing_groupId", id="no group id"),
        pytest.param("screen", {"anonymousId": "a"}, 404, "unknown_call", id="no such call"),
        pytest.param("track", ["not", "an", "object"], 400, "not_json", id="a list"),
        pytest.param(
            "track", {"anonymousId": "a", "event": "x" * 70_000}, 413, "too_large", id="too large"
        ),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_a_reason(
    vendors: Any, call: str, body: object, status: int, reason: str
) -> None:
    answer = await vendors.call("POST", f"/sandbox/ripe/event/{call}", body, headers=key_header())

    assert (answer[0], answer[1]["reason"]) == (status, reason)
    assert answer[1]["do"]


async def test_a_restart_keeps_everything(
    start_vendors: Callable[..., AbstractAsyncContextManager[Any]],
) -> None:
    async with start_vendors() as before:
        await before.call(
            "POST",
            "/sandbox/ripe/event/identify",
            {"anonymousId": "a", "userId": "u"},
            headers=key_header(),
        )

    async with start_vendors() as after:
        people = await after.read("/sandbox/ripe/api/people")

    assert [person["userId"] for person in people] == ["u"]


async def test_workspaces_are_kept_apart(vendors: Any) -> None:
    _, other = await vendors.call("POST", "/sandbox/ripe/api/workspaces", {"name": "Other"})
    body = {"anonymousId": "a", "event": "E"}

    await vendors.call(
        "POST", "/sandbox/ripe/event/track", body, headers=key_header(other["apiKey"])
    )

    assert await vendors.read("/sandbox/ripe/api/events") == []
    assert len(await vendors.read(f"/sandbox/ripe/api/events?apiKey={other['apiKey']}")) == 1


async def test_clearing_forgets_the_workspace(vendors: Any) -> None:
    body = {"anonymousId": "a", "groupId": "g"}
    await vendors.call("POST", "/sandbox/ripe/event/group", body, headers=key_header())

    await vendors.call("POST", "/sandbox/ripe/api/clear")

    for name in ("people", "companies", "events"):
        assert await vendors.read(f"/sandbox/ripe/api/{name}") == []


async def test_whoever_watches_hears_of_an_event_at_once(vendors: Any) -> None:
    async with vendors.http.get(f"{vendors.url}/sandbox/ripe/api/stream") as stream:
        await stream.content.readuntil(b"\n\n")
        await vendors.call(
            "POST",
            "/sandbox/ripe/event/track",
            {"anonymousId": "a", "event": "Bought"},
            headers=key_header(),
        )

        news = await stream.content.readuntil(b"\n\n")

    assert news.startswith(b"event: event\n")
    assert b'"Bought"' in news


async def test_the_workspace_is_the_owners_when_there_is_a_token(
    start_vendors: Callable[..., AbstractAsyncContextManager[Any]],
) -> None:
    async with start_vendors(owner_token="secret") as guarded:  # noqa: S106 - of this test.
        stranger, _ = await guarded.call("GET", "/sandbox/ripe/api/people")
        owner, _ = await guarded.call(
            "GET", "/sandbox/ripe/api/people", headers={"Authorization": "Bearer secret"}
        )
        by_password, _ = await guarded.call(
            "GET",
            "/sandbox/ramen/api/users",
            headers={"Authorization": f"Basic {base64.b64encode(b'me:secret').decode()}"},
        )
        signed_in, _ = await guarded.call(
            "GET", "/sandbox/ripe/api/people", headers={"Cookie": "signed=in"}
        )
        visitor, _ = await guarded.call(
            "POST", "/sandbox/ripe/capture/track", {"apiKey": KEY, "anonymousId": "a", "event": "E"}
        )

    assert (stranger, owner, by_password, signed_in, visitor) == (401, 200, 200, 200, 200)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="over https"),
        # Over plain http browsers do not say which site it is.
        pytest.param({"Origin": "http://elsewhere.example"}, id="over http"),
        pytest.param({"Origin": "null"}, id="a page in a frame that nobody trusts"),
    ],
)
async def test_another_site_cannot_clear_a_workspace(vendors: Any, headers: dict[str, str]) -> None:
    status, body = await vendors.call("POST", "/sandbox/ripe/api/clear", headers=headers)

    assert (status, body["reason"]) == (403, "another_site")


async def test_its_own_page_can_clear_a_workspace_over_http(vendors: Any) -> None:
    by_name = {"Origin": vendors.url}
    through_a_proxy = {"Origin": "http://tools.example", "X-Forwarded-Host": "tools.example"}

    for headers in (by_name, through_a_proxy):
        status, _ = await vendors.call("POST", "/sandbox/ripe/api/clear", headers=headers)
        assert status == 200


async def test_it_works_below_any_path(
    start_vendors: Callable[..., AbstractAsyncContextManager[Any]],
) -> None:
    async with start_vendors(prefix="/tools/cdp") as prefixed:
        for path in ("/sandbox/ripe", "/sandbox/ramen", "/demo"):
            async with prefixed.http.get(f"{prefixed.url}{path}") as response:
                assert (response.status, response.url.path) == (200, f"/tools/cdp{path}/")
        async with prefixed.http.get(f"{prefixed.url}/sandbox/look.css") as response:
            assert response.content_type == "text/css"
