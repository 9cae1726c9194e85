"""A stand-in for Ramen: RamenJS, questions, secure mode, and a workspace page.

- `admission`: its 404 and 401, each with a reason; sessions.
- `collect`: what RamenJS and the customer's server send.
- `people`: what it keeps of organizations, users, companies and events.
- `questions`: what is asked, of whom, when.
- `register`: one organization's books.
- `traits`: names, types and casting.
- `vendor`: the HTTP side.

In the browser: `ramen.entry.ts` (what pages load), `popup.ts` (how it asks), `workspace.entry.ts`
(the workspace page).
"""

from __future__ import annotations
