"""What is answered, and the headers that let a browser read it.

Segment's Python library takes only 200 for success and reads `code` and `message` of an error.
"""

from __future__ import annotations

import re

import msgspec

from crossdock.base import json

Headers = list[tuple[bytes, bytes]]

# What Analytics.js and the other libraries send. A `*` does not cover Authorization.
_ALLOWED_HEADERS = (
    b"authorization",
    b"content-type",
    b"content-encoding",
    b"x-retry-count",
    b"x-crossdock-strict",
)
_HEADER_NAME = re.compile(rb"[a-z0-9-]{1,64}")
_REQUESTED_HEADERS_MAX = 20
_GIF_BYTES = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    b"!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


class Answer(msgspec.Struct, frozen=True):
    """What is sent back.

    Attributes:
        status: HTTP's.
        body: Of the given type.
        headers: Type and length, and what else belongs to this answer; not what CORS adds.
    """

    status: int
    body: bytes
    headers: Headers


def json_answer(status: int, value: object, *, retry_after_seconds: int | None = None) -> Answer:
    """Return an answer with a JSON body."""
    body = json.encode(value)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if retry_after_seconds is not None:
        headers.append((b"retry-after", str(retry_after_seconds).encode()))
    return Answer(status, body, headers)


def refusal(
    status: int, *, code: str, message: str, retry_after_seconds: int | None = None
) -> Answer:
    """Return an error in the shape that Segment's libraries read."""
    return json_answer(
        status,
        {"success": False, "code": code, "message": message},
        retry_after_seconds=retry_after_seconds,
    )


SUCCESS = json_answer(200, {"success": True})
PIXEL = Answer(
    200,
    _GIF_BYTES,
    [
        (b"content-type", b"image/gif"),
        (b"content-length", str(len(_GIF_BYTES)).encode()),
        (b"cache-control", b"no-store, max-age=0"),
    ],
)

_ANY_ORIGIN = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After"),
]


def cors_headers(origin: bytes | None) -> Headers:
    """Return what lets a page of that origin read the answer.

    A page may send with credentials, which cannot be seen here and for which `*` is refused; the
    exact origin is right for both. No cookie of ours means anything to the tracking API.
    """
    if origin is None:
        return _ANY_ORIGIN
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"Retry-After"),
        (b"vary", b"Origin"),
    ]


def preflight(requested_headers: bytes) -> Answer:
    """Return the answer to OPTIONS.

    Args:
        requested_headers: Access-Control-Request-Headers: pages may add headers of their own.
    """
    requested = [name.strip().lower() for name in requested_headers.split(b",")]
    added = [
        name
        for name in requested[:_REQUESTED_HEADERS_MAX]
        if name not in _ALLOWED_HEADERS and _HEADER_NAME.fullmatch(name)
    ]
    return Answer(
        204,
        b"",
        [
            (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
            (b"access-control-allow-headers", b", ".join([*_ALLOWED_HEADERS, *added])),
            # The most that Chromium keeps it.
            (b"access-control-max-age", b"7200"),
            # A page on the internet may send to a collector inside a private network.
            (b"access-control-allow-private-network", b"true"),
        ],
    )
