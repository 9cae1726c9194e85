"""Which addresses an outgoing request may connect to. Pure: the caller asks before it connects.

Owners type addresses into settings, and vendors answer with redirects. Without this check either
could make the server talk to itself, to its neighbours or to a cloud's metadata service.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import ClassVar

import msgspec

from crossdock.base.errors import CrossdockError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# Translation prefixes that carry an IPv4 address in their last 32 bits. Behind DNS64 every public
# IPv4 host looks like 64:ff9b::/96, so it is judged by what it carries (RFC 6052; RFC 4291 2.5.5).
_CARRIES_IPV4_LAST = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))

# What `ipaddress` of Python 3.11 takes for public and is not: protocol assignments (a metadata
# service is at 192.0.0.192), and the "wire server" that the host of a virtual machine is on Azure.
_ALSO_SPECIAL = (
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("168.63.129.16/32"),
)


class AddressNotUnderstood(CrossdockError):
    """An entry of the list of allowed addresses is neither a network nor host and port."""

    code: ClassVar[str] = "address_not_understood"


class AllowedAddresses(msgspec.Struct, frozen=True, kw_only=True):
    """What may be connected to although it is not public.

    Attributes:
        networks: Every port of these.
        endpoints: Host as written, in lower case, and port.
    """

    networks: tuple[IpNetwork, ...] = ()
    endpoints: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> AllowedAddresses:
        """Return what the operator's list means.

        Args:
            entries: Each a network (`10.0.0.0/8`), an address (`10.1.2.3`), or host and port
                (`127.0.0.1:8080`, `[::1]:8080`, `ripe.internal:443`).

        Raises:
            AddressNotUnderstood: An entry is none of these. Tell the operator, do not start.
        """
        networks: list[IpNetwork] = []
        endpoints: set[tuple[str, int]] = set()
        for entry in entries:
            text = entry.strip()
            try:
                networks.append(ipaddress.ip_network(text))
            except ValueError:
                endpoints.add(_endpoint(text))
        return cls(networks=tuple(networks), endpoints=frozenset(endpoints))

    def may_connect(self, *, host: str, address: str, port: int) -> bool:
        """Return whether a connection may be opened.

        Args:
            host: The host that the URL names.
            address: The address about to be connected to: what the host resolved to.
            port: The port about to be connected to.
        """
        found = _parsed(address)
        if found is None:
            return False
        meant = _meant(found)
        return (
            _is_public(meant)
            or any(
                _holds(network, candidate)
                for network in self.networks
                for candidate in (found, meant)
            )
            or not self.endpoints.isdisjoint(
                {(host.lower(), port), (str(found), port), (str(meant), port)}
            )
        )


def _endpoint(text: str) -> tuple[str, int]:
    """Return host and port of `host:port`."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]").lower()
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 2**16:
        raise AddressNotUnderstood(
            f'"{text}" is neither a network nor a host with a port.',
            do="Write it like 10.0.0.0/8 or like 127.0.0.1:8080.",
        )
    address = _parsed(host)
    return (str(address) if address else host, int(port))


def _parsed(address: str) -> IpAddress | None:
    """Return the address without its zone (`%eth0`), or None if it is not one."""
    try:
        return ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None


def _meant(address: IpAddress) -> IpAddress:
    """Return the IPv4 address that an IPv6 one stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    is_one_of_ours = address.is_loopback or address.is_unspecified
    if not is_one_of_ours and any(address in network for network in _CARRIES_IPV4_LAST):
        return ipaddress.IPv4Address(address.packed[-4:])
    return address


def _is_public(address: IpAddress) -> bool:
    """Return whether the whole internet means the same host by this address."""
    is_special = (
        not address.is_global  # Private, shared (CGNAT), loopback, link-local, documentation.
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or (isinstance(address, ipaddress.IPv6Address) and address.is_site_local)
    )
    return not is_special and not any(_holds(network, address) for network in _ALSO_SPECIAL)


def _holds(network: IpNetwork, address: IpAddress) -> bool:
    """Return whether the address is in the network."""
    return address.version == network.version and address in network
