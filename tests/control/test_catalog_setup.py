"""What setting up a destination in the app asks for: tries, presets, copies, and its arrival."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
Api = Any
"""`conftest.Api`, which tests cannot import."""


def test_settings_are_tried_before_there_is_a_destination(api: Api) -> None:
    path = "/catalog/destinations/pigeon-cloud/test"

    wrong = api.ok("POST", path, {"settings": {"apiKey": "wrong"}})["test"]
    right = api.ok("POST", path, {"settings": {"apiKey": "right"}})["test"]

    assert (wrong["isRight"], wrong["what"]) == (False, "Pigeon refused the API key.")
    assert right == {"isRight": True, "code": "ok", "what": "Pigeon Cloud took the settings."} | {
        "do": "",
        "status": None,
    }
    assert api.store.load().connections == ()


def test_the_vendor_is_not_asked_before_what_it_needs_is_filled_in(api: Api) -> None:
    test = api.ok("POST", "/catalog/destinations/pigeon-cloud/test", {"settings": {}})["test"]

    assert test["what"] == '"API key" is empty.'
    assert test["code"] == "required_setting_missing"


def test_a_destination_starts_with_the_presets_that_were_chosen(api: Api) -> None:
    source_id = api.source()["id"]

    without = api.destination(source_id, presets=[])
    with_one = api.destination(source_id, presets=["Track event"])

    def names(destination: Any) -> list[str]:
        path = f"/destinations/{destination['id']}/subscriptions"
        return [one["name"] for one in api.ok("GET", path)["subscriptions"]]

    assert (names(without), names(with_one)) == ([], ["Track event"])


def test_a_preset_that_there_is_not_is_refused(api: Api) -> None:
    source_id = api.source()["id"]

    error = api.refused(
        "POST",
        "/destinations",
        {"sourceId": source_id, "metadataId": "pigeon-cloud", "presets": ["Pigeons"]},
    )

    assert error["type"] == "unknown_preset"
    assert error["data"]["do"] == "Use one of its presets: Track event."


def test_a_copy_has_everything_but_the_name_and_is_disabled(api: Api) -> None:
    original = api.destination(
        api.source()["id"], settings={"apiKey": "right", "wings": 2}, enabled=True
    )
    api.ok(
        "POST",
        f"/destination/{original['id']}/filters",
        {"if": 'type = "track"', "actions": [{"type": "DROP"}], "title": "No tracks"},
    )

    copy = api.ok("POST", f"/destinations/{original['id']}/duplicate", {})["destination"]

    assert copy["name"] == "Pigeon Cloud (copy)"
    assert copy["slug"] == "pigeon-cloud-2"
    assert copy["enabled"] is False
    assert copy["settings"] == {"apiKey": None, "wings": 2}
    first, second = api.store.load().connections
    assert second.settings == first.settings
    assert [one.title for one in second.filters] == ["No tracks"]
    assert [one.name for one in second.mappings] == ["Track event"]
    assert {one.id for one in second.mappings}.isdisjoint(one.id for one in first.mappings)


def test_a_copy_of_what_has_the_longest_name_has_a_shorter_one(api: Api) -> None:
    original = api.destination(api.source()["id"], name="n" * 200, slug="s" * 64)

    copy = api.ok("POST", f"/destinations/{original['id']}/duplicate", {})["destination"]

    assert copy["name"] == f"{'n' * 192}… (copy)"
    assert copy["slug"] == f"{'s' * 62}-2"


def test_a_copy_can_be_for_another_source(api: Api) -> None:
    original = api.destination(api.source()["id"])
    other = api.source("blog")["id"]

    copy = api.ok(
        "POST", f"/destinations/{original['id']}/duplicate", {"sourceId": other, "name": "Blog's"}
    )["destination"]

    assert (copy["sourceId"], copy["name"], copy["slug"]) == (other, "Blog's", "pigeon-cloud")


def test_the_state_of_all_destinations_comes_in_one_answer(api: Api) -> None:
    source_id = api.source()["id"]
    paused, running = api.destination(source_id), api.destination(source_id)
    api.ok("POST", f"/destinations/{paused['id']}/pause")

    states = {one["destinationId"]: one for one in api.ok("GET", "/destination-states")["states"]}

    assert states[paused["id"]]["isPaused"] is True
    assert states[paused["id"]]["pause"]["reason"] == "owner"
    assert states[running["id"]]["isPaused"] is False


@dataclasses.dataclass(frozen=True)
class Load:
    """A browser that got a version of the workspace."""

    version: int
    first_at: dt.datetime
    last_at: dt.datetime
    count: int


def test_a_change_has_arrived_when_a_browser_got_it_and_not_before(api: Api) -> None:
    source_id = api.source()["id"]
    path = f"/destinations/{api.destination(source_id, 'pigeon')['id']}"
    api.loads.append(Load(api.store.load().version, NOON, NOON, 3))

    arrived = api.ok("GET", f"{path}/pickup")["pickup"]
    api.ok("PATCH", path, {"name": "Pigeons"})
    waiting = api.ok("GET", f"{path}/pickup")["pickup"]

    assert arrived["pickedUpAt"] == "2030-01-01T12:00:00Z"
    assert (arrived["isInBrowser"], arrived["loads"]) == (True, 3)
    assert waiting["pickedUpAt"] is None
    assert waiting["lastLoadAt"] == "2030-01-01T12:00:00Z"


def test_the_settings_of_the_sandbox_are_told_where_there_is_one(api: Api) -> None:
    pigeon = api.ok("GET", "/catalog/destinations/pigeon/sandbox")
    cloud = api.ok("GET", "/catalog/destinations/pigeon-cloud/sandbox")

    assert pigeon["settings"]["scriptUrl"].endswith("/sandbox/pigeon.js")
    assert cloud["settings"] is None
