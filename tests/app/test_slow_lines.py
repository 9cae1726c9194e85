"""On a slow line, and when the server is away: nothing is done twice, and nothing typed is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.app.conftest import sign_in
from tests.running import RunningServer, running_server

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("slow")) as running:
        yield running


def main(page: Page) -> Locator:
    """The page without its frame."""
    return page.get_by_role("main")


@contextmanager
def held(page: Page, pattern: str, *, method: str = "GET") -> Iterator[None]:
    """Hold back the requests to an address; what was held is sent at the end."""
    routes: list[Route] = []
    is_over = threading.Event()

    def hold(route: Route) -> None:
        if route.request.method == method and not is_over.is_set():
            routes.append(route)
        else:
            route.continue_()

    page.route(pattern, hold)
    yield
    is_over.set()
    for route in routes:
        route.continue_()


def sources_named(server: RunningServer, name: str) -> list[Any]:
    """Return the sources of this name."""
    found = server.api("GET", "/sources?pagination[count]=200")["sources"]
    return [one for one in found if one["name"] == name]


def demo_destination(server: RunningServer, slug: str) -> Any:
    """Return the demo's destination."""
    found = server.api("GET", "/destinations?pagination[count]=200")["destinations"]
    return next(one for one in found if one["slug"] == slug)


def test_a_form_that_is_sent_twice_at_once_makes_one(
    signed_in: Opener, app_server: RunningServer
) -> None:
    page = signed_in("/sources/new")
    main(page).get_by_label("Name", exact=True).fill("Only once")

    main(page).locator("form").evaluate("form => { form.requestSubmit(); form.requestSubmit(); }")

    expect(main(page).get_by_role("heading", level=1, name="Only once")).to_be_visible()
    assert len(sources_named(app_server, "Only once")) == 1


def test_a_form_is_not_sent_again_while_the_next_page_is_on_its_way(
    signed_in: Opener, app_server: RunningServer
) -> None:
    page = signed_in("/sources/new")
    name = main(page).get_by_label("Name", exact=True)
    name.fill("Slow line")

    # The source is made, and its page is not there yet.
    with held(page, "**/app/**/*.js"):
        with page.expect_request("**/app/**/*.js"):
            name.press("Enter")
        name.press("Enter")
        name.press("Enter")

    expect(main(page).get_by_role("heading", level=1, name="Slow line")).to_be_visible()
    assert len(sources_named(app_server, "Slow line")) == 1


def test_a_source_that_was_just_made_is_the_one_that_is_connected(signed_in: Opener) -> None:
    page = signed_in("/sources")
    expect(main(page).get_by_role("link", name="Demo shop")).to_be_visible()

    main(page).get_by_role("link", name="New source").click()
    main(page).get_by_label("Name", exact=True).fill("Just made")
    main(page).get_by_role("button", name="Create source").click()
    main(page).get_by_role("link", name="Connect a destination").click()
    main(page).get_by_role("link").filter(has_text="Ripe Cloud Mode (Actions)").click()
    main(page).get_by_role("link", name="Configure").click()

    expect(main(page).get_by_role("radio", name="Just made")).to_be_checked()


def test_what_is_typed_while_a_change_is_saved_stays_and_is_saved_next(
    signed_in: Opener, app_server: RunningServer
) -> None:
    source = app_server.api(
        "POST", "/sources", {"slug": f"typed-{time.monotonic_ns()}", "name": "Typed"}
    )["source"]
    page = signed_in(f"/sources/{source['id']}/settings")
    general = main(page).get_by_role("region", name="General")
    name = general.get_by_label("Name", exact=True)
    save = general.get_by_role("button", name="Save")

    name.fill("First")
    with held(page, "**/api/v1/sources/*", method="PATCH"):
        with page.expect_request(lambda request: request.method == "PATCH"):
            save.click()
        name.fill("Second")
    expect(page.get_by_text("The source was saved.")).to_be_visible()

    expect(main(page).get_by_role("heading", level=1, name="First")).to_be_visible()
    expect(name).to_have_value("Second")
    save.click()
    expect(main(page).get_by_role("heading", level=1, name="Second")).to_be_visible()
    expect(save).to_be_disabled()


def test_what_is_typed_in_a_filter_stays_when_it_is_asked_again(
    signed_in: Opener, app_server: RunningServer
) -> None:
    source = app_server.api(
        "POST", "/sources", {"slug": f"filtered-{time.monotonic_ns()}", "name": "Filtered"}
    )["source"]
    own = {
        "sourceId": source["id"],
        "metadataId": "webhook",
        "settings": {"url": f"{app_server.url}/nowhere"},
        "enabled": True,
    }
    # Of its own: it is switched over here, and other tests need the demo's as they are.
    destination = app_server.api("POST", "/destinations", own)["destination"]
    filters = f"/destination/{destination['id']}/filters"
    body = {
        "title": "Before",
        "if": 'type = "page"',
        "actions": [{"type": "DROP"}],
        "enabled": False,
        "description": "",
    }
    made = app_server.api("POST", filters, body)["filter"]
    page = signed_in(f"/destinations/{destination['id']}/filters/{made['id']}")
    name = main(page).get_by_label("Name", exact=True)
    name.fill("Typed")

    app_server.api("PATCH", f"{filters}/{made['id']}", {"title": "By somebody else"})
    with page.expect_response(f"**{filters}/{made['id']}"):
        # Whatever is changed of a destination, all that is shown of it is asked again.
        main(page).get_by_role("switch", name="Enabled").click()

    expect(name).to_have_value("Typed")
    main(page).get_by_role("button", name="Save filter").click()
    expect(main(page).get_by_role("alert")).to_contain_text("changed this filter meanwhile")
    expect(name).to_have_value("Typed")


def test_a_replay_is_only_counted_however_often_enter_is_pressed(
    signed_in: Opener, app_server: RunningServer
) -> None:
    destination = demo_destination(app_server, "actions-ripe-cloud")
    page = signed_in(f"/delivery/replay/new?destination={destination['id']}")
    condition = main(page).get_by_label("Only events where")
    condition.fill('type = "track"')

    condition.press("Enter")
    expect(main(page).get_by_role("button", name="Count again")).to_be_enabled()
    condition.press("Enter")
    expect(main(page).get_by_role("button", name="Count again")).to_be_enabled()

    replays = app_server.api("GET", "/replays")["replays"]
    assert [one["dryRun"] for one in replays] == [True, True]


def test_what_can_be_done_with_a_destination_of_an_audience_comes_all_at_once(
    signed_in: Opener, app_server: RunningServer
) -> None:
    definition = {"query": "trait('plan') = 'pro'", "type": "USERS"}
    body = {"name": "Slowly shown", "definition": definition}
    audience = app_server.api("POST", "/audiences", body)["computation"]
    hook = {"metadataId": "webhook", "settings": {"url": f"{app_server.url}/nowhere"}}
    connected = f"/audiences/{audience['id']}/destinations"
    app_server.api("POST", connected, {**hook, "enabled": False})
    page = signed_in("/")
    with held(page, "**/api/v1/destinations?*"):
        with page.expect_request("**/api/v1/destinations?*"):
            page.goto(connected)
        expect(main(page).get_by_role("status", name="Loading")).to_be_visible()
        expect(main(page).get_by_role("button", name="Disconnect")).to_have_count(0)

    expect(main(page).get_by_role("button", name="Disconnect")).to_be_visible()


def test_a_new_audience_keeps_its_name_whatever_it_is_about(signed_in: Opener) -> None:
    page = signed_in("/audiences/new")
    name = main(page).get_by_label("Name", exact=True)
    name.fill("Regulars")

    main(page).get_by_role("radiogroup", name="It is about").get_by_text("Accounts").click()
    expect(main(page).get_by_role("heading", name="Which accounts are in it")).to_be_visible()

    expect(name).to_have_value("Regulars")


def test_a_save_that_the_server_missed_says_what_to_press_and_keeps_what_was_typed(
    open_page: Opener, tmp_path: Path
) -> None:
    with running_server(tmp_path) as server:
        (source,) = server.api("GET", "/sources")["sources"]
        page = open_page(f"/sources/{source['id']}/settings", url=server.url)
        sign_in(page)
        general = main(page).get_by_role("region", name="General")
        name = general.get_by_label("Name", exact=True)
        name.fill("Typed before")

        server.stop()
        general.get_by_role("button", name="Save").click()
        said = general.get_by_role("alert")
        expect(said).to_contain_text("Nothing that you typed is lost")
        expect(said).to_contain_text("press “Save” again")
        name.press("End")
        name.press_sequentially(" and meanwhile")
        server.start_again()

        expect(said).to_contain_text("It is back now")
        expect(name).to_have_value("Typed before and meanwhile")
        general.get_by_role("button", name="Save").click()
        heading = main(page).get_by_role("heading", level=1)
        expect(heading).to_have_text("Typed before and meanwhile")
        (saved,) = server.api("GET", "/sources")["sources"]
        assert saved["name"] == "Typed before and meanwhile"
