"""A real server with connections whose vendors echo whatever they are sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from tests.running import RunningServer


@contextlib.asynccontextmanager
async def serving(folder: Path, *arguments: str) -> AsyncIterator[RunningServer]:
    """A server that ends with the block, beside an event loop that goes on."""
    server = await asyncio.to_thread(RunningServer, folder, *arguments, command="serve")
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


async def connect(server: RunningServer, slug: str, settings: Mapping[str, object]) -> str:
    """Set up a connection for the first source, and return its id."""

    def do() -> str:
        source = server.api("GET", "/sources")["sources"][0]
        catalog = server.api("GET", "/catalog/destinations?pagination[count]=200")
        metadata = next(one for one in catalog["destinationsCatalog"] if one["slug"] == slug)
        body = {
            "sourceId": source["id"],
            "metadataId": metadata["id"],
            "name": f"{slug} {len(server.api('GET', '/destinations')['destinations'])}",
            "settings": settings,
            "enabled": True,
        }
        return str(server.api("POST", "/destinations", body)["destination"]["id"])

    return await asyncio.to_thread(do)


async def send_event(
    server: RunningServer, event: Mapping[str, object], *, authorization: str = ""
) -> None:
    """Send an event to the first source, with the write key in the body."""

    def do() -> None:
        write_key = server.api("GET", "/sources")["sources"][0]["writeKeys"][0]
        answer = server.request(
            "POST",
            "/v1/track",
            json={**event, "writeKey": write_key},
            headers={"authorization": authorization} if authorization else {},
        )
        assert answer.status == 200

    await asyncio.to_thread(do)


async def outcomes(server: RunningServer, *, count: int) -> list[dict[str, Any]]:
    """Return the outcomes of attempts, once there are that many."""
    async with asyncio.timeout(20):
        while True:
            answer = await asyncio.to_thread(server.api, "GET", "/outcomes")
            found: list[dict[str, Any]] = [
                outcome for outcome in answer["outcomes"] if outcome["step"] != "mapped"
            ]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)
