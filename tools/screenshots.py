"""Take the pictures of the documentation from the running demo, in Chromium."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
COMMAND = Path(sys.executable).with_name("crossdock")
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES: list[tuple[Scheme, int]] = [(s, width) for s in SCHEMES for width in (360, 768, 1440)]
KEPT: list[tuple[Scheme, int]] = [("light", 1440), ("dark", 360)]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def shop_about(page: Page, url: str) -> None:
    """Do what somebody who tries the demo does: sign in, and click a product."""
    # Nobody is asked the same question twice; each picture is of a first visit.
    for vendor in ("ripe", "ramen"):
        page.request.post(f"{url}/sandbox/{vendor}/api/clear")
    page.goto(f"{url}/demo/")
    page.wait_for_function("window.analytics && window.analytics.initialized")
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Join").click()
    page.get_by_role("button", name="Add").first.click()
    page.get_by_role("dialog").wait_for()
    # The question fades in.
    page.wait_for_timeout(700)


def main() -> None:
    """Write one picture a page, size and colour scheme."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--all", action="store_true", help="every size in both colour schemes")
    arguments = parser.parse_args()
    out: Path = arguments.out
    sizes = SIZES if arguments.all else KEPT
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
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
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for scheme, width in sizes:
                context = browser.new_context(
                    color_scheme=scheme,
                    viewport={"width": width, "height": 900},
                )
                page = context.new_page()
                shop_about(page, url)
                page.screenshot(path=out / f"demo-{width}-{scheme}.png")
                for vendor in ("ripe", "ramen"):
                    page.goto(f"{url}/sandbox/{vendor}/")
                    page.wait_for_timeout(500)
                    page.screenshot(path=out / f"{vendor}-{width}-{scheme}.png")
                context.close()
            browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
