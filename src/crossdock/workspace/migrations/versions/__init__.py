"""One module a change, in order.

- `v0001_workspace`: sources, connections, mappings, filters, audit events.
- `v0002_people`: people, sessions, API tokens; audit events know who by id.
- `v0003_engage`: audiences, computed traits, and the keys that none may have again.
"""

from __future__ import annotations
