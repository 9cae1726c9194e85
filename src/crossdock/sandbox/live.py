"""What just happened, sent to every open page that watches (server-sent events)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

# A page that is this far behind is let go; it connects again and reads the lists afresh.
NEWS_WAITING_MAX = 256

# Beyond this many open streams of one workspace a new one ends at once and tries again later.
WATCHERS_MAX = 64

# Under the 30 to 60 seconds after which proxies close a silent connection.
HEARTBEAT_SECONDS = 15.0


class Live:
    """Channels of news. Nothing is kept: who was not there reads the lists."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[asyncio.Queue[bytes | None]]] = defaultdict(set)
        self._is_ended = False

    def publish(self, channel: str, topic: str, data: bytes) -> None:
        """Tell everyone who watches the channel.

        Args:
            channel: Which workspace of which vendor.
            topic: What kind of news; the browser listens by it.
            data: JSON without line breaks.
        """
        news = b"event: " + topic.encode() + b"\ndata: " + data + b"\n\n"
        for queue in list(self._watchers.get(channel, ())):
            try:
                queue.put_nowait(news)
            except asyncio.QueueFull:
                self._let_go(channel, queue)

    async def stream(self, channel: str) -> AsyncIterator[bytes]:
        """Yield the channel's news, and a comment now and then so that nobody hangs up."""
        yield b"retry: 1000\n: welcome\n\n"
        if self._is_ended or len(self._watchers[channel]) >= WATCHERS_MAX:
            return
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(NEWS_WAITING_MAX)
        self._watchers[channel].add(queue)
        try:
            while True:
                try:
                    news = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if news is None:
                    return
                yield news
        finally:
            self._watchers[channel].discard(queue)

    def end(self) -> None:
        """End every stream, and each that is opened from now on: the server is stopping."""
        self._is_ended = True
        for channel, queues in self._watchers.items():
            for queue in list(queues):
                self._let_go(channel, queue)

    def _let_go(self, channel: str, queue: asyncio.Queue[bytes | None]) -> None:
        self._watchers[channel].discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
