"""The management API; the only writer of the workspace.

- `access`: who may use it, and how much they may send.
- `answers`: envelopes, pages, errors and versions.
- `app`: puts it together.
- `as_code`: the workspace itself: what it is called, as a file, and who changed what.
- `browser`: what a page needs: `snippet`, `content_security_policy`.
- `catalog`, `catalog_shapes`: what can be connected.
- `connection_state`: whether a destination is sent to, and pausing it.
- `dead_letters`: what was given up: list, inspect, send again, discard.
- `destinations`, `subscriptions`, `filters`, `sources`: what is configured; `shapes` of them.
- `ledger`: what became of every event, the balance, and delivery overviews.
- `notices`: what went wrong, explained; what became of the latest events.
- `parts`: what it is made of, handed in by the composition root.
- `profiles`: who somebody is, what is known of them, what they did; `profile_api`: the same in the
  shapes of Segment's Profile API; `sql`: questions over all of it.
- `regulations`: forgetting people, and leaving them alone.
- `replay`: events of a time range, once more.
- `report`: all that an operator can see of it.
- `tester`: one event, step by step.
- `secure_mode`: why a signature for Ramen's secure mode is wrong.
"""

from __future__ import annotations

from crossdock.control import report
from crossdock.control.app import build_control
from crossdock.control.parts import LatestOutcomes, NoticeSeen, Parts, ReplayRunner

__all__ = ["LatestOutcomes", "NoticeSeen", "Parts", "ReplayRunner", "build_control", "wrong_token"]

wrong_token = report.wrong_token
