"""Crossdock: a self-hosted customer-data platform.

A reader follows an event by reading `pipeline` from top to bottom; `ARCHITECTURE.md` has the map.
"""

from __future__ import annotations

from crossdock.secure_mode import ramen_secure_mode

__all__ = ["ramen_secure_mode"]
