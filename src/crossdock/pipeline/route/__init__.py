"""Who wants an event, and what payloads it becomes.

A loop that reads, asks a pure function, and writes; everything is compiled once for each version of
the workspace.

- `claims`: which event first came with a messageId.
- `decide`: what becomes of one event for one connection; the order of the rules.
- `filters`: what a connection's filters leave of an event.
- `integrations`: whom the sender of an event means, and who has it already.
- `old_library`: whether a page's Analytics.js is too old for plugins.
- `plan`: the workspace, compiled.
- `replay`: events of a time range, once more for one connection.
- `replay_port`: what that needs of others.
- `report`: everything that route logs and counts.
- `router`: the loop.
- `trial`: one given event, for a person who looks.
- `watch`: what can be seen of an event's way.
"""

from __future__ import annotations

from crossdock.pipeline.route.claims import Claims
from crossdock.pipeline.route.filters import preview_filter
from crossdock.pipeline.route.plan import Compilers
from crossdock.pipeline.route.replay import ReplayOrder, Replays
from crossdock.pipeline.route.router import Router
from crossdock.pipeline.route.trial import EventTester, Trial
from crossdock.pipeline.route.watch import Seen

__all__ = [
    "Claims",
    "Compilers",
    "EventTester",
    "ReplayOrder",
    "Replays",
    "Router",
    "Seen",
    "Trial",
    "preview_filter",
]
