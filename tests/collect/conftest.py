"""One collector for a test module: starting a NATS server for each test would cost more."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.collect.serving import Served, served


@pytest.fixture
async def shop() -> AsyncIterator[Served]:
    async with served() as running:
        yield running
