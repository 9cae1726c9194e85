"""The path of an event. In alphabetical order is the order of travel.

- `collect`: HTTP in, and what the CDN serves.
- `journal`: the durable log between the stages.
- `route`: who wants an event; map it to payloads.
- `send`: deliver.
"""

from __future__ import annotations
