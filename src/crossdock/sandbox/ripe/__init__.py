"""A stand-in for Ripe: an SDK, the cloud API, and a workspace page.

- `people`: what it keeps, and how a call changes it.
- `vendor`: the HTTP side.

In the browser: `sdk.entry.ts` (what pages load), `workspace.entry.ts` (the workspace page).
"""

from __future__ import annotations
