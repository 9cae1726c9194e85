"""Ripe's page, sentence by sentence (R1–R11): what somebody with the stock snippet gets."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import RIPE_KEY, ROOT, Shop, catalog_id
from tests.running import eventually

# A vendor's script that notes every call, whether it was made before the script came or after.
RECORDING_SDK = """
(function () {
  var early = window.Ripe || [], calls = (window.ripeCalls = [])
  window.ripeStub = Array.isArray(early)
  var ripe = {}
  ;['init', 'identify', 'group', 'track', 'page'].forEach(function (method) {
    ripe[method] = function () { calls.push([method].concat([].slice.call(arguments))) }
  })
  early.forEach && early.forEach(function (call) { ripe[call[0]].apply(ripe, call.slice(1)) })
  window.Ripe = ripe
})()
"""


def recorded(shop: Shop) -> list[list[Any]]:
    calls: list[list[Any]] = shop.call("return window.ripeCalls")
    return calls


@pytest.fixture
def recording(shop: Shop) -> Shop:
    """A shop whose Ripe script notes each call as it was made."""
    shop.site.put_script("/vendor/sdk/latest/sdk.umd.js", RECORDING_SDK)
    shop.connect_ripe(endpoint=f"{shop.site.url}/vendor")
    return shop


def test_r1_analytics_js_loads_and_configures_ripe_with_no_snippet_of_ripes(
    recording: Shop,
) -> None:
    recording.open()

    recording.call("await analytics.track('First')")

    assert "/vendor/sdk/latest/sdk.umd.js" in recording.site.requests
    methods = [call[0] for call in recorded(recording)]
    assert methods == ["init", "track"]
    assert recorded(recording)[0] == ["init", RIPE_KEY]


def test_r1_a_script_that_cannot_be_loaded_is_told_and_harms_nothing(shop: Shop) -> None:
    connection = shop.connect_ripe(endpoint=f"{shop.site.url}/gone")
    errors: list[str] = []
    shop.page.on("pageerror", lambda error: errors.append(str(error)))
    shop.open()

    shop.call("analytics.track('Still collected')")

    notice = shop.notice(connection, "script_failed")
    assert notice["what"]
    assert notice["do"]
    assert eventually(lambda: shop.said("Ripe"))
    assert errors == []


def bundled_for_npm() -> str:
    """A page's own script that uses Analytics.js from npm, as its bundler makes it."""
    source = (
        "import { AnalyticsBrowser } from '@segment/analytics-next';"
        " window.AnalyticsBrowser = AnalyticsBrowser"
    )
    bundled = subprocess.run(
        [ROOT / "node_modules/.bin/esbuild", "--bundle", "--format=iife", "--log-level=error"],
        input=source.encode(),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return bundled.stdout.decode()


def test_r2_works_for_someone_who_calls_analytics_js_through_npm(shop: Shop) -> None:
    shop.connect_ripe()
    shop.site.put_script("/own.js", bundled_for_npm())
    load = (
        f"window.client = AnalyticsBrowser.load({{writeKey: '{shop.write_key}',"
        f" cdnURL: '{shop.server.url}'}})"
    )
    address = shop.site.put_page("/npm", f"<script src='/own.js'></script><script>{load}</script>")
    shop.page.goto(address)

    shop.call("await client.track('Through npm')")

    assert eventually(lambda: [e for e in shop.ripe("events") if e.get("event") == "Through npm"])


def test_r3_an_older_analytics_js_is_told_where_ripe_is_connected(shop: Shop) -> None:
    connection = shop.connect_ripe()

    shop.server.request(
        "POST",
        "/v1/track",
        json={
            "writeKey": shop.write_key,
            "event": "Old",
            "anonymousId": "a",
            "context": {"library": {"name": "analytics.js", "version": "4.1.0"}},
        },
    )

    notice = shop.notice(connection, "old_analytics_js")
    assert "4.1.0" in notice["detail"]
    assert "2.0" in notice["what"] + notice["do"]


def test_r4_catalog_configure_source_settings_enable(shop: Shop) -> None:
    connection = shop.connect(
        "actions-ripe",
        {"apiKey": RIPE_KEY, "endpoint": f"{shop.server.url}/sandbox/ripe"},
        enabled=False,
    )
    shop.open()
    shop.call("await analytics.track('Too early')")

    shop.server.api("PATCH", f"/destinations/{connection}", {"enabled": True})
    shop.open()
    shop.call("await analytics.track('Enabled')")

    assert eventually(lambda: shop.ripe("events"))
    assert [event["event"] for event in shop.ripe("events")] == ["Enabled"]


def test_r5_the_api_key_is_required_and_the_rest_has_defaults(shop: Shop) -> None:
    shop.connect("actions-ripe", {"apiKey": "ak"})

    answer = shop.server.request(
        "POST",
        "/api/v1/destinations",
        json={
            "sourceId": shop.source_id,
            "metadataId": catalog_id(shop.server, "actions-ripe"),
            "settings": {},
            "enabled": True,
        },
        headers={"authorization": "Bearer token-of-the-tests"},
    )
    settings = shop.server.request("GET", f"/v1/projects/{shop.write_key}/settings").json()

    assert answer.status == 400
    assert "API key" in answer.json()["errors"][0]["message"]
    plugin = settings["remotePlugins"][0]
    assert plugin["name"] == "Ripe Device Mode (Actions)"
    assert plugin["settings"]["apiKey"] == "ak"
    assert plugin["settings"]["sdkVersion"] == "latest"
    assert plugin["settings"]["endpoint"] == "https://storage.getripe.com"


def test_r6_the_catalog_lists_settings_presets_and_fields(shop: Shop) -> None:
    identifier = catalog_id(shop.server, "actions-ripe")

    entry = shop.server.api("GET", f"/catalog/destinations/{identifier}")["destinationMetadata"]

    assert identifier == "63913b2bf906ea939f153851"
    assert {preset["name"] for preset in entry["presets"]} == {
        "Group user",
        "Identify user",
        "Page view",
        "Track event",
    }
    actions = {action["slug"]: action for action in entry["actions"]}
    assert set(actions) == {"group", "identify", "page", "track"}
    track = {field["fieldKey"]: field for field in actions["track"]["fields"]}
    assert set(track) == {
        "messageId", "anonymousId", "userId", "context", "groupId", "event", "properties",
    }  # fmt: skip
    assert track["event"]["required"] is True
    assert track["event"]["defaultValue"] == {"@path": "$.event"}
    assert track["event"]["description"]
    assert {option["name"] for option in entry["options"]} == {"apiKey", "sdkVersion", "endpoint"}


def test_r7_identify_arrives_with_the_user_id_or_else_the_anonymous_id(recording: Shop) -> None:
    recording.open()
    anonymous_id = recording.call("return analytics.user().anonymousId()")

    recording.call("await analytics.identify({plan: 'free'})")
    recording.call("await analytics.identify('u1', {plan: 'pro'})")

    _, (_, first), (_, second) = recorded(recording)
    assert first["anonymousId"] == anonymous_id
    assert first.get("userId") is None
    assert first["traits"] == {"plan": "free"}
    assert second["userId"] == "u1"
    assert second["traits"]["plan"] == "pro"
    assert set(second) <= {"messageId", "anonymousId", "userId", "context", "groupId", "traits"}


def test_r8_track_arrives_with_its_properties_and_an_empty_name_sends_nothing(
    recording: Shop,
) -> None:
    recording.open()

    recording.call("await analytics.track('Bought', {total: 12.5, items: [{id: 1}]})")
    recording.call("await analytics.track('').catch(() => 'Analytics.js refuses it already')")

    _, (method, payload) = recorded(recording)
    assert method == "track"
    assert payload["event"] == "Bought"
    assert payload["properties"] == {"total": 12.5, "items": [{"id": 1}]}
    assert payload["messageId"].startswith("ajs-next-")


def test_r9_each_company_belongs_to_one_group_id(shop: Shop) -> None:
    shop.connect_ripe()
    shop.open()

    shop.call("await analytics.group('acme', {name: 'Acme', plan: 'free'})")
    shop.call("await analytics.group('acme', {plan: 'enterprise', employees: 8})")
    shop.call("await analytics.group('initech', {name: 'Initech'})")

    eventually(lambda: len(shop.ripe("companies")) == 2)
    companies = {company["id"]: company["traits"] for company in shop.ripe("companies")}
    assert companies["acme"] == {"name": "Acme", "plan": "enterprise", "employees": 8}
    assert companies["initech"] == {"name": "Initech"}


def test_r10_page_arrives_as_a_pageview(shop: Shop) -> None:
    shop.connect_ripe()
    shop.open()

    shop.call("await analytics.page('Shoes', 'Left shoe', {colour: 'red'})")

    event = eventually(lambda: shop.ripe("events"))[0]
    assert event["type"] == "pageview"
    assert event["name"] == "Left shoe"
    assert event["category"] == "Shoes"
    assert event["properties"]["colour"] == "red"


def test_r11_later_calls_carry_the_group_and_user_until_a_reset(recording: Shop) -> None:
    recording.open()

    recording.call("await analytics.identify('u1'); await analytics.group('acme')")
    recording.call("await analytics.track('With both'); await analytics.page('Home')")
    recording.call("await analytics.reset(); await analytics.track('After reset')")

    calls = recorded(recording)
    by_method = {call[0]: call[1] for call in calls[1:4]}
    tracked = [call[1] for call in calls if call[0] == "track"]
    page = next(call[1] for call in calls if call[0] == "page")
    assert by_method["group"]["groupId"] == "acme"
    assert (tracked[0]["userId"], tracked[0]["groupId"]) == ("u1", "acme")
    assert (page["userId"], page["groupId"]) == ("u1", "acme")
    assert tracked[1].get("userId") is None
    assert tracked[1].get("groupId") is None


def test_r11_the_sdk_keeps_the_ids_itself(shop: Shop) -> None:
    shop.connect_ripe()
    shop.open()

    shop.call("await analytics.identify('u7'); await analytics.group('acme')")
    shop.call("await analytics.track('Kept')")

    event = eventually(lambda: [e for e in shop.ripe("events") if e.get("event") == "Kept"])[0]
    assert event["userId"] == "u7"
    assert event["groupId"] == "acme"


def test_calls_made_before_the_script_came_are_not_lost(shop: Shop) -> None:
    shop.connect_ripe()

    shop.open(
        "<script>window.addEventListener('DOMContentLoaded', function () {"
        " analytics.track('Early') })</script>"
    )

    assert eventually(lambda: [e for e in shop.ripe("events") if e.get("event") == "Early"])


def test_an_event_the_browser_gave_to_ripe_is_not_delivered_again_by_the_server(
    shop: Shop,
) -> None:
    shop.connect_ripe()
    shop.connect(
        "actions-ripe-cloud",
        {"apiKey": RIPE_KEY, "endpoint": f"{shop.server.url}/sandbox/ripe/event"},
    )
    shop.open()

    shop.call("await analytics.track('Once')")
    shop.server.request(
        "POST",
        "/v1/track",
        json={"writeKey": shop.write_key, "event": "From a server", "userId": "u1"},
    )

    eventually(lambda: [e for e in shop.ripe("events") if e.get("event") == "From a server"])
    assert len([e for e in shop.ripe("events") if e.get("event") == "Once"]) == 1


def test_the_server_delivers_what_a_page_without_the_plugin_cannot(shop: Shop) -> None:
    shop.connect_ripe()
    shop.connect(
        "actions-ripe-cloud",
        {"apiKey": RIPE_KEY, "endpoint": f"{shop.server.url}/sandbox/ripe/event"},
    )
    shop.page.route("**/next-integrations/actions/ripe/**", lambda route: route.abort())
    shop.open()

    shop.call("await analytics.track('From a page with a blocker')")

    event = eventually(lambda: shop.ripe("events"))[0]
    assert event["event"] == "From a page with a blocker"
    assert event["mode"] == "cloud"


def test_the_plugin_is_small() -> None:
    plugins = Path(ROOT / "src/crossdock/web_assets/plugins").glob("*.js")

    sizes = {
        plugin.name: len(
            subprocess.run(["gzip", "-9c", plugin], capture_output=True, check=True).stdout
        )
        for plugin in plugins
    }

    assert len(sizes) == 2
    assert all(size <= 6144 for size in sizes.values()), sizes
