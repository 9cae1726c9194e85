"""Compares what was sent with what was received. Pure: a record in, sentences about it out.

A promise of the product is a `Check`; all of them are in `CHECKS`. What a later promise needs to
know is added to the record, and the promise to the list.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from tests.crash import account, told, wanted
from tests.crash.editor import EDITED
from tests.crash.engaged import VENDOR as ENGAGED
from tests.crash.plan import TAKING, Behaviour
from tests.crash.record import Connected, Receipt, Record, Sent, Verdict

Check = Callable[[Record], Iterator[str]]

# A fault that began so long before a repetition can still be its cause: a restart takes a while.
_AFTERMATH_SECONDS = 1.0


def violations(record: Record) -> list[str]:
    """Return every promise that was broken, in sentences; at most twenty of each kind."""
    found: list[str] = []
    for check in CHECKS:
        broken = list(check(record))
        found += broken[:20]
        if len(broken) > 20:
            found.append(f"… and {len(broken) - 20} more of {check.__name__}")
    return found


def nothing_acknowledged_is_missing(record: Record) -> Iterator[str]:
    """Each connection of its source got the event, unless the owner discarded it when it was dead.

    What was refused for good has been sent again at the end, when every vendor was well.
    """
    taken = {
        (one.vendor, one.message_id)
        for one in record.receipts
        if one.behaviour in TAKING and not one.replay_id
    }
    discarded = account.discarded(record)
    for connected in record.connected.values():
        for sent in record.sent_by_id.values():
            place = connected.vendor, sent.message_id
            if (
                sent.source == connected.source
                and sent.verdict is Verdict.ACKNOWLEDGED
                and place not in taken
                and place not in discarded
            ):
                seconds = sent.ended_at - record.began_at
                yield (
                    f'"{sent.message_id}" was acknowledged at {seconds:.3f} and is missing at '
                    f"{connected.vendor} ({_history(record, *place)})."
                )


def _history(record: Record, vendor: str, message_id: str) -> str:
    """Return what a vendor saw of an event, for a person who looks for the reason."""
    attempts = [
        f"{one.at - record.began_at:.3f} {one.behaviour.value}"
        for one in record.receipts
        if (one.vendor, one.message_id) == (vendor, message_id) and not one.replay_id
    ]
    return f"its attempts: {', '.join(attempts) or 'none'}"


def nothing_is_delivered_that_was_not_sent(record: Record) -> Iterator[str]:
    """What a vendor got was sent to a source of its, was not refused, and says the same."""
    for receipt in record.receipts:
        if receipt.vendor == ENGAGED:
            continue
        sent = record.sent_by_id.get(receipt.message_id)
        where = f'"{receipt.message_id}" at {receipt.vendor}'
        if sent is None:
            yield f"{where} was never sent."
        elif sent.source != record.source_of(receipt.vendor):
            yield f"{where} was sent to another source."
        elif sent.verdict is Verdict.REFUSED:
            yield f"{where} was refused when it was sent."
        else:
            yield from _differences(receipt, sent, where)


def _differences(receipt: Receipt, sent: Sent, where: str) -> Iterator[str]:
    for key in ("userId", "event", "properties", "traits"):
        if receipt.message.get(key) != sent.message.get(key):
            yield f'{where} has another "{key}" than was sent.'


def nothing_is_repeated_without_a_crash(record: Record) -> Iterator[str]:
    """A vendor that took an event gets it again only after a fault, and with the same key."""
    by_place = collections.defaultdict(list)
    for receipt in record.receipts:
        by_place[receipt.vendor, receipt.message_id].append(receipt)
    for (vendor, message_id), receipts in by_place.items():
        keys = {receipt.key for receipt in receipts if receipt.key and not receipt.replay_id}
        # One whose connection is deleted and made anew can be decided for both of them.
        if len(keys) > 1 and vendor != EDITED:
            yield (
                f'"{message_id}" came to {vendor} under {len(keys)} idempotency keys: '
                f"{sorted(keys)}."
            )
        taken = [receipt for receipt in receipts if receipt.behaviour in TAKING]
        by_key = collections.defaultdict(list)
        for receipt in taken:
            by_key[receipt.key].append(receipt)
        for key, same in by_key.items():
            for first, second in itertools.pairwise(same):
                if not _is_fault_between(record, first.at, second.at):
                    yield (
                        f'"{message_id}" ({key}) was taken by {vendor} twice, at '
                        f"{first.at - record.began_at:.3f} and {second.at - record.began_at:.3f}, "
                        "without a fault in between."
                    )


def _is_fault_between(record: Record, first_at: float, second_at: float) -> bool:
    return any(
        fault.began_at <= second_at and fault.ended_at + _AFTERMATH_SECONDS >= first_at
        for fault in record.faults
    )


def each_persons_events_arrive_in_order(record: Record) -> Iterator[str]:
    """Where a vendor keeps order, of two events of a person the first accepted arrives first.

    What died on the way and was sent again is behind the others, and is left out.

    Which of two events was accepted first is known only if the one was acknowledged before the
    other was sent, or if both are in one request.
    """
    for connected in record.connected.values():
        if connected.keeps_order:
            for what, behaviours in (("tried", frozenset(Behaviour)), ("taken", TAKING)):
                for earlier, later in _overtaken(record, connected, behaviours):
                    yield (
                        f'"{later.message_id}" was {what} by {connected.vendor} at '
                        f"{later.at - record.began_at:.3f}, before "
                        f'"{earlier.message_id}" of the same person, which was accepted '
                        f"earlier ({_history(record, connected.vendor, earlier.message_id)})."
                    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Arrival:
    """An event's first arrival at a vendor."""

    message_id: str
    began_at: float
    at: float
    number: int


def _overtaken(
    record: Record, connected: Connected, behaviours: frozenset[Behaviour]
) -> Iterator[tuple[_Arrival, _Arrival]]:
    """Yield each event that arrived too early, after the one that it overtook."""
    firsts: dict[str, Receipt] = {}
    died = account.died(record, connected)
    for receipt in record.receipts:
        if (
            receipt.vendor == connected.vendor
            and receipt.behaviour in behaviours
            and receipt.message_id not in died
        ):
            firsts.setdefault(receipt.message_id, receipt)
    by_person = collections.defaultdict(list)
    for sent in record.sent_by_id.values():
        if sent.verdict is Verdict.ACKNOWLEDGED and sent.message_id in firsts:
            by_person[sent.person].append(sent)
    for sents in by_person.values():
        sents.sort(key=lambda sent: (sent.ended_at, sent.place))
        last: _Arrival | None = None
        for sent in sents:
            first = firsts[sent.message_id]
            arrival = _Arrival(sent.message_id, sent.began_at, first.at, first.number)
            if last is not None and last.number > arrival.number:
                yield last, arrival
            else:
                last = arrival


def graceful_stops_are_clean(record: Record) -> Iterator[str]:
    """Who is asked to stop exits with 0."""
    for what, expected, code in record.exit_codes:
        if code != expected:
            yield f"{what}: the exit code is {code}."


CHECKS: tuple[Check, ...] = (
    nothing_acknowledged_is_missing,
    nothing_is_delivered_that_was_not_sent,
    nothing_is_repeated_without_a_crash,
    each_persons_events_arrive_in_order,
    graceful_stops_are_clean,
    *account.CHECKS,
    *wanted.CHECKS,
    *told.CHECKS,
)


def summary(record: Record) -> dict[str, Any]:
    """Return what there was, in numbers."""
    verdicts = collections.Counter(sent.verdict.value for sent in record.sent_by_id.values())
    behaviours = collections.Counter(one.behaviour.value for one in record.receipts)
    places = {(one.vendor, one.message_id) for one in record.receipts if one.behaviour in TAKING}
    taken = sum(1 for one in record.receipts if one.behaviour in TAKING)
    return {
        "sent": dict(verdicts),
        "received": dict(behaviours),
        "changes": dict(collections.Counter(one.kind.value for one in record.changes)),
        "told": len({one.message_id for one in record.receipts if one.vendor == ENGAGED}),
        "taken again": taken - len(places),
        "faults": len(record.faults),
        "in the ledger": len(record.entries),
    }
