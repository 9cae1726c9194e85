"""Whatever happens to the server, and whatever vendors answer: what was acknowledged arrives.

The ledger knows each of its steps, and the balance is zero. `make crash` does it for longer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.run import run, small_disk

SECONDS = 6.0


@pytest.mark.timeout(200)
async def test_all_promises_hold_through_random_faults(tmp_path: Path) -> None:
    record = await run(118, seconds=SECONDS, folder=tmp_path, can_fill_disk=False)

    assert len(record.receipts) > 100
    assert record.faults


@pytest.mark.timeout(200)
async def test_all_promises_hold_when_the_disk_fills_up(tmp_path: Path) -> None:
    with small_disk(tmp_path) as is_small:
        if not is_small:
            pytest.skip("Only root can mount a small disk to fill up.")

        record = await run(21, seconds=SECONDS, folder=tmp_path, can_fill_disk=True)

    assert "a full disk" in {fault.what for fault in record.faults}
