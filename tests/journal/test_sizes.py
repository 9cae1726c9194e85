"""A group commit never grows beyond what a NATS server takes, whatever lies in it."""

from __future__ import annotations

import asyncio
import dataclasses

import msgspec
import pytest

from crossdock.base.ids import RandomIds
from crossdock.events import Discard, Envelope, Outcome
from crossdock.events.envelope import encode_envelopes, envelope_bytes
from crossdock.pipeline.journal.outcomes import encode_outcomes, portions
from tests.journal.builders import NOON, SMALL, envelope, opened, outcome

# The most that is kept of each; in UTF-8 three bytes a character.
WORDY = msgspec.structs.replace(
    outcome("m" * 100, connection="con_" + "1" * 32),
    id="9" * 20 + "-2499-map_" + "1" * 32 + "-1893499200000",
    reason="errors.awaiting-retry.5xx",
    what="語" * 1000,
    do="語" * 200,
    event_name="語" * 10_000,
    payload="語" * 1365,
    request="語" * 4096,
    answer="語" * 4096,
    duration_seconds=1.5,
    next_attempt_at=NOON,
    attempt=10**6,
    status=503,
)


@pytest.mark.parametrize("told", [WORDY, outcome("m1")], ids=["wordy", "plain"])
def test_an_outcome_takes_no_more_than_it_is_counted_with(told: Outcome) -> None:
    ((_, size_bytes),) = portions([told])

    assert len(encode_outcomes([[told]])) <= size_bytes


@pytest.mark.parametrize(
    "kept",
    [
        envelope({"type": "page", "userId": "u1"}),
        msgspec.structs.replace(
            envelope(),
            ip="2001:0db8:85a3:0000:0000:8a2e:0370:7334",
            user_agent="é" * 500,
            message_ids_by_index={index: RandomIds().message_id() for index in range(2500)},
        ),
        msgspec.structs.replace(
            envelope(),
            discards_by_index={
                index: max((one.code for one in Discard), key=len) for index in range(2500)
            },
        ),
    ],
    ids=["plain", "without ids", "refused"],
)
def test_an_envelope_takes_no_more_than_it_is_counted_with(kept: Envelope) -> None:
    assert len(encode_envelopes([kept])) <= envelope_bytes(kept)


async def test_many_long_answers_at_once_are_stored() -> None:
    """What NATS refuses as too large would be tried again for ever, and all behind it wait."""
    roomy = dataclasses.replace(SMALL, outcomes_bytes_max=64 * 1024**2)
    failed = [
        msgspec.structs.replace(outcome(f"m{number}"), request="r" * 4096, answer="語" * 4096)
        for number in range(1000)
    ]
    async with opened(settings=roomy) as journal:
        await asyncio.gather(*(journal.append_outcomes([one]) for one in failed))

        (last,) = await journal.latest_outcomes(1)

    assert last == failed[-1]
