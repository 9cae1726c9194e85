"""Sources as their owner meets them: the first visit, set-up, the debugger, and write keys."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.app.conftest import (
    MIDDLE,
    NARROW,
    WIDE,
    expect_accessible,
    expect_within_the_screen,
    sign_in,
)
from tests.running import RunningServer, eventually, running_server

Opener = Callable[..., Page]


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server as it is after its first start."""
    with running_server(tmp_path, "--sandbox", command="serve") as running:
        yield running


@pytest.fixture
def shop(app_server: RunningServer) -> Any:
    """A source of the test's own."""
    body = {"slug": f"shop-{time.monotonic_ns()}", "name": "Shop", "metadataId": "javascript"}
    return app_server.api("POST", "/sources", body)["source"]


def send(server: RunningServer, source: Any, *messages: dict[str, object]) -> None:
    """Send messages with the source's current write key."""
    body = {"writeKey": source["writeKeys"][0], "batch": messages}
    assert server.request("POST", "/v1/batch", json=body).status == 200


def track(event: str, **more: object) -> dict[str, object]:
    """Return a message."""
    return {"type": "track", "userId": "ann", "event": event, **more}


def received(server: RunningServer, source: Any) -> int:
    """Return how many events of the source the ledger knows of the last hour."""
    found = server.api("GET", f"/ledger?sourceId={source['id']}&step=received&limit=1000")
    return len(found["entries"])


def sign_in_as_viewer(page: Page, server: RunningServer, email: str) -> None:
    """Invite somebody who may only look, and sign in as them."""
    body = {"email": email, "name": "Vera", "role": "viewer"}
    link = server.api("POST", "/people", body)["link"]
    password = {"link_token": link["token"], "password": "a few easy words"}
    assert server.request("POST", "/api/v1/password", json=password).status == 200
    page.get_by_text("E-mail and password").click()
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(password["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("banner")).to_be_visible()


def options(page: Page) -> Any:
    """Return the events that the debugger shows."""
    return page.get_by_role("listbox", name="Events").get_by_role("option")


def test_the_first_visit_leads_from_nothing_to_an_event_that_arrived(
    open_page: Opener, empty_server: RunningServer
) -> None:
    page = open_page("/", url=empty_server.url)
    sign_in(page)

    page.get_by_label("Name").fill("My shop")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The source My shop")).to_be_visible()
    snippet = page.get_by_role("figure", name="the snippet")
    expect(snippet).to_contain_text(empty_server.url)
    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    expect_accessible(page)
    page.get_by_role("tab", name="curl").click()
    expect(page.get_by_role("figure", name="the command")).to_contain_text(empty_server.url)

    (source,) = empty_server.api("GET", "/sources")["sources"]
    send(empty_server, source, track("Order Completed", properties={"total": 12.5}))

    arrived = page.get_by_role("region", name="See it arrive")
    expect(arrived.get_by_role("heading", name="Order Completed")).to_be_visible()
    expect(arrived.get_by_text("12.5")).to_be_visible()
    expect(arrived.get_by_text("No destination is connected to this source")).to_be_visible()
    expect_accessible(page)
    connect = page.get_by_role("link", name="Connect a destination")
    expect(connect).to_have_attribute("href", f"/catalog?source={source['id']}")


def test_the_welcome_asks_for_nothing_before_it_knows_what_is_there(
    open_page: Opener, empty_server: RunningServer
) -> None:
    page = open_page("/", url=empty_server.url)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/destinations?*", hold)
    with page.expect_response("**/api/v1/volumes?*"), page.expect_response("**/api/v1/sources?*"):
        sign_in(page)
    eventually(lambda: page.title() and held)
    expect(page.get_by_role("main").get_by_label("Loading")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_count(0)
    for route in held:
        route.continue_()
    page.get_by_label("Name").fill("My shop")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="The source My shop")).to_be_visible()
    assert len(empty_server.api("GET", "/sources")["sources"]) == 1


def test_a_reloaded_welcome_goes_on_where_it_was(
    open_page: Opener, empty_server: RunningServer
) -> None:
    page = open_page("/", url=empty_server.url)
    sign_in(page)
    page.get_by_role("button", name="Create source").click()
    expect(page.get_by_text("Waiting for the first event")).to_be_visible()

    page.reload()

    expect(page.get_by_text("Waiting for the first event")).to_be_visible()
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("heading", name="Test Event")).to_be_visible()
    page.get_by_role("button", name="Go to the home page").click()
    expect(page.get_by_text("All on track")).to_be_visible()


def test_a_new_source_is_set_up_by_name_alone(signed_in: Opener, app_server: RunningServer) -> None:
    page = signed_in("/sources")
    page.get_by_role("link", name="New source").click()

    page.get_by_label("Name").fill("Müller's backend")
    page.get_by_label("Type").first.click()
    page.get_by_role("option", name="Python", exact=True).click()
    page.get_by_role("button", name="Create source").click()

    expect(page.get_by_role("heading", name="Müller's backend")).to_be_visible()
    expect(page.get_by_role("tab").first).to_have_text("Python")
    expect(page.get_by_text(f'analytics.host = "{app_server.url}"')).to_be_visible()
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("heading", name="Test Event")).to_be_visible()


def test_the_debugger_shows_an_event_while_it_happens_and_what_it_is(
    signed_in: Opener, app_server: RunningServer, shop: Any
) -> None:
    page = signed_in(f"/sources/{shop['id']}/debugger")
    expect(page.get_by_text("Waiting for events")).to_be_visible()

    send(app_server, shop, track("Order Completed", messageId="live-1", properties={"total": 7}))

    options(page).filter(has_text="Order Completed").click()
    expect(page.get_by_text("No destination is connected to this source")).to_be_visible()
    expect(page.get_by_text("total:")).to_be_visible()
    page.get_by_text("Raw", exact=True).click()
    expect(page.get_by_role("figure", name="the event")).to_contain_text('"total": 7')
    trace = page.get_by_role("link", name="Trace")
    expect(trace).to_have_attribute("href", "/events/live-1")
    expect(page.get_by_role("button", name="Copy as curl")).to_be_enabled()
    expect_accessible(page)


def test_a_paused_debugger_stands_still_and_counts_what_comes(
    signed_in: Opener, app_server: RunningServer, shop: Any
) -> None:
    page = signed_in(f"/sources/{shop['id']}/debugger")
    send(app_server, shop, track("Before"))
    expect(options(page)).to_have_count(1)

    page.get_by_role("button", name="Pause").click()
    send(app_server, shop, track("Meanwhile 1"), track("Meanwhile 2"))

    resume = page.get_by_role("button", name="Resume (2 new)")
    expect(resume).to_be_visible()
    expect(options(page)).to_have_count(1)
    resume.click()
    expect(options(page)).to_have_count(3)


def test_the_debugger_can_be_filtered_and_walked_through_by_key(
    signed_in: Opener, app_server: RunningServer, shop: Any
) -> None:
    send(
        app_server,
        shop,
        track("Order Completed"),
        track("Product Viewed"),
        {"type": "identify", "userId": "bob", "traits": {"plan": "pro"}},
        {"type": "track", "userId": "ann"},
    )
    page = signed_in(f"/sources/{shop['id']}/debugger")
    expect(options(page)).to_have_count(4)

    page.get_by_label("Filter by name, user or messageId").fill("product")
    expect(options(page)).to_have_count(1)
    page.get_by_label("Filter by name, user or messageId").fill("nothing is like this")
    page.get_by_role("button", name="Show all events").click()
    page.goto(f"/sources/{shop['id']}/debugger?outcome=discarded")
    expect(options(page)).to_have_count(1)
    page.get_by_role("listbox", name="Events").press("ArrowDown")

    expect(page.get_by_text("What was sent is not kept")).to_be_visible()


def test_ten_thousand_events_leave_the_debugger_light(
    signed_in: Opener, app_server: RunningServer, shop: Any
) -> None:
    page = signed_in(f"/sources/{shop['id']}/debugger")
    expect(page.get_by_text("Waiting for events")).to_be_visible()

    shown = page.get_by_text(re.compile(r"Live · "))
    for hundred in range(100):
        send(app_server, shop, *(track(f"Event {hundred}-{number}") for number in range(100)))
    send(app_server, shop, track("The last one"))

    expect(options(page).first).to_contain_text("The last one", timeout=60_000)
    expect(shown).to_be_visible()
    assert options(page).count() < 60
    assert page.evaluate("document.querySelectorAll('*').length") < 1_500
    page.get_by_label("Filter by name, user or messageId").fill("the last")
    expect(options(page)).to_have_count(1)


def test_discards_are_told_by_reason_with_a_sample(
    signed_in: Opener, app_server: RunningServer, shop: Any
) -> None:
    send(app_server, shop, track("Fine"), {"type": "track", "userId": "ann", "messageId": "bad-1"})
    eventually(lambda: received(app_server, shop) == 1)
    page = signed_in(f"/sources/{shop['id']}/discards")

    reason = page.get_by_role("region", name="event_not_defined")

    expect(reason).to_contain_text('The track call has no "event".')
    expect(reason).to_contain_text("bad-1")
    expect_accessible(page)


def test_a_write_key_is_rotated_without_a_gap(
    signed_in: Opener, app_server: RunningServer, shop: Any
) -> None:
    old_key = shop["writeKeys"][0]
    send(app_server, shop, track("With the old key"))
    page = signed_in(f"/sources/{shop['id']}/settings")
    keys = page.get_by_role("region", name="Write keys")
    expect(keys.get_by_role("listitem")).to_have_count(1)
    expect(keys.get_by_role("button", name="Remove")).to_have_count(0)

    keys.get_by_role("button", name="Add a write key").click()
    expect(keys.get_by_role("listitem")).to_have_count(2)
    old = keys.get_by_role("listitem").filter(has_text=old_key)
    expect(old).to_contain_text("Last used")
    now = app_server.api("GET", f"/sources/{shop['id']}")["source"]
    send(app_server, now, track("With the new key"))
    send(app_server, shop, track("Still with the old key"))
    old.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove this write key?")
    expect(dialog).to_contain_text("It was last used")
    expect_accessible(page)
    dialog.get_by_role("button", name="Remove").click()

    expect(keys.get_by_role("listitem")).to_have_count(1)
    after = app_server.api("GET", f"/sources/{shop['id']}")["source"]["writeKeys"]
    assert after == [now["writeKeys"][0]]
    eventually(lambda: received(app_server, shop) == 3)


def test_of_two_who_edit_a_source_neither_loses_what_they_typed(
    signed_in: Opener, app_server: RunningServer, shop: Any
) -> None:
    page = signed_in(f"/sources/{shop['id']}/settings")
    page.get_by_label("Name").fill("Mine")

    app_server.api("PATCH", f"/sources/{shop['id']}", {"name": "Theirs"})
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Somebody else changed this source meanwhile")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Mine")
    page.get_by_role("button", name="Save mine over it").click()
    expect(page.get_by_role("heading", name="Mine")).to_be_visible()


def test_a_source_is_deleted_only_by_who_types_its_slug(signed_in: Opener, shop: Any) -> None:
    page = signed_in(f"/sources/{shop['id']}/settings")
    page.get_by_role("button", name="Delete source").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete source")).to_be_disabled()

    dialog.get_by_role("textbox").fill(shop["slug"])
    dialog.get_by_role("button", name="Delete source").click()

    expect(page.get_by_role("heading", name="Sources", exact=True)).to_be_visible()
    expect(page.get_by_text(shop["slug"])).to_have_count(0)


def test_the_debugger_goes_on_by_itself_after_the_server_restarts(
    open_page: Opener, tmp_path: Path
) -> None:
    with running_server(tmp_path) as server:
        (source,) = server.api("GET", "/sources")["sources"]
        page = open_page(f"/sources/{source['id']}/debugger", url=server.url)
        sign_in(page)
        send(server, source, track("Before"))
        expect(options(page).first).to_contain_text("Before")

        server.stop()
        expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
        server.start_again()
        send(server, source, track("After"))

        expect(options(page).first).to_contain_text("After")
        expect(options(page).filter(has_text="Before")).to_have_count(1)
        expect(page.get_by_text("Connection lost, trying again")).to_be_hidden()


def test_a_viewer_sees_everything_and_no_button_that_changes_it(
    open_page: Opener, app_server: RunningServer, shop: Any
) -> None:
    send(app_server, shop, track("Seen by all"))
    email = f"{shop['slug']}@example.com"
    page = open_page("/sources")
    sign_in_as_viewer(page, app_server, email)
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("link", name="New source")).to_have_count(0)
    page.goto(f"/sources/{shop['id']}/settings")
    expect(page.get_by_text("Your role is viewer.")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_disabled()
    for name in ("Save", "Add a write key", "Delete source"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.goto(f"/sources/{shop['id']}/debugger")
    expect(options(page)).to_have_count(1)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, MIDDLE, WIDE], ids=lambda size: str(size[0]))
def test_the_pages_of_sources_are_for_everyone_on_every_screen(
    signed_in: Opener, app_server: RunningServer, shop: Any, size: tuple[int, int], *, is_dark: bool
) -> None:
    send(app_server, shop, track("Order Completed"), {"type": "track", "userId": "ann"})
    eventually(lambda: received(app_server, shop) == 1)
    page = signed_in("/sources", size=size, is_dark=is_dark)
    expect(page.get_by_text(shop["slug"])).to_be_visible()
    expect_within_the_screen(page)
    expect_accessible(page)

    for path, text in (
        ("", "Connected destinations"),
        ("/debugger", "Order Completed"),
        ("/setup", "What happened to it"),
        ("/discards", "event_not_defined"),
        ("/settings", "Last used"),
    ):
        page.goto(f"/sources/{shop['id']}{path}")
        expect(page.get_by_text(text).first).to_be_visible()
        expect_within_the_screen(page)
        expect_accessible(page)
