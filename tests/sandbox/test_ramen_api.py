"""The Ramen sandbox answers as Ramen documents: 404 and 401 with reasons, and what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from crossdock.secure_mode import ramen_secure_mode

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORGANIZATION = {"organization_id": "demo-organization", "visitor_id": "visitor-0001"}
ANA = {"id": "42", "email": "ana@shop.example", "name": "Ana"}


async def identify(
    vendors: Any, user: object, options: object = None, **more: object
) -> tuple[int, dict[str, Any]]:
    body = {**ORGANIZATION, "user": user, "options": options or {}, **more}
    answer: tuple[int, dict[str, Any]] = await vendors.call(
        "POST", "/sandbox/ramen/call/identify", body
    )
    return answer


async def session_of(vendors: Any, user: object) -> dict[str, object]:
    _, body = await identify(vendors, user)
    return {"organization_id": "demo-organization", "session": body["session"]}


async def turn_secure_mode_on(vendors: Any) -> None:
    await vendors.call("PATCH", "/sandbox/ramen/api/organization", {"has_secure_mode": True})


async def test_a_404_means_a_wrong_organization_id(vendors: Any) -> None:
    status, body = await identify(vendors, ANA, organization_id="nobody")

    assert (status, body["reason"]) == (404, "wrong_organization")


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        pytest.param({**ANA, "email": "ana"}, "invalid_email", id="an invalid e-mail"),
        pytest.param({**ANA, "email": 7}, "invalid_email", id="a number as e-mail"),
        pytest.param({"email": "ana@shop.example"}, "missing_user_id", id="no id"),
        pytest.param({**ANA, "id": ""}, "missing_user_id", id="an empty id"),
    ],
)
async def test_a_401_names_what_is_wrong_with_the_user(
    vendors: Any, user: object, reason: str
) -> None:
    status, body = await identify(vendors, user)

    assert (status, body["reason"]) == (401, reason)
    assert await vendors.read("/sandbox/ramen/api/users") == []


@pytest.mark.parametrize("email", ["", None], ids=["empty", "null"])
async def test_a_blank_email_is_allowed(vendors: Any, email: object) -> None:
    status, _ = await identify(vendors, {"id": "42", "email": email})

    assert status == 200


@pytest.mark.parametrize(
    ("age_seconds", "change", "reason"),
    [
        pytest.param(0, {}, None, id="a fresh proof is taken"),
        pytest.param(899, {}, None, id="one of just under 15 minutes too"),
        pytest.param(901, {}, "stale_timestamp", id="a hard-coded timestamp goes stale"),
        pytest.param(-901, {}, "stale_timestamp", id="and one from the future is none"),
        pytest.param(0, {"auth_hash": "0" * 64}, "wrong_hash", id="a wrong hash"),
        pytest.param(0, {"auth_hash": None}, "secure_mode_required", id="no hash"),
        pytest.param(0, {"timestamp": None}, "secure_mode_required", id="no timestamp"),
        pytest.param(0, {"timestamp": "soon"}, "stale_timestamp", id="no moment at all"),
    ],
)
async def test_secure_mode_asks_for_a_fresh_and_right_proof(
    vendors: Any, age_seconds: int, change: dict[str, object], reason: str | None
) -> None:
    await turn_secure_mode_on(vendors)
    signed_at = int(vendors.clock.now().timestamp()) - age_seconds
    proof = {**ramen_secure_mode(ANA, "demo-ramen-secret", signed_at), **change}

    status, body = await identify(vendors, ANA, proof)

    assert (status, body.get("reason")) == ((200, None) if reason is None else (401, reason))


async def test_a_proof_is_for_one_user_only(vendors: Any) -> None:
    await turn_secure_mode_on(vendors)
    proof = ramen_secure_mode(ANA, "demo-ramen-secret", vendors.clock.now())

    _, body = await identify(vendors, {**ANA, "id": "43"}, proof)

    assert body["reason"] == "wrong_hash"


async def test_outside_production_secure_mode_is_not_enforced_but_what_is_wrong_is_said(
    vendors: Any,
) -> None:
    await turn_secure_mode_on(vendors)
    options = {"environment": "staging", "timestamp": 1, "auth_hash": "wrong"}

    status, body = await identify(vendors, ANA, options)

    assert status == 200
    assert "stale_timestamp" in body["notes"][0]


async def test_anonymous_visitors_and_groups_need_no_proof(vendors: Any) -> None:
    await turn_secure_mode_on(vendors)

    status, body = await identify(vendors, None)
    grouped, _ = await vendors.call(
        "POST",
        "/sandbox/ramen/call/group",
        {**ORGANIZATION, "session": body["session"], "properties": {"id": "c1"}},
    )

    assert (status, grouped) == (200, 200)


async def test_nobody_can_act_as_someone_else(vendors: Any) -> None:
    session = await session_of(vendors, ANA)
    forged = str(session["session"]).replace("user:42", "user:43")

    status, body = await vendors.call(
        "POST", "/sandbox/ramen/call/page", {**session, "session": forged}
    )

    assert (status, body["reason"]) == (401, "missing_user_id")


async def test_created_at_becomes_customer_created_at_and_a_company_counts_as_a_group(
    vendors: Any,
) -> None:
    company = {"id": "c1", "name": "Initech", "created_at": "2020-01-01T00:00:00Z", "mrr": 10}
    user = {**ANA, "created_at": 1_234_567_890, "company": company, "traits": {"plan": "Pro"}}

    await identify(vendors, user)

    [known] = await vendors.read("/sandbox/ramen/api/users")
    [group] = await vendors.read("/sandbox/ramen/api/companies")
    assert known["customer_created_at"] == "2009-02-13T23:31:30Z"
    assert (known["traits"], known["company_ids"]) == ({"plan": "Pro"}, ["c1"])
    assert group["company_created_at"] == "2020-01-01T00:00:00Z"
    assert (group["name"], group["traits"]) == ("Initech", {"mrr": 10})


async def test_a_user_may_be_in_several_companies(vendors: Any) -> None:
    session = await session_of(vendors, ANA)

    for company_id in ("c1", "c2"):
        await vendors.call(
            "POST", "/sandbox/ramen/call/group", {**session, "properties": {"id": company_id}}
        )

    [user] = await vendors.read("/sandbox/ramen/api/users")
    assert user["company_ids"] == ["c1", "c2"]


async def test_what_a_visitor_did_belongs_to_the_user_they_turn_out_to_be(vendors: Any) -> None:
    visitor = await session_of(vendors, None)
    await vendors.call("POST", "/sandbox/ramen/call/track", {**visitor, "name": "Product Added"})

    await identify(vendors, ANA)

    [user] = await vendors.read("/sandbox/ramen/api/users")
    assert (user["id"], user["events"]) == ("42", {"Product Added": 1})
    assert len(user["asked_question_ids"]) == 1


async def test_an_identify_of_nobody_resumes_whom_the_device_remembers(vendors: Any) -> None:
    session = await session_of(vendors, ANA)

    _, body = await identify(vendors, None, session=session["session"])

    assert (body["is_visitor"], body["session"]) == (False, session["session"])


async def test_a_server_sets_user_properties_with_its_api_key(vendors: Any) -> None:
    path, traits = "/sandbox/ramen/api/v1/users/4%2F2", {"order_completed_last_30days": True}
    key = {"RAMEN_API_KEY": "demo-ramen-api-key"}

    status, body = await vendors.call("PATCH", path, {"traits": traits}, headers=key)
    refused, reason = await vendors.call("PATCH", path, {"traits": {}}, headers={})

    assert (status, body["user"]["id"], body["user"]["traits"]) == (200, "4/2", traits)
    assert (refused, reason["reason"]) == (401, "wrong_api_key")


async def test_a_question_is_asked_once_and_its_answer_is_listed(vendors: Any) -> None:
    session = await session_of(vendors, ANA)
    added = {**session, "name": "Product Added", "url": "http://shop.example/"}

    _, first = await vendors.call("POST", "/sandbox/ramen/call/track", added)
    _, second = await vendors.call("POST", "/sandbox/ramen/call/track", added)
    await vendors.call(
        "POST",
        "/sandbox/ramen/call/answer",
        {**session, "question_id": first["question"]["id"], "value": "Shipping"},
    )

    [answer] = await vendors.read("/sandbox/ramen/api/answers")
    assert first["question"]["text"] == "What nearly kept you from buying today?"
    assert second["question"] is None
    assert (answer["value"], answer["state"], answer["user_name"]) == (
        "Shipping",
        "answered",
        "Ana",
    )


async def test_ask_asks_once_and_with_force_always(vendors: Any) -> None:
    session = await session_of(vendors, ANA)
    [question, *_] = await vendors.read("/sandbox/ramen/api/questions")
    ask = {**session, "question_id": question["id"]}

    asked = [
        (await vendors.call("POST", "/sandbox/ramen/call/ask", {**ask, "force": force}))[1]
        for force in (False, False, True)
    ]

    assert [answer["question"] is not None for answer in asked] == [True, False, True]


@pytest.mark.parametrize(
    ("draft", "answer"),
    [
        pytest.param({"type": "score"}, 11, id="a score above 10"),
        pytest.param({"type": "score"}, "9", id="a score as text"),
        pytest.param({"type": "choice", "choices": ["a", "b"]}, "c", id="none of the choices"),
        pytest.param({"type": "text"}, "  ", id="an empty text"),
    ],
)
async def test_what_is_no_answer_is_refused(
    vendors: Any, draft: dict[str, object], answer: object
) -> None:
    _, question = await vendors.call(
        "POST", "/sandbox/ramen/api/questions", {"text": "How was it?", **draft}
    )
    session = await session_of(vendors, ANA)
    call = {**session, "question_id": question["id"], "value": answer}
    await vendors.call("POST", "/sandbox/ramen/call/ask", call)

    status, _ = await vendors.call("POST", "/sandbox/ramen/call/answer", call)

    assert status == 422
    assert await vendors.read("/sandbox/ramen/api/answers") == []


async def test_questions_are_made_changed_and_removed(vendors: Any) -> None:
    path = "/sandbox/ramen/api/questions"
    status, made = await vendors.call("POST", path, {"text": "Why?"})
    _, changed = await vendors.call("PUT", f"{path}/{made['id']}", {"text": "Why not?"})
    await vendors.call("DELETE", f"{path}/{made['id']}")

    texts = [question["draft"]["text"] for question in await vendors.read(path)]

    assert (status, changed["draft"]["text"]) == (201, "Why not?")
    assert len(texts) == 2
    assert "Why not?" not in texts


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param({}, id="no text"),
        pytest.param({"text": "?", "type": "essay"}, id="no such type"),
        pytest.param({"text": "  "}, id="a text of spaces"),
        pytest.param({"text": "?", "type": "choice", "choices": ["a"]}, id="one choice"),
        pytest.param({"text": "?", "type": "choice", "choices": ["a", " "]}, id="an empty choice"),
        pytest.param({"text": "?", "colour": "red"}, id="an unknown field"),
    ],
)
async def test_a_question_that_cannot_be_asked_is_refused(vendors: Any, draft: object) -> None:
    status, body = await vendors.call("POST", "/sandbox/ramen/api/questions", draft)

    assert (status, body["reason"]) == (422, "unusable")


async def test_organizations_are_kept_apart_and_survive_a_restart(
    start_vendors: Callable[..., AbstractAsyncContextManager[Any]],
) -> None:
    async with start_vendors() as before:
        _, made = await before.call("POST", "/sandbox/ramen/api/organizations", {"name": "Mine"})
        await identify(before, ANA, organization_id=made["id"])

    async with start_vendors() as after:
        own = await after.read(f"/sandbox/ramen/api/users?organization_id={made['id']}")
        demo = await after.read("/sandbox/ramen/api/users")

    assert ([user["id"] for user in own], demo) == (["42"], [])


async def test_pages_of_any_origin_may_call(vendors: Any) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}

    async with vendors.http.options(
        f"{vendors.url}/sandbox/ramen/call/identify", headers=headers
    ) as response:
        allowed = response.headers["access-control-allow-origin"]

    assert (response.status, allowed) == (200, "*")


async def test_the_shop_signs_only_who_is_signed_in(vendors: Any) -> None:
    await turn_secure_mode_on(vendors)
    stranger, _ = await vendors.call("GET", "/demo/ramen-auth?id=customer-1")
    _, signed_in = await vendors.call(
        "POST", "/demo/session", {"name": "Ana", "email": "a@b.example"}
    )
    status, proof = await vendors.call("GET", "/demo/ramen-auth")

    answered, _ = await identify(vendors, signed_in["customer"], proof)

    assert (stranger, status, answered) == (401, 200, 200)
