"""The server's owner: lets paused connections go on, and asks what became of everything."""

from __future__ import annotations

import asyncio
import random
import urllib.parse
from typing import Any

import msgspec

from tests.crash.console import Console
from tests.crash.record import Record, Verdict
from tests.running import RunningServer

_LOOK_SECONDS = 0.5
_PAGE_ENTRIES = 1000
_TRACES = 25


class Owner:
    """The owner, with the management API.

    Args:
        server: The owner's.
        record: Where it is noted.
        chance: Decides what is traced.
    """

    def __init__(self, server: RunningServer, record: Record, *, chance: random.Random) -> None:
        self._server = server
        self._console = Console(server)
        self._record = record
        self._chance = chance

    async def look_after_it(self) -> None:
        """Let what is paused go on, again and again, until cancelled."""
        while True:
            for connected in [*self._record.steady, *self._record.edited[-1:]]:
                await self._resume(connected.id, connected.vendor)
            await asyncio.sleep(_LOOK_SECONDS)

    async def settled(self, *, give_up_at: float) -> bool:
        """Return whether nothing waits any more; False if that is not so in time."""
        loop = asyncio.get_running_loop()
        while loop.time() < give_up_at:
            balance = await self._console.ask("GET", "/balance")
            if balance is not None:
                self._record.balance = balance
                waits = any(account["waiting"] for account in balance["accounts"])
                if balance["isSettled"] and not waits and await self._is_replayed():
                    return True
            await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def read_the_ledger(self) -> None:
        """Note all that the ledger has, the replays, and the traces of a few events."""
        found_replays = await self._console.insist("GET", "/replays?pagination[count]=200")
        self._record.replays = found_replays["replays"]
        self._record.events_from = await asyncio.to_thread(self._events_from)
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            query = {"limit": str(_PAGE_ENTRIES)} | ({"cursor": cursor} if cursor else {})
            page = await asyncio.to_thread(
                self._server.api, "GET", f"/ledger?{urllib.parse.urlencode(query)}"
            )
            found += page["entries"]
            cursor = page["next"]
            if cursor is None:
                break
        self._record.entries = found[::-1]
        known = sorted(
            sent.message_id
            for sent in self._record.sent_by_id.values()
            if sent.verdict is Verdict.ACKNOWLEDGED
        )
        for message_id in self._chance.sample(known, min(_TRACES, len(known))):
            self._record.traces_by_message_id[message_id] = await asyncio.to_thread(
                self._server.api, "GET", f"/events/{message_id}/trace"
            )

    def _events_from(self) -> int:
        """Return the first event of the journal; what lay before it had to make room."""
        places = self._server.data_dir / "journal" / "places.json"
        return int(msgspec.json.decode(places.read_bytes())["CROSSDOCK_EVENTS"]["first"])

    async def _is_replayed(self) -> bool:
        found = await self._console.ask("GET", "/replays?pagination[count]=200")
        return found is not None and all(one["state"] != "running" for one in found["replays"])

    async def _resume(self, connection_id: str, vendor: str) -> None:
        answer = await self._console.ask("GET", f"/destinations/{connection_id}/state")
        if answer is not None and answer["state"]["isPaused"]:
            resumed = await self._console.ask("POST", f"/destinations/{connection_id}/resume")
            if resumed is not None:
                self._record.note(f"{vendor} was paused, and goes on")
