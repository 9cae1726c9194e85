"""Two audiences that a vendor is told of: made in the middle of a run, so that kills hit that."""

from __future__ import annotations

import asyncio
import time

from tests.crash.console import Console
from tests.crash.record import Connected, Record

VENDOR = "engaged"
COUNTED = "counted"
FLIPPED = "flipped"
COUNTED_EVENT = "Did 1"
COUNT_MIN = 3
# Who comes when traffic has ended.
LAST_PERSON = "the-last"
_QUERIES = {
    COUNTED: f"event('{COUNTED_EVENT}').count() >= {COUNT_MIN}",
    FLIPPED: "trait('flips') = true",
}
# So slow that a first sync takes a second or two.
_PER_SECOND_MAX = 15.0
_LOOK_SECONDS = 0.5
_PAGE_MEMBERS = 200


class Engaged:
    """Whoever makes the audiences, and looks who is in them at the end.

    Args:
        console: How.
        record: Where it is noted.
    """

    def __init__(self, console: Console, record: Record) -> None:
        self._console = console
        self._record = record

    async def begin(self, at_seconds: float, *, url: str, destination: str) -> None:
        """Make the audiences and connect them at that moment of the run."""
        await asyncio.sleep(max(0.0, at_seconds - (time.monotonic() - self._record.began_at)))
        self._record.note("the owner makes audiences, and connects them")
        for key, query in _QUERIES.items():
            self._record.audiences[key] = await self._audience(key, query)
        first, *others = self._record.audiences.values()
        connection_id = await self._connected(first, url=url, destination=destination)
        for one in others:
            path = f"/audiences/{one}/destinations/{connection_id}"
            await self._console.insist("PUT", path, {"perSecondMax": _PER_SECOND_MAX})
        made = await self._console.insist("GET", f"/destinations/{connection_id}")
        source_id = made["destination"]["sourceId"]
        self._record.engaged = Connected(
            connection_id, VENDOR, "engage", source_id, keeps_order=True
        )
        self._record.note("the audiences are connected")

    async def told(self, *, give_up_at: float) -> bool:
        """Return whether nothing is left to be told, and note who is in at the end."""
        loop = asyncio.get_running_loop()
        while loop.time() < give_up_at:
            if await self._has_taken_in_all() and await self._is_told():
                for key, audience_id in self._record.audiences.items():
                    self._record.members_by_key[key] = await self._members(audience_id)
                if await self._is_told():
                    return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def _has_taken_in_all(self) -> bool:
        """Return whether the last person is in: then everybody before is looked at, too."""
        return LAST_PERSON in await self._members(self._record.audiences[FLIPPED])

    async def _is_told(self) -> bool:
        for audience_id in self._record.audiences.values():
            found = await self._console.ask("GET", f"/audiences/{audience_id}")
            one = (found or {}).get("computation", {})
            syncs = [output["sync"] or {} for output in one.get("destinations", [])]
            is_done = all(sync.get("finishedAt") and not sync["waiting"] for sync in syncs)
            if not (syncs and is_done and one["state"] == "live"):
                return False
        return True

    async def _audience(self, key: str, query: str) -> str:
        async def look() -> str | None:
            found = await self._console.insist("GET", "/audiences?pagination[count]=200")
            return next(
                (str(one["id"]) for one in found["computations"] if one["key"] == key), None
            )

        body = {"name": key, "key": key, "definition": {"query": query}}
        return await self._console.until_found("/audiences", body, look)

    async def _connected(self, audience_id: str, *, url: str, destination: str) -> str:
        path = f"/audiences/{audience_id}"

        async def look() -> str | None:
            found = await self._console.insist("GET", path)
            outputs = found["computation"]["destinations"]
            return str(outputs[0]["destinationId"]) if outputs else None

        body = {
            "metadataId": destination,
            "settings": {"apiKey": "ripe-key", "endpoint": url},
            "perSecondMax": _PER_SECOND_MAX,
        }
        return await self._console.until_found(f"{path}/destinations", body, look)

    async def _members(self, audience_id: str) -> set[str]:
        path = f"/audiences/{audience_id}/members?limit={_PAGE_MEMBERS}"
        found = await self._console.insist("GET", path)
        return {
            str(one["value"])
            for member in found["members"]
            for one in member["profile"]["identifiers"]
            if one["type"] == "user_id"
        }
