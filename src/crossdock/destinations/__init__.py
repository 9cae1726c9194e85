"""One folder per vendor. Each exports `DESTINATIONS`; `catalog` finds it."""

from __future__ import annotations
