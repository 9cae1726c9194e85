"""Reads a server's journal: which change of an audience was stored in it, and when."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import nats
from nats.js import api

from crossdock.events.envelope import decode_envelopes
from crossdock.pipeline.journal.streams import EVENTS

_FETCH_MESSAGES = 256
_FETCH_SECONDS = 10.0


async def stored_changes(
    folder: Path, since: dt.datetime
) -> dict[tuple[str, str, bool], dt.datetime]:
    """Return when each change since a moment was stored, by audience, user, and whether they came.

    It is NATS that says when, by the clock of this machine. Read it after the load: reading costs.

    Args:
        folder: The server's data directory.
        since: Nothing before it is read.
    """
    config = (folder / "journal" / "nats.conf").read_text()
    client = await nats.connect(
        f"nats://{_setting(config, 'listen')}", token=_setting(config, "token")
    )
    try:
        reader = await client.jetstream().pull_subscribe(
            "",
            stream=EVENTS,
            config=api.ConsumerConfig(
                deliver_policy=api.DeliverPolicy.BY_START_TIME,
                opt_start_time=since,
                ack_policy=api.AckPolicy.NONE,
                mem_storage=True,
            ),
        )
        left = (await reader.consumer_info()).num_pending or 0
        found: dict[tuple[str, str, bool], dt.datetime] = {}
        while left > 0:
            for message in await reader.fetch(min(left, _FETCH_MESSAGES), timeout=_FETCH_SECONDS):
                left -= 1
                for change in _changes(message.data):
                    found[change] = message.metadata.timestamp
        return found
    finally:
        await client.close()


def _changes(data: bytes) -> Iterator[tuple[str, str, bool]]:
    for envelope in decode_envelopes(data):
        if b'"engage-' not in envelope.body:
            continue
        for message in msgspec.json.decode(envelope.body)["batch"]:
            for key, value in message["traits"].items():
                if isinstance(value, bool):
                    yield key, message["userId"], value


def _setting(config: str, name: str) -> str:
    found = re.search(rf'\b{name}: "([^"]*)"', config)
    assert found is not None, name
    return found[1]
