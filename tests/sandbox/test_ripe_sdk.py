"""Ripe's SDK in a real browser: nothing called early is lost, current ids are kept (R11)."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="module")

STUB = """
  window.Ripe = [];
  for (const method of ["init", "identify", "group", "track", "page"]) {
    window.Ripe[method] = (...args) => { window.Ripe.push([method, ...args]); return window.Ripe; };
  }
"""


async def load_sdk(page: Page, vendors: Any, early_calls: str = "") -> None:
    await page.evaluate(f"() => {{ {STUB} {early_calls} }}")
    await page.add_script_tag(url=f"{vendors.url}/sandbox/ripe/sdk/latest/sdk.umd.js")


async def events(vendors: Any, count: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await vendors.eventually(
        "/sandbox/ripe/api/events", lambda rows: len(rows) >= count
    )
    return rows


async def test_calls_made_before_the_script_arrived_are_sent_in_order(
    page: Page, vendors: Any
) -> None:
    await load_sdk(
        page,
        vendors,
        """
        Ripe.page({anonymousId: "a1", name: "Home"});
        Ripe.init("demo-ripe-key");
        Ripe.track({anonymousId: "a1", event: "Early", messageId: "m1"});
        """,
    )
    await page.evaluate("Ripe.identify({anonymousId: 'a1', userId: 'u1', traits: {plan: 'Pro'}})")

    arrived = await events(vendors, 3)

    assert [(e["type"], e["mode"]) for e in arrived] == [
        ("pageview", "device"),
        ("track", "device"),
        ("identify", "device"),
    ]
    assert (arrived[1]["messageId"], arrived[2]["traits"]) == ("m1", {"plan": "Pro"})


async def test_later_calls_carry_the_ids_of_earlier_ones_until_reset(
    page: Page, vendors: Any
) -> None:
    await load_sdk(page, vendors, "Ripe.init('demo-ripe-key');")
    await page.evaluate("""() => {
      Ripe.track({anonymousId: "a1", userId: null, event: "0"});
      Ripe.identify({anonymousId: "a1", userId: "u1"});
      Ripe.group({anonymousId: "a1", groupId: "g1"});
      Ripe.track({anonymousId: "a1", event: "1"});
      Ripe.reset();
      Ripe.track({anonymousId: "a2", event: "2"});
    }""")

    arrived = await events(vendors, 5)

    assert [(e["userId"], e["groupId"]) for e in arrived] == [
        (None, None),
        ("u1", None),
        ("u1", "g1"),
        ("u1", "g1"),
        (None, None),
    ]


async def test_a_reset_of_analytics_js_is_noticed_by_its_new_anonymous_id(
    page: Page, vendors: Any
) -> None:
    await load_sdk(page, vendors, "Ripe.init('demo-ripe-key');")
    await page.evaluate("""() => {
      Ripe.group({anonymousId: "a1", userId: "u1", groupId: "g1"});
      Ripe.page({anonymousId: "a2", userId: null});
    }""")

    arrived = await events(vendors, 2)

    assert (arrived[1]["userId"], arrived[1]["groupId"]) == (None, None)


async def test_whoever_signs_in_next_is_not_in_the_last_ones_group(
    page: Page, vendors: Any
) -> None:
    await load_sdk(page, vendors, "Ripe.init('demo-ripe-key');")
    await page.evaluate("""() => {
      Ripe.group({anonymousId: "a1", userId: "u1", groupId: "g1"});
      Ripe.identify({anonymousId: "a2", userId: "u2", groupId: null});
      Ripe.track({anonymousId: "a2", event: "Next"});
    }""")

    arrived = await events(vendors, 3)

    assert (arrived[2]["userId"], arrived[2]["groupId"]) == ("u2", None)


async def test_the_ids_are_kept_over_a_page_load(page: Page, vendors: Any) -> None:
    await load_sdk(page, vendors, "Ripe.init('demo-ripe-key');")
    await page.evaluate("Ripe.group({anonymousId: 'a1', userId: 'u1', groupId: 'g1'})")
    await events(vendors, 1)
    await page.reload()

    await load_sdk(page, vendors, "Ripe.init('demo-ripe-key');")
    await page.evaluate("Ripe.track({event: 'Later'})")

    arrived = await events(vendors, 2)
    later = arrived[1]
    assert (later["anonymousId"], later["userId"], later["groupId"]) == ("a1", "u1", "g1")


async def test_a_wrong_key_is_said_in_the_console_and_never_thrown(
    page: Page, vendors: Any
) -> None:
    thrown: list[object] = []
    page.on("pageerror", lambda error: thrown.append(error))  # noqa: PLW0108 - Playwright marks handlers, and cannot mark a built-in.
    await load_sdk(page, vendors, "Ripe.init('wrong');")

    async with page.expect_console_message(lambda message: "Ripe" in message.text) as said:
        await page.evaluate("Ripe.track({anonymousId: 'a1', event: 'E'})")

    assert "no workspace with this API key" in (await said.value).text
    assert thrown == []


async def test_calls_are_not_lost_when_the_page_is_left(page: Page, vendors: Any) -> None:
    await load_sdk(page, vendors, "Ripe.init('demo-ripe-key');")
    await page.evaluate("""() => {
      for (let number = 0; number < 20; number += 1) {
        Ripe.track({anonymousId: "a1", event: `Click ${number}`});
      }
      location.href = "/elsewhere";
    }""")

    arrived = await events(vendors, 20)

    assert {e["event"] for e in arrived} == {f"Click {number}" for number in range(20)}
