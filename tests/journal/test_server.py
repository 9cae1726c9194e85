"""The NATS child is private, durable, alone on its folder, and there whenever it is needed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import stat
from pathlib import Path

import pytest

from crossdock.base.clock import SystemClock
from crossdock.pipeline.journal import Journal, JournalNotStarted
from crossdock.pipeline.journal.server import NatsChild
from tests.journal.builders import SMALL, envelope, next_events, opened, track


class Hurried(SystemClock):
    """A clock on which waits are over at once."""

    def monotonic_seconds(self) -> float:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        return super().monotonic_seconds() * 100

    async def sleep(self, seconds: float) -> None:  # type: ignore[explicit-override]  # typing.override needs Python 3.12.
        await super().sleep(seconds / 100)


async def test_its_token_is_readable_for_the_owner_only(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        mode, config = _mode_and_text(tmp_path / "nats.conf")
        _, command = _mode_and_text(Path(f"/proc/{journal.child_process_id}/cmdline"))

    token = config.split("token: ")[1].split('"')[1]
    assert mode == 0o600
    assert len(token) >= 32
    assert token not in command


async def test_it_writes_to_the_disk_before_it_acknowledges_and_listens_privately(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path):
        _, config = _mode_and_text(tmp_path / "nats.conf")

    assert "sync_interval: always" in config
    assert 'listen: "127.0.0.1:' in config


async def test_a_second_process_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path):
        second = Journal(tmp_path, clock=Hurried(), settings=SMALL)

        with pytest.raises(JournalNotStarted, match="Another process"):
            await second.open()


@pytest.mark.parametrize("is_stopped", [False, True], ids=["that runs", "that was stopped"])
async def test_a_child_left_over_from_a_crash_is_replaced(
    tmp_path: Path, *, is_stopped: bool
) -> None:
    left_over = NatsChild(tmp_path, store_bytes_max=10**9, clock=SystemClock())
    await left_over.start()
    left_over_id = left_over.process_id
    assert left_over._lock is not None  # noqa: SLF001 - a killed process would have let go of it.
    left_over._lock.close()  # noqa: SLF001
    assert left_over._supervisor is not None  # noqa: SLF001
    left_over._supervisor.cancel()  # noqa: SLF001
    if is_stopped and left_over_id is not None:
        os.kill(left_over_id, signal.SIGSTOP)

    async with asyncio.timeout(8), opened(tmp_path) as journal:
        await journal.append(envelope(track("m1")))

        assert left_over.process_id is None
        assert journal.child_process_id not in (None, left_over_id)
    await left_over.stop()


async def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "nats.pid").write_text(str(os.getpid()))

    async with opened(tmp_path) as journal:
        await journal.append(envelope(track("m1")))


async def test_it_is_started_again_when_it_dies(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        first = journal.child_process_id
        assert first is not None

        os.kill(first, signal.SIGKILL)
        await journal.append(envelope(track("m1")))

        assert journal.child_process_id != first


async def test_it_ends_with_the_journal(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        process_id = journal.child_process_id
        assert process_id is not None

    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


async def test_a_server_that_is_there_already_can_be_used(tmp_path: Path) -> None:
    there = NatsChild(tmp_path / "there", store_bytes_max=10**9, clock=SystemClock())
    await there.start()
    url = there.url.replace("nats://", f"nats://{there.token}@")
    try:
        async with opened(tmp_path / "ours", nats_url=url) as journal:
            await journal.append(envelope(track("m1")))
            (found,) = await next_events(journal, 1)

            assert journal.child_process_id is None
            assert found.message_id == "m1"
    finally:
        await there.stop()


async def test_what_waits_is_stored_before_it_closes(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        waiting = [journal.append(envelope(track(f"m{number}"))) for number in range(100)]

    await asyncio.gather(*waiting)
    async with opened(tmp_path) as journal:
        assert len(await next_events(journal, 100)) == 100


def _mode_and_text(file: Path) -> tuple[int, str]:
    if not file.exists():
        # There is no /proc.
        return 0, ""
    return stat.S_IMODE(file.stat().st_mode), file.read_text()


async def test_a_server_that_is_not_there_is_given_up_with_its_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"

        journal = Journal(tmp_path, clock=Hurried(), nats_url=f"nats://me:secret@{address}")
        with pytest.raises(JournalNotStarted, match=re.escape(f"…@{address}")) as raised:
            await journal.open()

    logged = "".join(capsys.readouterr())
    assert "secret" not in str(raised.value) + logged
    assert "could not be reached" in raised.value.what
    assert logged.count("cannot be reached") == 1
    assert "met an error" not in logged


async def test_a_start_with_a_server_of_its_own_meets_no_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with opened():
        pass

    assert "error" not in "".join(capsys.readouterr())
