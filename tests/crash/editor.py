"""The owner at work while traffic flows: dead letters, replays, changes of the workspace."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.crash.console import Console
from tests.crash.plan import EditKind, Plan
from tests.crash.record import Changed, ChangeKind, Connected, Record, WriteKey
from tests.crash.turned_clock import TurnedClock
from tests.running import RunningServer

EDITED = "edited"
# Of the events, so that a replay does not take longer than the run.
REPLAYED_EVENT = "Did 3"
_REPLAYED_PER_SECOND = 200
_KEY_IS_KNOWN_SECONDS = 0.5


class Editor:
    """Does what the plan says, one after the other.

    Args:
        server: Whose.
        record: Where it is noted.
        clock: The server's.
        chance: Decides what the plan leaves open.
        write_keys: Of the source whose key is changed, and the source's id.
        edited: Makes a connection anew, with what `POST /destinations` takes.
    """

    def __init__(  # noqa: PLR0913 - whom, with what, by which clock and chance.
        self,
        server: RunningServer,
        record: Record,
        *,
        clock: TurnedClock,
        chance: random.Random,
        write_keys: tuple[str, list[WriteKey]],
        edited: Mapping[str, object],
    ) -> None:
        self._console = Console(server)
        self._record = record
        self._clock = clock
        self._chance = chance
        self._source_id, self._write_keys = write_keys
        self._body = edited
        self._edition = 0

    async def edit(self, plan: Plan) -> None:
        """Do all of it; what was begun when the time is up is brought to its end."""
        do: dict[EditKind, Callable[[float], Awaitable[None]]] = {
            EditKind.RETRY_ONE: self._retry_one,
            EditKind.RETRY_ALL: self._retry_all,
            EditKind.DISCARD_ONE: self._discard_one,
            EditKind.DISCARD_ALL: self._discard_all,
            EditKind.REPLAY: self._replay,
            EditKind.EDIT_MAPPING: self._edit_mapping,
            EditKind.DISABLE: self._disable,
            EditKind.DELETE: self._delete,
            EditKind.ROTATE_KEY: self._rotate_key,
        }
        for edit in plan.edits:
            wait_seconds = edit.at_seconds - (time.monotonic() - self._record.began_at)
            await asyncio.sleep(max(0.0, wait_seconds))
            if time.monotonic() - self._record.began_at > plan.seconds:
                return
            self._record.note(f"the owner {edit.kind.value}")
            await do[edit.kind](edit.seconds)
            self._record.note("the owner is done")

    async def connect(self) -> None:
        """Make the connection that is edited."""
        slug = f"edited-{len(self._record.edited) + 1}"
        began_at = time.monotonic()

        async def look() -> str | None:
            found = await self._console.insist("GET", "/destinations?pagination[count]=200")
            return next((one["id"] for one in found["destinations"] if one["slug"] == slug), None)

        made_id = await self._console.until_found(
            "/destinations", {**self._body, "slug": slug}, look
        )
        self._record.edited.append(
            Connected(made_id, EDITED, "backend", self._source_id, keeps_order=False)
        )
        await self._give_edition(began_at, ChangeKind.EDIT)
        # Not before: until then its mapping is that of the catalog.
        await self._console.insist("PATCH", f"/destinations/{made_id}", {"enabled": True})
        self._note(ChangeKind.CREATE, began_at)

    async def send_all_again(self) -> bool:
        """Send every dead letter again; return whether there were any."""
        counts = []
        for one in [*self._record.steady, *self._record.edited[-1:]]:
            path = f"/destinations/{one.id}/dead-letters/retry"
            found = await self._asked(ChangeKind.RETRY, one, "POST", path)
            counts.append(found is None or found["handled"]["count"] > 0)
        return any(counts)

    async def _retry_one(self, _seconds: float) -> None:
        connected, letter_id = await self._letter()
        if letter_id:
            path = f"/destinations/{connected.id}/dead-letters/{letter_id}/retry"
            await self._asked(ChangeKind.RETRY, connected, "POST", path)

    async def _retry_all(self, _seconds: float) -> None:
        connected = self._any()
        path = f"/destinations/{connected.id}/dead-letters/retry"
        await self._asked(ChangeKind.RETRY, connected, "POST", path)

    async def _discard_one(self, _seconds: float) -> None:
        connected, letter_id = await self._letter()
        if letter_id:
            path = f"/destinations/{connected.id}/dead-letters/{letter_id}"
            await self._asked(ChangeKind.DISCARD, connected, "DELETE", path)

    async def _discard_all(self, _seconds: float) -> None:
        connected = self._any()
        path = f"/destinations/{connected.id}/dead-letters"
        await self._asked(ChangeKind.DISCARD, connected, "DELETE", path)

    async def _letter(self) -> tuple[Connected, str | None]:
        connected = self._any()
        found = await self._console.ask("GET", f"/destinations/{connected.id}/dead-letters")
        letters = (found or {}).get("deadLetters", [])
        return connected, self._chance.choice(letters)["id"] if letters else None

    async def _replay(self, _seconds: float) -> None:
        connected = self._record.connected["webhook"]
        now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self._clock.ahead_seconds)
        body = {
            "sourceId": connected.source_id,
            "destinationId": connected.id,
            "startTime": (now - dt.timedelta(days=30)).isoformat(),
            "endTime": now.isoformat(),
            "filter": f'event = "{REPLAYED_EVENT}"',
            "ratePerSecond": _REPLAYED_PER_SECOND,
        }
        await self._asked(ChangeKind.REPLAY, connected, "POST", "/replays", body)

    async def _edit_mapping(self, _seconds: float) -> None:
        await self._give_edition(time.monotonic(), ChangeKind.EDIT)

    async def _give_edition(self, began_at: float, kind: ChangeKind) -> None:
        self._edition += 1
        edition = self._edition
        path = f"/destinations/{self._record.edited[-1].id}/subscriptions"
        found = await self._console.insist("GET", path)
        mapping = found["subscriptions"][0]["id"]
        # The event as it is, and which edition of the mapping it came by.
        data = {
            "@merge": {"objects": [{"@path": "$."}, {"edition": edition}], "direction": "right"}
        }
        body = {"settings": {"data": data}, "enabled": True}
        await self._console.insist("PATCH", f"{path}/{mapping}", body)
        self._note(kind, began_at, edition=edition)

    async def _disable(self, seconds: float) -> None:
        path = f"/destinations/{self._record.edited[-1].id}"
        for kind, is_enabled in ((ChangeKind.DISABLE, False), (ChangeKind.ENABLE, True)):
            began_at = time.monotonic()
            await self._console.insist("PATCH", path, {"enabled": is_enabled})
            self._note(kind, began_at)
            if not is_enabled:
                await asyncio.sleep(seconds)

    async def _delete(self, seconds: float) -> None:
        began_at = time.monotonic()
        await self._console.remove(f"/destinations/{self._record.edited[-1].id}")
        self._note(ChangeKind.DELETE, began_at)
        await asyncio.sleep(seconds)
        await self.connect()

    async def _rotate_key(self, _seconds: float) -> None:
        leaving = self._write_keys[-1]
        new = WriteKey(f"backend-key-{len(self._write_keys) + 1}")
        path = f"/sources/{self._source_id}/writekey"

        async def look() -> bool | None:
            found = await self._console.insist("GET", f"{path}s")
            return any(one["writeKey"] == new.text for one in found["writeKeys"]) or None

        await self._console.until_found(path, {"writeKey": new.text}, look)
        self._write_keys.append(new)
        await asyncio.sleep(_KEY_IS_KNOWN_SECONDS)
        leaving.leaves_at = time.monotonic()
        await self._console.remove(f"{path}/{leaving.text}")
        leaving.gone_at = time.monotonic()

    def _any(self) -> Connected:
        return self._chance.choice([*self._record.connected.values(), self._record.edited[-1]])

    async def _asked(
        self, kind: ChangeKind, about: Connected, method: str, path: str, json: object = None
    ) -> dict[str, Any] | None:
        """Ask once: whether something was done is not known when there is no answer."""
        began_at = time.monotonic()
        answer = await self._console.ask(method, path, json)
        replay_id = (answer or {}).get("replay", {}).get("id", "")
        self._record.changes.append(
            Changed(
                kind,
                about.vendor,
                began_at,
                time.monotonic(),
                is_answered=answer is not None,
                replay_id=replay_id,
            )
        )
        return answer

    def _note(self, kind: ChangeKind, began_at: float, *, edition: int = 0) -> None:
        self._record.changes.append(
            Changed(kind, EDITED, began_at, time.monotonic(), edition=edition)
        )
