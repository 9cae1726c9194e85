"""Computed traits: what is worked out about everybody, and who is told."""

from __future__ import annotations

from crossdock.control.computations import computations_router

router = computations_router("computed_trait", "/computed-traits", "Computed traits")
