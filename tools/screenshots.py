"""Take the pictures of the documentation from a demo with data in it, in Chromium."""

from __future__ import annotations

import argparse
import base64
import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
COMMAND = Path(sys.executable).with_name("crossdock")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
BYTES_MAX = 3_000_000
"""Of all pictures together: they are in every clone."""
HEIGHT = 900
WIDE = 1440
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
KEPT_WIDTHS = (360, 1440)
ALL_WIDTHS = (360, 768, 1440)
VISITORS = (
    ("Ada Lovelace", "ada@example.com"),
    ("Grace Hopper", "grace@example.com"),
    ("Katherine Johnson", "katherine@example.com"),
)


class Demo:
    """A demo that runs, and what is asked of its API.

    Attributes:
        url: Where it is.
    """

    def __init__(self, url: str, token: str, browser: Browser) -> None:
        self.url = url
        self._token = token
        headers = {"authorization": f"Bearer {token}"}
        self._api = browser.new_context(extra_http_headers=headers).request

    def ask(self, path: str) -> dict[str, list[dict[str, Any]]]:
        """Return what the API answers."""
        answer: dict[str, list[dict[str, Any]]] = self._api.get(f"{self.url}/api/v1{path}").json()[
            "data"
        ]
        return answer

    def send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return what the API answers to something new."""
        answer: dict[str, Any] = self._api.post(f"{self.url}/api/v1{path}", data=body).json()
        found: dict[str, Any] = answer["data"]
        return found

    def first(self, path: str, **wanted: str) -> dict[str, Any]:
        """Return the first of a list that has the wanted values."""
        (found,) = (value for name, value in self.ask(path).items() if name != "pagination")
        return next(one for one in found if wanted.items() <= one.items())

    def sign_in(self, page: Page) -> None:
        """Sign in to the app with the admin token."""
        page.goto(self.url)
        page.get_by_label("Admin token", exact=True).last.fill(self._token)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("banner").wait_for()


@contextlib.contextmanager
def running_demo(browser: Browser) -> Iterator[Demo]:
    """Run a demo in a folder of its own until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [COMMAND, "demo", "--port", "0", "--data-dir", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert server.stdout is not None  # noqa: S101 - asked for above.
            url = next(
                line.decode().split()[1] for line in server.stdout if line.startswith(b"Ready: ")
            )
            yield Demo(url, (Path(folder) / "admin-token").read_text().strip(), browser)
        finally:
            server.terminate()
            server.wait()


def shop_about(page: Page, url: str, name: str, email: str) -> None:
    """Do what somebody who tries the demo does: sign in, join a company, buy."""
    page.goto(f"{url}/demo/")
    page.wait_for_function("window.analytics && window.analytics.initialized")
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Join").click()
    page.get_by_role("button", name="Add").first.click()
    page.get_by_role("dialog").wait_for()
    # The question fades in.
    page.wait_for_timeout(700)


def fill(browser: Browser, demo: Demo) -> None:
    """Let some people visit the shop, and a server send what it should and should not."""
    for name, email in VISITORS:
        context = browser.new_context()
        page = context.new_page()
        shop_about(page, demo.url, name, email)
        page.get_by_role("button", name="Add").last.click()
        page.get_by_role("button", name="Buy").click()
        page.wait_for_timeout(300)
        context.close()
    api = browser.new_context().request
    for number in range(24):
        event = {
            "writeKey": "demo-write-key",
            "messageId": f"order-{1000 + number}",
            "userId": f"customer-{number % 5}",
            "event": ("Order Completed", "Order Shipped", "Order Refunded")[number % 3],
            "properties": {"orderId": str(1000 + number), "total": 12.5 + number},
        }
        api.post(f"{demo.url}/v1/track", data=event)
    api.post(f"{demo.url}/v1/track", data={"writeKey": "demo-write-key", "event": "Nobody"})


def make_audience(demo: Demo) -> str:
    """Make an audience that Ramen's sandbox is told of, and return its id."""
    definition = {"query": "event('Order Completed').within(30 days).count() >= 1"}
    made = demo.send(
        "/audiences", {"name": "Order Completed Last 30 Days", "definition": definition}
    )
    audience_id: str = made["computation"]["id"]
    settings = demo.ask("/catalog/destinations/ramen-server/sandbox")["settings"]
    demo.send(
        f"/audiences/{audience_id}/destinations",
        {"metadataId": "ramen-server", "settings": settings},
    )
    return audience_id


def app_pages(demo: Demo) -> dict[str, str]:
    """Return the paths of the app's pages that are shown, by the names of their pictures."""
    audience_id = make_audience(demo)
    source_id = demo.first("/sources")["id"]
    ids_by_slug = {
        one["metadata"]["slug"]: one["id"] for one in demo.ask("/destinations")["destinations"]
    }
    device, ripe = ids_by_slug["actions-ripe"], ids_by_slug["actions-ripe-cloud"]
    mapping_id = demo.first(f"/destinations/{ripe}/subscriptions", actionSlug="track")["id"]
    return {
        "home": "/",
        "sources": "/sources",
        "source": f"/sources/{source_id}",
        "debugger": f"/sources/{source_id}/debugger",
        "catalog": "/catalog",
        "destination": f"/destinations/{device}",
        "mapping": f"/destinations/{ripe}/mappings/{mapping_id}",
        "delivery": "/delivery",
        "trace": "/events/order-1000",
        "audience": f"/audiences/{audience_id}/definition",
    }


_AS_WEBP = """async (png) => {
    const image = new Image();
    image.src = png;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.85);
}"""


def take(page: Page, painter: Page, out: Path) -> Callable[[str], None]:
    """Return what takes a picture under a name.

    Args:
        page: What is taken.
        painter: An empty page. Chromium makes WebP of what it took, a third as large as PNG.
        out: The folder.
    """

    def taken(name: str) -> None:
        with contextlib.suppress(Exception):
            # Live views never stop asking.
            page.wait_for_load_state("networkidle", timeout=1500)
        page.wait_for_timeout(300)
        png = base64.b64encode(page.screenshot()).decode()
        webp = painter.evaluate(_AS_WEBP, f"data:image/png;base64,{png}").partition(",")[2]
        (out / f"{name}.webp").write_bytes(base64.b64decode(webp))

    return taken


def main() -> None:
    """Write one picture a page, size and colour scheme."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--all", action="store_true", help="at 768 pixels too")
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    looks = [(s, w) for s in SCHEMES for w in (ALL_WIDTHS if arguments.all else KEPT_WIDTHS)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with running_demo(browser) as demo:
            contexts = {}
            painter = browser.new_page()
            for scheme, width in looks:
                contexts[scheme, width] = browser.new_context(
                    color_scheme=scheme,
                    viewport={"width": width, "height": HEIGHT},
                    reduced_motion="reduce",
                )
                page = contexts[scheme, width].new_page()
                demo.sign_in(page)
                take(page, painter, out)(f"welcome-{width}-{scheme}")
            fill(browser, demo)
            paths = app_pages(demo)
            for (scheme, width), context in contexts.items():
                page = context.pages[0]
                shoot = take(page, painter, out)
                for name, path in paths.items():
                    page.goto(f"{demo.url}{path}")
                    if name == "audience":
                        page.get_by_role("progressbar", name="Share of all").wait_for()
                    if name == "debugger" and width >= WIDE:
                        page.get_by_role("option").filter(has_text="Order Shipped").first.click()
                    shoot(f"{name}-{width}-{scheme}")
            for (scheme, width), context in contexts.items():
                page = context.pages[0]
                shoot = take(page, painter, out)
                shop_about(page, demo.url, f"Ana {width} {scheme}", f"{scheme}{width}@example.com")
                shoot(f"demo-{width}-{scheme}")
                for vendor in ("ripe", "ramen"):
                    page.goto(f"{demo.url}/sandbox/{vendor}/")
                    shoot(f"{vendor}-{width}-{scheme}")
        browser.close()
    size = sum(file.stat().st_size for file in out.iterdir())
    print(f"{size} bytes of {BYTES_MAX}")
    if size > BYTES_MAX:
        sys.exit("The pictures are too large together: they are in every clone.")


if __name__ == "__main__":
    main()
