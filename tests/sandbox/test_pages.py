"""The workspace pages and the shop work in a browser, and fit on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[2]
PAGES = ["/demo/", "/sandbox/ripe/", "/sandbox/ramen/"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_fits_a_phone_and_says_that_it_is_a_stand_in(
    page: Page, vendors: Any, path: str
) -> None:
    thrown: list[object] = []
    page.on("pageerror", lambda error: thrown.append(error))  # noqa: PLW0108 - Playwright marks handlers, and cannot mark a built-in.
    await page.set_viewport_size({"width": 360, "height": 800})

    await page.goto(f"{vendors.url}{path}")

    await expect(page.get_by_text("Sandbox stand-in").first).to_be_visible()
    await expect(page.locator(".live[data-state=live]").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert thrown == []


async def test_an_event_shows_up_in_ripes_workspace_while_it_is_open(
    page: Page, vendors: Any
) -> None:
    await page.goto(f"{vendors.url}/sandbox/ripe/")
    await expect(page.get_by_text("Live")).to_be_visible()

    body = {
        "apiKey": "demo-ripe-key",
        "anonymousId": "a1",
        "event": "<b>Bought</b>",
        "messageId": "m-1",
    }
    await vendors.call("POST", "/sandbox/ripe/capture/track", body)

    row = page.get_by_role("listitem").filter(has_text="<b>Bought</b>")
    await expect(row).to_contain_text("device")
    await expect(row).to_contain_text("m-1")


async def test_a_question_is_written_in_ramens_workspace(page: Page, vendors: Any) -> None:
    await page.goto(f"{vendors.url}/sandbox/ramen/")
    await page.get_by_role("button", name="New question").click()

    await page.get_by_label("Question", exact=True).fill("How much?")
    await page.get_by_label("Kind of answer").select_option("score")
    await page.get_by_label("What 10 means").fill("A lot")
    await page.get_by_label("Only after these events").fill("Bought >= 2")
    await page.get_by_label("Only with these traits").fill("seats >= 10\nplan exists")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("heading", name="How much?")).to_be_visible()
    draft = (await vendors.read("/sandbox/ramen/api/questions"))[-1]["draft"]
    assert (draft["type"], draft["high_label"]) == ("score", "A lot")
    assert draft["targeting"]["events"] == [{"name": "Bought", "count_min": 2}]
    assert [trait["operator"] for trait in draft["targeting"]["traits"]] == [">=", "exists"]


async def test_secure_mode_is_switched_in_ramens_workspace(page: Page, vendors: Any) -> None:
    await page.goto(f"{vendors.url}/sandbox/ramen/")

    await page.get_by_role("switch", name="Every identify needs a proof").check()

    await vendors.eventually(
        "/sandbox/ramen/api/organizations", lambda rows: rows[0]["has_secure_mode"]
    )


async def test_the_shop_runs_the_stock_snippet_with_our_host_alone(
    page: Page, vendors: Any
) -> None:
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    await page.goto(f"{vendors.url}/demo/")

    snippet = await page.locator("#segment-snippet").text_content() or ""
    assert 'SNIPPET_VERSION="5.2.1"' in snippet
    assert f'"{vendors.url}/analytics.js/v1/"' in snippet
    assert f"{vendors.url}/analytics.js/v1/demo-write-key/analytics.min.js" in asked
    assert all(url.startswith(vendors.url) for url in asked if not url.startswith("data:"))


async def test_who_is_signed_in_is_still_after_a_reload(page: Page, vendors: Any) -> None:
    await page.goto(f"{vendors.url}/demo/")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text("Ana Sousa")).to_be_visible()

    await page.reload()

    await expect(page.get_by_text("Ana Sousa")).to_be_visible()
    calls = await page.evaluate("analytics.filter(call => call[0] === 'identify')")
    assert calls[0][2]["email"] == "ana@shop.example"


async def test_a_hidden_page_lets_go_of_its_connection_and_catches_up(
    page: Page, vendors: Any
) -> None:
    await page.goto(f"{vendors.url}/sandbox/ripe/")
    await expect(page.get_by_text("Live")).to_be_visible()
    appear = """(state) => {
      Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    await page.evaluate(appear, "hidden")
    await expect(page.get_by_text("Connecting")).to_be_visible()
    body = {"apiKey": "demo-ripe-key", "anonymousId": "a1", "event": "Meanwhile"}
    await vendors.call("POST", "/sandbox/ripe/capture/track", body)

    await page.evaluate(appear, "visible")

    await expect(page.get_by_role("listitem").filter(has_text="Meanwhile")).to_be_visible()


async def test_who_joined_a_company_sees_it_after_a_reload_too(page: Page, vendors: Any) -> None:
    await page.goto(f"{vendors.url}/demo/")

    await page.get_by_label("Company").select_option("Northwind Catering")
    await page.get_by_role("button", name="Join").click()

    await expect(page.get_by_text("In the company Northwind Catering")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("In the company Northwind Catering")).to_be_visible()


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("", "Nobody can sign in without an e-mail."),
        ("ana", '"ana" is not an e-mail address.'),
        ("ana@shop", '"ana@shop" is not an e-mail address.'),
    ],
)
async def test_an_email_that_cannot_be_one_is_named(
    page: Page, vendors: Any, email: str, said: str
) -> None:
    await page.goto(f"{vendors.url}/demo/")

    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_role("alert")).to_contain_text(said)


@pytest.mark.parametrize("width", [360, 768, 1440])
async def test_a_row_of_a_column_keeps_badge_and_time_on_one_line(
    page: Page, vendors: Any, width: int
) -> None:
    body = {"apiKey": "demo-ripe-key", "anonymousId": "a1", "properties": {"path": "/p"}}
    await vendors.call("POST", "/sandbox/ripe/capture/page", body)
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(f"{vendors.url}/demo/")

    row = page.locator("#ripe-events li").filter(has_text="pageview").first
    badge, time = row.locator(".badge").first, row.locator("time")
    await expect(time).to_be_visible()

    first, last = await badge.bounding_box(), await time.bounding_box()
    column = await page.locator("#ripe-events").bounding_box()
    assert first and last and column  # noqa: PT018 - they are on the page.
    assert abs(first["y"] - last["y"]) < first["height"]
    assert last["x"] + last["width"] <= column["x"] + column["width"]


@pytest.mark.parametrize("path", PAGES[1:])
async def test_a_phone_shows_all_tabs_and_what_stands_below_a_long_list(
    page: Page, vendors: Any, path: str
) -> None:
    await page.set_viewport_size({"width": 360, "height": 800})
    for number in range(40):
        body = {"apiKey": "demo-ripe-key", "anonymousId": "a1", "event": f"Event {number}"}
        await vendors.call("POST", "/sandbox/ripe/capture/track", body)

    await page.goto(f"{vendors.url}{path}")
    await expect(page.locator(".live[data-state=live]").first).to_be_visible()

    for tab in await page.get_by_role("tab").all():
        box = await tab.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 360
    assert await page.evaluate("document.documentElement.scrollHeight") < 4 * 800


async def test_what_is_wrong_with_a_question_is_in_view_on_a_phone(
    page: Page, vendors: Any
) -> None:
    await page.set_viewport_size({"width": 360, "height": 640})
    await page.goto(f"{vendors.url}/sandbox/ramen/")
    await page.get_by_role("button", name="New question").click()

    await page.get_by_label("Question", exact=True).focus()
    await page.evaluate("document.querySelector('#draft').requestSubmit()")

    await expect(page.get_by_role("alert")).to_be_in_viewport()


@pytest.mark.parametrize("path", [*PAGES, "/demo/settings"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_page_is_for_everyone_and_leads_to_the_app(
    page: Page, vendors: Any, path: str, scheme: Literal["light", "dark"]
) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await page.goto(f"{vendors.url}{path}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()

    await page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    found = await page.evaluate(
        """async () => (await axe.run(document)).violations.flatMap((rule) =>
            rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.failureSummary}`))"""
    )

    assert found == []
    app = page.get_by_role("link", name="Crossdock")
    assert await app.evaluate("(link) => link.href") == f"{vendors.url}/"


@pytest.mark.parametrize("path", PAGES[1:])
async def test_a_workspace_leads_back_to_the_shop(page: Page, vendors: Any, path: str) -> None:
    await page.goto(f"{vendors.url}{path}")

    await page.get_by_role("link", name="Demo shop").click()

    await expect(page.get_by_role("heading", name="Pantry")).to_be_visible()


async def test_change_settings_leads_to_commands_for_this_server(page: Page, vendors: Any) -> None:
    await page.goto(f"{vendors.url}/demo/")

    await page.get_by_role("link", name="commands for it").click()

    await expect(page.locator("#by-the-api")).to_contain_text(f"{vendors.url}/api/v1/destinations")
    await expect(page.locator("#as-a-file")).to_contain_text("crossdock apply workspace.yaml")
