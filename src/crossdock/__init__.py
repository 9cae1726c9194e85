"""Crossdock: a self-hosted customer-data platform.

A reader follows an event by reading `pipeline` from top to bottom; `ARCHITECTURE.md` has the map.

- `base`: clock, ids, JSON, logs, errors: what everything stands on.
- `events`: what an event is, and when it is refused.
- `pipeline`: the life of an event, stage by stage.
- `workspace`: all that is configured. `control`: the management API, which changes it.
- `ledger`: what became of events. `audiences`: groups of people. `duck`: the kind of file that both
  keep.
- `kit`: what destinations are written with. `destinations`: one folder per vendor; `catalog` finds
  them. `conformance`: compares the kit with Segment's framework.
- `sandbox`: stand-ins for Ripe and Ramen, and the demo shop.
- `main`: the command line, made of `commands`; `console` is what they need to talk to a running
  server. `server` is one run of it, from start to stop; `composition` makes the parts and hands
  them out. `checks` looks at the settings first, `startup` is what is needed before the parts run,
  `room` waits for a disk that is full, `http_server` listens, `wire` bounds what a connection may
  send, `door` hands each request to its part, `web_app` gives people their pages, `alarms` says
  what is wrong when it begins and when it ends.
- `people`: who may come in, and as what.
- `admin_token`: the one check of the token that opens everything.
- `secure_mode`: the signatures by which a page's server says who its visitor is; for servers of
  others too.
"""

from __future__ import annotations

from crossdock.secure_mode import engage_proof, ramen_secure_mode

__all__ = ["engage_proof", "ramen_secure_mode"]
