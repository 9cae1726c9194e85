"""From the catalog to an event at the vendor, and everything that can be set on the way."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.app.conftest import (
    MIDDLE,
    NARROW,
    WIDE,
    expect_accessible,
    expect_within_the_screen,
)
from tests.running import RunningServer, eventually, running_server

Opener = Callable[..., Page]
PASSWORD = "a long enough one"  # noqa: S105 - of a person of this test.


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("destinations")) as running:
        yield running


def destination_of(server: RunningServer, slug: str) -> Any:
    """Return the demo's destination."""
    found = server.api("GET", "/destinations?pagination[count]=100")["destinations"]
    return next(one for one in found if one["slug"] == slug and one["name"] != "Copy")


def new_destination(server: RunningServer, slug: str, **more: Any) -> Any:
    """Connect a destination to a source of its own, past the app."""
    source_slug = f"source-{time.monotonic_ns()}"
    source = server.api("POST", "/sources", {"slug": source_slug, "name": "Own"})["source"]
    settings = server.api("GET", f"/catalog/destinations/{slug}/sandbox")["settings"]
    body = {"sourceId": source["id"], "metadataId": slug, "settings": settings, **more}
    return server.api("POST", "/destinations", body)["destination"]


def visit_shop(page: Page, server: RunningServer, source_name: str, script: str) -> None:
    """Open a page with the snippet of a source, which runs the script."""
    sources = server.api("GET", "/sources?pagination[count]=200")["sources"]
    source_id = next(one["id"] for one in sources if one["name"] == source_name)
    snippet = server.api("GET", f"/sources/{source_id}/snippet")["httpSnippet"]
    browser = page.context.browser
    assert browser is not None
    shop = browser.new_page()
    html = f"<!doctype html><title>Shop</title>{snippet}<script>{script}</script>"
    shop.route("**/my-shop", lambda route: route.fulfill(content_type="text/html", body=html))
    shop.goto(f"{server.url}/my-shop")


def tab(page: Page, name: str) -> Locator:
    """One of the links to the parts of a destination."""
    parts = page.get_by_role("navigation", name="Parts of the destination")
    return parts.get_by_role("link", name=name)


def set_up(page: Page, vendor: str, source_name: str) -> None:
    """Do what a new user does, from the first page of the app on."""
    page.get_by_role("link", name="Catalog").click()
    # The card's name; "Ramen" begins another's too.
    page.get_by_role("main").get_by_role("heading", level=2).filter(
        has_text=re.compile(rf"^{re.escape(vendor)}$")
    ).click()
    page.get_by_role("link", name="Configure").click()
    page.get_by_role("radio", name="A new source").click()
    page.get_by_label("Name of the source").fill(source_name)
    page.get_by_role("button", name="Fill in the sandbox's settings").click()
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("It works")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Enable")).click()
    expect(page.get_by_text("It takes effect on the next page load")).to_be_visible()


def test_r4_a_new_user_connects_ripe_and_sees_an_event_arrive(
    signed_in: Opener, app_server: RunningServer
) -> None:
    page = signed_in("/")

    set_up(page, "Ripe Device Mode (Actions)", "Ripe shop")
    visit_shop(page, app_server, "Ripe shop", "analytics.track('Tea Ordered', {cups: 2})")

    def arrived() -> bool:
        answer = app_server.request("GET", "/sandbox/ripe/api/events").json()
        return any(event["event"] == "Tea Ordered" for event in answer["events"])

    assert eventually(arrived)
    expect(page.get_by_text("A browser loaded it")).to_be_visible()


def test_r4_a_new_user_connects_ramen_and_sees_a_person_arrive(
    signed_in: Opener, app_server: RunningServer
) -> None:
    page = signed_in("/")

    set_up(page, "Ramen", "Ramen shop")
    visit_shop(
        page, app_server, "Ramen shop", "analytics.identify('user-7', {email: 'ana@shop.example'})"
    )

    def arrived() -> bool:
        answer = app_server.request("GET", "/sandbox/ramen/api/users").json()
        return any(user["email"] == "ana@shop.example" for user in answer["users"])

    assert eventually(arrived)
    expect(page.get_by_text("A browser loaded it")).to_be_visible()
    # Back is not the form, which would make the destination a second time.
    page.go_back()
    expect(page.get_by_role("heading", name="Ramen", exact=True)).to_be_visible()


def test_m1_a_source_that_cannot_have_it_is_shown_with_the_reason(
    signed_in: Opener, app_server: RunningServer
) -> None:
    billing = f"billing-{time.monotonic_ns()}"
    app_server.api("POST", "/sources", {"slug": billing, "metadataId": "python"})

    page = signed_in("/catalog/ramen/connect")

    expect(page.get_by_role("radio", name=billing)).to_be_disabled()
    expect(
        page.get_by_text("Ramen runs in a browser, and a server source has none.")
    ).to_be_visible()


def test_a_wrong_api_key_is_told_in_words_before_anything_is_saved(
    signed_in: Opener, app_server: RunningServer
) -> None:
    before = len(app_server.api("GET", "/destinations?pagination[count]=100")["destinations"])
    page = signed_in("/catalog/actions-ripe/connect")
    page.get_by_role("button", name="Fill in the sandbox's settings").click()

    page.get_by_role("textbox", name="API key").fill("wrong")
    page.get_by_role("button", name="Test connection").click()

    expect(page.get_by_text("Ripe does not accept the API key.")).to_be_visible()
    expect(page.get_by_text("Copy the API key anew")).to_be_visible()
    after = app_server.api("GET", "/destinations?pagination[count]=100")["destinations"]
    assert len(after) == before


def test_m9_a_wrong_organization_id_is_told_in_words(signed_in: Opener) -> None:
    page = signed_in("/catalog/ramen/connect")
    page.get_by_role("button", name="Fill in the sandbox's settings").click()

    page.get_by_label("Organization id").fill("somebody-elses")
    page.get_by_role("button", name="Test connection").click()

    expect(page.get_by_text("Ramen knows no organization with this id.")).to_be_visible()
    page.get_by_label("Organization id").fill("demo-organization")
    expect(page.get_by_text("Ramen knows no organization with this id.")).to_have_count(0)


def test_what_is_refused_stays_to_be_corrected(signed_in: Opener) -> None:
    page = signed_in("/catalog/webhook/connect")

    page.get_by_label("URL").first.fill("not an address")
    page.get_by_role("button", name="Save without enabling").click()

    expect(page.get_by_text("Nothing was saved yet")).to_be_visible()
    expect(page.get_by_label("URL").first).to_have_value("not an address")


def test_a_secret_that_is_saved_is_never_shown_again(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = new_destination(app_server, "actions-ripe")

    page = signed_in(f"/destinations/{one['id']}/settings")

    expect(page.get_by_text("A value is set. It is not shown again.")).to_be_visible()
    assert "demo-ripe-key" not in page.content()
    page.get_by_role("button", name="Replace").click()
    page.get_by_role("textbox", name="API key").fill("another key")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    expect(page.get_by_text("A value is set. It is not shown again.")).to_be_visible()


def test_of_two_who_edit_the_same_the_second_sees_who_was_first_and_chooses(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = new_destination(app_server, "ramen")
    page = signed_in(f"/destinations/{one['id']}/settings")
    page.get_by_label("Name", exact=False).first.fill("Mine")

    app_server.api("PATCH", f"/destinations/{one['id']}", {"name": "Theirs"})
    page.get_by_role("button", name="Save", exact=True).click()

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("changed this destination meanwhile")
    expect(alert).to_contain_text("Theirs")
    expect(page.get_by_label("Name", exact=False).first).to_have_value("Mine")
    expect_accessible(page)
    page.get_by_role("button", name="Save mine over it").click()
    expect(page.get_by_role("heading", name="Mine")).to_be_visible()


def test_a_destination_is_paused_resumed_copied_and_deleted(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = new_destination(app_server, "actions-ripe-cloud", enabled=True, name="Flow")
    app_server.api("POST", f"/destinations/{one['id']}/pause")

    page = signed_in(f"/destinations/{one['id']}")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Sending resumed.")).to_be_visible()
    tab(page, "Settings").click()
    page.get_by_role("button", name="Duplicate").click()
    page.get_by_role("dialog").get_by_role("button", name="Duplicate").click()
    expect(page.get_by_role("heading", name="Flow (copy)")).to_be_visible()

    tab(page, "Settings").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_label("To go on").fill("Flow (copy)")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("heading", name="Destinations")).to_be_visible()
    expect(page.get_by_role("link", name="Flow (copy)")).to_have_count(0)


def test_a_filter_is_tried_on_events_before_it_is_in_effect(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = new_destination(app_server, "actions-ripe-cloud", enabled=True)
    page = signed_in(f"/destinations/{one['id']}/filters")
    page.get_by_role("link", name="Add a filter").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_text("1 dropped, 0 changed, 3 as they are.")).to_be_visible()

    page.get_by_role("group", name="Which events").get_by_label("FQL").fill('type = "identify"')
    page.get_by_role("textbox", name="What happens").click()
    page.get_by_role("option", name="Remove properties").click()
    page.get_by_role("textbox", name="Properties").fill("traits.email")
    page.keyboard.press("Enter")

    expect(preview.get_by_text("Without traits.email")).to_be_visible()
    expect_accessible(page)
    page.get_by_role("button", name="Add filter").click()
    expect(page.get_by_role("link", name="Removes traits.email")).to_be_visible()
    (found,) = app_server.api("GET", f"/destination/{one['id']}/filters")["filters"]
    assert found["actions"][0]["fields"] == {"traits": ["email"]}


def test_an_event_with_a_very_long_name_does_not_widen_the_preview(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = new_destination(app_server, "actions-ripe-cloud")
    source = app_server.api("GET", f"/sources/{one['sourceId']}")["source"]
    event = {"writeKey": source["writeKeys"][0], "userId": "ann", "event": "x" * 300}
    assert app_server.request("POST", "/v1/track", json=event).status == 200
    eventually(lambda: app_server.api("GET", f"/sources/{one['sourceId']}/events")["events"])

    page = signed_in(f"/destinations/{one['id']}/filters/new", size=NARROW)

    expect(page.get_by_role("region", name="Preview").get_by_text("x" * 300).first).to_be_visible()
    expect_within_the_screen(page)


def test_a_condition_that_cannot_be_read_is_told_where_it_is_written(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = new_destination(app_server, "actions-ripe-cloud")
    page = signed_in(f"/destinations/{one['id']}/filters/new")

    condition = page.get_by_role("group", name="Which events").get_by_label("FQL")
    condition.fill("type = = 3")
    page.get_by_role("button", name="Add filter").click()

    expect(condition).to_have_value("type = = 3")
    expect(condition).to_have_attribute("aria-invalid", "true")


def test_m8_a_signature_is_checked_and_a_mistake_is_named(
    signed_in: Opener, app_server: RunningServer
) -> None:
    # Two, since the page of a single one is opened at once.
    new_destination(app_server, "ramen")
    name = f"Ramen {time.monotonic_ns()}"
    new_destination(app_server, "ramen", name=name)
    page = signed_in("/ramen")
    page.get_by_role("main").get_by_role("link", name=name).click()
    now = int(time.time())
    signed = f"ana@shop.example:42:Ana:{now}:secret"
    values = {
        "E-mail": "ANA@shop.example",
        "User id": "42",
        "Name": "Ana",
        "Timestamp": str(now),
        "Hash": hashlib.sha256(signed.encode()).hexdigest(),
        "Organization's secret": "secret",
    }

    for label, value in values.items():
        page.get_by_role("textbox", name=label).fill(value)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("Wrong. The server signed the e-mail in lower case")).to_be_visible()
    page.get_by_role("textbox", name="E-mail").fill("ana@shop.example")
    page.get_by_role("button", name="Check").click()

    expect(page.get_by_text("Ramen accepts this signature.")).to_be_visible()


def test_a_viewer_sees_everything_and_can_change_nothing(
    open_page: Opener, app_server: RunningServer
) -> None:
    one = new_destination(app_server, "actions-ripe-cloud", enabled=True)
    email = f"vera-{time.monotonic_ns()}@shop.example"
    invited = app_server.api("POST", "/people", {"email": email, "name": "Vera", "role": "viewer"})
    link = {"linkToken": invited["link"]["token"], "password": PASSWORD}
    app_server.request("POST", "/api/v1/password", json=link)
    page = open_page(f"/destinations/{one['id']}")
    page.get_by_text("E-mail and password").click()
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("switch", name="Enabled")).to_be_disabled()
    tab(page, "Settings").click()
    expect(page.get_by_text("Your role is viewer: ask an editor to change this.")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    page.goto("/destinations")
    expect(page.get_by_role("link", name="Add destination")).to_have_count(0)
    page.goto("/catalog/ramen")
    expect(page.get_by_text("Ask an editor of the workspace to connect it.")).to_be_visible()
    page.goto("/catalog/ramen/connect")
    expect(page.get_by_text("You need to be an editor to connect a destination")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, MIDDLE, WIDE], ids=lambda size: str(size[0]))
def test_every_page_is_for_everyone_on_every_screen(
    signed_in: Opener, app_server: RunningServer, size: tuple[int, int], *, is_dark: bool
) -> None:
    ripe = f"/destinations/{destination_of(app_server, 'actions-ripe')['id']}"
    ramen = f"/destinations/{destination_of(app_server, 'ramen')['id']}"
    page = signed_in("/catalog", size=size, is_dark=is_dark)
    for path, sign in (
        ("/catalog", "Webhook"),
        ("/catalog/actions-ripe", "If something is wrong"),
        ("/catalog/actions-ripe/connect", "Mappings to start with"),
        ("/destinations", "Demo shop"),
        (ripe, "Good to know"),
        (f"{ripe}/settings", "Manage this destination"),
        (f"{ripe}/filters", "Everything goes through"),
        (f"{ripe}/filters/new", "page: Boots"),
        (f"{ramen}/secure-mode", "Check a signature"),
    ):
        page.goto(path)
        expect(page.get_by_text(sign).first).to_be_visible()

        expect_within_the_screen(page)
        expect_accessible(page)
