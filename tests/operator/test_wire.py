"""A sender that never comes to an end costs little, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from crossdock.wire import HEAD_BYTES_MAX, BoundedProtocol


class HastyProtocol(BoundedProtocol):
    """The same, in a hurry."""

    request_seconds_max = 0.1
    look_seconds = 0.05


async def yes(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the request, and answer it."""
    await Request(scope, receive).body()
    await PlainTextResponse("yes")(scope, receive, send)


@pytest.fixture
async def port(request: pytest.FixtureRequest) -> AsyncIterator[int]:
    """A server that says yes to everything."""
    protocol = getattr(request, "param", BoundedProtocol)
    config = uvicorn.Config(yes, http=protocol, port=0, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it.
            await asyncio.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


async def answer_to(port: int, sent: bytes) -> bytes:
    """Return what comes back until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"X: " + b"a" * 5 * HEAD_BYTES_MAX, id="one endless header"),
        pytest.param(b"X: a\r\n" * HEAD_BYTES_MAX, id="endless headers"),
        pytest.param(b"X" * 5 * HEAD_BYTES_MAX, id="an endless name"),
    ],
)
async def test_a_head_without_end_is_refused(port: int, head: bytes) -> None:
    answer = await answer_to(port, b"GET / HTTP/1.1\r\n" + head)

    assert b"HTTP/1.1 200" not in answer


async def test_a_large_head_and_a_large_body_are_taken(port: int) -> None:
    body = b"x" * 500_000
    head = b"POST / HTTP/1.1\r\nCookie: " + b"c" * 30_000 + b"\r\nContent-Length: 500000\r\n"
    request = head + b"\r\n" + body
    last = head + b"Connection: close\r\n\r\n" + body

    answer = await answer_to(port, request + request + request + last)

    assert answer.count(b"HTTP/1.1 200 OK") == 4


@pytest.mark.parametrize("port", [HastyProtocol], indirect=True)
@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"", id="nothing at all"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Le", id="half a head"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf", id="half a body"),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n1POST / HT", id="half a second request"
        ),
    ],
)
async def test_a_request_that_does_not_end_is_hung_up_on(port: int, begun: bytes) -> None:
    answer = await answer_to(port, begun)

    assert answer.count(b"HTTP/1.1 200") <= 1


@pytest.mark.parametrize("port", [HastyProtocol], indirect=True)
async def test_a_connection_that_waits_for_its_next_request_is_kept(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(3)
        assert b"200 OK" in head
        await asyncio.sleep(4 * HastyProtocol.request_seconds_max)
    writer.close()
    await writer.wait_closed()
