"""Engage as its owner meets it: an audience from nothing to Ramen's sandbox, and people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import (
    NARROW,
    WIDE,
    expect_accessible,
    expect_within_the_screen,
    send_first_event,
)
from tests.running import ADMIN_TOKEN, RunningServer, eventually, running_server

Opener = Callable[..., Page]
KEY = "order_completed_last_30_days"


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a few people of its own."""
    with running_server(tmp_path_factory.mktemp("engage")) as running:
        send_first_event(running)
        traits = {"name": "Ada Lovelace", "email": "ada@example.com", "plan": "pro"}
        send(
            running,
            {"type": "page", "anonymousId": "b1", "name": "Home"},
            {"type": "identify", "anonymousId": "b1", "userId": "ada", "traits": traits},
            {"type": "group", "userId": "ada", "groupId": "acme", "traits": {"seats": 3}},
            order("ada", total=120),
            {"type": "identify", "userId": "ben", "traits": {"plan": "free"}},
        )
        eventually(lambda: knows(running, "user_id:ben"))
        yield running


def send(server: RunningServer, *messages: dict[str, Any]) -> None:
    body = {"writeKey": "demo-write-key", "batch": messages}
    assert server.request("POST", "/v1/batch", json=body).status == 200


def order(who: str, **properties: object) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": who,
        "properties": {"total": 10, **properties},
    }


def knows(server: RunningServer, reference: str) -> bool:
    headers = {"authorization": f"Bearer {ADMIN_TOKEN}"}
    path = f"/api/v1/profiles/{reference}"
    return server.request("GET", path, headers=headers).status == 200


def ramen_traits(server: RunningServer, who: str) -> dict[str, Any]:
    users = server.request("GET", "/sandbox/ramen/api/users").json()["users"]
    return next((user["traits"] for user in users if user["id"] == who), {})


def make(server: RunningServer, path: str, name: str, query: str, kind: str = "USERS") -> str:
    body = {"name": name, "definition": {"query": query, "type": kind}}
    found: str = server.api("POST", path, body)["computation"]["id"]
    return found


def text_of(page: Page) -> Any:
    return page.get_by_label("As text")


def test_an_audience_goes_from_nothing_to_a_property_in_ramen(
    signed_in: Opener, app_server: RunningServer
) -> None:
    page = signed_in("/")
    page.get_by_role("link", name="Audiences", exact=True).click()
    page.get_by_role("link", name="New audience").click()

    page.get_by_role("textbox", name="Event", exact=True).fill("Order")
    page.get_by_role("option", name="Order Completed").click()
    expect(text_of(page)).to_have_value("event('Order Completed').within(30 days).count() >= 1")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_text("Ada Lovelace")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Order Completed Last 30 Days")
    expect(page.get_by_text(KEY)).to_be_visible()
    expect_accessible(page)
    page.get_by_role("button", name="Create audience").click()

    expect(page.get_by_role("heading", name="Order Completed Last 30 Days")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_role("table", name="Members").get_by_text("Ada Lovelace")).to_be_visible()
    page.get_by_role("region", name="Next step").get_by_role("link").click()
    page.get_by_role("textbox", name="Destination").fill("Ramen")
    page.get_by_role("option", name="Ramen Server").click()
    page.get_by_role("button", name="Fill in the sandbox's settings").click()
    expect_accessible(page)
    page.get_by_role("button", name="Connect", exact=True).click()

    expect(page.get_by_text("First sync done")).to_be_visible()
    eventually(lambda: ramen_traits(app_server, "ada").get(KEY) is True)
    send(app_server, order("cleo"))
    told = page.get_by_role("list", name="Told Ramen Server lately").get_by_role("listitem")
    of_cleo = told.filter(has_text="cleo")
    eventually(lambda: ramen_traits(app_server, "cleo").get(KEY) is True)
    expect(of_cleo.get_by_text("true")).to_be_visible(timeout=20_000)
    expect_accessible(page)
    with page.context.expect_page() as opened:
        of_cleo.get_by_role("link", name="See it in Ramen").click()
    users = opened.value.get_by_role("tabpanel", name="Users")
    expect(users.get_by_role("listitem").filter(has_text="cleo")).to_contain_text(
        KEY, timeout=20_000
    )
    of_cleo.get_by_role("link", name="What became of it").click()
    expect(page.get_by_role("heading", name="Ramen Server")).to_be_visible(timeout=20_000)


def test_the_text_and_the_builder_follow_each_other(signed_in: Opener) -> None:
    page = signed_in("/audiences/new")

    text_of(page).fill(
        "event('Order Completed').where(property('total') >= 100).count() >= 2 "
        "AND NOT trait('plan') = 'free'"
    )

    expect(page.get_by_label("How many times")).to_have_value("2")
    expect(page.get_by_role("textbox", name="Name of the property")).to_have_value("total")
    condition = page.get_by_role("group", name="Condition 2")
    expect(condition.get_by_role("textbox", name="Trait", exact=True)).to_have_value("plan")
    page.get_by_label("How many times").fill("3")
    expect(text_of(page)).to_have_value(
        "event('Order Completed').where(property('total') >= 100).count() >= 3 "
        "AND NOT trait('plan') = 'free'"
    )
    condition.get_by_role("button", name="Remove condition 2").click()
    expect(text_of(page)).to_have_value(
        "event('Order Completed').where(property('total') >= 100).count() >= 3"
    )


def test_an_error_in_the_text_says_where_it_is(signed_in: Opener) -> None:
    page = signed_in("/audiences/new")

    text_of(page).fill("event('Order Completed').cuont() >= 1")

    expect(page.get_by_text("Line 1, column")).to_be_visible()
    expect(page.locator("pre", has_text="^")).to_be_visible()
    expect(page.get_by_role("button", name="Create audience")).to_be_disabled()
    expect_accessible(page)


def test_who_changed_it_meanwhile_is_told_and_nothing_is_lost(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = make(app_server, "/audiences", "Two editors", "trait('plan') = 'pro'")
    page = signed_in(f"/audiences/{one}/definition")
    expect(page.get_by_label("Value", exact=True)).to_have_value("pro")
    page.get_by_label("Value", exact=True).fill("free")
    expect(text_of(page)).to_have_value("trait('plan') = 'free'")
    team = {"definition": {"query": "trait('plan') = 'team'"}}
    app_server.api("PATCH", f"/audiences/{one}", team)

    page.get_by_role("button", name="Save", exact=True).click()

    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("The administrator changed this audience meanwhile")
    expect(conflict.get_by_text("trait('plan') = 'team'")).to_be_visible()
    expect_accessible(page)
    conflict.get_by_role("button", name="Save mine over it").click()
    eventually(lambda: query_of(app_server, one) == "trait('plan') = 'free'")


def test_how_a_destination_is_told_can_be_changed(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = make(app_server, "/audiences", "Told otherwise", "trait('plan') = 'pro'")
    hook = {"metadataId": "webhook", "settings": {"url": f"{app_server.url}/nowhere"}}
    app_server.api("POST", f"/audiences/{one}/destinations", {**hook, "enabled": False})
    page = signed_in(f"/audiences/{one}/destinations")
    card = page.get_by_role("region", name="Webhook")
    card.get_by_role("button", name="Edit").click()

    card.get_by_role("checkbox", name="Track").check()
    card.get_by_label("Event when somebody gets in").fill("Became a pro")
    card.get_by_label("At most so many a second").fill("5")
    expect(card.get_by_role("button", name="Save")).to_be_enabled()
    expect_accessible(page)
    card.get_by_role("button", name="Save").click()

    expect(card.get_by_text("Sends “Became a pro” and “Audience Exited”.")).to_be_visible()
    (output,) = app_server.api("GET", f"/audiences/{one}")["computation"]["destinations"]
    assert (sorted(output["sends"]), output["perSecondMax"]) == (["identify", "track"], 5)


def test_a_viewer_sees_a_definition_and_who_is_in_it_and_changes_nothing(
    open_page: Opener, app_server: RunningServer
) -> None:
    one = make(app_server, "/audiences", "Looked at", "trait('plan') = 'pro'")
    sign_in_as_viewer(page := open_page(f"/audiences/{one}/definition"), app_server)

    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_text("Ada Lovelace")).to_be_visible()
    expect(page.get_by_label("Value", exact=True)).to_be_disabled()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    expect_accessible(page)


def sign_in_as_viewer(page: Page, server: RunningServer) -> None:
    email = f"vi-{time.monotonic_ns()}@example.com"
    person = {"email": email, "name": "Vi", "role": "viewer"}
    link = server.api("POST", "/people", person)["link"]["token"]
    server.request(
        "POST", "/api/v1/password", json={"linkToken": link, "password": "one long password"}
    )
    page.get_by_text("E-mail and password").click()
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill("one long password")
    page.get_by_role("button", name="Sign in").click()


def query_of(server: RunningServer, audience: str) -> str:
    found: str = server.api("GET", f"/audiences/{audience}")["computation"]["definition"]["query"]
    return found


def test_a_computed_trait_is_made_with_a_form(signed_in: Opener) -> None:
    page = signed_in("/traits/new")
    page.get_by_role("textbox", name="Name").fill("Total spent")
    page.get_by_label("Kind").first.click()
    page.get_by_role("option", name="Sum").click()
    page.get_by_role("textbox", name="Event", exact=True).fill("Order Completed")
    page.keyboard.press("Escape")
    page.get_by_role("textbox", name="Property", exact=True).fill("total")
    page.keyboard.press("Escape")
    expect(text_of(page)).to_have_value("event('Order Completed').sum(property('total'))")
    expect(page.get_by_role("region", name="Preview").get_by_text("120")).to_be_visible()
    expect_accessible(page)

    page.get_by_role("button", name="Create computed trait").click()

    expect(page.get_by_role("heading", name="Total spent")).to_be_visible()
    expect(page.get_by_role("table", name="Members").get_by_text("120")).to_be_visible()


def test_a_profile_tells_all_that_is_known(signed_in: Opener, app_server: RunningServer) -> None:
    make(app_server, "/audiences", "Pros", "trait('plan') = 'pro'")
    page = signed_in("/profiles")
    page.get_by_label("Look for somebody").fill("ada@")
    page.get_by_role("link", name="Ada Lovelace").click()

    known_by = page.get_by_role("region", name="Known by")
    expect(known_by.get_by_text("ada@example.com")).to_be_visible()
    expect(known_by.get_by_text("b1", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Traits", exact=True).get_by_text("pro")).to_be_visible()
    expect(page.get_by_role("link", name="Pros")).to_be_visible()
    expect(page.get_by_role("region", name="Events").get_by_text("Order Completed")).to_be_visible()
    expect_accessible(page)
    page.reload()
    page.get_by_role("region", name="Accounts").get_by_role("link", name="acme").click()
    expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    expect_accessible(page)


def test_a_person_is_forgotten_and_refused(signed_in: Opener, app_server: RunningServer) -> None:
    send(app_server, {"type": "identify", "userId": "zoe", "traits": {"name": "Zoe"}})
    eventually(lambda: knows(app_server, "user_id:zoe"))
    page = signed_in("/profiles?q=zoe")
    page.get_by_role("link", name="Zoe").click()

    page.get_by_role("button", name="Forget this person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("zoe")
    expect(dialog.get_by_role("button", name="Forget this person")).to_be_enabled()
    expect_accessible(page)
    dialog.get_by_role("button", name="Forget this person").click()

    expect(page.get_by_role("heading", name="Privacy")).to_be_visible()
    requests = page.get_by_role("table", name="Requests")
    expect(requests.get_by_text("Finished")).to_be_visible()
    expect(page.get_by_role("region", name="Suppressed").get_by_text("zoe")).to_be_visible()
    eventually(lambda: not knows(app_server, "user_id:zoe"))
    expect_accessible(page)


def test_sql_is_answered_as_a_table(signed_in: Opener) -> None:
    page = signed_in("/sql")
    page.get_by_label("Your question").fill("SELECT 'a' AS letter, 41 + 1 AS number")

    page.keyboard.press("Control+Enter")

    answer = page.get_by_role("region", name="Answer")
    expect(answer.get_by_role("cell", name="42")).to_be_visible()
    expect(page.get_by_role("button", name="Download CSV")).to_be_visible()
    expect_accessible(page)
    page.get_by_label("Your question").fill("SELEC 1")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_the_pages_are_accessible_and_fit(
    signed_in: Opener, app_server: RunningServer, size: tuple[int, int], is_dark: object
) -> None:
    names = [one["name"] for one in app_server.api("GET", "/audiences")["computations"]]
    name = f"Fits {size[0]} {is_dark}"
    query = (
        "event('Order Completed').where(property('total') >= 5).within(30 days).count() >= 1 "
        "AND (trait('plan') = 'pro' OR trait('plan') = 'team')"
    )
    assert name not in names
    one = make(app_server, "/audiences", name, query)
    page = signed_in("/audiences", size=size, is_dark=bool(is_dark))
    for path in (
        "/audiences",
        "/audiences/new",
        f"/audiences/{one}",
        f"/audiences/{one}/definition",
        f"/audiences/{one}/destinations",
        f"/audiences/{one}/settings",
        "/traits",
        "/traits/new",
        "/profiles",
        "/profiles/user_id%3Aada",
        "/privacy",
        "/sql",
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        expect_within_the_screen(page)
        expect_accessible(page)


def test_an_audience_is_connected_to_ramen_in_the_browser(
    signed_in: Opener, app_server: RunningServer
) -> None:
    one = make(
        app_server, "/audiences", "Told in the browser", "event('Order Completed').count() >= 1"
    )
    page = signed_in(f"/audiences/{one}/destinations")
    main = page.get_by_role("main")

    main.get_by_role("button", name="Connect a destination").click()
    main.get_by_role("textbox", name="Destination").fill("in the browser")
    page.get_by_role("option", name="Ramen in the browser").click()
    expect(main.get_by_text("Switched off in the connection")).to_be_visible()
    expect(main.get_by_role("radio", name="Track")).to_have_count(0)
    expect_accessible(page)
    main.get_by_role("button", name="Connect", exact=True).click()

    told = main.get_by_role("region", name="Ramen")
    expect(told.get_by_text("Nothing is sent.")).to_be_visible()
    expect(told.get_by_role("link", name="the settings of Ramen")).to_be_visible()
    expect(told.get_by_role("link", name="See what was sent")).to_have_count(0)
    expect_accessible(page)
