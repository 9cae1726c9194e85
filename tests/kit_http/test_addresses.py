"""Outgoing requests reach public addresses, and of the others only those that are allowed."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kit.addresses import AddressNotUnderstood, AllowedAddresses

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16")


def may_connect(
    address: str, *, allowed: tuple[str, ...] = (), host: str = "vendor.example", port: int = 443
) -> bool:
    return AllowedAddresses.parse(allowed).may_connect(host=host, address=address, port=port)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("93.184.215.14", id="IPv4"),
        pytest.param("2606:2800:21f:cb07:6820:80da:af6b:8b2c", id="IPv6"),
        pytest.param("64:ff9b::5db8:d70e", id="public IPv4 behind DNS64"),
        pytest.param("2002:5db8:d70e::1", id="public IPv4 by 6to4"),
    ],
)
def test_a_public_address_is_reached(address: str) -> None:
    assert may_connect(address)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("127.255.255.254", id="the end of loopback"),
        pytest.param("::1", id="IPv6 loopback"),
        pytest.param("0.0.0.0", id="unspecified"),  # noqa: S104 - the point of the test.
        pytest.param("::", id="IPv6 unspecified"),
        pytest.param("10.1.2.3", id="private, 10/8"),
        pytest.param("172.31.255.255", id="private, 172.16/12"),
        pytest.param("192.168.0.1", id="private, 192.168/16"),
        pytest.param("fd00:ec2::254", id="unique local, a metadata service"),
        pytest.param("169.254.169.254", id="link-local, a metadata service"),
        pytest.param("168.63.129.16", id="a metadata service at a public number"),
        pytest.param("fe80::1%eth0", id="IPv6 link-local with a zone"),
        pytest.param("fec0::1", id="IPv6 site-local"),
        pytest.param("100.64.0.1", id="shared by a provider's customers (CGNAT)"),
        pytest.param("100.100.100.200", id="CGNAT, a metadata service"),
        pytest.param("192.0.0.192", id="protocol assignments, a metadata service"),
        pytest.param("198.18.0.1", id="benchmarks"),
        pytest.param("203.0.113.7", id="documentation"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("ff02::1", id="IPv6 multicast"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::ffff:127.0.0.1", id="IPv4-mapped loopback"),
        pytest.param("::ffff:a9fe:a9fe", id="IPv4-mapped metadata service"),
        pytest.param("::7f00:1", id="IPv4-compatible loopback"),
        pytest.param("64:ff9b::a00:1", id="private IPv4 behind DNS64"),
        pytest.param("2002:7f00:1::1", id="loopback by 6to4"),
        pytest.param("not an address", id="what is not an address"),
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not may_connect(address)


@pytest.mark.parametrize(
    ("entry", "address", "port", "expected"),
    [
        pytest.param("10.0.0.0/8", "10.9.8.7", 443, True, id="a network"),
        pytest.param("10.0.0.0/8", "11.0.0.1", 443, True, id="public ones stay reachable"),
        pytest.param("10.0.0.0/8", "192.168.0.1", 443, False, id="another network"),
        pytest.param("10.0.0.0/8", "::ffff:10.0.0.1", 443, True, id="a network, IPv4-mapped"),
        pytest.param("10.0.0.1", "10.0.0.1", 80, True, id="an address, any port"),
        pytest.param("fd00::/8", "fd00::1", 443, True, id="an IPv6 network"),
        pytest.param("127.0.0.1:8080", "127.0.0.1", 8080, True, id="host and port"),
        pytest.param("127.0.0.1:8080", "127.0.0.1", 8081, False, id="another port"),
        pytest.param("127.0.0.1:8080", "127.0.0.2", 8080, False, id="another host"),
        pytest.param("[::1]:8080", "::1", 8080, True, id="IPv6 host and port"),
        pytest.param("Ripe.internal:80", "10.0.0.5", 80, True, id="a name and port"),
        pytest.param("other.internal:80", "10.0.0.5", 80, False, id="another name"),
    ],
)
def test_the_operator_can_allow_a_private_address(
    entry: str, address: str, port: int, *, expected: bool
) -> None:
    is_reached = may_connect(address, allowed=(entry,), host="ripe.internal", port=port)

    assert is_reached is expected


@pytest.mark.parametrize("entry", ["", "10.0.0.0/33", "localhost", ":80", "a:0", "a:65536", "a:b"])
def test_an_entry_that_means_nothing_is_named_to_the_operator(entry: str) -> None:
    with pytest.raises(AddressNotUnderstood, match="neither a network nor a host with a port"):
        AllowedAddresses.parse([entry])


@given(st.sampled_from(PRIVATE).flatmap(lambda network: st.ip_addresses(network=network)))
def test_no_private_address_is_reached_in_any_spelling(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    number = int(address)
    spellings = [
        str(address),
        str(ipaddress.IPv6Address((0xFFFF << 32) | number)),
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),
        str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))),
    ]

    assert not any(may_connect(spelling) for spelling in spellings)
