"""Keeps audiences and computed traits up to date, and tells destinations what changed.

One engine for everything: the first computation, a change of the definition, a new event, the
passing of time. It is the same SQL each time, over everybody or over those who were touched.

- `engine`: the loops; `port` says what they need.
- `definitions`: what the workspace defines, compiled, in the order of what reads what.
- `rounds`: one transaction: who is in, what changed, what is to be told.
- `everybody`: a definition over everybody, while rounds go on.
- `scopes`: the tables that one round reads.
- `outbox`: what is to be told, and to whom for the first time.
- `telling`: the loop that puts it into the journal.
- `browser`: what a plugin is told of the user whom its page identifies.
- `workers`: their threads.
- `messages`: a change as an event.
- `pace`: no faster than a destination takes.
- `sizes`: how large each was, hour by hour.
- `questions`: what people ask: members, sizes, progress, a preview.
- `report`: everything that it logs and counts.
"""

from __future__ import annotations

from crossdock.audiences.engine.browser import ToldInBrowser
from crossdock.audiences.engine.definitions import read_definition
from crossdock.audiences.engine.engine import Engine
from crossdock.audiences.engine.questions import Member, Preview, Standing, Sync
from crossdock.audiences.engine.sizes import Size, sizes

__all__ = [
    "Engine",
    "Member",
    "Preview",
    "Size",
    "Standing",
    "Sync",
    "ToldInBrowser",
    "read_definition",
    "sizes",
]
