"""What the server puts up with from a connection before a request is whole.

Uvicorn with httptools has no bound on either: one sender of endless headers would fill the memory,
and senders that begin requests and never end them would keep a file descriptor each, for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Four times what Apache and nginx take: a page's cookies are sent along, and are not our choice.
HEAD_BYTES_MAX = 64 * 1024
# Half a megabyte in so long needs no more than a bad phone connection.
REQUEST_SECONDS_MAX = 60.0
_LOOK_SECONDS = 10.0


class BoundedProtocol(HttpToolsProtocol):
    """One connection, whose requests are whole in time and have heads of a bounded size."""

    request_seconds_max = REQUEST_SECONDS_MAX
    look_seconds = _LOOK_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._is_in_head = False
        self._head_bytes = 0
        # A connection that says nothing at all counts as one that has begun.
        self._reading_since: float | None = self.loop.time()
        self._look: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._look_later()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if (
            self._is_in_head
            and self._head_bytes > HEAD_BYTES_MAX
            and not self.transport.is_closing()
        ):
            self.send_400_response("The headers are too long.")

    @override
    def on_message_begin(self) -> None:
        self._reading_since = self.loop.time()
        self._is_in_head = True
        # How much of the data in which it begins is before it, is not known here.
        self._head_bytes = 0
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._reading_since = None
        super().on_message_complete()

    def _look_later(self) -> None:
        # One timer for each connection, not for each request.
        self._look = self.loop.call_later(self.look_seconds, self._look_now)

    def _look_now(self) -> None:
        since = self._reading_since
        if since is not None and self.loop.time() - since > self.request_seconds_max:
            self.transport.close()
        else:
            self._look_later()


def allow_many_connections() -> None:
    """Let this process have as many connections as the system allows it.

    Many systems start a process with 1,024 open files and let it ask for more.
    """
    try:
        import resource  # noqa: PLC0415 - Windows has none.
    except ImportError:
        return
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
