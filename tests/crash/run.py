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

from tests.crash.client import Client
from tests.crash.faults import Faults
from tests.crash.oracle import summary, violations
from tests.crash.owner import Owner
from tests.crash.plan import FaultKind, Plan, plan_of
from tests.crash.record import Connected, Record
from tests.crash.turned_clock import TurnedClock
from tests.crash.vendor import Vendor, spells_of
from tests.running import RunningServer

SOURCES = ("shop", "backend")
CLIENTS_PER_SOURCE = 3
# Vendor, its source, its destination's slug.
VENDORS = (
    ("webhook", "shop", "webhook"),
    ("ripe", "shop", "actions-ripe-cloud"),
    ("warehouse", "backend", "webhook"),
)
# How many events a vendor takes in one request, where it takes several.
_BATCH_SIZES: Mapping[str, int] = {"warehouse": 50}
DISK_BYTES = 400 * 1024**2
_SETTLE_SECONDS_MAX = 120.0
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
    vendor_names = tuple(name for name, _, _ in VENDORS)
    record = Record()
    async with contextlib.AsyncExitStack() as stack:
        clock = TurnedClock(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        impossible = {FaultKind.FILL_DISK: can_fill_disk, FaultKind.TURN_CLOCK: clock.can_turn}
        plan = plan_of(
            seed,
            seconds=seconds,
            vendors=vendor_names,
            impossible=frozenset(
                kind for kind, is_possible in impossible.items() if not is_possible
            ),
        )
        vendors = [
            await stack.enter_async_context(
                Vendor(
                    name,
                    record,
                    chance=plan.chance(name),
                    spells=spells_of(plan.spells, name),
                )
            )
            for name in vendor_names
        ]
        allowed = ",".join(f"127.0.0.1:{vendor.port}" for vendor in vendors)
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
            await _run(plan, faults, record, server, vendors)
        finally:
            await faults.stop("SIGTERM at the end")
    found = violations(record)
    if found:
        raise Broken(_report(plan, record, found, folder))
    return record


async def _run(
    plan: Plan, faults: Faults, record: Record, server: RunningServer, vendors: list[Vendor]
) -> None:
    clients = await asyncio.to_thread(_connect, plan, record, server, vendors)
    record.began_at = time.monotonic()
    record.note("traffic begins")
    over = asyncio.Event()
    owner = Owner(server, record, chance=plan.chance("owner"))
    looking = asyncio.create_task(owner.look_after_it())
    try:
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.send_until(over))
            await _make_faults(plan, faults, record)
            over.set()
        record.note("traffic ends, every vendor is well")
        for vendor in vendors:
            vendor.be_well()
        give_up_at = asyncio.get_running_loop().time() + _SETTLE_SECONDS_MAX
        is_settled = await owner.settled(give_up_at=give_up_at)
        record.note("all is settled" if is_settled else "the time is up")
        await owner.read_the_ledger()
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _make_faults(plan: Plan, faults: Faults, record: Record) -> None:
    for fault in plan.faults:
        wait_seconds = fault.at_seconds - (time.monotonic() - record.began_at)
        await asyncio.sleep(max(_RUNS_SECONDS_MIN, wait_seconds))
        if time.monotonic() - record.began_at > plan.seconds:
            break
        await faults.make(fault)
    await asyncio.sleep(max(0.0, plan.seconds - (time.monotonic() - record.began_at)))


def _connect(
    plan: Plan, record: Record, server: RunningServer, vendors: list[Vendor]
) -> list[Client]:
    """Set up sources and connections, and return the clients."""
    sources = {
        slug: server.api(
            "POST",
            "/sources",
            {"slug": slug, "metadataId": "javascript", "writeKeys": [f"{slug}-key"]},
        )["source"]
        for slug in SOURCES
    }
    catalog = server.api("GET", "/catalog/destinations?pagination[count]=200")
    ids = {one["slug"]: one["id"] for one in catalog["destinationsCatalog"]}
    for vendor, (name, source, slug) in zip(vendors, VENDORS, strict=True):
        url = f"http://127.0.0.1:{vendor.port}"
        settings: dict[str, object] = {"endpoint": url, "apiKey": "ripe-key"}
        if slug == "webhook":
            settings = {"url": url, "batchSize": _BATCH_SIZES.get(name, 1)}
        body = {
            "sourceId": sources[source]["id"],
            "metadataId": ids[slug],
            "settings": settings,
            "enabled": True,
        }
        made = server.api("POST", "/destinations", body)["destination"]
        is_ripe = slug != "webhook"
        record.connected[name] = Connected(
            made["id"],
            name,
            source,
            source_id=sources[source]["id"],
            keeps_order=is_ripe,
        )
    return [
        Client(
            f"{slug}-{number}",
            source=slug,
            write_key=f"{slug}-key",
            record=record,
            chance=plan.chance(f"client {slug} {number}"),
            url=lambda: server.url,
        )
        for slug in SOURCES
        for number in range(CLIENTS_PER_SOURCE)
    ]


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
