"""What a run begins with: sources, vendors and their connections, and clients."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Mapping

from tests.crash.client import Client
from tests.crash.editor import EDITED, Editor
from tests.crash.engaged import VENDOR as ENGAGED
from tests.crash.plan import Behaviour, Plan, Spell
from tests.crash.record import Connected, Record, WriteKey
from tests.crash.turned_clock import TurnedClock
from tests.crash.vendor import Vendor
from tests.running import RunningServer

SOURCES = ("shop", "backend")
CLIENTS_PER_SOURCE = 3
RIPE = "actions-ripe-cloud"
_WEBHOOK = "webhook"
# Those that stay connected: vendor, its source, its destination's slug.
VENDORS = (
    ("webhook", "shop", _WEBHOOK),
    ("ripe", "shop", RIPE),
    ("warehouse", "backend", _WEBHOOK),
)
ALL_VENDORS = (*(name for name, _, _ in VENDORS), EDITED, ENGAGED)
# How many events a vendor takes in one request, where it takes several.
_BATCH_SIZES: Mapping[str, int] = {"warehouse": 50}


@dataclasses.dataclass(frozen=True, slots=True)
class Opened:
    """What a run works with.

    Attributes:
        editor: Has made no connection yet.
        ripe_id: Of the catalog, for whom audiences are told to.
    """

    server: RunningServer
    clients: list[Client]
    editor: Editor
    ripe_id: str


async def open_vendors(
    plan: Plan, record: Record, clock: TurnedClock, stack: contextlib.AsyncExitStack
) -> dict[str, Vendor]:
    """Return each vendor by name, listening."""
    return {
        name: await stack.enter_async_context(
            Vendor(
                name,
                record,
                chance=plan.chance(name),
                spells=[_spell(one) for one in plan.spells if one.vendor == name],
                ahead_seconds=lambda: clock.ahead_seconds,
            )
        )
        for name in ALL_VENDORS
    }


def _spell(spell: Spell) -> Spell:
    """Return the spell, without refusals for who is told of audiences.

    A change that is refused for good would have to be told from one that was lost.
    """
    if spell.vendor != ENGAGED:
        return spell
    behaviours = tuple(one for one in spell.behaviours if one is not Behaviour.REJECT)
    return dataclasses.replace(spell, behaviours=behaviours or (Behaviour.ERROR,))


async def set_up(
    plan: Plan,
    record: Record,
    server: RunningServer,
    vendors: Mapping[str, Vendor],
    clock: TurnedClock,
) -> Opened:
    """Set up sources and connections, and return who works with them."""
    return await asyncio.to_thread(_set_up, plan, record, server, vendors, clock)


def _set_up(
    plan: Plan,
    record: Record,
    server: RunningServer,
    vendors: Mapping[str, Vendor],
    clock: TurnedClock,
) -> Opened:
    keys = {slug: [WriteKey(f"{slug}-key-1")] for slug in SOURCES}
    sources = {
        slug: server.api(
            "POST",
            "/sources",
            {"slug": slug, "metadataId": "javascript", "writeKeys": [keys[slug][0].text]},
        )["source"]["id"]
        for slug in SOURCES
    }
    catalog = server.api("GET", "/catalog/destinations?pagination[count]=200")
    ids = {one["slug"]: one["id"] for one in catalog["destinationsCatalog"]}
    for name, source, slug in VENDORS:
        settings: dict[str, object] = {"endpoint": vendors[name].url, "apiKey": "ripe-key"}
        if slug == _WEBHOOK:
            settings = {"url": vendors[name].url, "batchSize": _BATCH_SIZES.get(name, 1)}
        body = {
            "sourceId": sources[source],
            "metadataId": ids[slug],
            "settings": settings,
            "enabled": True,
        }
        made = server.api("POST", "/destinations", body)["destination"]
        record.connected[name] = Connected(
            made["id"], name, source, source_id=sources[source], keeps_order=slug == RIPE
        )
    clients = [
        Client(
            f"{slug}-{number}",
            source=slug,
            write_keys=keys[slug],
            record=record,
            chance=plan.chance(f"client {slug} {number}"),
            url=lambda: server.url,
        )
        for slug in SOURCES
        for number in range(CLIENTS_PER_SOURCE)
    ]
    editor = Editor(
        server,
        record,
        clock=clock,
        chance=plan.chance("editor"),
        write_keys=(sources["backend"], keys["backend"]),
        edited={
            "sourceId": sources["backend"],
            "metadataId": ids[_WEBHOOK],
            "settings": {"url": vendors[EDITED].url},
        },
    )
    return Opened(server, clients, editor, ids[RIPE])
