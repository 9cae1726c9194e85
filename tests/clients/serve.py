"""Runs journal and collector in a process of its own, so that a test can kill it.

Usage: `python tests/clients/serve.py FOLDER PORT`. Prints `ready` when it listens.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path

import uvicorn
import uvloop

from crossdock.base.clock import SystemClock
from crossdock.base.ids import RandomIds
from crossdock.events import SourceId
from crossdock.pipeline.collect import Collector
from crossdock.pipeline.journal import Journal, JournalSettings
from crossdock.workspace import Source, Workspace, WorkspaceFeed

SETTINGS = JournalSettings(disk_reserve_bytes=1024**2)


async def serve(folder: Path, port: int) -> None:
    """Serve until ended."""
    # uvicorn raises the signal again when it has stopped serving; what follows must still run.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    source = Source(id=SourceId("src_shop"), slug="shop", name="Shop", write_keys=("shop-key",))
    clock = SystemClock()
    journal = Journal(folder, clock=clock, settings=SETTINGS)
    await journal.open()
    collector = Collector(
        journal,
        WorkspaceFeed(Workspace(version=1, sources=(source,))),
        clock=clock,
        ids=RandomIds(),
    )
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server = uvicorn.Server(
        uvicorn.Config(
            collector, lifespan="off", log_level="error", http="httptools", loop="uvloop"
        )
    )
    listener.listen(512)
    sys.stdout.write(f"ready {journal.child_process_id}\n")
    sys.stdout.flush()
    await server.serve([listener])
    await collector.close()
    await journal.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
