"""The demo shop: a page with the stock snippet, and what each vendor received, side by side.

- `shop`: the HTTP side: the pages, who is signed in, and the proof for secure mode.

In the browser: `snippet.entry.ts` (the stock snippet, with our host), `shop.entry.ts` (the page);
`settings.html` shows how the demo's settings are changed, as commands.
"""

from __future__ import annotations
