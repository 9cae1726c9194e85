"""One module a change, in order.

- `v0001_workspace`: sources, connections, mappings, filters, audit events.
"""

from __future__ import annotations
