"""A page with the stock snippet, in a real Chromium, against a real server."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from typing_extensions import override

from tests.running import PATIENCE_SECONDS, RunningServer, eventually, running_server

ROOT = Path(__file__).parents[2]
NODE = Path(sys.executable).with_name("node")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RIPE_KEY = "demo-ripe-key"
RAMEN_ORGANIZATION = "demo-organization"
RAMEN_SECRET = "demo-ramen-secret"  # noqa: S105 - the sandbox's, known to everyone.


@functools.cache
def stock_snippet(host: str, write_key: str) -> str:
    """Segment's own snippet 5.2.1, with only host and write key filled in; no first page call."""
    render = (
        "console.log(require('@segment/snippet').min({host: process.argv[1],"
        " apiKey: process.argv[2], page: false}))"
    )
    rendered = subprocess.run(
        [NODE, "-e", render, "HOST", write_key], cwd=ROOT, capture_output=True, check=True
    )
    return rendered.stdout.decode().replace("https://HOST", host)


class Site:
    """Somebody's web site on a port of its own: pages, and scripts of made-up vendors.

    Attributes:
        requests: Every path that was asked for, in order.
    """

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, bytes, dict[str, str]]] = {}
        self.requests: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                site.requests.append(self.path)
                kind, body, headers = site._files.get(path, ("text/plain", b"", {}))
                self.send_response(200 if path in site._files else 404)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def put_page(self, path: str, head: str, headers: dict[str, str] | None = None) -> str:
        """Serve a page, and return its address."""
        # Without an icon the browser asks for one, and complains that there is none.
        start = "<!doctype html><head><title>A page</title><link rel=icon href=data:,>"
        html = f"{start}{head}</head><body><h1>Hello</h1></body>"
        self._files[path] = ("text/html; charset=utf-8", html.encode(), headers or {})
        return self.url + path

    def put_script(self, path: str, script: str) -> str:
        """Serve a script, and return its address."""
        self._files[path] = ("text/javascript; charset=utf-8", script.encode(), {})
        return self.url + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclasses.dataclass
class Shop:
    """A source, its connections, and a page with the stock snippet for it.

    Attributes:
        console: What the page wrote to the browser's console.
        hosts: Every host that the browser sent a request to.
    """

    server: RunningServer
    site: Site
    page: Page
    source_id: str
    write_key: str
    console: list[str] = dataclasses.field(default_factory=list)
    hosts: set[str] = dataclasses.field(default_factory=set)

    def connect(self, destination: str, settings: dict[str, Any], *, enabled: bool = True) -> str:
        """Connect a destination, and return the connection's id."""
        created = self.server.api(
            "POST",
            "/destinations",
            {
                "sourceId": self.source_id,
                "metadataId": catalog_id(self.server, destination),
                "settings": settings,
                "enabled": enabled,
            },
        )
        connection_id: str = created["destination"]["id"]
        return connection_id

    def connect_ripe(self, **settings: Any) -> str:
        return self.connect(
            "actions-ripe",
            {"apiKey": RIPE_KEY, "endpoint": f"{self.server.url}/sandbox/ripe", **settings},
        )

    def connect_ramen(self, **settings: Any) -> str:
        script = f"{self.server.url}/sandbox/ramen/assets/ramen.js"
        return self.connect(
            "ramen",
            {"organization_id": RAMEN_ORGANIZATION, "script_url": script, **settings},
        )

    def open(
        self, head: str = "", *, path: str = "/", headers: dict[str, str] | None = None
    ) -> None:
        """Open a page with the stock snippet, and wait until Analytics.js is there."""
        snippet = stock_snippet(self.server.url, self.write_key)
        address = self.site.put_page(
            path, f"<script></script>{head}<script>{snippet}</script>", headers
        )
        self.page.goto(address)
        # Asked again and again from here: in a page with a strict policy nothing may be evaluated.
        eventually(lambda: self.page.evaluate("window.analytics && window.analytics.initialized"))

    def call(self, script: str) -> Any:
        """Run a script in the page, and wait for the promise it returns."""
        return self.page.evaluate(f"async () => {{ {script} }}")

    def said(self, text: str) -> list[str]:
        """The lines of the browser's console that hold the text."""
        # Playwright hands over what happened only while it is asked for something.
        self.page.evaluate("0")
        return [line for line in self.console if text in line]

    def ripe(self, what: str) -> list[dict[str, Any]]:
        """What the Ripe sandbox has: `people`, `companies` or `events`."""
        return listed(self.server.request("GET", f"/sandbox/ripe/api/{what}").json(), what)

    def ramen(self, what: str) -> list[dict[str, Any]]:
        """What the Ramen sandbox has: `users`, `companies`, `events`, `pageviews`, …."""
        return listed(self.server.request("GET", f"/sandbox/ramen/api/{what}").json(), what)

    def notices(self, connection_id: str) -> list[dict[str, Any]]:
        notices: list[dict[str, Any]] = self.server.api(
            "GET", f"/destinations/{connection_id}/notices"
        )["notices"]
        return notices

    def notice(self, connection_id: str, code: str) -> dict[str, Any]:
        """Wait until the app has this notice, and return it."""
        return eventually(
            lambda: next(
                (notice for notice in self.notices(connection_id) if notice["code"] == code), None
            )
        )


def listed(answer: Any, what: str) -> list[dict[str, Any]]:
    return answer if isinstance(answer, list) else answer[what]


def catalog_id(server: RunningServer, slug: str) -> str:
    """Segment's id of the destination."""
    catalog = server.api("GET", "/catalog/destinations?pagination[count]=200")
    return str(next(e["id"] for e in catalog["destinationsCatalog"] if e["slug"] == slug))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("crossdock")) as running:
        yield running


# One a test: Playwright keeps its event loop running while it is open, and the tests that come next
# in this process may want one of their own.
@pytest.fixture
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; `make chromium` installs it where it can.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    yield context.new_page()
    context.close()


numbers = itertools.count(1)


@pytest.fixture
def shop(server: RunningServer, site: Site, page: Page) -> Shop:
    for vendor in ("ripe", "ramen"):
        server.request("POST", f"/sandbox/{vendor}/api/clear")
    created = server.api(
        "POST",
        "/sources",
        {"slug": f"shop-{next(numbers)}", "enabled": True, "metadataId": "javascript"},
    )["source"]
    shop = Shop(server, site, page, created["id"], created["writeKeys"][0])

    def note_console(message: ConsoleMessage) -> None:
        shop.console.append(f"{message.type}: {message.text}")

    page.on("console", note_console)
    page.on("request", lambda request: shop.hosts.add(request.url.split("/")[2]))
    return shop


@pytest.fixture
def make_shop(server: RunningServer, site: Site, page: Page) -> Callable[[str], Shop]:
    """A shop for a source of the demo workspace that already exists, by its slug."""

    def existing(slug: str) -> Shop:
        source = next(
            source for source in server.api("GET", "/sources")["sources"] if source["slug"] == slug
        )
        return Shop(server, site, page, source["id"], source["writeKeys"][0])

    return existing
