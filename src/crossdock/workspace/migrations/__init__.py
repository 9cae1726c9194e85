"""Brings the database of a workspace to the tables that this version of Crossdock expects.

- `env`: what Alembic runs; it is given the connection.
- `versions`: one module a change, in order.
"""

from __future__ import annotations
