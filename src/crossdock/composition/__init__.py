"""The composition root: makes the parts, in the order of what needs what, and hands them out.

- `ground`: what is there before any part is.
- `kept`: what is kept on disk.
- `stages`: what carries events, and what is done beside.
- `front`: what people and programs meet.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses

from crossdock.composition.front import make_door
from crossdock.composition.ground import Ground
from crossdock.composition.kept import Kept, open_kept
from crossdock.composition.stages import Stages, make_stages
from crossdock.door import Door
from crossdock.ledger import Ledger
from crossdock.pipeline.send import Sender
from crossdock.sandbox import Sandbox
from crossdock.workspace import follow

__all__ = ["Ground", "Running", "compose"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The parts that run, for whoever stops them."""

    door: Door
    sandbox: Sandbox | None
    sender: Sender
    ledger: Ledger
    loops: list[asyncio.Task[None]]


async def compose(ground: Ground, ends: contextlib.AsyncExitStack) -> Running:
    """Make the parts and start their loops; `ends` closes them in the opposite order."""
    kept = await open_kept(ground, ends)
    stages = await make_stages(ground, kept, ends)
    door, sandbox = make_door(ground, kept, stages, ends)
    return Running(
        door=door,
        sandbox=sandbox,
        sender=stages.sender,
        ledger=kept.ledger,
        loops=_start_loops(ground, kept, stages),
    )


def _start_loops(ground: Ground, kept: Kept, stages: Stages) -> list[asyncio.Task[None]]:
    loops = {
        "follow the workspace": follow(ground.store, kept.feed, clock=ground.clock),
        "route": stages.router.run(),
        "replay": stages.replays.run(),
        "send": stages.sender.run(),
        "ledger": kept.ledger.run(),
        "alarms": ground.alarms.run(),
        "forget people": stages.forgetting.run(),
    }
    if kept.history is not None:
        loops["history"] = kept.history.run()
    if kept.engine is not None:
        loops["audiences"] = kept.engine.run()
    return [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
