"""Ramen, in the browser, and from the server for what audiences find out.

- `device`: the definition for the browser; `browser.ts` is its plugin.
- `proof`: whether a page may be told in which audiences its visitor is.
- `server`: the definition for audiences, and what it sends.

`page.md` is the page for people who use it.
"""

from __future__ import annotations

from crossdock.destinations.ramen.device import RAMEN
from crossdock.destinations.ramen.server import RAMEN_SERVER

DESTINATIONS = (RAMEN, RAMEN_SERVER)
