"""A proxy that ends TLS and says nothing about it: a page on http still sends by https."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS, Site, stock_snippet
from tests.browser.test_first_party import self_signed
from tests.running import PATIENCE_SECONDS, eventually, running_server

NAME = "events.test"


class SilentProxy:
    """Ends TLS, and hands on every byte as it came."""

    def __init__(self, folder: Path, target: tuple[str, int]) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*self_signed(folder))
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._start(self._accept)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._start(self._serve, self._listener.accept()[0])

    def _serve(self, raw: socket.socket) -> None:
        self._sockets.append(raw)
        with contextlib.suppress(OSError):
            visitor = self._context.wrap_socket(raw, server_side=True)
            server = socket.create_connection(self._target)
            self._sockets += [visitor, server]
            self._start(_copy, server, visitor)
            _copy(visitor, server)

    def close(self) -> None:
        # What is waiting for a connection is woken by the end of this.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)
        for one in self._sockets:
            one.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def page() -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; `make chromium` installs it where it can.")
    # By a name, as on a network: what a browser does for its own machine is another matter.
    arguments = [*CHROMIUM_ARGUMENTS, f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = browser.new_context(ignore_https_errors=True)
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        yield context.new_page()
        browser.close()


def test_a_page_on_http_sends_by_https_through_a_proxy_that_says_nothing(
    page: Page, site: Site, tmp_path: Path
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with running_server(tmp_path) as server:
        host, _, port = server.url.removeprefix("http://").partition(":")
        proxy = SilentProxy(tmp_path, (host, int(port)))
        try:
            public = f"https://{NAME}:{proxy.port}"
            snippet = stock_snippet(public, "demo-write-key")
            page.goto(site.put_page("/", f"<script></script><script>{snippet}</script>"))
            page.wait_for_function("window.analytics && window.analytics.initialized")

            page.evaluate("analytics.track('Through TLS')")

            eventually(
                lambda: b"Through TLS" in server.request("GET", "/sandbox/ripe/api/events").body
            )
            page.goto("about:blank")
        finally:
            proxy.close()
    ours = [url for url in asked if NAME in url]
    assert [url for url in ours if url.endswith("/t")]
    assert [url for url in ours if not url.startswith(public)] == []
