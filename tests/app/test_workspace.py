"""The workspace in the app: as a file, its people, their tokens, and who did what."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import NARROW, WIDE, expect_accessible, expect_within_the_screen
from tests.running import RunningServer

Opener = Callable[..., Page]
PASSWORD = "four words are easy"  # noqa: S105 - of a person that only this test knows.


def test_a_file_is_planned_and_then_applied(signed_in: Opener, app_server: RunningServer) -> None:
    page = signed_in("/workspace/code")
    expect(page.get_by_label("workspace", exact=True)).to_contain_text("Demo shop")

    page.get_by_role("tab", name="Edit", exact=True).click()
    page.get_by_role("button", name="Start from the current workspace").click()
    field = page.get_by_role("textbox", name="The file")
    field.fill(field.input_value().replace("name: Demo shop", "name: Corner shop"))
    page.get_by_role("button", name="Preview changes").click()
    plan = page.get_by_role("list", name="What would change")
    expect(plan).to_contain_text("Corner shop")
    expect_accessible(page)
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()

    expect(page.get_by_text("Applied: 1 changed.")).to_be_visible()
    source = next(
        one for one in app_server.api("GET", "/sources")["sources"] if one["slug"] == "demo"
    )
    assert source["name"] == "Corner shop"
    # Other tests look at the same server.
    app_server.api("PATCH", f"/sources/{source['id']}", {"name": "Demo shop"})


def test_a_plan_that_was_overtaken_is_not_applied_but_shown_anew(
    signed_in: Opener, app_server: RunningServer
) -> None:
    page = signed_in("/workspace/code")
    page.get_by_role("tab", name="Edit", exact=True).click()
    page.get_by_role("button", name="Start from the current workspace").click()
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_role("heading", name="Nothing would change")).to_be_visible()
    field = page.get_by_role("textbox", name="The file")
    field.fill(field.input_value().replace("name: Demo shop", "name: Corner shop"))
    page.get_by_role("button", name="Preview changes").click()
    plan = page.get_by_role("list", name="What would change")
    expect(plan).to_contain_text("Corner shop")

    slug = f"meanwhile-{time.monotonic_ns()}"
    made = app_server.api("POST", "/sources", {"slug": slug})["source"]
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()

    expect(page.get_by_text("The workspace changed after you looked at the plan")).to_be_visible()
    expect(plan).to_contain_text(slug)
    names = [one["name"] for one in app_server.api("GET", "/sources")["sources"]]
    assert "Demo shop" in names
    app_server.api("DELETE", f"/sources/{made['id']}")


def test_a_file_with_a_mistake_says_at_which_line(signed_in: Opener) -> None:
    page = signed_in("/workspace/code")
    page.get_by_role("tab", name="Edit", exact=True).click()

    page.get_by_role("textbox", name="The file").fill(
        "version: 1\nsources:\n  demo:\n    name: 5\n"
    )
    page.get_by_role("button", name="Preview changes").click()

    expect(page.get_by_role("alert")).to_contain_text("there is a number")
    page.get_by_role("button", name="Go to line 4").click()
    marked = page.get_by_role("textbox", name="The file").evaluate(
        "area => area.value.slice(area.selectionStart, area.selectionEnd)"
    )
    assert marked == "    name: 5"


def test_who_is_invited_as_a_viewer_sees_no_button_that_changes_something(
    signed_in: Opener, open_page: Opener, app_server: RunningServer
) -> None:
    email = f"viewer-{time.monotonic_ns()}@example.com"
    page = signed_in("/workspace/people")
    page.get_by_role("button", name="Invite somebody").first.click()
    page.get_by_label("E-mail").fill(email)
    page.keyboard.press("Enter")
    link = page.get_by_label("Link").input_value()
    expect_accessible(page)

    theirs = open_page(link.removeprefix(app_server.url))
    theirs.get_by_label("New password").fill(PASSWORD)
    theirs.get_by_label("The same again").fill(PASSWORD)
    theirs.get_by_role("button", name="Set the password").click()
    theirs.get_by_role("link", name="Go to sign-in").click()
    theirs.get_by_text("E-mail and password").click()
    theirs.get_by_label("E-mail", exact=True).fill(email)
    theirs.get_by_label("Password", exact=True).fill(PASSWORD)
    theirs.get_by_role("button", name="Sign in").click()
    expect(theirs.get_by_role("banner")).to_be_visible()
    navigation = theirs.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="Delivery")).to_have_count(0)
    expect(navigation.get_by_role("link", name="People")).to_have_count(0)

    theirs.goto("/workspace/people")
    expect(theirs.get_by_text("This needs the role owner")).to_be_visible()
    theirs.goto("/workspace/code")
    expect(theirs.get_by_label("workspace", exact=True)).to_be_visible()
    expect(theirs.get_by_role("tab", name="Edit", exact=True)).to_have_count(0)
    theirs.goto("/delivery/replay")
    expect(theirs.get_by_role("heading", name="Replay", exact=True)).to_be_visible()
    expect(theirs.get_by_role("link", name="New replay")).to_have_count(0)


def test_a_token_is_shown_once_and_revoked(signed_in: Opener, app_server: RunningServer) -> None:
    page = signed_in("/workspace/tokens")

    page.get_by_role("button", name="New token").first.click()
    page.get_by_label("Name").fill("Deployment")
    page.keyboard.press("Enter")
    value = page.get_by_label("Token", exact=True).input_value()
    answer = app_server.request(
        "GET", "/api/v1/sources", headers={"authorization": f"Bearer {value}"}
    )
    assert answer.status == 200
    expect_accessible(page)
    page.reload()
    expect(page.get_by_text("Deployment")).to_be_visible()
    expect(page.get_by_label("Token", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()

    expect(page.get_by_text("No tokens yet")).to_be_visible()


def test_the_audit_log_says_who_did_what_and_what_it_was(signed_in: Opener) -> None:
    page = signed_in("/workspace/audit?kind=source")

    page.get_by_text(re.compile("created the source demo")).click()

    expect(page.get_by_text("demo-write-key")).to_be_visible()
    expect_accessible(page)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=lambda size: str(size[0]))
def test_every_page_is_for_everyone_on_every_screen(
    signed_in: Opener, size: tuple[int, int], *, is_dark: bool
) -> None:
    page = signed_in("/", size=size, is_dark=is_dark)
    for path, shown in [
        ("/workspace/code", "Workspace as code"),
        ("/workspace/people", "People"),
        ("/workspace/tokens", "API tokens"),
        ("/workspace/audit", "Audit log"),
        ("/workspace/password", "Your password"),
    ]:
        page.goto(path)
        expect(page.get_by_role("heading", name=shown)).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        expect_within_the_screen(page)
        expect_accessible(page)
