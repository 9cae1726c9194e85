"""People who want to be forgotten, or left alone.

- `register`: who, since when, and how far it is; durable.
- `forgetting`: does it: profiles, history, ledger, dead letters.
- `report`: everything that it logs and counts.
"""

from __future__ import annotations

from crossdock.audiences.privacy.forgetting import Forgetting
from crossdock.audiences.privacy.register import Register, Regulation, RegulationType

__all__ = ["Forgetting", "Register", "Regulation", "RegulationType"]
