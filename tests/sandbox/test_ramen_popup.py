"""A question can be answered, put off and closed by everyone: pointer, keyboard, screen reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

LoadRamen = Callable[[str], Awaitable[None]]

START = "_ramen.boot('demo-organization', {}); _ramen.identify({id: '42', name: 'Ana'}); "


async def make_question(vendors: Any, **draft: object) -> str:
    _, question = await vendors.call("POST", "/sandbox/ramen/api/questions", draft)
    return str(question["id"])


async def answers(vendors: Any) -> list[tuple[str, object]]:
    rows = await vendors.eventually("/sandbox/ramen/api/answers", len)
    return [(row["state"], row["value"]) for row in rows]


async def test_a_due_question_is_a_dialog_with_a_name_and_takes_the_focus(
    page: Page, load_ramen: LoadRamen
) -> None:
    await load_ramen(f"{START} _ramen.track('Product Added');")

    dialog = page.get_by_role("dialog", name="What nearly kept you from buying today?")
    await expect(dialog).to_be_visible()
    await expect(dialog).to_be_focused()
    await expect(page.get_by_role("textbox", name="What nearly kept you")).to_be_visible()


async def test_someone_who_is_typing_is_not_interrupted(page: Page, load_ramen: LoadRamen) -> None:
    await page.focus("#box")

    await load_ramen(f"{START} _ramen.track('Product Added');")

    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.locator("#box")).to_be_focused()
    await expect(page.get_by_role("status")).to_contain_text("What nearly kept you")


async def test_an_answer_is_given_with_the_keyboard_alone(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    await load_ramen(f"{START} _ramen.track('Product Added');")
    await expect(page.get_by_role("dialog")).to_be_focused()

    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Shipping costs")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    assert await answers(vendors) == [("answered", "Shipping costs")]
    await expect(page.get_by_role("dialog")).to_contain_text("Thank you")


async def test_escape_closes_it_and_gives_the_focus_back(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<button id=b>B</button>')")
    await page.focus("#b")
    await load_ramen(f"{START} _ramen.track('Product Added');")
    await expect(page.get_by_role("dialog")).to_be_focused()

    await page.keyboard.press("Escape")

    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator("#b")).to_be_focused()
    assert await answers(vendors) == [("dismissed", None)]


async def test_a_score_is_chosen_with_the_arrow_keys(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    question_id = await make_question(
        vendors, text="How likely?", type="score", low_label="Never", high_label="Surely"
    )
    await load_ramen(f"{START} _ramen.ask('{question_id}');")
    group = page.get_by_role("group", name="How likely?")
    await expect(group.get_by_role("radio")).to_have_count(11)

    await page.get_by_role("radio", name="8", exact=True).focus()
    await page.keyboard.press("ArrowRight")
    await page.get_by_role("button", name="Send").click()

    assert await answers(vendors) == [("answered", 9)]


async def test_a_choice_is_made_and_nothing_chosen_is_said(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    question_id = await make_question(
        vendors, text="Which?", type="choice", choices=["The first", "The second"]
    )
    await load_ramen(f"{START} _ramen.ask('{question_id}');")

    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_have_text("Choose one first.")
    await page.get_by_label("The second").check()
    await page.get_by_role("button", name="Send").click()

    assert await answers(vendors) == [("answered", "The second")]


async def test_the_pages_styles_do_not_leak_in(page: Page, load_ramen: LoadRamen) -> None:
    await page.add_style_tag(content="* { color: rgb(1, 2, 3) !important; font-size: 60px }")

    await load_ramen(f"{START} _ramen.track('Product Added');")

    color = await page.get_by_role("dialog").evaluate("e => getComputedStyle(e).color")
    size = await page.get_by_role("heading", name="What nearly").evaluate(
        "e => getComputedStyle(e).fontSize"
    )
    assert (color != "rgb(1, 2, 3)", size) == (True, "16px")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_texts_have_enough_contrast(page: Page, load_ramen: LoadRamen, scheme: Any) -> None:
    await page.emulate_media(color_scheme=scheme)
    await load_ramen(f"{START} _ramen.track('Product Added');")
    dialog = page.get_by_role("dialog")

    contrasts = await dialog.evaluate("""(card) => {
      const channels = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
      const light = (text) => channels(text).map((c) => c / 255)
        .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
          const color = getComputedStyle(e).backgroundColor;
          if (!color.endsWith(", 0)")) return color;
        }
      };
      return [...card.querySelectorAll("h2, button, .label, textarea")].map((element) => {
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      });
    }""")

    assert min(contrasts) >= 4.5


async def test_at_most_three_links_and_only_to_absolute_addresses(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    question_id = await make_question(vendors, text="Why?")
    links = (
        "{title: 'Bad', href: 'javascript:alert(1)'}, {title: 'Docs', href: 'https://a.example/'},"
        "{title: 'Call', callback: () => { window.called = true }},"
        "{title: 'C', href: 'https://c.example/'}, {title: 'D', href: 'https://d.example/'}"
    )
    await load_ramen(
        f"_ramen.boot('demo-organization', {{custom_links: [{links}]}});"
        f"_ramen.identify({{id: '42'}}); _ramen.ask('{question_id}');"
    )
    more = page.get_by_role("navigation", name="More")

    await more.get_by_role("button", name="Call").click()

    assert await page.evaluate("called")
    assert await more.get_by_role("link").all_inner_texts() == ["Docs", "C"]


async def test_no_second_question_while_one_waits(
    page: Page, vendors: Any, load_ramen: LoadRamen
) -> None:
    await make_question(vendors, text="Another?")
    await load_ramen(f"{START} _ramen.track('Product Added');")
    await expect(page.get_by_role("dialog", name="What nearly")).to_be_visible()

    await page.evaluate("_ramen.page()")
    await vendors.eventually(
        "/sandbox/ramen/api/events", lambda rows: rows and rows[-1]["type"] == "pageview"
    )

    await expect(page.get_by_role("dialog", name="What nearly")).to_be_visible()
