"""The web app in a real Chromium, against a real server."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.running import ADMIN_TOKEN, PATIENCE_SECONDS, RunningServer, eventually, running_server

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WIDE = (1440, 900)
MIDDLE = (768, 1024)
NARROW = (360, 740)
expect.set_options(timeout=PATIENCE_SECONDS * 1000)
# Of `make late`: every answer reaches the page at a moment of its own, up to this much later.
LATE_MILLISECONDS = int(os.environ.get("CROSSDOCK_LATE_MILLISECONDS", "0"))
LATE_ANSWERS = """
(() => {
    const { fetch } = window;
    const aWhile = () => new Promise((resolve) => setTimeout(resolve, Math.random() * MOST / 2));
    window.fetch = async (...request) => {
        await aWhile();
        const answer = await fetch(...request);
        await aWhile();
        return answer;
    };
})();
"""


@functools.cache
def axe() -> str:
    """The source of axe, which looks for what keeps people out."""
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text()


def expect_accessible(page: Page) -> None:
    """Fail with what axe finds on the page; of a dialog, if one is open.

    A button that becomes usable while axe looks has the colours of one and the state of the other:
    what counts is what it still finds when the page has settled.
    """
    found: list[str] = []

    def is_accessible() -> bool:
        found[:] = violations(page)
        return not found

    with contextlib.suppress(AssertionError):
        eventually(is_accessible)
    assert found == []


def violations(page: Page) -> list[str]:
    """Return what axe finds on the page as it is now."""
    # Evaluated from outside, which the page's policy does not concern.
    page.evaluate(axe())
    found: list[str] = page.evaluate(
        """async () => (await axe.run(
            document.querySelector("[role=dialog][aria-modal]") ?? document,
            { resultTypes: ["violations"] })).violations.flatMap(
            (rule) => rule.nodes.map(
                (node) => `${rule.id}: ${node.target} ${node.failureSummary}`))"""
    )
    return found


def expect_within_the_screen(page: Page) -> None:
    """Fail if the page is wider than the screen."""
    too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert too_wide <= 0, f"{too_wide} pixels wider than the screen"


def sign_in(page: Page, token: str = ADMIN_TOKEN) -> None:
    """Fill in the sign-in form that the page shows, and send it."""
    page.get_by_label("Admin token", exact=True).last.fill(token)
    page.get_by_role("button", name="Sign in").click()


def send_first_event(server: RunningServer) -> None:
    """Send an event to the demo's source: until one has come, the home page is a welcome."""
    event = {"writeKey": "demo-write-key", "userId": "ann", "event": "Order Completed"}
    assert server.request("POST", "/v1/track", json=event).status == 200
    eventually(lambda: server.api("GET", "/ledger?step=received")["entries"])


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("app")) as running:
        send_first_event(running)
        yield running


# One a test: Playwright keeps its event loop running while it is open, and the tests that come next
# in this process may want one of their own.
@pytest.fixture
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed; `make chromium` installs it where it can.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, app_server: RunningServer) -> Iterator[Callable[..., Page]]:
    """Opens a page of the app, of a size and colour scheme.

    Nothing may be written to the console as an error, and nothing asked of another host.
    """
    errors: list[str] = []
    hosts: set[str] = set()
    allowed: set[str] = set()

    def opened(
        path: str = "/",
        *,
        size: tuple[int, int] = WIDE,
        is_dark: bool = False,
        url: str = app_server.url,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if is_dark else "light",
            reduced_motion="reduce",
            base_url=url,
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        if LATE_MILLISECONDS:
            context.add_init_script(LATE_ANSWERS.replace("MOST", str(LATE_MILLISECONDS)))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.on(
            "console",
            lambda said: (
                errors.append(said.text)
                # A refused request is an answer that the app deals with.
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        allowed.add(url.split("/")[2])
        page.goto(path)
        return page

    yield opened
    assert errors == []
    assert hosts <= allowed, hosts - allowed


@pytest.fixture
def signed_in(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page of the app, signed in with the admin token."""

    def opened(path: str = "/", **options: object) -> Page:
        page = open_page(path, **options)
        sign_in(page)
        expect(page.get_by_role("banner")).to_be_visible()
        return page

    return opened
