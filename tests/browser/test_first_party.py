"""The stock snippet with only its host changed: http, https, neutral names, a strict page."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Page

from tests.browser.conftest import Shop, Site, stock_snippet
from tests.running import eventually, running_server


def test_over_http_nothing_goes_to_any_other_host(shop: Shop) -> None:
    shop.connect_ripe()
    shop.connect_ramen()
    shop.open()

    shop.call("await analytics.identify('u1'); await analytics.track('Bought')")
    shop.call("analytics.trackLink(document.createElement('a'), 'Linked')")
    eventually(lambda: shop.ripe("events"))

    ours = {shop.server.url.split("/")[2], shop.site.url.split("/")[2]}
    assert shop.hosts <= ours
    assert not [line for line in shop.console if line.startswith("error")]


def test_first_sends_need_no_preflight(shop: Shop) -> None:
    methods: list[str] = []
    shop.page.on(
        "request", lambda request: methods.append(request.method) if "/v1/" in request.url else None
    )
    shop.open()

    shop.call("await analytics.track('One'); await analytics.page('Two')")

    assert "POST" in methods
    assert "OPTIONS" not in methods


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_over_https_the_demo_shop_works(page: Page, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    with running_server(
        tmp_path, "--tls-certificate", str(certificate), "--tls-key", str(key), is_verified=False
    ) as server:
        assert server.url.startswith("https://")
        page.goto(f"{server.url}/demo")
        page.wait_for_function("window.analytics && window.analytics.initialized")

        page.evaluate("analytics.track('Over https')")

        eventually(lambda: b"Over https" in server.request("GET", "/sandbox/ripe/api/events").body)
        eventually(
            lambda: b"crossdock_events_accepted_total" in server.request("GET", "/metrics").body
        )
        assert [url for url in failed if "stream" not in url] == []
        page.goto("about:blank")


def test_a_page_with_a_strict_policy_needs_just_the_lines_we_print(shop: Shop) -> None:
    shop.connect_ripe()
    shop.connect_ramen()
    question = {
        "text": "Strict enough?",
        "type": "text",
        "targeting": {"events": [{"name": "Seen", "count_min": 1}]},
    }
    shop.server.request("POST", "/sandbox/ramen/api/questions", json=question)
    source = f"/sources/{shop.source_id}"
    snippet = shop.server.api("GET", f"{source}/snippet")["snippet"]
    policy = shop.server.api("GET", f"{source}/content-security-policy")["contentSecurityPolicy"]
    lines = " ".join(policy["lines"])

    address = shop.site.put_page(
        "/strict", snippet, {"content-security-policy": f"default-src 'self'; {lines}"}
    )
    shop.page.goto(address)
    eventually(lambda: shop.page.evaluate("window.analytics && window.analytics.initialized"))
    shop.call("await analytics.identify('u1'); await analytics.track('Seen')")

    assert eventually(lambda: [e for e in shop.ripe("events") if e.get("event") == "Seen"])
    assert eventually(lambda: [u for u in shop.ramen("users") if u["id"] == "u1"])
    asked = shop.page.get_by_role("dialog", name="Strict enough?")
    asked.wait_for()
    assert asked.evaluate("card => getComputedStyle(card).position") == "fixed"
    assert "unsafe" not in lines
    assert not [line for line in shop.console if "Policy" in line and "data:," not in line]


def test_a_neutral_prefix_hides_every_name_that_ad_blockers_know(
    site: Site, page: Page, tmp_path: Path
) -> None:
    paths: list[str] = []
    with running_server(tmp_path, "--cdn-path-prefix", "site") as server:
        page.on(
            "request",
            lambda request: (
                paths.append(request.url) if request.url.startswith(server.url) else None
            ),
        )
        neutral = server.api("GET", "/sources")["sources"][0]["neutralScriptUrl"]
        snippet = stock_snippet(server.url, "demo-write-key")
        loading = snippet[snippet.index('t.src="') : snippet.index(";", snippet.index('t.src="'))]
        address = site.put_page(
            "/",
            f"<script></script><script>{snippet.replace(loading, f't.src={neutral!r}')}</script>",
        )
        page.goto(address)
        page.wait_for_function("window.analytics && window.analytics.initialized")

        page.evaluate("analytics.track('Not blocked')")

        eventually(lambda: b"Not blocked" in server.request("GET", "/sandbox/ripe/api/events").body)
        page.goto("about:blank")
    ours = [path for path in paths if "/sandbox/" not in path]
    assert all("/site/" in path for path in ours), ours
    assert not [p for p in ours for word in ("analytics", "segment", "track", "pixel") if word in p]


def test_a_change_of_settings_is_seen_by_the_next_page_load(shop: Shop) -> None:
    shop.open()
    shop.call("await analytics.track('Without')")

    shop.connect_ripe()
    shop.open()
    shop.call("await analytics.track('With')")

    assert eventually(lambda: shop.ripe("events"))
    assert [event["event"] for event in shop.ripe("events")] == ["With"]


def test_a_filter_holds_in_the_browser_too(shop: Shop) -> None:
    connection = shop.connect_ripe()
    for condition, actions in (
        ('event = "Secret"', [{"type": "DROP"}]),
        ('type = "track"', [{"type": "DROP_PROPERTIES", "fields": {"properties": ["card"]}}]),
    ):
        shop.server.api(
            "POST",
            f"/destination/{connection}/filters",
            {
                "sourceId": shop.source_id,
                "destinationId": connection,
                "title": condition,
                "if": condition,
                "actions": actions,
                "enabled": True,
            },
        )
    shop.open()

    shop.call("await analytics.track('Secret'); await analytics.track('Open', {card: 1, kept: 2})")

    event = eventually(lambda: shop.ripe("events"))[0]
    assert event["event"] == "Open"
    assert event["properties"] == {"kept": 2}
    assert len(shop.ripe("events")) == 1


def test_integrations_of_a_call_choose_who_gets_it(shop: Shop) -> None:
    shop.connect_ripe()
    shop.connect_ramen()
    shop.open()

    shop.call("await analytics.track('Only Ramen', {}, {integrations: {All: false, Ramen: true}})")
    shop.call("await analytics.track('Both')")

    eventually(lambda: shop.ripe("events"))
    eventually(
        lambda: (
            [e["name"] for e in shop.ramen("events") if e["type"] == "track"]
            == ["Only Ramen", "Both"]
        )
    )
    assert [event["event"] for event in shop.ripe("events")] == ["Both"]
