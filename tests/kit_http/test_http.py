"""Whatever a vendor does, a request ends in time, within its bounds, and in one of three ways."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import struct
from collections.abc import Awaitable, Callable

import aiohttp.abc
import pytest
from typing_extensions import override

from crossdock.base.clock import FakeClock, SystemClock
from crossdock.kit import (
    Answer,
    DeliveryFailed,
    HttpClient,
    HttpLimits,
    NeedsAttention,
    Rejected,
    RetryLater,
)
from crossdock.kit.loopback import Loopback, Received, Reply

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
SHORT = HttpLimits(
    connect_seconds_max=0.3,
    headers_seconds_max=0.3,
    whole_seconds_max=0.6,
    answer_bytes_max=1000,
)

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Talk], Awaitable[int]]


class Names(aiohttp.abc.AbstractResolver):
    """A domain name system of a few names."""

    def __init__(self, **addresses_by_name: list[str]) -> None:
        self._addresses_by_name = addresses_by_name
        self.asked: list[str] = []

    @override
    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[aiohttp.abc.ResolveResult]:
        self.asked.append(host)
        addresses = self._addresses_by_name.get(host.partition(".")[0])
        if addresses is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [
            aiohttp.abc.ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    @override
    async def close(self) -> None:
        pass


async def ask(
    url: str,
    *,
    allowed: list[str],
    method: str = "POST",
    headers: dict[str, str] | None = None,
    names: Names | None = None,
) -> Answer:
    client = HttpClient(
        clock=FakeClock(NOON), allowed_addresses=allowed, limits=SHORT, resolver=names
    )
    async with client:
        http = client.with_label("Pigeonhole")
        return await http.request(method, url, json={"a": 1}, headers=headers)


async def failure_of(talk: Talk, serve: Serve) -> DeliveryFailed:
    port = await serve(talk)
    with pytest.raises(DeliveryFailed) as caught:
        await asyncio.wait_for(
            ask(f"http://127.0.0.1:{port}/", allowed=[f"127.0.0.1:{port}"]), timeout=5
        )
    return caught.value


async def test_a_request_carries_json_and_says_who_asks() -> None:
    async with Loopback() as vendor:
        answer = await ask(f"{vendor.url}/people?x=1", allowed=[vendor.endpoint])

    asked = vendor.received[0]
    assert answer.status == 200
    assert (asked.method, asked.path, asked.body) == ("POST", "/people?x=1", b'{"a":1}')
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["User-Agent"].startswith("Crossdock/")


async def test_a_connection_is_used_again() -> None:
    async with Loopback() as vendor, vendor.client() as client:
        http = client.with_label("Pigeonhole")
        peers = {await _peer(http.request("GET", vendor.url), vendor) for _ in range(3)}

    assert len(peers) == 1


async def _peer(asking: Awaitable[Answer], vendor: Loopback) -> str:
    await asking
    return vendor.received[-1].peer


async def test_an_answer_that_never_starts_is_a_time_out(serve: Serve) -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    failed = await failure_of(hang, serve)

    assert isinstance(failed, RetryLater)
    assert failed.reason == "errors.awaiting-retry.ETIMEDOUT"


async def test_headers_that_trickle_are_a_time_out(serve: Serve) -> None:
    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: 1\r\n")
            await writer.drain()
            await SystemClock().sleep(0.02)

    failed = await failure_of(trickle, serve)

    assert failed.reason == "errors.awaiting-retry.ETIMEDOUT"


async def test_a_body_that_trickles_is_a_time_out(serve: Serve) -> None:
    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await SystemClock().sleep(0.02)

    failed = await failure_of(trickle, serve)

    assert failed.reason == "errors.awaiting-retry.ETIMEDOUT"


async def test_a_connection_that_is_reset_is_tried_later(serve: Serve) -> None:
    async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        linger_for_no_time = struct.pack("ii", 1, 0)
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)

    failed = await failure_of(reset, serve)

    assert failed.reason == "errors.awaiting-retry.ECONNRESET"


async def test_a_connection_that_is_closed_without_an_answer_is_tried_later(serve: Serve) -> None:
    async def close(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        return

    failed = await failure_of(close, serve)

    assert failed.reason == "errors.awaiting-retry.ECONNRESET"


async def test_an_answer_that_is_cut_off_is_tried_later(serve: Serve) -> None:
    async def cut_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf")
        await writer.drain()

    failed = await failure_of(cut_off, serve)

    assert failed.reason == "errors.awaiting-retry.ECONNRESET"


async def test_an_answer_that_is_not_http_is_tried_later(serve: Serve) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
        await writer.drain()

    failed = await failure_of(babble, serve)

    assert failed.reason == "errors.awaiting-retry.EPROTO"


async def test_of_an_endless_answer_only_the_start_is_read(serve: Serve) -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            writer.write(b"." * 65536)
            await writer.drain()

    port = await serve(endless)
    answer = await ask(f"http://127.0.0.1:{port}/", allowed=[f"127.0.0.1:{port}"])

    assert len(answer.body) == SHORT.answer_bytes_max


async def test_a_compressed_answer_is_not_inflated() -> None:
    bomb = Reply(headers={"Content-Encoding": "gzip"}, body=b"\x1f\x8b bomb")
    async with Loopback(lambda _: bomb) as vendor:
        answer = await ask(vendor.url, allowed=[vendor.endpoint])

    assert answer.body == bomb.body
    assert vendor.received[0].headers["Accept-Encoding"] == "identity"


async def test_nobody_listening_is_tried_later(unused_tcp_port: int) -> None:
    with pytest.raises(RetryLater) as caught:
        await ask(f"http://127.0.0.1:{unused_tcp_port}/", allowed=["127.0.0.0/8"])

    assert caught.value.reason == "errors.awaiting-retry.ECONNREFUSED"


async def test_an_unknown_name_is_tried_later() -> None:
    with pytest.raises(RetryLater) as caught:
        await ask("http://nowhere.example/", allowed=[], names=Names())

    assert caught.value.reason == "errors.awaiting-retry.ENOTFOUND"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://[::1]:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost.private.example:9/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0/",
        "http://both.example:9/",
    ],
)
async def test_a_private_address_is_refused_and_the_owner_told(url: str) -> None:
    names = Names(
        **{"localhost": ["127.0.0.1"], "0x7f": ["127.0.0.1"], "both": ["10.0.0.1", "::1"]}
    )

    with pytest.raises(NeedsAttention) as caught:
        await ask(url, allowed=[], names=names)

    assert caught.value.reason == "errors.discarded.INVALID_SETTINGS"


async def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    class Rebinding(Names):
        @override
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[aiohttp.abc.ResolveResult]:
            self._addresses_by_name = {"vendor": ["127.0.0.1" if self.asked else "93.184.215.14"]}
            return await super().resolve(host, port, family)

    names = Rebinding()
    await names.resolve("vendor.example")
    async with Loopback() as vendor:
        with pytest.raises(NeedsAttention):
            await ask(f"http://vendor.example:{vendor.port}/", allowed=[], names=names)

    assert vendor.received == []


async def test_a_failure_at_a_public_address_is_not_taken_for_a_private_one(serve: Serve) -> None:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    port = await serve(close)

    with pytest.raises(RetryLater) as caught:
        await ask(
            f"http://both.example:{port}/",
            allowed=[f"127.0.0.1:{port}"],
            names=Names(both=["10.0.0.1", "127.0.0.1"]),
        )

    assert caught.value.reason == "errors.awaiting-retry.ECONNRESET"


async def test_a_name_can_be_allowed_with_its_port() -> None:
    async with Loopback() as vendor:
        answer = await ask(
            f"http://ripe.internal:{vendor.port}/",
            allowed=[f"ripe.internal:{vendor.port}"],
            names=Names(ripe=["127.0.0.1"]),
        )

    assert answer.status == 200


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "file:///etc/passwd", "undefined/page", "", "http://", "//x/"]
)
async def test_only_http_and_https_are_spoken(url: str) -> None:
    with pytest.raises(NeedsAttention, match="not an http or https URL"):
        await ask(url, allowed=[])


async def test_a_header_with_a_line_break_is_not_sent() -> None:
    async with Loopback() as vendor:
        with pytest.raises(NeedsAttention, match="HTTP cannot carry"):
            await ask(vendor.url, allowed=[vendor.endpoint], headers={"X-Key": "a\r\nb: c"})

    assert vendor.received == []


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        (301, "POST", "POST"),
        (302, "POST", "POST"),
        (302, "PUT", "PUT"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
    ],
)
async def test_a_redirect_is_followed_with_what_was_sent(
    status: int, method: str, expected: str
) -> None:
    def answering(asked: Received) -> Reply:
        is_first = asked.path == "/old"
        return Reply(status=status, headers={"Location": "/new"}) if is_first else Reply()

    async with Loopback(answering) as vendor:
        await ask(f"{vendor.url}/old", allowed=[vendor.endpoint], method=method)

    last = vendor.received[-1]
    assert (last.path, last.method) == ("/new", expected)
    assert last.body == (b"" if expected == "GET" else b'{"a":1}')


async def test_redirects_that_go_round_end() -> None:
    async with Loopback(lambda _: Reply(status=302, headers={"Location": "/"})) as vendor:
        with pytest.raises(NeedsAttention, match="redirects more than 5 times"):
            await ask(vendor.url, allowed=[vendor.endpoint])

    assert len(vendor.received) == 6


async def test_a_private_address_is_named_once_and_beside_the_name_that_leads_there() -> None:
    with pytest.raises(
        NeedsAttention, match=r"not asked: the address 127\.0\.0\.1 is not public\."
    ):
        await ask("http://127.0.0.1:1/", allowed=[])
    with pytest.raises(NeedsAttention, match=r'"localhost" \((127\.0\.0\.1|::1)\) is not public\.'):
        await ask("http://localhost:1/", allowed=[])


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    async with Loopback() as private:
        away = Reply(status=307, headers={"Location": f"{private.url}/secret"})
        async with Loopback(lambda _: away) as vendor:
            with pytest.raises(NeedsAttention, match="not public"):
                await ask(vendor.url, allowed=[vendor.endpoint])

    assert private.received == []


async def test_a_redirect_away_from_http_is_refused() -> None:
    away = Reply(status=302, headers={"Location": "file:///etc/passwd"})
    async with Loopback(lambda _: away) as vendor:
        with pytest.raises(NeedsAttention, match="redirects to what is not an http"):
            await ask(vendor.url, allowed=[vendor.endpoint])


async def test_keys_stay_with_the_origin_they_were_meant_for() -> None:
    secrets = {"Authorization": "Basic a2V5", "X-Api-Key": "key", "X-Vendor-Signature": "f00"}
    async with Loopback() as other:
        away = Reply(status=307, headers={"Location": other.url})
        async with Loopback(lambda _: away) as vendor:
            await ask(vendor.url, allowed=[vendor.endpoint, other.endpoint], headers=secrets)

    headers = other.received[0].headers
    assert "Authorization" not in headers
    assert "X-Api-Key" not in headers
    assert headers["X-Vendor-Signature"] == "f00"
    assert headers["Content-Type"] == "application/json"


async def test_keys_follow_a_redirect_within_the_origin() -> None:
    def answering(asked: Received) -> Reply:
        is_first = asked.path == "/"
        return Reply(status=308, headers={"Location": "/v2"}) if is_first else Reply()

    async with Loopback(answering) as vendor:
        await ask(vendor.url, allowed=[vendor.endpoint], headers={"Authorization": "Basic a2V5"})

    assert vendor.received[-1].headers["Authorization"] == "Basic a2V5"


@pytest.mark.parametrize(
    ("status", "kind"), [(429, RetryLater), (400, Rejected), (401, NeedsAttention)]
)
async def test_a_status_becomes_one_of_the_three_errors(
    status: int, kind: type[DeliveryFailed]
) -> None:
    async with Loopback(lambda _: Reply(status=status)) as vendor:
        with pytest.raises(kind):
            await ask(vendor.url, allowed=[vendor.endpoint])


async def test_a_date_in_retry_after_is_read_with_our_clock() -> None:
    later = Reply(status=503, headers={"retry-after": "Tue, 01 Jan 2030 12:00:42 GMT"})
    async with Loopback(lambda _: later) as vendor:
        with pytest.raises(RetryLater) as caught:
            await ask(vendor.url, allowed=[vendor.endpoint])

    assert caught.value.after_seconds == 42.0


async def test_a_message_holds_no_secret() -> None:
    async with Loopback(lambda _: Reply(status=400, body=b"payload-echo")) as vendor:
        with pytest.raises(Rejected) as caught:
            await ask(
                f"{vendor.url}/path-secret?token=query-secret",
                allowed=[vendor.endpoint],
                headers={"Authorization": "header-secret"},
            )

    assert "secret" not in str(caught.value)
    assert "payload-echo" not in str(caught.value)


async def test_cookies_are_not_kept() -> None:
    async with (
        Loopback(lambda _: Reply(headers={"Set-Cookie": "session=1"})) as vendor,
        vendor.client() as client,
    ):
        for _ in range(2):
            await client.with_label("Pigeonhole").request("GET", vendor.url)

    assert all("Cookie" not in asked.headers for asked in vendor.received)
