"""Whatever bytes come in at the door, the answer is one of those that senders understand."""

from __future__ import annotations

import base64
import gzip
import socket
import zlib
from urllib.parse import quote, quote_from_bytes

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing import examples
from tests.running import ADMIN_TOKEN, RunningServer, eventually

FUZZ = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ANSWERS = {200, 204, 304, 400, 401, 404, 405, 413, 429}
PATHS = st.sampled_from(
    [
        *("/v1/track", "/v1/t", "/v1/i", "/v1/p", "/v1/s", "/v1/g", "/v1/a", "/v1/b", "/v1/batch"),
        *("/v1/import", "/v1/m", "/v1/pixel/track", "/v1/pixel/page", "/v1/projects/x/settings"),
        *("/v1/", "/", "/v1/track/", "//v1/track", "/v1/track/../b", "/healthz", "/metrics"),
    ]
)
METHODS = st.sampled_from(["POST", "GET", "PUT", "OPTIONS", "HEAD", "DELETE", "BREW"])
# What a header may hold on the wire: anything but the bytes that end it.
HEADER_VALUES = st.binary(max_size=40).map(
    lambda value: value.translate(None, b"\r\n\0").strip(b" \t")
)
HEADER_NAMES = st.sampled_from(
    [
        *("Authorization", "Content-Encoding", "Content-Type", "Origin", "User-Agent", "Cookie"),
        *("X-Forwarded-For", "X-Crossdock-Strict", "Accept-Encoding", "Expect", "Forwarded"),
        *("Access-Control-Request-Headers", "Access-Control-Request-Method", "If-None-Match"),
    ]
)


@pytest.fixture(scope="session")
def write_key(server: RunningServer) -> str:
    keys: list[str] = server.api("GET", "/sources")["sources"][0]["writeKeys"]
    return keys[0]


def status_of(server: RunningServer, request: bytes, *, is_whole: bool = True) -> int | None:
    """Send bytes as they are; return the answer's status, or None if the door hung up.

    After what may not be a whole request nothing more is promised, so that the door need not wait.
    """
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(request)
        if not is_whole:
            connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            line = answer.readline()
    return int(line.split()[1]) if line.startswith(b"HTTP/1.1 ") else None


def request(
    body: bytes,
    *,
    method: str = "POST",
    path: str = "/v1/batch",
    headers: tuple[tuple[str, bytes], ...] = (),
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: x", b"Connection: close"]
    lines += [name.encode() + b": " + value for name, value in headers]
    lines.append(f"Content-Length: {len(body)}".encode())
    return b"\r\n".join([*lines, b"", body])


def basic(write_key: str) -> tuple[str, bytes]:
    return "Authorization", b"Basic " + base64.b64encode(f"{write_key}:".encode())


@given(
    method=METHODS,
    path=PATHS,
    headers=st.lists(st.tuples(HEADER_NAMES, HEADER_VALUES), max_size=4).map(tuple),
    body=st.binary(max_size=300),
)
@FUZZ
def test_no_header_and_no_method_is_a_bug(
    server: RunningServer,
    method: str,
    path: str,
    headers: tuple[tuple[str, bytes], ...],
    body: bytes,
) -> None:
    sent = request(body, method=method, path=path, headers=headers)

    status = status_of(server, sent)

    assert status in ANSWERS


@given(garbage=st.binary(min_size=1, max_size=400))
@FUZZ
def test_what_is_not_http_is_answered_with_400_or_nothing(
    server: RunningServer, garbage: bytes
) -> None:
    status = status_of(server, garbage, is_whole=False)

    assert status in {None, 400, 404}


@given(
    path=st.sampled_from(["/v1/t", "/v1/b", "/v1/m"]),
    plain=st.binary(max_size=200) | st.just(b'{"batch":[]}'),
    damage=st.integers(-40, 40),
    encoding=st.sampled_from([b"gzip", b"deflate", b"GZIP", b"br", b"", b"gzip, gzip", b"\xff"]),
    how=st.sampled_from([gzip.compress, zlib.compress, lambda plain: plain]),
)
@FUZZ
def test_no_compressed_body_is_a_bug(  # noqa: PLR0913 - what varies.
    server: RunningServer,
    write_key: str,
    *,
    path: str,
    plain: bytes,
    damage: int,
    encoding: bytes,
    how: object,
) -> None:
    assert callable(how)
    packed: bytes = how(plain)
    body = packed[:damage] if damage < 0 else packed + b"x" * damage
    sent = request(body, path=path, headers=(basic(write_key), ("Content-Encoding", encoding)))

    status = status_of(server, sent)

    assert status in {200, 400}


@given(
    query=st.binary(max_size=80).map(quote_from_bytes)
    | st.binary(max_size=80).map(lambda data: "data=" + quote(base64.b64encode(data)))
    | st.lists(st.sampled_from(["a", ".", "a.b", "=", "&", "%", "%ff", "data", "userId"])).map(
        "".join
    )
)
@FUZZ
def test_a_pixel_is_an_image_whatever_its_query(server: RunningServer, query: str) -> None:
    sent = request(b"", method="GET", path=f"/v1/pixel/track?{query}")

    status = status_of(server, sent)

    assert status == 200


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=50), max_size=5),
    ending=st.sampled_from([b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"-1\r\n", b"zz\r\n", b""]),
    is_strict=st.booleans(),
)
@FUZZ
def test_no_chunked_body_is_a_bug(
    server: RunningServer, write_key: str, chunks: list[bytes], ending: bytes, *, is_strict: bool
) -> None:
    name, value = basic(write_key)
    head = (
        f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: ".encode()
        + value
        + (b"\r\nX-Crossdock-Strict: true" if is_strict else b"")
        + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in chunks)

    status = status_of(server, head + body + ending, is_whole=ending == b"0\r\n\r\n")

    assert status in {200, 400, None}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        key: VALUES | st.just("track")
        for key in (
            *("type", "event", "userId", "anonymousId", "groupId", "previousId", "messageId"),
            *("properties", "traits", "context", "integrations", "timestamp", "sentAt", "name"),
        )
    },
)


@given(messages=st.lists(MESSAGES | VALUES, min_size=1, max_size=5))
@FUZZ
def test_strict_mode_has_a_verdict_for_every_message(
    server: RunningServer, write_key: str, messages: list[object]
) -> None:
    try:
        body = msgspec.json.encode({"batch": messages})
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError):
        return

    answer = server.request(
        "POST",
        "/v1/batch",
        body=body,
        headers={"authorization": basic(write_key)[1].decode(), "x-crossdock-strict": "true"},
    )

    assert answer.status in {200, 400}
    assert [one["index"] for one in answer.json()["events"]] == list(range(len(messages)))
    assert (answer.status == 200) == any(one["accepted"] for one in answer.json()["events"])


@pytest.mark.parametrize(
    ("path", "body", "encoding", "status"),
    [
        pytest.param("/v1/b", gzip.compress(bytes(10**9 // 8)), b"gzip", 400, id="a gzip bomb"),
        pytest.param(
            "/v1/b", zlib.compress(bytes(10**9 // 8)), b"deflate", 400, id="a deflate bomb"
        ),
        pytest.param(
            "/v1/b", gzip.compress(b"") * 20_000, b"gzip", 400, id="thousands of empty gzip members"
        ),
        pytest.param(
            "/v1/t",
            b'{"userId":"u","event":"e","properties":'
            + msgspec.json.encode({f"k{n}": n for n in range(2_400)})
            + b"}",
            b"",
            200,
            id="thousands of keys",
        ),
        pytest.param(
            "/v1/b",
            b'{"batch":[' + b",".join([b'{"a":1}'] * 2_500) + b"]}",
            b"",
            200,
            id="thousands of messages that lack everything",
        ),
        pytest.param(
            "/v1/b",
            b'{"batch":[{"type":"track","event":"e","userId":"u","properties":{'
            + b",".join(b'"%x":1' % n for n in range(45_000))
            + b"}}]}",
            b"",
            200,
            id="as many keys as a batch can hold",
        ),
        pytest.param(
            "/v1/b",
            b'{"batch":[{"type":"track","event":"\xff\xfe","userId":"u"}]}',
            b"",
            200,
            id="what is not UTF-8",
        ),
        pytest.param("/v1/b", b'{"batch":' + b"[" * 400_000, b"", 400, id="the deepest list"),
        pytest.param("/v1/b", b'{"a":' * 90_000, b"", 400, id="the deepest object"),
        pytest.param("/v1/b", b'{"batch":[' + b"9" * 400_000 + b"]}", b"", 200, id="a long number"),
        pytest.param("/v1/b", b"\\" * 450_000, b"", 400, id="nothing but backslashes"),
        pytest.param(
            "/v1/b", b'{"batch":["' + b"\\ud800" * 80_000 + b'"]}', b"", 200, id="half characters"
        ),
    ],
)
def test_a_body_made_to_hurt_is_answered_at_once(  # noqa: PLR0913 - a row.
    server: RunningServer, write_key: str, *, path: str, body: bytes, encoding: bytes, status: int
) -> None:
    headers = (basic(write_key), *((("Content-Encoding", encoding),) if encoding else ()))

    assert status_of(server, request(body, path=path, headers=headers)) == status
    assert status_of(server, request(b"", method="GET", path="/healthz")) == 200


def test_after_all_of_it_the_server_still_takes_and_routes_events(
    server: RunningServer, write_key: str
) -> None:
    event = {"event": "Survived", "userId": "u", "messageId": "survivor"}
    sent = request(msgspec.json.encode(event), path="/v1/t", headers=(basic(write_key),))

    assert status_of(server, sent) == 200

    def routed() -> bool:
        answer = server.request(
            "GET", "/metrics", headers={"authorization": f"Bearer {ADMIN_TOKEN}"}
        )
        lines = answer.body.decode().splitlines()
        return any(
            line.startswith("crossdock_route_events") and line[-2:] != " 0" for line in lines
        )

    assert eventually(routed)
