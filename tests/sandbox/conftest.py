"""A whole sandbox on a loopback port, and a real browser to look at it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, async_playwright
from starlette.types import Receive, Scope, Send

import crossdock
from crossdock.admin_token import AdminToken
from crossdock.base.clock import FakeClock
from crossdock.base.json import JsonObject
from crossdock.sandbox import Owner, build_demo, build_sandbox

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
DEADLINE_SECONDS = 10.0
WEB_ASSETS = Path(crossdock.__file__).parent / "web_assets"

# A page that carries nothing but the queue each vendor's own snippet would make.
EMPTY_PAGE = (
    b"<!doctype html><html lang=en><title>A page</title><body><h1>A page</h1><input id=box>"
)

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclasses.dataclass(frozen=True)
class Vendors:
    """The running sandbox, and how a test talks to it."""

    url: str
    clock: FakeClock
    http: aiohttp.ClientSession

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, JsonObject]:
        """Return the status and the JSON of an answer."""
        async with self.http.request(
            method, f"{self.url}{path}", json=body, headers=headers
        ) as response:
            return response.status, await response.json()

    async def read(self, path: str) -> list[JsonObject]:
        """Return the one list that the answer holds."""
        _, body = await self.call("GET", path)
        rows: list[JsonObject] = next(iter(body.values()))
        return rows

    async def eventually(
        self, path: str, is_there: Callable[[list[JsonObject]], object]
    ) -> list[JsonObject]:
        """Read a list again and again until it is as expected; fail after the deadline."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not is_there(rows := await self.read(path)):  # noqa: ASYNC110 - it is a browser that is waited for.
                await asyncio.sleep(0.02)
        return rows


StartVendors = Callable[..., contextlib.AbstractAsyncContextManager[Vendors]]


async def has_cookie(scope: Scope) -> bool:
    """Return whether the request is of somebody who signed in to the app, as far as a test goes."""
    return (b"cookie", b"signed=in") in scope["headers"]


@contextlib.asynccontextmanager
async def running_vendors(
    data_dir: Path, *, prefix: str = "", owner_token: str | None = None
) -> AsyncIterator[Vendors]:
    clock = FakeClock(NOON)
    owner = None if owner_token is None else Owner(AdminToken(owner_token, clock), has_cookie)
    sandbox = build_sandbox(data_dir, clock=clock, owner=owner, has_shop=True)
    demo = build_demo(sandbox)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for name, mounted in (("/sandbox", sandbox), ("/demo", demo)):
            at = prefix + name
            if scope["path"] == at or scope["path"].startswith(f"{at}/"):
                await mounted({**scope, "root_path": at}, receive, send)
                return
        status = 200 if scope["path"] in {"/page", "/elsewhere"} else 404
        headers = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": EMPTY_PAGE})

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # From here on a connection waits for the server instead of being refused.
    listener.listen()
    config = uvicorn.Config(app, lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}{prefix}"
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            yield Vendors(url, clock, http)
    finally:
        sandbox.end_streams()
        server.should_exit = True
        await serving
        sandbox.close()
        listener.close()


@pytest.fixture
def start_vendors(tmp_path: Path) -> StartVendors:
    """Start the sandbox; twice in one test finds what the first kept."""

    def start(
        *, prefix: str = "", owner_token: str | None = None
    ) -> contextlib.AbstractAsyncContextManager[Vendors]:
        return running_vendors(tmp_path, prefix=prefix, owner_token=owner_token)

    return start


@pytest_asyncio.fixture(loop_scope="module")
async def vendors(tmp_path: Path) -> AsyncIterator[Vendors]:
    async with running_vendors(tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    if not (WEB_ASSETS / "sandbox" / "ramen" / "ramen.js").exists():
        pytest.fail("The browser halves were not built. Run `make web`.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=CHROMIUM_ARGUMENTS
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, vendors: Vendors) -> AsyncIterator[Page]:
    """An open, empty page of the same server, in a browser that remembers nothing."""
    context = await browser.new_context()
    context.set_default_timeout(DEADLINE_SECONDS * 1000)
    page = await context.new_page()
    await page.goto(f"{vendors.url}/page")
    yield page
    await context.close()


RunRamen = Callable[[str], Awaitable[None]]

RAMEN_STUB = """
  window._ramen = [];
  for (const method of ["boot","ready","identify","group","track","page","reset","ask"]) {
    window._ramen[method] = (...args) => { window._ramen.push([method, ...args]); };
  }
  window.refusals = [];
  addEventListener("ramen:error", (event) => window.refusals.push(event.detail));
"""


@pytest.fixture
def load_ramen(page: Page, vendors: Vendors) -> RunRamen:
    """Run the calls on the stub queue, then load ramen.js, as a page with Ramen's snippet does."""

    async def load(early_calls: str) -> None:
        await page.evaluate(f"() => {{ {RAMEN_STUB} {early_calls} }}")
        await page.add_script_tag(url=f"{vendors.url}/sandbox/ramen/assets/ramen.js")

    return load
