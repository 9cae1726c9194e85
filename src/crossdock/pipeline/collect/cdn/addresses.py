"""How a browser reaches this server: what it is told to come back to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

# What can be a host and a port. The header is the client's to choose, and ends up in a script.
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?\Z")


class Address(msgspec.Struct, frozen=True):
    """Scheme, host with port, and a path prefix that starts with a slash or is empty."""

    scheme: str
    host: str
    path: str = ""

    @property
    def url(self) -> str:
        """The whole of it, without a slash at the end."""
        return f"{self.scheme}://{self.host}{self.path}"

    @classmethod
    def parse(cls, url: str) -> Address:
        """Return the address that a URL gives.

        Raises:
            ValueError: It is no http or https URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError(f'"{url}" is no http or https URL')
        return cls(parts.scheme, parts.netloc, parts.path.rstrip("/"))

    def under(self, path: str) -> Address:
        """Return the address of a path below this one."""
        return Address(self.scheme, self.host, f"{self.path}{path}")


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    """Return the value of the header, or nothing."""
    return next((value for key, value in headers if key == name), b"")


def requested_address(scope: Mapping[str, Any], public: Address | None) -> Address:
    """Return where the browser that sent this request can reach us.

    Args:
        scope: Of the request.
        public: What the operator said, which is believed over anything in the request.
    """
    if public is not None:
        return public
    headers = scope["headers"]
    host = header(headers, b"host")
    # A page on https can reach only https: then whatever ends TLS stands in front of us. And so it
    # does where a page on http asked by https, which the browser gives away.
    is_secure = (
        scope["scheme"] == "https"
        or header(headers, b"origin").startswith(b"https://")
        or _was_asked_by_https(headers, host)
    )
    if not _HOST.match(host):
        server = scope.get("server") or ("localhost", None)
        host = (f"{server[0]}:{server[1]}" if server[1] else str(server[0])).encode()
    return Address("https" if is_secure else "http", host.decode(), scope.get("root_path") or "")


def _was_asked_by_https(headers: Iterable[tuple[bytes, bytes]], host: bytes) -> bool:
    """Return whether a browser came by https, whatever the proxy between us says about it.

    Browsers send `Sec-Fetch-Mode` by https, and else only to the machine that they run on.

    Source:
        Fetch Metadata Request Headers §3; Secure Contexts §3.1 (potentially trustworthy origins).
    """
    if not header(headers, b"sec-fetch-mode"):
        return False
    name = host.decode("latin-1").lower()
    name = name.partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    is_own_machine = name == "localhost" or name.endswith(".localhost")
    return not is_own_machine and not name.startswith("127.") and name != "[::1"
