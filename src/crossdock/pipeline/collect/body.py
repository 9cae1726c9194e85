"""Takes in a request's body, decompressed, and never more of it than is allowed."""

from __future__ import annotations

import zlib

from starlette.types import Message, Receive

from crossdock.events.parse import BadRequest

_GZIP = b"\x1f\x8b"
# zlib's ways to say: with a gzip or zlib header, whichever is there; with none.
_WITH_HEADER = 47
_WITHOUT_HEADER = -15
# Libraries write one member, or a few where they flush. Each costs a look at all that follows, and
# half a megabyte can hold 25,000 of nothing.
_MEMBERS_MAX = 1_000


class Disconnected(Exception):
    """The client went away; nobody waits for an answer."""


async def read_body(receive: Receive, *, encoding: bytes, bytes_max: int) -> bytes:
    """Return the body, decompressed.

    Args:
        receive: ASGI's.
        encoding: The Content-Encoding header; empty if there is none.
        bytes_max: Bound of what was sent, and of what it decompresses to.

    Raises:
        BadRequest: It is larger, or not compressed as it says.
        Disconnected: The client went away before all of it had arrived.
    """
    message = await receive()
    body = _part(message)
    if message.get("more_body"):
        body = await _rest(receive, body, bytes_max)
    if len(body) > bytes_max:
        raise _too_large(bytes_max)
    # JSON never starts like gzip does; some libraries compress without saying so.
    if encoding or body.startswith(_GZIP):
        return _decompressed(body, encoding, bytes_max)
    return body


async def _rest(receive: Receive, first: bytes, bytes_max: int) -> bytes:
    parts = [first]
    size_bytes = len(first)
    while True:
        message = await receive()
        parts.append(_part(message))
        size_bytes += len(parts[-1])
        if size_bytes > bytes_max:
            raise _too_large(bytes_max)
        if not message.get("more_body"):
            return b"".join(parts)


def _part(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise Disconnected
    part = message.get("body", b"")
    return part if isinstance(part, bytes) else bytes(part)


def _decompressed(body: bytes, encoding: bytes, bytes_max: int) -> bytes:
    name = encoding.strip().lower()
    if name in (b"", b"gzip", b"x-gzip", b"deflate"):
        if not body.startswith(_GZIP) and name in (b"gzip", b"x-gzip"):
            raise BadRequest(
                "The body is not gzip, although Content-Encoding says so.",
                do="Compress it, or leave the header out.",
            )
        try:
            return _inflated(body, _WITH_HEADER, bytes_max)
        except zlib.error:
            # Deflate has two forms; HTTP means the one with a header, some senders do not.
            try:
                return _inflated(body, _WITHOUT_HEADER, bytes_max)
            except zlib.error as error:
                raise _broken() from error
    if name == b"identity":
        return body
    raise BadRequest(
        f'The Content-Encoding "{name[:20].decode(errors="replace")}" is not known.',
        do="Send gzip, deflate or plain JSON.",
    )


def _inflated(body: bytes, window_bits: int, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    room_bytes = bytes_max + 1
    for _ in range(_MEMBERS_MAX):
        inflater = zlib.decompressobj(window_bits)
        parts.append(inflater.decompress(body, room_bytes))
        room_bytes -= len(parts[-1])
        if room_bytes <= 0:
            raise _too_large(bytes_max)
        if not inflater.eof:
            raise _broken()
        body = inflater.unused_data
        if not body.startswith(_GZIP):
            return b"".join(parts)
    raise BadRequest(
        f"The compressed body has more than {_MEMBERS_MAX:,} parts.", do="Compress it as a whole."
    )


def _broken() -> BadRequest:
    return BadRequest("The compressed body is broken or cut off.", do="Send it again, whole.")


def _too_large(bytes_max: int) -> BadRequest:
    return BadRequest(
        f"The body is larger than {bytes_max:,} bytes.",
        do="Send fewer or smaller events in one request.",
    )
