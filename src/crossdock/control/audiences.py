"""Audiences: who is in, who would be, and who is told."""

from __future__ import annotations

from crossdock.control.computations import computations_router

router = computations_router("audience", "/audiences", "Audiences")
