"""A destination on the loopback that takes everything, and misbehaves when the plan says so."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import email.utils
import random
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import msgspec

from tests.crash.plan import Behaviour, Spell
from tests.crash.record import Receipt, Record


def _later(retry_after: str, *, status: str = "429 Busy") -> bytes:
    return f"HTTP/1.1 {status}\r\nretry-after: {retry_after}\r\ncontent-length: 0\r\n\r\n".encode()


_ANSWERS = {
    Behaviour.TAKE: b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK",
    Behaviour.TAKE_AND_CLOSE: (
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK"
    ),
    Behaviour.CUT: b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nOK",
    Behaviour.CUT_HEAD: b"HTTP/1.1 200 OK\r\ncontent-le",
    Behaviour.STALL: b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n",
    Behaviour.ERROR: b"HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nno",
    Behaviour.REJECT: b"HTTP/1.1 400 Never\r\ncontent-length: 2\r\n\r\nno",
    Behaviour.WRONG_KEY: b"HTTP/1.1 401 Who\r\ncontent-length: 2\r\n\r\nno",
    Behaviour.AWAY: _later("1", status="503 Away"),
    Behaviour.WAIT_SECONDS: _later("2"),
    Behaviour.WAIT_PAST: _later("Sun, 06 Nov 1994 08:49:37 GMT"),
    Behaviour.NONSENSE: b"\x00\xffnever heard of it\r\n\r\n",
    Behaviour.CLOSE: b"",
}
_CLOSING = frozenset(
    {
        Behaviour.TAKE_AND_CLOSE,
        Behaviour.CUT,
        Behaviour.CUT_HEAD,
        Behaviour.NONSENSE,
        Behaviour.HANG,
        Behaviour.STALL,
        Behaviour.CLOSE,
        Behaviour.RESET,
    }
)


class Vendor:
    """A vendor, listening on a port of its own.

    Args:
        name: What the record calls it.
        record: Where its receipts go.
        chance: Decides how each request is answered.
        spells: When it misbehaves, and how.
        ahead_seconds: How far the server's clock is ahead: dates are told by that.
    """

    def __init__(
        self,
        name: str,
        record: Record,
        *,
        chance: random.Random,
        spells: Sequence[Spell] = (),
        ahead_seconds: Callable[[], int] = lambda: 0,
    ) -> None:
        self.name = name
        self.port = 0
        self._record = record
        self._chance = chance
        self._spells = spells
        self._ahead_seconds = ahead_seconds
        self._connections: set[asyncio.Task[None]] = set()
        self._is_well_again = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    def be_well(self) -> None:
        """Take everything from now on, and end what hangs."""
        self._is_well_again.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._answer_one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # The server went away, or the run is over.
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        headers = _headers(head)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        behaviour = self._behaviour()
        at = time.monotonic()
        decoded = msgspec.json.decode(body)
        is_batch = isinstance(decoded, list)
        # Noted before it is answered: a run that ends in between has still seen it.
        for message in decoded if is_batch else [decoded]:
            receipt = Receipt(
                vendor=self.name,
                number=len(self._record.receipts),
                at=at,
                message=message,
                # That of a list is the list's, which is another one when it goes out in parts.
                key="" if is_batch else headers.get("idempotency-key", ""),
                behaviour=behaviour,
            )
            self._record.receipts.append(receipt)
        return await self._behave(behaviour, writer)

    def _behaviour(self) -> Behaviour:
        now_seconds = time.monotonic() - self._record.began_at
        if not self._is_well_again.is_set():
            for spell in self._spells:
                if (
                    spell.at_seconds <= now_seconds < spell.until_seconds
                    and self._chance.random() < 0.5
                ):
                    return self._chance.choice(spell.behaviours)
        return Behaviour.TAKE

    async def _behave(self, behaviour: Behaviour, writer: asyncio.StreamWriter) -> bool:
        if behaviour in {Behaviour.HANG, Behaviour.STALL}:
            writer.write(_ANSWERS.get(behaviour, b""))
            await writer.drain()
            await self._is_well_again.wait()
        elif behaviour is Behaviour.RESET:
            linger = struct.pack("ii", 1, 0)
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif behaviour is Behaviour.TAKE_SLOWLY:
            for byte in _ANSWERS[Behaviour.TAKE]:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.01)
        elif behaviour is Behaviour.WAIT_DATE:
            soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2 + self._ahead_seconds())
            writer.write(_later(email.utils.format_datetime(soon, usegmt=True)))
        else:
            writer.write(_ANSWERS[behaviour])
        await writer.drain()
        return behaviour not in _CLOSING


def _headers(head: str) -> Mapping[str, str]:
    lines = head.split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
