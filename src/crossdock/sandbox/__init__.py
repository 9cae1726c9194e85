"""The sandbox vendors and the demo shop: small, honest stand-ins for people without an account.

They know nothing of the product: what reaches them came over HTTP, as it would at the vendors.

- `app`: puts them together; `build_sandbox`, `build_demo`.
- `demo`: the shop.
- `live`: what just happened, sent to the pages that watch.
- `pages`: the pages' one head.
- `ramen`: the stand-in for Ramen.
- `ripe`: the stand-in for Ripe.
- `store`: one SQLite file, bounded.
- `web`: what they share in speaking HTTP.

In the browser they share `outbox.ts` (calls in order), `memory.ts` (what a script remembers),
`watch.ts` (live views), `event_list.ts`, `dom.ts`, and `frame.html` and `look.css` for all pages.
"""

from __future__ import annotations

from crossdock.sandbox.app import Sandbox, build_demo, build_sandbox
from crossdock.sandbox.demo.shop import DEMO_WRITE_KEY
from crossdock.sandbox.ramen.vendor import DEMO_API_KEY as DEMO_RAMEN_API_KEY
from crossdock.sandbox.ramen.vendor import DEMO_ORGANIZATION_ID as DEMO_RAMEN_ORGANIZATION_ID
from crossdock.sandbox.ramen.vendor import DEMO_SECRET as DEMO_RAMEN_SECRET
from crossdock.sandbox.ripe.vendor import DEMO_API_KEY as DEMO_RIPE_API_KEY
from crossdock.sandbox.web import Owner

__all__ = [
    "DEMO_RAMEN_API_KEY",
    "DEMO_RAMEN_ORGANIZATION_ID",
    "DEMO_RAMEN_SECRET",
    "DEMO_RIPE_API_KEY",
    "DEMO_WRITE_KEY",
    "Owner",
    "Sandbox",
    "build_demo",
    "build_sandbox",
]
