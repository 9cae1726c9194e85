"""Mappings in the app: the list, the editor, its live preview, and two who edit the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import (
    MIDDLE,
    NARROW,
    WIDE,
    expect_accessible,
    expect_within_the_screen,
)
from tests.running import RunningServer, eventually, running_server

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("mappings")) as running:
        yield running


@pytest.fixture
def webhook(server: RunningServer) -> Any:
    """A destination of its own for each test, whose source has sent one event."""
    number = len(server.api("GET", "/sources?pagination[count]=200")["sources"])
    source = server.api("POST", "/sources", {"slug": f"mapped-{number}", "name": "Shop"})["source"]
    catalog = server.api("GET", "/catalog/destinations")["destinationsCatalog"]
    (ripe,) = [each for each in catalog if each["slug"] == "actions-ripe-cloud"]
    destination = server.api(
        "POST",
        "/destinations",
        {
            "sourceId": source["id"],
            "metadataId": ripe["id"],
            "settings": {"apiKey": "any-key", "endpoint": f"{server.url}/sandbox/ripe/event"},
        },
    )["destination"]
    answer = server.request(
        "POST",
        "/v1/track",
        json={
            "writeKey": source["writeKeys"][0],
            "userId": "ann",
            "event": "Boots Bought",
            "properties": {"total": 129, "size": "42", "items": [{"id": "b1"}]},
        },
    )
    assert answer.status == 200
    path = f"/sources/{source['id']}/events"
    eventually(lambda: server.api("GET", path)["events"])
    return destination


def mapping_of(server: RunningServer, destination: Any, name: str) -> Any:
    path = f"/destinations/{destination['id']}/subscriptions"
    return next(each for each in server.api("GET", path)["subscriptions"] if each["name"] == name)


@pytest.fixture
def editor(signed_in: Opener, server: RunningServer, webhook: Any) -> Callable[..., Page]:
    """Opens the mapping of tracks."""

    def opened(**options: Any) -> Page:
        mapping = mapping_of(server, webhook, "Track event")
        path = f"/destinations/{webhook['id']}/mappings/{mapping['id']}"
        page = signed_in(path, url=server.url, **options)
        expect(page.get_by_role("heading", name="Track event")).to_be_visible()
        return page

    return opened


def field(page: Page, label: str) -> Any:
    return page.get_by_role("group", name=label, exact=True)


def choose_kind(page: Page, label: str, kind: str) -> None:
    field(page, label).get_by_label(f"Kind of {label}", exact=True).click()
    page.get_by_role("option", name=kind, exact=True).click()


def save(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()


def test_the_list_says_in_words_what_each_mapping_takes(
    signed_in: Opener, server: RunningServer, webhook: Any
) -> None:
    page = signed_in(f"/destinations/{webhook['id']}/mappings", url=server.url)

    row = page.get_by_role("listitem").filter(has_text="Track event")
    expect(row).to_contain_text("Event type is Track")
    expect_accessible(page)
    row.get_by_role("link", name="Track event").click()
    expect(page.get_by_role("heading", name="Trigger")).to_be_visible()


def test_mappings_are_disabled_moved_duplicated_and_deleted(
    signed_in: Opener, server: RunningServer, webhook: Any
) -> None:
    page = signed_in(f"/destinations/{webhook['id']}/mappings", url=server.url)
    path = f"/destinations/{webhook['id']}/subscriptions"
    names = [each["name"] for each in server.api("GET", path)["subscriptions"]]

    page.get_by_label(f"Move {names[0]}").press("ArrowDown")
    eventually(
        lambda: (
            [e["name"] for e in server.api("GET", path)["subscriptions"]][:2]
            == [names[1], names[0]]
        )
    )
    page.get_by_label("Track event is enabled").click(force=True)
    eventually(lambda: not mapping_of(server, webhook, "Track event")["enabled"])

    page.get_by_label("More for Track event").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    expect(page.get_by_role("heading", name="Track event copy")).to_be_visible()
    page.get_by_label("Breadcrumbs").get_by_role("link", name="Mappings").click()

    page.get_by_label("More for Track event copy").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("will be lost")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text="copy")).to_have_count(0)


def test_where_there_is_nothing_a_preset_is_offered(
    signed_in: Opener, server: RunningServer, webhook: Any
) -> None:
    path = f"/destinations/{webhook['id']}/subscriptions"
    for each in server.api("GET", path)["subscriptions"]:
        server.api("DELETE", f"{path}/{each['id']}")
    page = signed_in(f"/destinations/{webhook['id']}/mappings", url=server.url)

    expect(page.get_by_text("No mappings, so nothing is sent")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Add mapping").last.click()
    expect_accessible(page)
    page.get_by_role("button", name="Identify user").click()

    expect(page.get_by_role("heading", name="Identify user")).to_be_visible()
    expect(page.get_by_role("button", name="Enable", exact=True)).to_be_enabled()


def test_a_trigger_that_is_built_is_written_as_fql(
    editor: Callable[..., Page], server: RunningServer, webhook: Any
) -> None:
    page = editor()

    page.get_by_role("button", name="Add condition").click()
    row = page.get_by_role("group", name="Condition 2")
    row.get_by_label("Part of the event").click()
    page.get_by_role("option", name="Event property").click()
    row.get_by_label("Its name").fill("total")
    row.get_by_label("Operator").click()
    page.get_by_role("option", name="is at least").click()
    row.get_by_label("Value", exact=True).fill("100")

    expect(page.get_by_label("FQL")).to_have_value('type = "track" and properties.total >= 100')
    save(page)
    saved = mapping_of(server, webhook, "Track event")
    assert saved["trigger"] == 'type = "track" and properties.total >= 100'


def test_fql_that_is_typed_shows_in_the_builder_or_says_why_not(
    editor: Callable[..., Page],
) -> None:
    page = editor()
    fql = page.get_by_label("FQL")

    fql.fill('type = "track" and (event = "Boots Bought" or traits.plan != null)')
    expect(page.get_by_role("group", name=re.compile("^Condition"))).to_have_count(3)
    expect(page.get_by_text("Any of these")).to_have_count(2)

    fql.fill('lowercase(event) = "boots bought"')
    expect(page.get_by_text("Only FQL can say that")).to_be_visible()
    expect(page.get_by_text("It would be sent")).to_be_visible()

    fql.fill('type == "track"')
    expect(page.get_by_text("cannot stand here, at character 7")).to_be_visible()
    expect(page.get_by_text("Trigger does not match")).to_be_visible()


def test_a_field_is_mapped_by_choosing_from_a_real_event_and_the_preview_shows_it(
    editor: Callable[..., Page], server: RunningServer, webhook: Any
) -> None:
    page = editor()
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_contain_text("Boots Bought")

    path = field(page, "Event Name").get_by_label("Event Name", exact=True)
    path.fill("size")
    page.get_by_role("option", name="$.properties.size").click()

    expect(path).to_have_value("$.properties.size")
    expect(preview).to_contain_text('"event": "42"')
    choose_kind(page, "Event Name", "Text with values")
    field(page, "Event Name").get_by_role("textbox", name="Event Name", exact=True).fill(
        "{{event}} {{properties.total}}"
    )
    expect(preview).to_contain_text('"event": "Boots Bought 129"')
    save(page)
    saved = mapping_of(server, webhook, "Track event")
    assert saved["settings"]["event"] == {"@template": "{{event}} {{properties.total}}"}


def test_a_payload_that_cannot_be_taken_is_told_at_its_field_and_mended(
    editor: Callable[..., Page],
) -> None:
    page = editor()
    path = field(page, "Event Name").get_by_label("Event Name", exact=True)

    path.fill("$.properties.nothing")
    page.keyboard.press("Escape")

    expect(page.get_by_text("It would be discarded")).to_be_visible()
    expect(field(page, "Event Name")).to_contain_text("is missing the required field")
    page.get_by_role("region", name="Preview").get_by_role("button", name="missing").click()
    path.fill("$.event")
    expect(page.get_by_text("It would be sent")).to_be_visible()


def test_functions_make_values_of_values(editor: Callable[..., Page]) -> None:
    page = editor()
    preview = page.get_by_role("region", name="Preview")

    choose_kind(page, "Event Name", "Change case")
    expect(preview).to_contain_text('"event": "boots bought"')
    choose_kind(page, "Event Name", "First that exists")
    expect(preview).to_contain_text('"event": "boots bought"')
    choose_kind(page, "Event Name", "JSON")
    page.get_by_label("Event Name as JSON").fill('{"@case": {"operator": "upper", "value": "x"')
    expect(page.get_by_text("This is not JSON yet")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.get_by_label("Event Name as JSON").fill('{"@case": {"operator": "upper", "value": "x"}}')
    expect(preview).to_contain_text('"event": "X"')


def test_a_test_event_goes_the_real_way_up_to_the_vendors_answer(
    editor: Callable[..., Page],
) -> None:
    page = editor()

    page.get_by_role("button", name="Send test event").click()

    test = page.get_by_role("region", name="Test")
    expect(test.get_by_text("built the payload")).to_be_visible()
    expect(test.get_by_text("Request", exact=True)).to_be_visible()
    expect(test.get_by_text(re.compile(r"POST .+/track, answered \d+ in"))).to_be_visible()


def test_of_two_who_edit_one_learns_of_the_other_and_chooses(
    editor: Callable[..., Page], server: RunningServer, webhook: Any
) -> None:
    page = editor()
    mapping = mapping_of(server, webhook, "Track event")
    path = f"/destinations/{webhook['id']}/subscriptions/{mapping['id']}"
    page.get_by_label("Name", exact=True).fill("Mine")
    server.api("PATCH", path, {"name": "Theirs"})

    page.get_by_role("button", name="Save", exact=True).click()
    conflict = page.get_by_role("alert").filter(has_text="changed this mapping meanwhile")
    expect(conflict).to_contain_text("Everything you typed is still here")
    expect(conflict).to_contain_text("Theirs")
    expect_accessible(page)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Mine")
    conflict.get_by_role("button", name="Save mine over it").click()

    expect(page.get_by_role("heading", name="Mine")).to_be_visible()
    assert server.api("GET", path)["subscription"]["name"] == "Mine"


def test_a_save_without_an_answer_is_told_and_can_be_made_once_more(
    editor: Callable[..., Page],
) -> None:
    page = editor()
    page.route(
        "**/subscriptions/*",
        lambda route: route.abort() if route.request.method == "PATCH" else route.continue_(),
    )
    page.get_by_label("Name", exact=True).fill("Typed in a tunnel")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("It is back now.")).to_be_visible()

    page.unroute_all()
    save(page)
    expect(page.get_by_role("heading", name="Typed in a tunnel")).to_be_visible()


def test_a_bookmark_of_what_was_deleted_leads_to_what_is_there(
    signed_in: Opener, server: RunningServer, webhook: Any
) -> None:
    page = signed_in(f"/destinations/{webhook['id']}/mappings/map_gone", url=server.url)
    expect(page.get_by_text("Mapping not found")).to_be_visible()
    expect_accessible(page)
    page.get_by_role("link", name="Show the mappings of").click()
    expect(page.get_by_role("link", name="Track event")).to_be_visible()

    page.goto("/destinations/dst_gone/mappings/map_gone")
    expect(page.get_by_text("Destination not found")).to_be_visible()


def test_what_is_not_saved_is_asked_about_before_it_is_left(editor: Callable[..., Page]) -> None:
    page = editor()
    page.get_by_label("Name", exact=True).fill("Half done")

    page.get_by_label("Breadcrumbs").get_by_role("link", name="Mappings").click()
    page.get_by_role("dialog").get_by_role("button", name="Stay").click()

    expect(page.get_by_label("Name", exact=True)).to_have_value("Half done")


def test_a_page_that_maps_by_itself_shows_what_its_plugin_makes(
    signed_in: Opener, server: RunningServer, webhook: Any
) -> None:
    device = server.api(
        "POST",
        "/destinations",
        {"sourceId": webhook["sourceId"], "metadataId": "actions-ripe"},
    )["destination"]
    mapping = mapping_of(server, device, "Track event")

    page = signed_in(f"/destinations/{device['id']}/mappings/{mapping['id']}", url=server.url)

    expect(page.get_by_role("region", name="Preview")).to_contain_text('"event": "Boots Bought"')
    expect(page.get_by_text("Previewed as the browser builds it")).to_be_visible()
    expect(page.get_by_role("button", name="Send test event")).to_have_count(0)


def test_a_viewer_sees_what_it_becomes_and_nothing_to_change_it_with(
    open_page: Opener, server: RunningServer, webhook: Any
) -> None:
    person = {"email": f"{webhook['id']}@shop.example", "name": "Vera", "role": "viewer"}
    link = server.api("POST", "/people", person)["link"]["token"]
    password = "a long password of the tests"  # noqa: S105 - of nobody.
    server.api("POST", "/password", {"linkToken": link, "password": password})
    mapping = mapping_of(server, webhook, "Track event")
    page = open_page(f"/destinations/{webhook['id']}/mappings/{mapping['id']}", url=server.url)
    page.get_by_text("E-mail and password").click()
    page.get_by_role("textbox", name="E-mail").fill(person["email"])
    page.get_by_label("Password", exact=True).last.fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_text("Your role is viewer: ask an editor")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_be_disabled()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("Boots Bought")
    expect_accessible(page)


@pytest.mark.parametrize("size", [WIDE, MIDDLE, NARROW], ids=["wide", "middle", "narrow"])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_the_editor_fits_and_can_be_used_by_everybody(
    editor: Callable[..., Page], size: tuple[int, int], *, is_dark: bool
) -> None:
    page = editor(size=size, is_dark=is_dark)
    expect(page.get_by_text("It would be sent")).to_be_visible()

    expect_accessible(page)
    expect_within_the_screen(page)
