"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# An example that takes long says that the machine is busy, and nothing about what is tested.
settings.register_profile(
    "busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy machine")
