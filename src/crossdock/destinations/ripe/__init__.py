"""Ripe, in the browser and from the server.

- `cloud`: the definition for the server, and what it sends.
- `device`: the definition for the browser; `browser.ts` is its plugin.

`page.md` is the page for people who use it.
"""

from __future__ import annotations

from crossdock.destinations.ripe.cloud import CLOUD
from crossdock.destinations.ripe.device import DEVICE

DESTINATIONS = (DEVICE, CLOUD)
