"""A server as it is installed connects to no private address, however it is led there."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.kit.loopback import Loopback, Received, Reply
from tests.security.serving import connect, outcomes, send_event, serving

EVENT = {"event": "Bought", "userId": "ann"}
PRIVATE_HOSTS = (
    *("127.0.0.1", "127.1.2.3", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254"),
    *("[::1]", "[::ffff:127.0.0.1]", "[fd00:ec2::254]", "0.0.0.0", "localhost"),  # noqa: S104 - refused, not bound to.
    # Other spellings of 127.0.0.1, which a resolver understands.
    *("2130706433", "0x7f000001", "0177.0.0.1", "127.1"),
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("slug", "key", "more"),
    [
        pytest.param("webhook", "url", {}, id="webhook"),
        pytest.param("actions-ripe-cloud", "endpoint", {"apiKey": "k"}, id="Ripe"),
    ],
)
async def test_a_private_address_is_refused_in_every_spelling(
    tmp_path: Path, slug: str, key: str, more: dict[str, str]
) -> None:
    async with Loopback() as private, serving(tmp_path) as server:
        addresses = {
            await connect(server, slug, {**more, key: f"http://{host}:{private.port}/"}): host
            for host in PRIVATE_HOSTS
        }

        await send_event(server, EVENT)
        found = await outcomes(server, count=len(PRIVATE_HOSTS))

    refused = {addresses[one["destinationId"]] for one in found if one["step"] == "needs_attention"}
    assert refused == set(PRIVATE_HOSTS)
    assert private.received == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("status", [302, 307])
async def test_no_redirect_leads_to_a_private_address(tmp_path: Path, status: int) -> None:
    def away(_: Received) -> Reply:
        return Reply(status=status, headers={"Location": private.url})

    async with (
        Loopback() as private,
        Loopback(away) as allowed,
        serving(tmp_path, "--allowed-addresses", allowed.endpoint) as server,
    ):
        await connect(server, "webhook", {"url": allowed.url})
        await send_event(server, EVENT)
        found = await outcomes(server, count=1)

    assert found[0]["step"] == "needs_attention"
    assert len(allowed.received) == 1
    assert private.received == []
