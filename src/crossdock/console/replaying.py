"""Replays, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def replay_line(replay: Any) -> str:
    """Return how far a replay is, in one line."""
    made = "deliveries would be made" if replay["dryRun"] else "deliveries"
    return (
        f"{replay['id']}  {replay['state']}  {replay['progress']:.0%}  "
        f"{replay['eventCount']} events, {replay['deliveryCount']} {made}"
    )


def replay_lines(replay: Any) -> Iterator[str]:
    """Yield what came of a replay."""
    yield replay_line(replay)
    for reason, count in sorted(replay["countsByReason"].items()):
        yield f"  {count} without a delivery: {reason}"
    if replay["what"]:
        yield f"  {replay['what']} {replay['do']}"
