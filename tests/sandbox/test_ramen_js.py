"""RamenJS 2 in a real browser: the queue, who the visitor is, secure mode, refusals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page

from crossdock.secure_mode import ramen_secure_mode

pytestmark = pytest.mark.asyncio(loop_scope="module")

LoadRamen = Callable[[str], Awaitable[None]]

BOOT = "_ramen.boot('demo-organization', {});"


async def events(vendors: Any, count: int) -> list[tuple[str, str | None]]:
    rows = await vendors.eventually("/sandbox/ramen/api/events", lambda rows: len(rows) >= count)
    return [(row["type"], row["name"]) for row in rows]


async def refusal(page: Page) -> dict[str, Any]:
    await page.wait_for_function("refusals.length > 0")
    refused: dict[str, Any] = await page.evaluate("refusals[0]")
    return refused


async def test_calls_made_before_the_script_arrived_are_sent_in_order(
    vendors: Any, load_ramen: LoadRamen
) -> None:
    await load_ramen(
        f"{BOOT} _ramen.identify({{id: '42'}}, {{}}); _ramen.page();"
        "_ramen.group({id: 'c1'}); _ramen.track('Bought');"
    )

    assert await events(vendors, 4) == [
        ("identify", None),
        ("pageview", None),
        ("group", "c1"),
        ("track", "Bought"),
    ]


async def test_it_is_loaded_when_push_is_no_longer_the_arrays(
    page: Page, load_ramen: LoadRamen
) -> None:
    await load_ramen(BOOT)

    assert await page.evaluate("_ramen.push !== Array.prototype.push")


async def test_an_anonymous_visitor_is_the_same_on_the_next_page(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    await load_ramen(f"{BOOT} _ramen.identify(); _ramen.page();")
    await events(vendors, 2)
    await page.reload()

    await load_ramen(f"{BOOT} _ramen.identify(); _ramen.page();")

    await events(vendors, 4)
    [visitor] = await vendors.read("/sandbox/ramen/api/users")
    assert (visitor["id"], visitor["pageviews"]) == (None, 2)


async def test_after_a_reset_it_is_somebody_else(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    await load_ramen(f"{BOOT} _ramen.identify({{id: '42'}}); _ramen.page();")
    await page.evaluate("_ramen.reset(); _ramen.identify(); _ramen.page();")

    await events(vendors, 4)

    users = await vendors.read("/sandbox/ramen/api/users")
    assert [(user["id"], user["pageviews"]) for user in users] == [("42", 1), (None, 1)]


async def test_a_date_becomes_customer_created_at(vendors: Any, load_ramen: LoadRamen) -> None:
    await load_ramen(
        f"{BOOT} _ramen.identify({{id: '42', email: 'ana@shop.example', name: 'Ana',"
        " created_at: new Date(1234567890000), traits: {is_paying: 'yes', plan: 'Pro'}}, {});"
    )

    await events(vendors, 1)

    [user] = await vendors.read("/sandbox/ramen/api/users")
    assert user["customer_created_at"] == "2009-02-13T23:31:30Z"
    assert user["traits"] == {"is_paying": True, "plan": "Pro"}


async def test_ready_waits_for_boot_and_is_called_at_once_afterwards(
    page: Page, load_ramen: LoadRamen
) -> None:
    await load_ramen("window.order = []; _ramen.ready(() => order.push('queued'));")
    before = await page.evaluate("[...order]")

    await page.evaluate(f"() => {{ {BOOT} _ramen.ready(() => order.push('at once')); }}")

    assert (before, await page.evaluate("order")) == ([], ["queued", "at once"])


@pytest.mark.parametrize(
    ("calls", "status", "reason"),
    [
        pytest.param(
            "_ramen.boot('nobody', {}); _ramen.identify({id: '42'});",
            404,
            "wrong_organization",
            id="a wrong organization id",
        ),
        pytest.param(
            f"{BOOT} _ramen.identify({{id: '42', email: 'nope'}});",
            401,
            "invalid_email",
            id="an invalid e-mail",
        ),
        pytest.param(
            f"{BOOT} _ramen.identify({{email: 'a@b.example'}});",
            401,
            "missing_user_id",
            id="no user id",
        ),
    ],
)
async def test_each_refusal_is_told_to_the_page(
    page: Page, load_ramen: LoadRamen, calls: str, status: int, reason: str
) -> None:
    await load_ramen(calls)

    told = await refusal(page)

    assert (told["status"], told["reason"]) == (status, reason)
    assert told["message"]


async def test_secure_mode_takes_a_proof_and_refuses_without(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    path = "/sandbox/ramen/api/organization"
    await vendors.call("PATCH", path, {"has_secure_mode": True})
    user = {"id": "42", "email": "ana@shop.example", "name": "Ana"}
    proof = ramen_secure_mode(user, "demo-ramen-secret", vendors.clock.now())
    await load_ramen(f"{BOOT} _ramen.identify({{id: '41'}});")
    told = await refusal(page)

    await page.evaluate("([user, proof]) => _ramen.identify(user, proof)", [user, proof])

    assert (told["status"], told["reason"]) == (401, "secure_mode_required")
    assert await events(vendors, 1) == [("identify", None)]


async def test_after_a_refused_identify_nothing_counts_for_the_last_user(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    await load_ramen(f"{BOOT} _ramen.identify({{id: '42'}});")
    await events(vendors, 1)

    await page.evaluate(
        "_ramen.identify({id: '43', email: 'nope'}); _ramen.track('Lost');"
        "_ramen.identify({id: '44'}); _ramen.track('Kept');"
    )

    assert await events(vendors, 3) == [("identify", None), ("identify", None), ("track", "Kept")]
