"""What the command line needs to talk to a running server, and to people.

- `ask`: asks the server.
- `audiences`: audiences and computed traits, in lines.
- `replaying`: replays, in lines.
- `tables`: what it found in SQL, in lines.
- `told`: what it answered, in lines.
"""

from __future__ import annotations

from crossdock.console.ask import RunningServer
from crossdock.console.audiences import audience_lines
from crossdock.console.replaying import replay_line, replay_lines
from crossdock.console.tables import table_lines
from crossdock.console.told import balance_lines, tail_line, trace_lines

__all__ = [
    "RunningServer",
    "audience_lines",
    "balance_lines",
    "replay_line",
    "replay_lines",
    "table_lines",
    "tail_line",
    "trace_lines",
]
