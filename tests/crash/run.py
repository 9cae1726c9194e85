"""One run: a server, its vendors, clients and faults, all from a seed; then the oracle.

`make crash SEED=… MINUTES=…` runs this file: rounds of a minute, each with the next seed, until the
time is up or a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.crash.console import Console
from tests.crash.engaged import LAST_PERSON, Engaged
from tests.crash.engaged import VENDOR as ENGAGED
from tests.crash.faults import Faults
from tests.crash.opening import ALL_VENDORS, Opened, open_vendors, set_up
from tests.crash.oracle import summary, violations
from tests.crash.owner import Owner
from tests.crash.plan import FaultKind, Plan, plan_of
from tests.crash.record import Record
from tests.crash.turned_clock import TurnedClock
from tests.crash.vendor import Vendor
from tests.running import RunningServer

DISK_BYTES = 400 * 1024**2
_SETTLE_SECONDS_MAX = 150.0
_DRAIN_SECONDS = 3
# What goes wrong while the server is down is not seen: it runs for a while between two faults.
_RUNS_SECONDS_MIN = 0.5
_ROUND_SECONDS = 60.0


class Broken(AssertionError):
    """A promise was broken; the message tells how to see it again."""


async def run(seed: int, *, seconds: float, folder: Path, can_fill_disk: bool) -> Record:
    """Do what the seed says for so many seconds, and compare.

    Args:
        seed: Decides everything that is not left to the machine.
        seconds: How long traffic and faults go on; waiting for the rest comes on top.
        folder: The server's data directory.
        can_fill_disk: Whether the folder is on a small disk of its own.

    Raises:
        Broken: With seed, what was broken, and the timeline.
    """
    record = Record()
    async with contextlib.AsyncExitStack() as stack:
        clock = TurnedClock(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        possible = {FaultKind.FILL_DISK: can_fill_disk, FaultKind.TURN_CLOCK: clock.can_turn}
        plan = plan_of(
            seed,
            seconds=seconds,
            vendors=ALL_VENDORS,
            impossible=frozenset(kind for kind, is_possible in possible.items() if not is_possible),
        )
        vendors = await open_vendors(plan, record, clock, stack)
        allowed = ",".join(f"127.0.0.1:{vendor.port}" for vendor in vendors.values())
        server = await asyncio.to_thread(
            RunningServer,
            folder,
            *("--allowed-addresses", allowed),
            # A vendor that hangs would have each stop take a third of a round.
            *("--drain-seconds-max", str(_DRAIN_SECONDS)),
            command="serve",
            environment=clock.environment,
        )
        faults = Faults(server, clock, record)
        try:
            opened = await set_up(plan, record, server, vendors, clock)
            await _run(plan, faults, record, vendors, opened)
        finally:
            await faults.stop("SIGTERM at the end")
    found = violations(record)
    if found:
        raise Broken(_report(plan, record, found, folder))
    return record


async def _run(
    plan: Plan,
    faults: Faults,
    record: Record,
    vendors: Mapping[str, Vendor],
    opened: Opened,
) -> None:
    await opened.editor.connect()
    record.began_at = time.monotonic()
    record.note("traffic begins")
    over = asyncio.Event()
    owner = Owner(opened.server, record, chance=plan.chance("owner"))
    engaged = Engaged(Console(opened.server), record)
    looking = asyncio.create_task(owner.look_after_it())
    try:
        async with asyncio.TaskGroup() as group:
            for client in opened.clients:
                group.create_task(client.send_until(over))
            group.create_task(opened.editor.edit(plan))
            group.create_task(
                engaged.begin(
                    plan.audiences_at_seconds,
                    url=vendors[ENGAGED].url,
                    destination=opened.ripe_id,
                )
            )
            await _make_faults(plan, faults, record)
            over.set()
        record.note("traffic ends, every vendor is well")
        for vendor in vendors.values():
            vendor.be_well()
        await _settle(owner, opened, engaged, record)
        await owner.read_the_ledger()
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _settle(owner: Owner, opened: Opened, engaged: Engaged, record: Record) -> None:
    """Wait until nothing waits, and no dead letter is left."""
    give_up_at = asyncio.get_running_loop().time() + _SETTLE_SECONDS_MAX
    is_settled = await owner.settled(give_up_at=give_up_at)
    # Those of the time before the vendors were well; what was sent again can end no other way.
    while is_settled and await opened.editor.send_all_again():
        is_settled = await owner.settled(give_up_at=give_up_at)
    await opened.clients[0].send_last(LAST_PERSON)
    is_told = await engaged.told(give_up_at=give_up_at)
    # What was told last is on its way still.
    is_settled = is_settled and is_told and await owner.settled(give_up_at=give_up_at)
    record.note("all is settled" if is_settled else "the time is up")


async def _make_faults(plan: Plan, faults: Faults, record: Record) -> None:
    for fault in plan.faults:
        wait_seconds = fault.at_seconds - (time.monotonic() - record.began_at)
        await asyncio.sleep(max(_RUNS_SECONDS_MIN, wait_seconds))
        if time.monotonic() - record.began_at > plan.seconds:
            break
        await faults.make(fault)
    await asyncio.sleep(max(0.0, plan.seconds - (time.monotonic() - record.began_at)))


def _report(plan: Plan, record: Record, found: list[str], folder: Path) -> str:
    spells = [
        f"{one.at_seconds:8.3f}  until {one.until_seconds:.3f} {one.vendor} also answers: "
        + ", ".join(behaviour.value for behaviour in one.behaviours)
        for one in plan.spells
    ]
    log = (folder / "server.log").read_text(errors="replace").splitlines()
    # That is what the vendors were told to cause.
    log = [line for line in log if "A delivery failed." not in line][-60:]
    minutes = round(plan.seconds / 60, 3)
    return "\n".join(
        [
            f"Seed {plan.seed} broke {len(found)} promises.",
            f"See it again: make crash SEED={plan.seed} MINUTES={minutes:g}",
            *found,
            f"Numbers: {summary(record)}",
            "Timeline (seconds since traffic began):",
            *sorted([*record.timeline, *spells], key=lambda line: float(line.split()[0])),
            "The end of the server's log:",
            *log,
        ]
    )


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a small disk there if this user may; yields whether it is one."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "crossdock-crash", folder],
        capture_output=True,
        check=False,
    )
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", folder], check=True)


def main() -> int:
    """Run rounds until the time is up; return 1 if one broke a promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    arguments = parser.parse_args()
    left_seconds = arguments.minutes * 60
    seed = arguments.seed
    while left_seconds > 0:
        seconds = min(left_seconds, _ROUND_SECONDS)
        with tempfile.TemporaryDirectory() as name, small_disk(Path(name)) as can_fill_disk:
            if not can_fill_disk:
                print("This user may not mount a small disk: without a full disk.")  # noqa: T201 - a program.
            print(f"Seed {seed}, {seconds:g} seconds", flush=True)  # noqa: T201 - a program.
            try:
                record = asyncio.run(
                    run(seed, seconds=seconds, folder=Path(name), can_fill_disk=can_fill_disk)
                )
            except Broken as broken:
                print(broken)  # noqa: T201 - a program.
                return 1
            print(f"  all promises held: {summary(record)}", flush=True)  # noqa: T201 - a program.
        left_seconds -= seconds
        seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
