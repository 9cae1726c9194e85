"""Runs one of the two servers that `collector.py` compares, until it is ended."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import tempfile
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import Receive, Scope, Send

from crossdock.base.clock import SystemClock
from crossdock.base.ids import RandomIds
from crossdock.base.logs import configure
from crossdock.events import SourceId
from crossdock.pipeline.collect import Collector
from crossdock.pipeline.journal import Journal
from crossdock.workspace import Source, Workspace, WorkspaceFeed

WRITE_KEY = "bench-write-key"
_ANSWER = b'{"success":true}'


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, and answer."""
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(_ANSWER)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": _ANSWER})


def server(app: object, port: int) -> uvicorn.Server:
    """Return a server with the settings that both are measured with."""
    return uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]  # both are ASGI applications.
            host="127.0.0.1",
            port=port,
            loop="uvloop",
            http="httptools",
            lifespan="off",
            access_log=False,
            log_level="warning",
        )
    )


async def serve_collector(port: int) -> None:
    """Serve the tracking API on a journal that is removed at the end."""
    # uvicorn raises the signal again when it has stopped serving; what follows must still run.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    configure(log_format="text", level="warning")
    source = Source(id=SourceId("src_bench"), slug="bench", name="Bench", write_keys=(WRITE_KEY,))
    feed = WorkspaceFeed(Workspace(version=1, sources=(source,)))
    with tempfile.TemporaryDirectory(prefix="crossdock-bench-", dir=Path.cwd()) as folder:
        journal = Journal(Path(folder), clock=SystemClock())
        await journal.open()
        collector = Collector(journal, feed, clock=SystemClock(), ids=RandomIds())
        # What was made at the start stays; the collector need not look at it again.
        gc.freeze()
        try:
            await server(collector, port).serve()
        finally:
            await collector.close()
            await journal.close()


if __name__ == "__main__":
    which, on_port = sys.argv[1], int(sys.argv[2])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(
            serve_collector(on_port) if which == "collector" else server(bare, on_port).serve()
        )
