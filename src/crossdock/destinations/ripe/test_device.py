from __future__ import annotations

import re
from pathlib import Path

import pytest

from crossdock.destinations.ripe.device import DEVICE, check_settings
from crossdock.kit import DeliveryFailed, Mode
from crossdock.kit.loopback import Loopback, Received, Reply

COMMON = {
    "messageId": {"@path": "$.messageId"},
    "anonymousId": {"@path": "$.anonymousId"},
    "userId": {"@path": "$.userId"},
    "context": {"@path": "$.context"},
}


def either(path: str, fallback: str) -> object:
    first = {"@path": path}
    return {"@if": {"exists": first, "then": first, "else": {"@path": fallback}}}


@pytest.mark.parametrize(
    ("action", "parts"),
    [
        ("identify", {"groupId": {"@path": "$.context.groupId"}, "traits": {"@path": "$.traits"}}),
        ("group", {"groupId": {"@path": "$.groupId"}, "traits": {"@path": "$.traits"}}),
        (
            "track",
            {
                "groupId": {"@path": "$.context.groupId"},
                "event": {"@path": "$.event"},
                "properties": {"@path": "$.properties"},
            },
        ),
        (
            "page",
            {
                "groupId": {"@path": "$.context.groupId"},
                "category": either("$.category", "$.context.category"),
                "name": either("$.name", "$.context.name"),
                "properties": {"@path": "$.properties"},
            },
        ),
    ],
)
def test_r7_to_r10_each_call_has_an_action_with_its_default_mapping(
    action: str, parts: dict[str, object]
) -> None:
    found = DEVICE.action(action)

    assert found is not None
    assert found.trigger == f'type = "{action}"'
    assert found.default_mapping() == COMMON | parts


def test_r5_the_settings_are_those_of_ripe_with_their_defaults() -> None:
    settings = {setting.key: setting for setting in DEVICE.settings}

    assert list(settings) == ["apiKey", "sdkVersion", "endpoint"]
    assert settings["apiKey"].required
    assert settings["apiKey"].secret
    assert settings["sdkVersion"].default == "latest"
    assert settings["sdkVersion"].choices
    assert settings["endpoint"].default == "https://storage.getripe.com"
    assert settings["endpoint"].format == "uri"
    assert all(setting.in_browser for setting in DEVICE.settings)


def test_a_new_connection_starts_with_the_four_presets() -> None:
    presets = {preset.name: preset.action for preset in DEVICE.presets}

    assert presets == {
        "Group user": "group",
        "Identify user": "identify",
        "Page view": "page",
        "Track event": "track",
    }


def test_ids_may_be_null_and_what_ripe_cannot_do_without_is_required() -> None:
    for action in DEVICE.actions:
        fields = {field.key: field for field in action.fields}
        assert fields["anonymousId"].required
        assert fields["userId"].allow_null
        assert fields["groupId"].allow_null
        assert fields["groupId"].required == (action.slug == "group")


def test_ripe_is_for_the_browser() -> None:
    assert (DEVICE.slug, DEVICE.name) == ("actions-ripe", "Ripe Device Mode (Actions)")
    assert DEVICE.catalog_id == "63913b2bf906ea939f153851"
    assert DEVICE.connection_modes == {"web": (Mode.DEVICE,)}


def test_every_problem_that_the_plugin_reports_is_explained() -> None:
    plugin = Path(__file__).with_name("browser.ts").read_text()
    reported = {*re.findall(r'report\(\s*"(\w+)"', plugin), "script_failed", "mapping_failed"}

    assert reported <= {explanation.code for explanation in DEVICE.explanations}


async def test_a_wrong_api_key_is_told_from_a_wrong_endpoint() -> None:
    def answer(asked: Received) -> Reply:
        if asked.path == "/auth/sdk":
            is_right = asked.headers["Authorization"] == "Basic cmlnaHQ="
            return Reply(status=200 if is_right else 401)
        return Reply(status=200 if asked.path == "/sdk/latest/sdk.umd.js" else 404)

    async with Loopback(answer) as vendor, vendor.client() as client:
        http = client.with_label(DEVICE.name)
        await check_settings(http, {"apiKey": "right", "endpoint": vendor.url})

        with pytest.raises(DeliveryFailed) as wrong_key:
            await check_settings(http, {"apiKey": "wrong", "endpoint": vendor.url})
        with pytest.raises(DeliveryFailed) as wrong_endpoint:
            await check_settings(http, {"apiKey": "right", "endpoint": f"{vendor.url}/no"})

    assert wrong_key.value.status == 401
    assert wrong_endpoint.value.what.startswith("Ripe's SDK cannot be loaded")
