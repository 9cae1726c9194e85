"""What carries events from the door to vendors, and what is done beside."""

from __future__ import annotations

import contextlib
import dataclasses

from crossdock.audiences.privacy import Forgetting
from crossdock.base.chance import Chance
from crossdock.composition.ground import Ground
from crossdock.composition.kept import Kept
from crossdock.kit import HttpClient, compile_condition, compile_payload
from crossdock.pipeline.collect import Collector, ValueDoor
from crossdock.pipeline.route import Compilers, Replays, Router
from crossdock.pipeline.send import Pauses, RetryLimits, Sender, SendLimits, SendParts

COMPILERS = Compilers(condition=compile_condition, payload=compile_payload)
"""What makes mappings and conditions runnable; the same for events and for those who try them."""

_HOUR_SECONDS = 3_600.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """What carries events, and what is done beside."""

    http: HttpClient
    collector: Collector
    router: Router
    replays: Replays
    pauses: Pauses
    sender: Sender
    forgetting: Forgetting


async def make_stages(ground: Ground, kept: Kept, ends: contextlib.AsyncExitStack) -> Stages:
    """Make them; `ends` closes them."""
    settings, clock, ids = ground.settings, ground.clock, ground.ids
    journal, feed, register = kept.journal, kept.feed, kept.register
    http = await ends.enter_async_context(
        HttpClient(clock=clock, allowed_addresses=ground.allowed_addresses)
    )
    # Before the door opens: nobody is to resume what is not known yet.
    pauses = Pauses(journal)
    await pauses.load()
    collector = Collector(
        journal,
        feed,
        clock=clock,
        ids=ids,
        suppressed=lambda: register.suppressed,
        values=ValueDoor(
            clock,
            find_destination=ground.catalog.find,
            find_values=kept.told_in_browser.values_of if kept.told_in_browser else _no_values,
            report_notice=journal.report_notice,
        ),
    )
    ends.push_async_callback(collector.close)
    router = Router(
        journal=journal,
        feed=feed,
        destinations_by_slug=ground.destinations_by_slug,
        compilers=COMPILERS,
        clock=clock,
        claims=kept.claims,
        is_forgotten=register.is_forgotten,
    )
    return Stages(
        http=http,
        collector=collector,
        router=router,
        replays=Replays(
            journal=journal,
            plan=lambda: router.plan,
            compile_condition=compile_condition,
            claims=kept.claims,
            clock=clock,
            ids=ids,
            is_forgotten=register.is_forgotten,
        ),
        pauses=pauses,
        sender=Sender(
            SendParts(
                journal=journal,
                feed=feed,
                destinations_by_slug=ground.destinations_by_slug,
                http=http,
                clock=clock,
                chance=Chance(),
                pauses=pauses,
                is_forgotten=register.is_forgotten,
                limits=SendLimits(
                    retry=RetryLimits(
                        give_up_after_seconds=settings.retry_hours_max * _HOUR_SECONDS
                    )
                ),
            )
        ),
        forgetting=Forgetting(
            register,
            history=kept.history,
            ledger=kept.ledger,
            dead_letters=journal.dead_letters,
            clock=clock,
        ),
    )


async def _no_values(_connection_id: str, _user_id: str) -> dict[str, object]:
    """Return what is known about people where no profiles are kept."""
    return {}
