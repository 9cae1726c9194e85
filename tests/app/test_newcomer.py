"""From the first start to the first event at a vendor, by what the pages show and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.app.conftest import expect_accessible
from tests.running import RunningServer, running_server

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("newcomer")) as running:
        yield running


def main(page: Page) -> Locator:
    """The page without its frame."""
    return page.get_by_role("main")


def opened_by(page: Page, link: Locator) -> Page:
    """Follow a link that opens a page of its own."""
    with page.expect_popup() as popup:
        link.click()
    return popup.value


def test_r4_a_newcomer_gets_from_the_first_page_to_an_event_in_ripes_sandbox(
    signed_in: Opener,
) -> None:
    page = signed_in("/")

    main(page).get_by_label("Name", exact=True).fill("My website")
    main(page).get_by_role("button", name="Create source").click()
    main(page).get_by_role("button", name="Send a test event").click()
    expect(main(page).get_by_role("heading", name="Test Event")).to_be_visible()
    main(page).get_by_role("link", name="Connect a destination").click()
    card = main(page).get_by_role("link").filter(has_text="In the browser, with Ripe's own script.")
    card.click()
    main(page).get_by_role("link", name="Configure").click()
    # The source that this began with is still the one.
    expect(main(page).get_by_role("radio", name="My website")).to_be_checked()
    main(page).get_by_role("button", name="Fill in the sandbox's settings").click()
    main(page).get_by_role("button", name="Enable", exact=True).click()
    steps = main(page).get_by_role("region", name="Next: see it work")
    shop = opened_by(page, steps.get_by_role("link", name="Open the demo shop"))
    olive_oil = shop.get_by_role("listitem").filter(has_text="Olive oil")
    olive_oil.get_by_role("button", name="Add", exact=True).click()
    sandbox = opened_by(page, steps.get_by_role("link", name="See it in Ripe's sandbox"))

    expect(sandbox.get_by_text("Product Added").first).to_be_visible()
    expect(main(page).get_by_text("A browser loaded it")).to_be_visible()
    expect_accessible(page)


def test_a_cloud_destination_is_tried_step_by_step_from_its_page(signed_in: Opener) -> None:
    page = signed_in("/catalog")

    card = main(page).get_by_role("link").filter(has_text="Ripe Cloud Mode (Actions)")
    card.click()
    main(page).get_by_role("link", name="Configure").click()
    main(page).get_by_role("radio", name="A new source").click()
    main(page).get_by_label("Name of the source").fill("Back office")
    main(page).get_by_role("button", name="Fill in the sandbox's settings").click()
    main(page).get_by_role("button", name="Enable", exact=True).click()
    steps = main(page).get_by_role("region", name="Next: see it work")
    steps.get_by_role("button", name="Send a test event").click()

    expect(steps.get_by_text("Ripe Cloud Mode (Actions) accepted it")).to_be_visible()
    expect_accessible(page)
    sandbox = opened_by(page, steps.get_by_role("link", name="See it in Ripe's sandbox"))
    expect(sandbox.get_by_text("Test Event").first).to_be_visible()


def test_ripe_without_more_shows_what_there_is_of_ripe(signed_in: Opener) -> None:
    page = signed_in("/catalog/ripe/connect")

    names = main(page).get_by_role("heading", level=2)
    expect(names).to_have_text(["Ripe Device Mode (Actions)", "Ripe Cloud Mode (Actions)"])


def test_a_source_that_has_the_destination_says_so_before_anything_is_typed(
    signed_in: Opener,
) -> None:
    page = signed_in("/catalog/actions-ripe/connect")

    main(page).get_by_role("radio", name="Demo shop").click()

    expect(main(page).get_by_text("This source already has Ripe Device Mode")).to_be_visible()
    expect(main(page).get_by_role("button", name="Enable", exact=True)).to_be_disabled()


def test_a_field_that_is_missing_says_so_below_itself(signed_in: Opener) -> None:
    page = signed_in("/catalog/actions-ripe/connect")
    main(page).get_by_role("radio", name="A new source").click()
    main(page).get_by_label("Name of the source").fill("Another")
    key = main(page).get_by_role("textbox", name="API key")

    main(page).get_by_role("button", name="Enable", exact=True).click()

    expect(main(page).get_by_text("API key is required.")).to_be_visible()
    expect(key).to_be_focused()
    expect(key).to_have_attribute("aria-invalid", "true")
    expect_accessible(page)
    key.fill("a key")
    expect(main(page).get_by_text("API key is required.")).to_have_count(0)
    expect(key).not_to_have_attribute("aria-invalid", "true")


def test_who_moves_from_segment_keeps_the_write_key(
    signed_in: Opener, app_server: RunningServer
) -> None:
    page = signed_in("/sources/new")
    main(page).get_by_label("Name", exact=True).fill("Moved")
    main(page).get_by_role("checkbox", name="Keep a write key from Segment").check()

    main(page).get_by_role("button", name="Create source").click()
    expect(main(page).get_by_text("Write key is required.")).to_be_visible()
    main(page).get_by_label("Write key", exact=True).fill("demo-write-key")
    main(page).get_by_role("button", name="Create source").click()
    expect(main(page).get_by_text('belongs to the source "demo"')).to_be_visible()
    main(page).get_by_label("Write key", exact=True).fill("KeyFromSegment")
    main(page).get_by_role("button", name="Create source").click()

    expect(main(page).get_by_role("heading", level=1, name="Moved")).to_be_visible()
    found = app_server.api("GET", "/sources?pagination[count]=100")["sources"]
    assert ["KeyFromSegment"] in [one["writeKeys"] for one in found]
