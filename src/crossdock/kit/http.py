"""The way out: every request that leaves for a vendor goes through here.

A destination says what to ask; what is the same for all of them is here, once: time-outs, bounds,
redirects, refusing private addresses, and turning the answer into one of the three failures.
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import http
import importlib.metadata
import socket
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import aiohttp
import aiohttp.abc
import aiohttp.connector
import aiohttp.typedefs
import multidict
import yarl

from crossdock.base.clock import Clock
from crossdock.base.json import encode
from crossdock.kit import verdict
from crossdock.kit.addresses import AllowedAddresses
from crossdock.kit.definition import Answer, Http
from crossdock.kit.outcomes import DeliveryFailed

# Node and uvicorn close a connection that was idle for 5 seconds. A POST that crosses such a close
# on the wire is lost, and must not be repeated blindly: let go of the connection before they do.
_KEEP_ALIVE_SECONDS = 4.0

_SUCCESS = range(200, 300)

# What may follow a redirect to another origin. Everything else may hold a key: vendors put them
# into headers of any name. A signature proves that one knows a secret without telling it.
_HARMLESS_HEADERS = frozenset({"accept", "content-type", "idempotency-key"})
_HARMLESS_SUFFIX = "-signature"

_BODY_HEADERS = frozenset({"content-type", "content-length", "content-encoding"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """How long to wait for a vendor, and how much to read.

    Attributes:
        connect_seconds_max: For one address to accept the connection, TLS included.
        headers_seconds_max: From asking until the headers of an answer, connecting included.
        whole_seconds_max: For everything, redirects and the whole answer included.
        answer_bytes_max: What is kept of an answer. More is not read.
        redirects_max: How many redirects are followed.
    """

    connect_seconds_max: float = 5.0
    headers_seconds_max: float = 10.0
    whole_seconds_max: float = 20.0
    answer_bytes_max: int = 64 * 1024
    redirects_max: int = 5


@dataclasses.dataclass(frozen=True, slots=True)
class _Request:
    """One request, on its way through redirects."""

    method: str
    url: yarl.URL
    headers: multidict.CIMultiDict[str]
    body: bytes | None


@dataclasses.dataclass(frozen=True, slots=True)
class _Hop:
    """What the moment of connecting needs to know about the request, and what it found."""

    host: str
    refused: list[str] = dataclasses.field(default_factory=list)
    tried: list[str] = dataclasses.field(default_factory=list)


_hop: contextvars.ContextVar[_Hop] = contextvars.ContextVar("crossdock_http_hop")


class _RefusedAddress(OSError):
    """The address about to be connected to is not a public one."""


def encode_json(value: object) -> bytes:
    """Return the bytes that `request(json=value)` sends, for a destination that signs them."""
    return encode(value)


class HttpClient:
    """Connections to vendors, pooled. An async context manager.

    Ask `with_label` for what a destination is given.

    There is no bound on the number of connections: whoever calls has one per connection of the
    workspace, and a common one would let a vendor that hangs take the others' share.

    Args:
        clock: Turns a date in `Retry-After` into a wait.
        allowed_addresses: What may be reached although it is private; see `AllowedAddresses`.
        limits: Time-outs and bounds.
        resolver: Looks up names; None asks the operating system.

    Raises:
        AddressNotUnderstood: `allowed_addresses` has an entry that means nothing.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        allowed_addresses: Sequence[str] = (),
        limits: HttpLimits | None = None,
        resolver: aiohttp.abc.AbstractResolver | None = None,
    ) -> None:
        self._clock = clock
        self._allowed = AllowedAddresses.parse(allowed_addresses)
        self._limits = limits or HttpLimits()
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the pool."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
                resolver=self._resolver,
                socket_factory=self._socket,
            ),
            # One vendor's cookies are nobody else's business, and nothing here is a browser.
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "User-Agent": f"Crossdock/{importlib.metadata.version('crossdock')}",
                # An answer that is not compressed cannot inflate beyond the bound.
                "Accept-Encoding": "identity",
            },
            auto_decompress=False,
            # A proxy of the environment would connect where we cannot see the address.
            trust_env=False,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._limits.connect_seconds_max
            ),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def with_label(self, vendor: str) -> Http:
        """Return the way out for one vendor, who is called so in messages."""
        return _Labelled(self, vendor)

    async def ask(
        self,
        vendor: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        """Return the vendor's answer, which is a 2xx.

        Raises:
            DeliveryFailed: One of the three; see `verdict`.
        """
        request = _Request(
            method=method.upper(),
            url=_parsed_url(vendor, url),
            headers=multidict.CIMultiDict(headers),
            body=body,
        )
        hosts = [request.url.host or ""]
        try:
            async with asyncio.timeout(self._limits.whole_seconds_max):
                answer = await self._follow(vendor, request, hosts)
        except TimeoutError as error:
            raise verdict.failure_of_network(
                vendor=vendor, host=hosts[-1], reason="ETIMEDOUT"
            ) from error
        if answer.status in _SUCCESS:
            return answer
        failure = verdict.failure_of_status(
            vendor=vendor, status=answer.status, headers=answer.headers, now=self._clock.now()
        )
        failure.answer_body = answer.body
        raise failure

    async def _follow(self, vendor: str, request: _Request, hosts: list[str]) -> Answer:
        """Return the answer at the end of the redirects; append each host to `hosts`."""
        for _ in range(self._limits.redirects_max + 1):
            hosts[-1] = request.url.host or ""
            answer = await self._ask_once(vendor, request)
            following = _redirected(vendor, request, answer)
            if following is None:
                return answer
            request = following
        raise verdict.failure_of_address(
            vendor=vendor,
            what=f"its address redirects more than {self._limits.redirects_max} times",
            do="Enter the address at which the redirects end.",
        )

    async def _ask_once(self, vendor: str, request: _Request) -> Answer:
        """Return the answer to one request, whatever its status."""
        if self._session is None:
            raise ValueError("the client is not open: use it as an async context manager")
        host = request.url.host or ""
        hop = _Hop(host)
        token = _hop.set(hop)
        try:
            async with asyncio.timeout(self._limits.headers_seconds_max):
                response = await self._session.request(
                    request.method,
                    request.url,
                    data=request.body,
                    headers=request.headers,
                    allow_redirects=False,
                )
            async with response:
                return Answer(
                    status=response.status,
                    headers=response.headers,
                    body=await self._bounded(response),
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure(vendor, host, hop, error) from error
        finally:
            _hop.reset(token)

    async def _bounded(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the first bytes of the answer; a longer one costs the connection."""
        parts: list[bytes] = []
        left = self._limits.answer_bytes_max
        while left and (part := await response.content.read(left)):
            parts.append(part)
            left -= len(part)
        if not left:
            response.close()
        return b"".join(parts)

    def _socket(self, address: aiohttp.connector.AddrInfoType) -> socket.socket:
        """Return a socket for this address, which will be connected to next, unless it is private.

        Here and not where the name is looked up: what is checked is what is connected to, so a
        name that changes its mind in between (DNS rebinding) gains nothing.
        """
        family, kind, protocol, _, place = address
        hop = _hop.get()
        if not self._allowed.may_connect(host=hop.host, address=str(place[0]), port=int(place[1])):
            hop.refused.append(str(place[0]))
            raise _RefusedAddress
        hop.tried.append(str(place[0]))
        return socket.socket(family=family, type=kind, proto=protocol)


class _Labelled:
    """The way out for one vendor."""

    def __init__(self, client: HttpClient, vendor: str) -> None:
        self._client = client
        self._vendor = vendor

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the vendor's answer; see `kit.definition.Http`."""
        sent = dict(headers or {})
        if json is not None:
            body = encode(json)
            sent["Content-Type"] = "application/json"
        return await self._client.ask(self._vendor, method, url, headers=sent, body=body)


def _parsed_url(vendor: str, url: str, *, said_of: str = "its address is") -> yarl.URL:
    """Return the URL if it is one to ask."""
    try:
        parsed = yarl.URL(url)
        is_usable = parsed.scheme in {"http", "https"} and bool(parsed.host)
    except ValueError:
        is_usable = False
        parsed = yarl.URL()
    if not is_usable:
        raise verdict.failure_of_address(
            vendor=vendor,
            what=f"{said_of} not an http or https URL",
            do="Enter an address such as https://example.com/events.",
        )
    return parsed


def _redirected(vendor: str, request: _Request, answer: Answer) -> _Request | None:
    """Return the request that a redirect asks for, or None if the answer is not a redirect.

    What is sent is sent on: browsers make a GET without a body of a POST that is answered with 301
    or 302, and whoever answers that with 200 would have nothing of what counts as delivered. Only
    303 says that the request itself has arrived, and where to look.

    Source: RFC 9110 15.4.
    """
    location = answer.headers.get("Location")
    if answer.status not in {301, 302, 303, 307, 308} or not location:
        return None
    try:
        url = request.url.join(yarl.URL(location))
    except ValueError:
        url = yarl.URL()
    url = _parsed_url(vendor, str(url), said_of="its address redirects to what is")
    headers = request.headers.copy()
    if not _is_same_or_safer_origin(request.url, url):
        for name in list(headers):
            if name.lower() not in _HARMLESS_HEADERS and not name.lower().endswith(
                _HARMLESS_SUFFIX
            ):
                del headers[name]
    if answer.status != http.HTTPStatus.SEE_OTHER or request.method in {"GET", "HEAD"}:
        return _Request(request.method, url, headers, request.body)
    for name in _BODY_HEADERS:
        headers.popall(name, None)
    return _Request("GET", url, headers, None)


def _is_same_or_safer_origin(before: yarl.URL, after: yarl.URL) -> bool:
    """Return whether a key that was sent to the one may be sent to the other."""
    is_upgrade = (
        before.host == after.host
        and (before.scheme, before.port) == ("http", 80)
        and (after.scheme, after.port) == ("https", 443)
    )
    return before.origin() == after.origin() or is_upgrade


def _failure(vendor: str, host: str, hop: _Hop, error: Exception) -> DeliveryFailed:
    """Return what it means that asking raised this."""
    # A name can have public addresses as well, and then it was one of those that failed.
    if hop.refused and not hop.tried:
        address = hop.refused[0]
        where = f"the address {address}" if host == address else f'"{host}" ({address})'
        return verdict.failure_of_address(
            vendor=vendor,
            what=f"{where} is not public",
            do="Enter a public address, or have the operator of this server allow this one with "
            "CROSSDOCK_ALLOWED_ADDRESSES.",
        )
    match error:
        case aiohttp.ClientConnectorDNSError():
            reason = verdict.reason_of_error(error.os_error)
        case aiohttp.ClientConnectorCertificateError():
            reason = "ECERT"
        case aiohttp.ClientSSLError():
            reason = "ETLS"
        case aiohttp.ClientConnectorError():
            reason = verdict.reason_of_error(error.os_error)
        case TimeoutError():
            reason = "ETIMEDOUT"
        case aiohttp.ClientResponseError():
            reason = "EPROTO"
        case aiohttp.InvalidURL() | ValueError():
            return verdict.failure_of_address(
                vendor=vendor,
                what="its address or one of its headers holds characters that HTTP cannot carry",
                do="Check the settings of the connection for line breaks and stray characters.",
            )
        case OSError():
            reason = verdict.reason_of_error(error)
        case _:
            reason = "ECONNRESET"
    return verdict.failure_of_network(vendor=vendor, host=host, reason=reason)
