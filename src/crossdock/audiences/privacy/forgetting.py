"""Forgets people: in profiles and history, in the ledger, and among the dead letters.

What waits to be delivered is dropped by `send`, and what comes is refused by the collector: both
ask the register. Everything is done twice, some seconds apart, since what was on its way at the
moment may have been written down meanwhile. After a crash it is done again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from crossdock.audiences.history import History
from crossdock.audiences.privacy import report
from crossdock.audiences.privacy.register import Register, Regulation
from crossdock.base.clock import Clock
from crossdock.events import ConnectionId, DeadLetter

_LOOK_SECONDS = 60.0
_SETTLED_SECONDS = 5.0
_RETRY_SECONDS = 10.0
_LETTERS_AT_ONCE = 200


class ForgetfulLedger(Protocol):
    """Knows what became of every event."""

    async def forget_people(
        self,
        *,
        user_ids: Collection[str],
        anonymous_ids: Collection[str],
        before: dt.datetime,
        is_last: bool,
    ) -> None:
        """Forget what people did; the counts stay. Who they were is forgotten at last."""


class DeadLetters(Protocol):
    """Deliveries that were given up."""

    async def page(
        self, connection_id: ConnectionId, *, after_id: int = 0, count_max: int
    ) -> Sequence[DeadLetter]:
        """Return dead letters of a connection behind that id, oldest first."""

    async def counts(self) -> Mapping[ConnectionId, int]:
        """Return how many dead letters each connection has that has any."""

    async def remove(self, letter: DeadLetter, /) -> None:
        """Forget it."""


class Forgetting:
    """Does what the register asks for. `run` it in a task.

    Args:
        register: What is asked for.
        history: Profiles and what people did; None if they are not kept.
        ledger: What became of every event.
        dead_letters: Deliveries that were given up.
        clock: Waits.
    """

    def __init__(
        self,
        register: Register,
        *,
        history: History | None,
        ledger: ForgetfulLedger,
        dead_letters: DeadLetters,
        clock: Clock,
    ) -> None:
        self._register = register
        self._history = history
        self._ledger = ledger
        self._dead_letters = dead_letters
        self._clock = clock
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at the register now."""
        self._wake.set()

    async def run(self) -> None:
        """Forget people until cancelled."""
        while True:
            self._wake.clear()
            for regulation in self._register.unfinished():
                await self._forget(regulation)
            if not self._register.unfinished():
                waiting = asyncio.create_task(self._clock.sleep(_LOOK_SECONDS))
                woken = asyncio.create_task(self._wake.wait())
                try:
                    await asyncio.wait([waiting, woken], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    waiting.cancel()
                    woken.cancel()

    async def _forget(self, regulation: Regulation) -> None:
        try:
            await self._forget_once(regulation, is_last=False)
            await self._clock.sleep(_SETTLED_SECONDS)
            await self._forget_once(regulation, is_last=True)
        except Exception as error:  # noqa: BLE001 - a full disk, mostly; it is tried again.
            report.forgetting_failed(regulation.id, error)
            await self._clock.sleep(_RETRY_SECONDS)
        else:
            self._register.finish(regulation)
            report.forgotten(regulation.id)

    async def _forget_once(self, regulation: Regulation, *, is_last: bool) -> None:
        if self._history is not None:
            anonymous_ids = await self._history.browsers_of(regulation.user_id)
            # Before they are gone from the profile: a crash in between must not lose them.
            self._register.note_persons(regulation, [f"a:{one}" for one in anonymous_ids])
            await self._history.forget_user(regulation.user_id, before=regulation.created_at)
        await self._ledger.forget_people(
            user_ids=[regulation.user_id],
            anonymous_ids=self._register.browsers_of(regulation),
            before=regulation.created_at,
            is_last=is_last,
        )
        for connection_id in await self._dead_letters.counts():
            await self._forget_letters(connection_id)

    async def _forget_letters(self, connection_id: ConnectionId) -> None:
        after_id = 0
        while True:
            letters = await self._dead_letters.page(
                connection_id, after_id=after_id, count_max=_LETTERS_AT_ONCE
            )
            for letter in letters:
                delivery = letter.delivery
                if self._register.is_forgotten(delivery.person, delivery.received_at):
                    await self._dead_letters.remove(letter)
                after_id = max(after_id, letter.id)
            if len(letters) < _LETTERS_AT_ONCE:
                return
