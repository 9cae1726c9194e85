"""How long property tests search: `CROSSDOCK_FUZZ_TIMES=50` for fifty times the usual examples."""

from __future__ import annotations

import os

FUZZ_TIMES = int(os.environ.get("CROSSDOCK_FUZZ_TIMES", "1"))


def examples(usual: int) -> int:
    """Return how many examples a test tries that usually tries so many."""
    return usual * FUZZ_TIMES
