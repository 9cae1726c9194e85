from __future__ import annotations

import re
from pathlib import Path

import pytest

from crossdock.destinations.ramen.device import RAMEN, check_settings
from crossdock.kit import DeliveryFailed, Mode
from crossdock.kit.loopback import Loopback, Received, Reply

FOLDER = Path(__file__).parent
PLUGIN = "".join((FOLDER / name).read_text() for name in ("browser.ts", "values.ts"))


def test_m1_only_device_mode_on_the_web_is_possible() -> None:
    assert RAMEN.connection_modes == {"web": (Mode.DEVICE,), "mobile": (), "server": ()}


def test_m12_api_key_and_organization_are_settings_and_only_the_latter_is_in_the_browser() -> None:
    settings = {setting.key: setting for setting in RAMEN.settings}

    assert settings["organization_id"].in_browser
    assert settings["organization_id"].required
    assert settings["apiKey"].secret
    assert not settings["apiKey"].in_browser
    assert settings["script_url"].default == "//cdn.ramen.is/assets/ramen.js"


def test_every_setting_that_the_plugin_reads_is_handed_to_it() -> None:
    (interface,) = re.findall(r"interface Settings \{(.*?)\}", PLUGIN, re.DOTALL)
    read = set(re.findall(r"(\w+)\??: string", interface))

    assert read == {setting.key for setting in RAMEN.settings if setting.in_browser}


def test_m9_every_problem_that_the_plugin_reports_is_explained() -> None:
    explained = {explanation.code for explanation in RAMEN.explanations}
    refusals = {f"ramen_{code}" for code in re.findall(r'\[\s*"(40[14]\w*)"', PLUGIN)}
    reported = {*re.findall(r'report\(\s*"(\w+)"', PLUGIN), "script_failed", "call_failed"}

    assert len(refusals) == 6
    assert refusals | reported <= explained


def test_ramen_is_classic_and_goes_by_the_name_that_calls_use() -> None:
    assert (RAMEN.name, RAMEN.kind) == ("Ramen", "classic")
    assert RAMEN.catalog_id == "558c9d1a0a20f4e22f0fb3bb"
    assert RAMEN.actions == ()


async def test_m9_a_wrong_organization_id_is_told_from_a_wrong_script_address() -> None:
    def answer(asked: Received) -> Reply:
        known = {"/assets/ramen.js", "/call/organization?organization_id=ours"}
        return Reply(status=200 if asked.path in known else 404)

    async with Loopback(answer) as vendor, vendor.client() as client:
        http = client.with_label(RAMEN.name)
        script = f"{vendor.url}/assets/ramen.js"
        right = await check_settings(http, {"organization_id": "ours", "script_url": script})

        with pytest.raises(DeliveryFailed) as wrong_id:
            await check_settings(http, {"organization_id": "theirs", "script_url": script})
        with pytest.raises(DeliveryFailed) as wrong_script:
            await check_settings(http, {"organization_id": "ours", "script_url": f"{script}x"})

    assert right == "Ramen knows the organization, and RamenJS can be loaded."
    assert wrong_id.value.status == 404
    assert wrong_script.value.what.startswith("RamenJS cannot be loaded")


async def test_who_serves_ramenjs_without_the_api_beside_it_is_told_what_was_not_found_out() -> (
    None
):
    async with Loopback(lambda _: Reply(status=200)) as vendor, vendor.client() as client:
        http = client.with_label(RAMEN.name)
        found = await check_settings(
            http, {"organization_id": "ours", "script_url": f"{vendor.url}/ramen.js"}
        )

    assert found is not None
    assert "only a browser" in found
