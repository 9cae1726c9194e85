"""Waits at a start until the disk has room, and answers meanwhile.

To exit would be no better: nothing could say why, and whoever starts it again does so for nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from crossdock import startup
from crossdock.alarms import Alarms
from crossdock.base.clock import Clock
from crossdock.base.problems import Problem
from crossdock.base.settings import ServerSettings
from crossdock.door import ClosedDoor
from crossdock.http_server import HttpServer
from crossdock.pipeline.journal import JournalSettings, disk_full

_LOOK_SECONDS = 0.5
_CLOSE_SECONDS_MAX = 1.0


async def until_room(
    settings: ServerSettings,
    listener: socket.socket,
    alarms: Alarms,
    clock: Clock,
    is_stopped: Callable[[], bool],
) -> bool:
    """Return True once there is room for a start, or False if the server is stopped before.

    Where the journal is elsewhere, so is its disk, and nothing is waited for.
    """
    wrong: list[Problem] = []

    def look() -> list[Problem]:
        reserve_bytes = JournalSettings().disk_reserve_bytes
        has_room = startup.has_room(settings.data_dir, reserve_bytes)
        wrong[:] = [] if has_room else [disk_full(settings.data_dir, reserve_bytes)]
        return wrong

    if settings.nats_url is not None or not look():
        return True
    alarms.watch(lambda: wrong)
    http = HttpServer(ClosedDoor(alarms.problems), settings, clock)
    # What it is given it closes.
    serving = await http.start(listener.dup())
    while look() and not is_stopped() and not serving.done():
        alarms.problems()
        await clock.sleep(_LOOK_SECONDS)
    await http.close(_CLOSE_SECONDS_MAX)
    return not is_stopped()
