"""Ramen's page, sentence by sentence (M1–M9, M12): what somebody with the stock snippet gets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from crossdock import ramen_secure_mode
from tests.browser.conftest import RAMEN_ORGANIZATION, RAMEN_SECRET, Shop, catalog_id
from tests.running import ADMIN_TOKEN, eventually

# A vendor's script that notes every call, whether it was made before the script came or after.
RECORDING_RAMEN = """
(function () {
  var early = window._ramen, calls = (window.ramenCalls = [])
  var ramen = {}
  var methods = ['boot', 'ready', 'identify', 'group', 'track', 'page', 'reset', 'ask']
  methods.forEach(function (method) {
    ramen[method] = function () { calls.push([method].concat([].slice.call(arguments))) }
  })
  ramen.push = function (call) { ramen[call[0]].apply(ramen, call.slice(1)) }
  early.forEach(ramen.push)
  window._ramen = ramen
})()
"""


@pytest.fixture
def recording(shop: Shop) -> Shop:
    """A shop whose Ramen script notes each call as it was made."""
    script = shop.site.put_script("/ramen.js", RECORDING_RAMEN)
    shop.connect_ramen(script_url=script)
    return shop


def recorded(shop: Shop, method: str | None = None) -> list[list[Any]]:
    calls: list[list[Any]] = eventually(lambda: shop.call("return window.ramenCalls"))
    return [call for call in calls if method in (None, call[0])]


def test_m1_device_mode_for_the_web_and_nothing_else(shop: Shop) -> None:
    server_source = shop.server.api(
        "POST",
        "/sources",
        {"slug": f"{shop.write_key.lower()}-py", "enabled": True, "metadataId": "python"},
    )["source"]

    refused = shop.server.request(
        "POST",
        "/api/v1/destinations",
        json={
            "sourceId": server_source["id"],
            "metadataId": catalog_id(shop.server, "ramen"),
            "settings": {"organization_id": "o"},
            "enabled": True,
        },
        headers={"authorization": f"Bearer {ADMIN_TOKEN}"},
    )
    entry = shop.server.api("GET", f"/catalog/destinations/{catalog_id(shop.server, 'ramen')}")

    assert refused.status == 400
    assert "web" in refused.json()["errors"][0]["message"]
    modes = entry["destinationMetadata"]["connectionModes"]
    assert modes["web"] == {"device": True, "cloud": False}
    assert modes["mobile"] == {"device": False, "cloud": False}
    assert modes["server"] == {"device": False, "cloud": False}


def test_m2_enabling_it_reaches_the_next_page_load(shop: Shop) -> None:
    connection = shop.connect("ramen", {"organization_id": RAMEN_ORGANIZATION}, enabled=False)
    path = f"/v1/projects/{shop.write_key}/settings"
    before = shop.server.request("GET", path).json()

    shop.server.api("PATCH", f"/destinations/{connection}", {"enabled": True})
    eventually(lambda: shop.server.request("GET", path).json()["remotePlugins"])

    assert before.get("remotePlugins", []) == []


def test_m2_the_script_is_loaded_asynchronously(recording: Shop) -> None:
    recording.open()

    is_async = recording.call(
        "return [...document.scripts].find((script) => script.src.endsWith('/ramen.js')).async"
    )

    assert is_async is True


def test_m2_a_page_with_ramens_own_snippet_is_told_and_not_initialised_twice(
    shop: Shop,
) -> None:
    script = shop.site.put_script("/ramen.js", RECORDING_RAMEN)
    connection = shop.connect_ramen(script_url=script)
    vendor_snippet = (
        f"<script>window._ramen = [['boot', 'own']]</script><script src='{script}'></script>"
    )

    shop.open(vendor_snippet)
    shop.call("await analytics.track('One')")

    assert recorded(shop, "boot") == [["boot", "own"]]
    assert eventually(lambda: shop.said("emove"))
    assert shop.notice(connection, "vendor_snippet_found")["do"]


def test_m3_an_anonymous_visitor_is_identified_first_and_once(recording: Shop) -> None:
    recording.open()

    recording.call(
        "await analytics.page(); await analytics.track('One'); await analytics.group('g')"
    )

    calls = recorded(recording)
    assert [call[0] for call in calls] == ["boot", "identify", "page", "track", "group"]
    assert calls[1] == ["identify"]


def test_m3_an_identify_without_a_user_id_is_ignored(recording: Shop) -> None:
    recording.open()

    recording.call("await analytics.identify({email: 'a@b.example'})")
    recording.call("await analytics.track('One')")

    assert [call[0] for call in recorded(recording)] == ["boot", "identify", "track"]


def test_m4_identify_becomes_a_user_with_its_times_and_company(recording: Shop) -> None:
    recording.open()

    recording.call(
        """await analytics.identify('314159', {
          email: 'ryan@example.com', firstName: 'Ryan', lastName: 'Angilly',
          created_at: new Date(1234567890000), is_profitable: true, plan: 'Startup', mrr: 149.99,
          trial_ends_at: '2026-01-02T03:04:05Z', paid_at: 1234567890,
          company: {id: 'c1', name: 'Acme', createdAt: '2020-01-01T00:00:00.000Z'}})"""
    )

    _, user, options = recorded(recording, "identify")[-1]
    assert user["id"] == "314159"
    assert user["email"] == "ryan@example.com"
    assert user["name"] == "Ryan Angilly"
    assert user["created_at"] == 1234567890
    assert user["company"] == {"id": "c1", "name": "Acme", "created_at": 1577836800}
    assert user["traits"]["is_profitable"] is True
    assert user["traits"]["mrr"] == 149.99
    assert user["traits"]["trial_ends_at"] == 1767323045
    assert user["traits"]["paid_at"] == 1234567890
    assert "company" not in user["traits"]
    assert options == {}


def test_m4_the_sandbox_keeps_created_at_as_customer_created_at(shop: Shop) -> None:
    shop.connect_ramen()
    shop.open()

    shop.call(
        "await analytics.identify('u1', {email: 'a@b.example', created_at: 1234567890,"
        " company: {id: 'c1', name: 'Acme'}})"
    )

    user = eventually(lambda: [u for u in shop.ramen("users") if u["id"] == "u1"])[0]
    assert user["customer_created_at"] == "2009-02-13T23:31:30Z"
    assert [c["id"] for c in eventually(lambda: shop.ramen("companies"))] == ["c1"]


def test_m5_a_user_is_in_several_companies(shop: Shop) -> None:
    shop.connect_ramen()
    shop.open()

    shop.call("await analytics.identify('u1')")
    shop.call(
        "await analytics.group('c1', {name: 'One', url: 'https://one.example', "
        "created_at: 1234567890, is_awesome: true, plan: 'Startup', mrr: 149.99})"
    )
    shop.call("await analytics.group('c2', {name: 'Two'})")

    eventually(lambda: len(shop.ramen("companies")) == 2)
    companies = {company["id"]: company for company in shop.ramen("companies")}
    assert companies["c1"]["company_created_at"] == "2009-02-13T23:31:30Z"
    assert companies["c1"]["name"] == "One"
    assert companies["c1"]["url"] == "https://one.example"
    assert companies["c1"]["traits"]["is_awesome"] is True
    assert companies["c1"]["traits"]["mrr"] == 149.99


def test_m6_page_is_registered_without_attributes(recording: Shop) -> None:
    recording.open()

    recording.call("await analytics.page({title: 'Our page'})")

    assert recorded(recording, "page") == [["page"]]


def test_m7_track_is_registered_by_name_without_properties(recording: Shop) -> None:
    recording.open()

    recording.call("await analytics.track('Subscribed', {plan: 'Startup'})")

    assert recorded(recording, "track") == [["track", "Subscribed"]]


def test_m8_secure_mode_options_of_the_call_reach_ramen(recording: Shop) -> None:
    recording.open()

    recording.call(
        "await analytics.identify('42', {email: 'ryan@ramen.is'}, {integrations: {Ramen:"
        " {auth_hash_timestamp: 1234567890, auth_hash: 'h', environment: 'staging', other: [1]}}})"
    )

    _, _, options = recorded(recording, "identify")[-1]
    assert options == {
        "timestamp": 1234567890,
        "auth_hash": "h",
        "environment": "staging",
        "other": [1],
    }


def set_secure_mode(shop: Shop, *, is_on: bool) -> None:
    answer = shop.server.request(
        "PATCH", "/sandbox/ramen/api/organization", json={"has_secure_mode": is_on}
    )
    assert answer.status == 200, answer.body


def identify_signed(shop: Shop, user: dict[str, str], options: dict[str, Any]) -> None:
    traits = {key: value for key, value in user.items() if key != "id"}
    shop.page.evaluate(
        "([id, traits, Ramen]) => analytics.identify(id, traits, {integrations: {Ramen}})",
        [user["id"], traits, options],
    )


@pytest.fixture
def secure_mode(shop: Shop) -> Iterator[None]:
    """Ramen wants every identified user signed."""
    set_secure_mode(shop, is_on=True)
    yield
    set_secure_mode(shop, is_on=False)


@pytest.mark.usefixtures("secure_mode")
def test_m8_a_user_signed_by_the_pages_server_is_taken(shop: Shop) -> None:
    shop.connect_ramen()
    shop.open()
    user = {"id": "42", "email": "ryan@ramen.is", "name": "Ryan Angilly"}

    identify_signed(
        shop, user, dict(ramen_secure_mode(user, RAMEN_SECRET, dt.datetime.now(dt.UTC)))
    )

    assert eventually(lambda: [u for u in shop.ramen("users") if u["id"] == "42"])


def test_m8_secure_mode_switched_on_costs_a_returning_person_no_pageview(shop: Shop) -> None:
    connection = shop.connect_ramen()
    shop.open()
    shop.call("await analytics.identify('u1')")
    eventually(lambda: shop.ramen("users"))

    set_secure_mode(shop, is_on=True)
    try:
        shop.open(path="/next")
        shop.call("await analytics.page()")
        assert eventually(lambda: [e for e in shop.ramen("events") if e["type"] == "pageview"])
    finally:
        set_secure_mode(shop, is_on=False)

    assert shop.notices(connection) == []


def test_m9_a_wrong_organization_is_explained(shop: Shop) -> None:
    connection = shop.connect_ramen(organization_id="nobody")
    shop.open()

    shop.call("await analytics.identify('u1')")

    notice = shop.notice(connection, "ramen_404")
    assert "organization" in (notice["what"] + notice["do"]).lower()
    assert eventually(lambda: shop.said("organization id"))


STALE = 1234567890


@pytest.mark.usefixtures("secure_mode")
@pytest.mark.parametrize(
    ("user", "options", "code"),
    [
        pytest.param(
            {"id": "1", "email": "not an e-mail"}, {}, "ramen_401_invalid_email", id="e-mail"
        ),
        pytest.param(
            {"id": "1", "email": "a@b.example"}, {}, "ramen_401_secure_mode_required", id="unsigned"
        ),
        pytest.param(
            {"id": "1", "email": "a@b.example"},
            {"timestamp": STALE, "auth_hash": "0" * 64},
            "ramen_401_stale_timestamp",
            id="hard-coded timestamp",
        ),
        pytest.param(
            {"id": "1", "email": "a@b.example"},
            {"timestamp": "now", "auth_hash": "0" * 64},
            "ramen_401_wrong_hash",
            id="wrong hash",
        ),
    ],
)
def test_m9_a_401_is_explained_by_what_it_means(
    shop: Shop, user: dict[str, str], options: dict[str, Any], code: str
) -> None:
    connection = shop.connect_ramen()
    shop.open()
    now = int(dt.datetime.now(dt.UTC).timestamp())

    identify_signed(
        shop, user, {key: now if value == "now" else value for key, value in options.items()}
    )

    notice = shop.notice(connection, code)
    assert notice["what"]
    assert notice["do"]


def test_m12_settings_change_without_touching_code(shop: Shop) -> None:
    connection = shop.connect_ramen(organization_id="before")

    shop.server.api(
        "PATCH",
        f"/destinations/{connection}",
        {"settings": {"organization_id": "after", "apiKey": "k"}},
    )

    settings = shop.server.request("GET", f"/v1/projects/{shop.write_key}/settings")
    plugin = settings.json()["remotePlugins"][0]["settings"]
    assert plugin["organization_id"] == "after"
    assert b'"k"' not in settings.body


def test_a_reset_is_passed_on(recording: Shop) -> None:
    recording.open()
    recording.call("await analytics.identify('u1')")

    recording.call("await analytics.reset(); await analytics.track('Next person')")

    methods = [call[0] for call in recorded(recording)]
    assert methods == ["boot", "identify", "reset", "identify", "track"]


def test_a_question_is_asked_answered_and_never_asked_again(shop: Shop) -> None:
    shop.connect_ramen()
    asked = shop.server.request(
        "POST",
        "/sandbox/ramen/api/questions",
        json={
            "text": "Would you tell a friend?",
            "type": "score",
            "targeting": {"events": [{"name": "Recommended", "count_min": 1}]},
        },
    )
    assert asked.status < 300, asked.body
    shop.open()
    shop.call("await analytics.identify('u1'); await analytics.track('Recommended')")

    dialog = shop.page.get_by_role("dialog", name="Would you tell a friend?")
    dialog.wait_for()
    dialog.get_by_role("radio", name="9").check()
    dialog.get_by_role("button", name="Send").click()
    dialog.wait_for(state="detached")
    shop.call("await analytics.track('Recommended')")

    answers = eventually(lambda: shop.ramen("answers"))
    assert [answer["value"] for answer in answers] == [9]
    tracked = [event for event in shop.ramen("events") if event["type"] == "track"]
    assert len(tracked) == 2
    assert dialog.count() == 0
