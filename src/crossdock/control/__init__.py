"""The management API; the only writer of the workspace.

- `access`: lets requests through, and tells the audit log of changes; by `caller`, who makes one,
  and `permissions`, which role it needs.
- `accounts`: people, sessions and tokens, as the API needs them.
- `answers`: envelopes, pages, errors and versions.
- `app`: puts it together.
- `as_code`: the workspace itself: what it is called, as a file, and who changed what.
- `audiences`, `computed_traits`: who is in, who would be, who is told; both by `computations` and
  `computation_shapes`, and `sizes`: how large they were.
- `audit`: who did what, and when.
- `browser`: what a page needs: `snippet`, `content_security_policy`.
- `catalog`, `catalog_shapes`: what can be connected.
- `conflict`: what somebody else made of it meanwhile.
- `connection_state`: whether a destination is sent to, and pausing it.
- `dead_letters`: what was given up: list, inspect, send again, discard.
- `description`: what `openapi.json` says beyond what is found.
- `destinations`, `subscriptions`, `filters`, `sources`: what is configured; `shapes` of them.
- `events`: the events themselves; `volumes`: how many each source sends.
- `ledger`: what became of every event, the balance, and delivery overviews.
- `notices`: what went wrong, explained; what became of the latest events.
- `people`, `tokens`: who may come in, and what programs show.
- `pickup`: whether browsers have got a destination as it is.
- `parts`: what it is made of, handed in by the composition root.
- `memberships`: in which audiences somebody is; `vocabulary`: the names that definitions can use.
- `profiles`: who somebody is, what is known of them, what they did; `profile_api`: the same in the
  shapes of Segment's Profile API; `sql`: questions over all of it.
- `regulations`: forgetting people, and leaving them alone.
- `replay`: events of a time range, once more.
- `report`: all that an operator can see of it.
- `sending`: when the next attempt is, and how long attempts take.
- `tester`: one event, step by step.
- `times`: the moments and ranges that a request names.
- `session`: signing in and out, and one's own password.
- `watching`: answers that go on, and end with the session of whoever watches.
- `secure_mode`: why a signature for Ramen's secure mode is wrong.
"""

from __future__ import annotations

from crossdock.control import report
from crossdock.control.app import build_control, described_api, session_check
from crossdock.control.parts import LatestOutcomes, NoticeSeen, Parts, ReplayRunner

__all__ = [
    "LatestOutcomes",
    "NoticeSeen",
    "Parts",
    "ReplayRunner",
    "build_control",
    "described_api",
    "session_check",
    "wrong_token",
]

wrong_token = report.wrong_token
