"""Puts the two vendors and the shop together."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from crossdock.base.clock import Clock, SystemClock
from crossdock.base.ids import Ids, RandomIds
from crossdock.sandbox import web
from crossdock.sandbox.demo.shop import DEMO_WRITE_KEY, Shop
from crossdock.sandbox.live import Live
from crossdock.sandbox.ramen.vendor import Ramen
from crossdock.sandbox.ripe.vendor import Ripe
from crossdock.sandbox.store import Store

_BUILT_ASSETS = Path(__file__).parents[1] / "web_assets"


class Sandbox:
    """The sandbox vendors, an ASGI app: `ripe/…` and `ramen/…` below where it is mounted.

    Args:
        data_dir: Where `sandbox.sqlite3` is kept.
        clock: What time it is.
        ids: New ids.
        assets_dir: The folder that the web build writes.
        owner: Who may open the workspace pages; None means everyone.
        has_shop: Whether the demo shop is mounted too.
    """

    def __init__(  # noqa: PLR0913 - the parts it is put together from, each named.
        self,
        data_dir: Path,
        *,
        clock: Clock,
        ids: Ids,
        assets_dir: Path,
        owner: web.Owner | None,
        has_shop: bool,
    ) -> None:
        self.store = Store(data_dir / "sandbox.sqlite3")
        self.data_dir = data_dir
        self.clock = clock
        self.scripts = web.Scripts(assets_dir)
        self._live = Live()
        self._ripe = Ripe(
            store=self.store,
            live=self._live,
            clock=clock,
            ids=ids,
            scripts=self.scripts,
            owner=owner,
            has_shop=has_shop,
        )
        self.ramen = Ramen(
            store=self.store,
            live=self._live,
            clock=clock,
            ids=ids,
            scripts=self.scripts,
            owner=owner,
            has_shop=has_shop,
        )
        self._apps_by_name: dict[str, ASGIApp] = {"ripe": self._ripe.app, "ramen": self.ramen.app}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the vendor that its path names."""
        if scope["type"] != "http":
            return
        _, name, *rest = [*web.local_path(scope).split("/", 2), ""]
        if name == "look.css":
            await web.style_response()(scope, receive, send)
        elif name not in self._apps_by_name:
            await PlainTextResponse("There is nothing here.\n", 404)(scope, receive, send)
        elif len(rest) < 2:  # noqa: PLR2004 - the empty text that was put at the end, and no more.
            await web.folder_redirect(scope)(scope, receive, send)
        else:
            inner = {**scope, "root_path": f"{web.mounted_at(scope)}/{name}"}
            await self._apps_by_name[name](inner, receive, send)

    def end_streams(self) -> None:
        """End the open live views: call it first when stopping, as they end by themselves never."""
        self._live.end()

    def close(self) -> None:
        """Close the file, after the last request."""
        self._live.end()
        self.store.close()


def build_sandbox(  # noqa: PLR0913 - each has a default.
    data_dir: Path,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    assets_dir: Path = _BUILT_ASSETS,
    owner: web.Owner | None = None,
    has_shop: bool = False,
) -> Sandbox:
    """Return the sandbox vendors, to be mounted at `/sandbox`.

    Args:
        data_dir: Where what they know is kept; it survives a restart.
        clock: What time it is; the system's if None.
        ids: New ids; random if None.
        assets_dir: The folder that the web build writes.
        owner: Who may open the workspace pages and their API. None leaves them open, which is right
            only for a demo on one's own machine: they show who the visitors are.
        has_shop: Whether the demo shop is mounted too: the pages then link to it.
    """
    return Sandbox(
        data_dir,
        clock=clock or SystemClock(),
        ids=ids or RandomIds(),
        assets_dir=assets_dir,
        owner=owner,
        has_shop=has_shop,
    )


def build_demo(sandbox: Sandbox, *, write_key: str = DEMO_WRITE_KEY) -> Shop:
    """Return the demo shop, to be mounted at `/demo`, beside the sandbox at `/sandbox`.

    The tracking API and the CDN paths are looked for one level up from the shop.

    Args:
        sandbox: The vendors that the page shows.
        write_key: Of the source that the page sends to.
    """
    return Shop(
        store=sandbox.store,
        ramen=sandbox.ramen,
        clock=sandbox.clock,
        scripts=sandbox.scripts,
        write_key=write_key,
        data_dir=sandbox.data_dir,
    )
