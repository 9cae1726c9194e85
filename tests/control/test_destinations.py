"""A destination is connected, mapped, filtered and tried; what cannot be is refused."""

from __future__ import annotations

from typing import Any

import pytest

Api = Any
"""`conftest.Api`, which tests cannot import."""


def test_a_new_destination_has_the_presets_enabled(api: Api) -> None:
    destination = api.destination(api.source()["id"])

    subscriptions = api.ok("GET", f"/destinations/{destination['id']}/subscriptions")

    assert destination["enabled"] is False
    assert destination["name"] == "Pigeon Cloud"
    assert destination["slug"] == "pigeon-cloud"
    assert destination["metadata"]["id"] == "pigeon-cloud-id"
    assert subscriptions["subscriptions"] == [
        {
            "id": subscriptions["subscriptions"][0]["id"],
            "name": "Track event",
            "actionId": "pigeon-cloud:track",
            "actionSlug": "track",
            "destinationId": destination["id"],
            "enabled": True,
            "settings": {"event": {"@path": "$.event"}},
            "trigger": 'type = "track"',
        }
    ]


def test_a_second_one_of_the_same_has_another_slug(api: Api) -> None:
    source = api.source()["id"]

    slugs = [api.destination(source, "pigeon-cloud")["slug"] for _ in range(3)]

    assert slugs == ["pigeon-cloud", "pigeon-cloud-2", "pigeon-cloud-3"]


def test_it_is_enabled_once_it_has_what_it_needs(api: Api) -> None:
    destination = api.destination(api.source()["id"])
    path = f"/destinations/{destination['id']}"

    error = api.refused("PATCH", path, {"enabled": True})
    enabled = api.ok("PATCH", path, {"enabled": True, "settings": {"apiKey": "k"}})

    assert error["type"] == "required_setting_missing"
    assert error["field"] == "settings.apiKey"
    assert error["message"].startswith('Pigeon Cloud cannot be enabled without "API key".')
    assert enabled["destination"]["enabled"] is True


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({"colour": "red"}, "settings.colour", 'no setting "colour"'),
        ({"apiKey": 1}, "settings.apiKey", "is not text"),
        ({"wings": "two"}, "settings.wings", "is not a number"),
        ({"wings": True}, "settings.wings", "is not a number"),
        ({"region": "mars"}, "settings.region", "Choose one of: eu, us."),
        ({"endpoint": "pigeon"}, "settings.endpoint", "such as https://api.pigeon.example"),
        ({"endpoint": "javascript:alert(1)"}, "settings.endpoint", "is not a web address"),
        ({"endpoint": "https://"}, "settings.endpoint", "is not a web address"),
        ({"endpoint": "https://a:99999"}, "settings.endpoint", "is not a web address"),
        ({"endpoint": "https://a b"}, "settings.endpoint", "is not a web address"),
        ({"endpoint": "https://" + "a" * 10_000}, "settings.endpoint", "10008 characters"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    api: Api, settings: dict[str, Any], field: str, message: str
) -> None:
    source = api.source()["id"]

    error = api.refused(
        "POST",
        "/destinations",
        {"sourceId": source, "metadataId": "pigeon-cloud", "settings": settings},
    )

    assert error["field"] == field
    assert message in error["message"]


@pytest.mark.parametrize(
    ("source_type", "destination", "message"),
    [
        ("python", "pigeon", "works in device mode, which it does not support for a server source"),
        ("ios", "pigeon", "Connect it to a web source."),
        ("ios", "pigeon-cloud", "Connect it to a web or server source."),
    ],
)
def test_m1_a_connection_mode_that_is_not_supported_is_refused_with_the_reason(
    api: Api, source_type: str, destination: str, message: str
) -> None:
    source = api.source(metadataId=source_type)["id"]

    error = api.refused(
        "POST", "/destinations", {"sourceId": source, "metadataId": destination, "settings": {}}
    )

    assert error["type"] == "connection_mode_unsupported"
    assert message in error["message"]


def test_m1_the_catalog_shows_the_table_of_connection_modes(api: Api) -> None:
    entry = api.ok("GET", "/catalog/destinations/pigeon-id")["destinationMetadata"]

    assert entry["connectionModes"] == {
        "web": {"device": True, "cloud": False},
        "mobile": {"device": False, "cloud": False},
        "server": {"device": False, "cloud": False},
    }


def test_r6_the_catalog_lists_settings_presets_and_every_field(api: Api) -> None:
    entry = api.ok("GET", "/catalog/destinations/pigeon-cloud")["destinationMetadata"]

    assert [option["name"] for option in entry["options"]][:2] == ["apiKey", "endpoint"]
    assert entry["options"][0]["isSecret"] is True
    assert entry["options"][1]["defaultValue"] == "https://api.pigeon.example"
    assert entry["options"][2]["choices"][0] == {"value": "eu", "label": "Europe"}
    assert entry["presets"][0]["fields"] == {"event": {"@path": "$.event"}}
    action = entry["actions"][0]
    assert (action["platform"], action["defaultTrigger"]) == ("CLOUD", 'type = "track"')
    assert [field["fieldKey"] for field in action["fields"]] == ["event", "properties"]
    assert action["fields"][0]["required"] is True
    assert action["fields"][1]["type"] == "OBJECT"
    assert entry["supportedMethods"]["track"] is True
    assert entry["supportedMethods"]["group"] is False


def test_the_catalog_lists_destinations_and_sources(api: Api) -> None:
    destinations = api.ok("GET", "/catalog/destinations")["destinationsCatalog"]
    sources = api.ok("GET", "/catalog/sources")["sourcesCatalog"]

    assert [entry["slug"] for entry in destinations] == ["pigeon", "pigeon-cloud"]
    assert {entry["kind"] for entry in sources} == {"web", "mobile", "server"}
    assert api.ok("GET", "/catalog/sources/javascript")["sourceMetadata"] in sources


def test_one_page_cannot_load_a_vendor_twice(api: Api) -> None:
    source = api.source()["id"]
    api.destination(source, "pigeon", settings={"organizationId": "1"}, enabled=True)
    second = api.destination(source, "pigeon", settings={"organizationId": "2"})

    error = api.refused("PATCH", f"/destinations/{second['id']}", {"enabled": True})

    assert error["type"] == "device_mode_twice"


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        ({"metadataId": "carrier"}, "unknown_destination"),
        ({"sourceId": "src_1"}, "unknown_source"),
        ({"slug": "?"}, "unusable_slug"),
        ({"slug": "taken"}, "slug_taken"),
        ({"name": ""}, "unusable_name"),
    ],
)
def test_a_destination_that_cannot_be_is_refused(
    api: Api, body: dict[str, Any], type_: str
) -> None:
    source = api.source()["id"]
    api.destination(source, slug="taken")
    whole = {"sourceId": source, "metadataId": "pigeon-cloud", "settings": {}, **body}

    assert api.refused("POST", "/destinations", whole)["type"] == type_


def test_a_new_mapping_is_disabled_and_maps_the_defaults(api: Api) -> None:
    path = f"/destinations/{api.destination(api.source()['id'])['id']}/subscriptions"
    body = {"name": "Orders", "actionId": "pigeon-cloud:track", "trigger": 'event = "Order"'}

    created = api.ok("POST", path, body)["destinationSubscription"]

    assert created["enabled"] is False
    assert created["settings"] == {"event": {"@path": "$.event"}}
    names = [one["name"] for one in api.ok("GET", path)["subscriptions"]]
    assert names == ["Track event", "Orders"]


def test_a_mapping_is_changed_the_way_segments_clients_do_it(api: Api) -> None:
    path = f"/destinations/{api.destination(api.source()['id'])['id']}/subscriptions"
    path += "/" + api.ok("GET", path)["subscriptions"][0]["id"]

    changed = api.ok("PATCH", path, {"input": {"enabled": False, "settings": {"event": "x"}}})
    api.ok("DELETE", path)

    assert changed["subscription"]["enabled"] is False
    assert changed["subscription"]["settings"] == {"event": "x"}
    assert api.request("GET", path)[0] == 404


@pytest.mark.parametrize(
    ("body", "type_", "field"),
    [
        ({"trigger": "nonsense"}, "not_fql", "trigger"),
        ({"trigger": "=" * 10_001}, "condition_too_long", "trigger"),
        ({"actionId": "fly"}, "unknown_action", "actionId"),
        ({"name": "Track event"}, "name_taken", "name"),
        ({"settings": {"event": {"@unknown": 1}}}, "not_fql", "settings"),
        ({"settings": {"colour": 1}}, "unknown_field", "settings.colour"),
        ({"settings": {"event": "x" * 200_000}}, "mapping_too_long", "settings"),
        ({"settings": {}, "enabled": True}, "required_field_missing", "settings.event"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    api: Api, body: dict[str, Any], type_: str, field: str
) -> None:
    path = f"/destinations/{api.destination(api.source()['id'])['id']}/subscriptions"
    whole = {"name": "Orders", "actionId": "track", "trigger": 'type = "track"', **body}

    error = api.refused("POST", path, whole)

    assert (error["type"], error["field"]) == (type_, field)


def test_a_mapping_that_is_nested_too_deep_is_refused(api: Api) -> None:
    path = f"/destinations/{api.destination(api.source()['id'])['id']}/subscriptions"
    deep: Any = "x"
    for _ in range(40):
        deep = {"a": deep}
    body = {"name": "Deep", "actionId": "track", "trigger": "a = 1", "settings": {"event": deep}}

    assert api.refused("POST", path, body)["type"] == "mapping_too_deep"


def test_a_classic_destination_has_nothing_to_map(api: Api) -> None:
    path = f"/destinations/{api.destination(api.source()['id'], 'pigeon')['id']}/subscriptions"

    error = api.refused("POST", path, {"name": "a", "actionId": "track", "trigger": "a = 1"})

    assert error["type"] == "destination_without_actions"


def test_a_destination_has_at_most_fifty_mappings(api: Api) -> None:
    path = f"/destinations/{api.destination(api.source()['id'])['id']}/subscriptions"
    for number in range(49):
        api.ok("POST", path, {"name": f"m{number}", "actionId": "track", "trigger": "a = 1"})

    error = api.refused("POST", path, {"name": "m50", "actionId": "track", "trigger": "a = 1"})

    assert error["type"] == "too_many_mappings"
    assert "at most 50" in error["message"]


def test_a_filter_is_made_changed_and_deleted(api: Api) -> None:
    source = api.source()["id"]
    destination = api.destination(source)["id"]
    path = f"/destination/{destination}/filters"
    actions = [{"type": "DROP_PROPERTIES", "fields": {"properties": ["card.number"]}}]

    created = api.ok(
        "POST",
        path,
        {
            "sourceId": source,
            "destinationId": destination,
            "title": "No cards",
            "if": 'type = "track"',
            "actions": actions,
            "enabled": True,
        },
    )["filter"]
    api.clock.advance(60)
    changed = api.ok("PATCH", f"{path}/{created['id']}", {"enabled": False})["filter"]
    listed = api.ok("GET", path)["filters"]
    api.ok("DELETE", f"{path}/{created['id']}")

    assert created["createdAt"] == "2030-01-01T12:00:00Z"
    assert created["if"] == 'type = "track"'
    assert changed["updatedAt"] == "2030-01-01T12:01:00Z"
    assert changed["createdAt"] == created["createdAt"]
    assert listed == [changed]
    assert changed["actions"][0]["fields"] == {"properties": ["card.number"]}
    assert api.ok("GET", path)["filters"] == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"actions": []}, "has no action"),
        ({"actions": [{"type": "SAMPLE"}]}, "samples without a share"),
        ({"actions": [{"type": "SAMPLE", "percent": 50}]}, "samples without a share"),
        ({"actions": [{"type": "DROP", "percent": 0.5}]}, 'gives "percent" or "path" to DROP'),
        ({"actions": [{"type": "DROP_PROPERTIES"}]}, "does not say which fields"),
        ({"actions": [{"type": "DROP", "fields": {"properties": ["a"]}}]}, 'gives "fields"'),
        (
            {"actions": [{"type": "DROP_PROPERTIES", "fields": {"property": ["email"]}}]},
            'names fields of "property", which is no part of an event. Name those of properties,',
        ),
        (
            {"actions": [{"type": "ALLOW_PROPERTIES", "fields": {"traits": ["plan", ""]}}]},
            "names more than 500 fields, or one that is empty",
        ),
        ({"actions": [{"type": "DROP"}] * 21}, "has 21 actions. Give it at most 20."),
        ({"description": "x" * 2_001}, "The description has 2001 characters; 2000 are the most."),
        ({"actions": [{"type": "EXPLODE"}]}, "actions.0.type"),
        ({"if": "nonsense"}, "compares nothing"),
        ({"title": ""}, "The title is empty"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(api: Api, body: dict[str, Any], message: str) -> None:
    path = f"/destination/{api.destination(api.source()['id'])['id']}/filters"
    whole = {"title": "f", "if": "a = 1", "actions": [{"type": "DROP"}], **body}

    assert message in api.refused("POST", path, whole)["message"]


def test_a_filter_is_tried_on_an_event(api: Api) -> None:
    kept = {"if": "a = 1", "actions": [{"type": "SAMPLE", "percent": 1}]}
    dropped = {"if": "a = 1", "actions": [{"type": "DROP"}]}
    payload = {"type": "track"}

    one = api.ok("POST", "/destination/filters/preview", {"filter": kept, "payload": payload})
    other = api.ok("POST", "/destination/filters/preview", {"filter": dropped, "payload": payload})

    assert one == {"inputPayload": payload, "result": {"type": "track", "seen": "a = 1"}}
    assert other["result"] is None


@pytest.mark.parametrize(
    "filter_", [{"if": "?", "actions": [{"type": "DROP"}]}, {"if": "a = 1", "actions": []}]
)
def test_a_filter_that_cannot_be_tried_is_told(api: Api, filter_: dict[str, Any]) -> None:
    body = {"filter": filter_, "payload": {}}

    assert api.refused("POST", "/destination/filters/preview", body)["data"]["do"]


def test_settings_are_tried_with_the_vendor(api: Api) -> None:
    destination = api.destination(api.source()["id"], settings={"apiKey": "wrong"})
    path = f"/destinations/{destination['id']}/test"

    stored = api.ok("POST", path)["test"]
    other = api.ok("POST", path, {"settings": {"apiKey": "right"}})["test"]

    assert stored == {
        "isRight": False,
        "code": "needs_attention",
        "what": "Pigeon refused the API key.",
        "do": "Make a new one.",
        "status": 401,
    }
    assert other["isRight"] is True
    assert api.store.load().connections[0].settings == {"apiKey": "wrong"}


def test_a_destination_without_a_test_says_so(api: Api) -> None:
    destination = api.destination(api.source()["id"], "pigeon")

    error = api.refused("POST", f"/destinations/{destination['id']}/test")

    assert error["type"] == "not_testable"
