"""What the command line needs to talk to a running server, and to people.

- `ask`: asks the server.
- `replaying`: replays, in lines.
"""

from __future__ import annotations

from crossdock.console.ask import RunningServer
from crossdock.console.replaying import replay_line, replay_lines

__all__ = ["RunningServer", "replay_line", "replay_lines"]
