"""The frame around every page: signing in, finding one's way, and what happens when it breaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import (
    MIDDLE,
    NARROW,
    WIDE,
    expect_accessible,
    expect_within_the_screen,
    send_first_event,
    sign_in,
)
from tests.running import running_server

Opener = Callable[..., Page]


def test_a_stranger_is_asked_who_they_are_and_told_where_the_token_is(open_page: Opener) -> None:
    page = open_page("/")

    expect(page.get_by_role("heading", name="Sign in to Crossdock")).to_be_visible()
    expect(page.get_by_text("The server printed it when it first started")).to_be_visible()
    expect_accessible(page)


def test_a_wrong_token_is_told_and_stays_to_be_corrected(open_page: Opener) -> None:
    page = open_page("/")

    sign_in(page, "wrong")

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Admin token", exact=True).last).to_have_value("wrong")


def test_who_signs_in_is_where_they_wanted_to_be_and_stays_signed_in(signed_in: Opener) -> None:
    page = signed_in("/no-such-page")

    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    page.goto("/")

    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_who_signs_out_sees_nothing_any_more(signed_in: Opener) -> None:
    page = signed_in("/")

    page.get_by_label("Account of").click()
    page.get_by_role("menuitem", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in to Crossdock")).to_be_visible()


def test_a_session_that_ends_is_renewed_over_the_page_as_it_is(signed_in: Opener) -> None:
    page = signed_in("/")
    expect(page.get_by_text("All on track")).to_be_visible()

    page.context.clear_cookies()
    page.evaluate("dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_role("dialog", name="Your session has ended")).to_be_visible()
    expect_accessible(page)
    sign_in(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_a_page_goes_on_after_another_page_signed_out_and_in_again(signed_in: Opener) -> None:
    page = signed_in("/sources/new")
    page.get_by_label("Name").fill("Of two pages")
    other = page.context.new_page()
    other.goto("/no-such-page")
    other.get_by_label("Account of").click()
    other.get_by_role("menuitem", name="Sign out").click()
    sign_in(other)
    expect(other.get_by_role("banner")).to_be_visible()

    page.get_by_role("button", name="Create source").click()

    expect(page.get_by_role("heading", name="Of two pages")).to_be_visible()


def test_the_colour_scheme_is_the_systems_until_one_is_chosen_and_kept(signed_in: Opener) -> None:
    page = signed_in("/", is_dark=True)
    root = page.locator("html")
    expect(root).to_have_attribute("data-mantine-color-scheme", "dark")

    page.get_by_label("Colour scheme").click()
    page.get_by_role("menuitem", name="Light").click()
    expect(root).to_have_attribute("data-mantine-color-scheme", "light")
    page.reload()

    expect(root).to_have_attribute("data-mantine-color-scheme", "light")


def test_on_a_small_screen_the_navigation_opens_and_closes_by_itself(signed_in: Opener) -> None:
    page = signed_in("/no-such-page", size=NARROW)
    home = page.get_by_role("navigation", name="Main").get_by_role("link", name="Home")
    expect(home).not_to_be_in_viewport()

    page.get_by_label("Open the navigation").click()
    expect(home).to_be_in_viewport()
    home.click()

    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    expect(home).not_to_be_in_viewport()


def test_the_search_opens_by_key_and_leads_to_a_page(signed_in: Opener) -> None:
    page = signed_in("/no-such-page")

    page.keyboard.press("Control+k")
    page.get_by_label("Search", exact=True).fill("hom")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Home")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, MIDDLE, WIDE], ids=lambda size: str(size[0]))
def test_the_home_page_is_for_everyone_on_every_screen(
    signed_in: Opener, size: tuple[int, int], *, is_dark: bool
) -> None:
    page = signed_in("/", size=size, is_dark=is_dark)

    expect(page.get_by_text("All on track")).to_be_visible()

    expect_within_the_screen(page)
    expect_accessible(page)


def test_a_server_that_restarts_under_an_open_page_is_waited_for(
    open_page: Opener, tmp_path: Path
) -> None:
    with running_server(tmp_path) as server:
        send_first_event(server)
        page = open_page("/", url=server.url)
        sign_in(page)
        expect(page.get_by_text("All on track")).to_be_visible()

        server.stop()
        banner = page.get_by_text(re.compile("cannot be reached; trying again"))
        expect(banner).to_be_visible()
        server.start_again()

        expect(banner).to_be_hidden()
        expect(page.get_by_text("All on track")).to_be_visible()
