"""However badly one vendor behaves, another's deliveries take no longer: p99 within 1.5 times.

Time is the test's own, so that the figures say what waits for what and nothing of the machine.
`bench/isolation.py` measures the same on a clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from crossdock.base.clock import FakeClock
from crossdock.kit import Call, Http, NeedsAttention, Rejected, RetryLater
from tests.send.builders import NOON, MemoryJournal, delivery, destination
from tests.send.sending import Vendor, sending

EVENTS = 200
STEP_SECONDS = 0.01
B_ANSWERS_AFTER_SECONDS = 0.015

Behaviour = Callable[[FakeClock], Awaitable[None]]


async def hangs(_: FakeClock) -> None:
    await asyncio.Event().wait()


async def answers_slowly(clock: FakeClock) -> None:
    await clock.sleep(20)


async def is_busy(_: FakeClock) -> None:
    raise RetryLater("Busy.")


async def refuses(_: FakeClock) -> None:
    raise Rejected("Odd.", do="Map it.")


async def needs_a_person(_: FakeClock) -> None:
    raise NeedsAttention("Who?", do="Check the key.")


async def p99_of_b(behaviour_of_a: Behaviour | None) -> float:
    """Return the p99 of B's deliveries at 100 a second, in seconds; to A go three times as many."""
    journal, clock = MemoryJournal(), FakeClock(NOON)
    made_at: dict[str, float] = {}
    seconds: list[float] = []

    async def perform(_: Http, call: Call) -> None:
        if call.settings["apiKey"] == "one":
            assert behaviour_of_a is not None
            await behaviour_of_a(clock)
            return
        await clock.sleep(B_ANSWERS_AFTER_SECONDS)
        seconds.append(clock.monotonic_seconds() - made_at[call.message_id])

    async with sending(journal, Vendor(journal), installed=destination(perform), clock=clock):
        while len(seconds) < EVENTS:
            if len(made_at) < EVENTS:
                sent = delivery(connection_id="con_2")
                made_at[sent.message_id] = clock.monotonic_seconds()
                journal.put(sent)
                if behaviour_of_a is not None:
                    journal.put(*(delivery(connection_id="con_1") for _ in range(3)))
            for _ in range(30):
                await asyncio.sleep(0)
            clock.advance(STEP_SECONDS)
    return sorted(seconds)[int(EVENTS * 0.99)]


@pytest.mark.parametrize(
    "behaviour_of_a", [hangs, answers_slowly, is_busy, refuses, needs_a_person]
)
async def test_a_connection_is_as_fast_beside_one_that(behaviour_of_a: Behaviour) -> None:
    alone = await p99_of_b(None)

    beside = await p99_of_b(behaviour_of_a)

    assert 0 < beside <= 1.5 * alone
