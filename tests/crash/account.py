"""Holds what the server says of itself against what was seen from outside: ledger and balance.

Pure, as the rest of the oracle, which runs these checks.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.crash.plan import TAKING, Behaviour
from tests.crash.record import Connected, Record, Verdict

Entry = Mapping[str, Any]

_ENDS = frozenset({"delivered", "rejected", "dead"})
_ATTEMPTS = _ENDS | {"waiting", "needs_attention"}
# Who answers so cannot have been said to have taken it, nor to have refused it for good.
_ANSWERS_BY_END: Mapping[str, frozenset[Behaviour]] = {
    "delivered": TAKING,
    "rejected": frozenset({Behaviour.REJECT}),
    "dead": frozenset(),
}


def what_was_accepted_was_received(record: Record) -> Iterator[str]:
    """The ledger has each acknowledged event, and as often as it was not a duplicate: once."""
    steps_by_message_id: dict[str, collections.Counter[str]] = collections.defaultdict(
        collections.Counter
    )
    for entry in record.entries:
        steps_by_message_id[str(entry.get("messageId", ""))][entry["step"]] += 1
    for sent in record.sent_by_id.values():
        steps = steps_by_message_id[sent.message_id]
        received, duplicate = steps["received"], steps["duplicate"]
        if sent.verdict is Verdict.REFUSED:
            if received:
                yield f'"{sent.message_id}" was refused, and the ledger says that it was received.'
        elif sent.verdict is Verdict.ACKNOWLEDGED and not received:
            yield f'"{sent.message_id}" was acknowledged, and the ledger never received it.'
        elif received and received - duplicate != 1:
            yield (
                f'"{sent.message_id}" was received {received} times, and the ledger has '
                f"{duplicate} duplicates."
            )
        if received > sent.times:
            yield f'"{sent.message_id}" was sent {sent.times} times and received {received} times.'


def every_life_is_complete(record: Record) -> Iterator[str]:
    """For each connection of its source an event is mapped, attempted 1, 2, 3 … times, and ends."""
    lives: dict[tuple[str, str], list[Entry]] = collections.defaultdict(list)
    received: set[tuple[str, str]] = set()
    for entry in record.entries:
        message_id = str(entry.get("messageId", ""))
        if entry["step"] == "received":
            received.add((entry["sourceId"], message_id))
        elif "destinationId" in entry:
            lives[entry["destinationId"], message_id].append(entry)
    receipts: dict[tuple[str, str], list[Behaviour]] = collections.defaultdict(list)
    for receipt in record.receipts:
        receipts[receipt.vendor, receipt.message_id].append(receipt.behaviour)
    for connected in record.connected.values():
        for source_id, message_id in received:
            if source_id == connected.source_id:
                life = lives.pop((connected.id, message_id), [])
                for wrong in _wrong(life, receipts[connected.vendor, message_id]):
                    yield f'The life of "{message_id}" at {connected.vendor}: {wrong}.'
    for connection_id, message_id in lives:
        yield f'The ledger has "{message_id}" for {connection_id}, and never received it.'


def _wrong(life: Sequence[Entry], answers: Sequence[Behaviour]) -> Iterator[str]:
    steps = [entry["step"] for entry in life]
    ends = [step for step in steps if step in _ENDS]
    attempts = sorted(entry.get("attempt", 0) for entry in life if entry["step"] in _ATTEMPTS)
    if steps.count("mapped") != 1:
        yield f"it was mapped {steps.count('mapped')} times"
    if len(ends) != 1:
        yield f"it has {len(ends)} ends ({', '.join(steps)})"
        return
    (end,) = (entry for entry in life if entry["step"] in _ENDS)
    if attempts != list(range(1, len(attempts) + 1)):
        yield f"its attempts are numbered {attempts}"
    elif end.get("attempt") != len(attempts):
        yield f"attempt {end.get('attempt')} of {len(attempts)} was its end"
    if len(attempts) > len(answers):
        yield f"{len(attempts)} attempts are recorded, and {len(answers)} were made"
    if not _ANSWERS_BY_END[end["step"]].intersection(answers):
        yield f"it is {end['step']}, and was answered: {', '.join(one.value for one in answers)}"


def the_balance_is_zero(record: Record) -> Iterator[str]:
    """When all is quiet nothing is missing or waits, and each account counts what there was."""
    balance = record.balance
    if balance is None:
        yield "The balance could not be had."
        return
    if not balance["isSettled"]:
        yield "The balance is not settled."
    if balance["missedMessages"]:
        yield f"The ledger has missed {balance['missedMessages']} messages."
    for account in balance["accounts"]:
        name = _name(record, account)
        if account["difference"]:
            yield f"The balance of {name} is off by {account['difference']}: {account}."
        if account["waiting"]:
            yield f"{account['waiting']} still wait at {name}."
    accounts_by_id = {account["destinationId"]: account for account in balance["accounts"]}
    for connected in record.connected.values():
        yield from _miscounted(record, connected, accounts_by_id.get(connected.id, {}))


def _miscounted(record: Record, connected: Connected, account: Mapping[str, Any]) -> Iterator[str]:
    steps = collections.Counter(
        entry["step"] for entry in record.entries if entry.get("destinationId") == connected.id
    )
    for state, number in (
        ("accepted", steps["mapped"]),
        ("delivered", steps["delivered"]),
        ("dead", steps["rejected"] + steps["dead"]),
    ):
        if account.get(state, 0) != number:
            yield (
                f"The balance says that {account.get(state, 0)} are {state} at {connected.vendor}, "
                f"and the ledger has {number}."
            )


def _name(record: Record, account: Mapping[str, Any]) -> str:
    for connected in record.connected.values():
        if connected.id == account["destinationId"]:
            return connected.vendor
        if connected.source_id == account["sourceId"] and not account["destinationId"]:
            return connected.source
    return f"{account['sourceId']}/{account['destinationId']}"


def a_trace_tells_the_whole_life(record: Record) -> Iterator[str]:
    """The trace of a messageId has all that the ledger has of it, and its states are ends."""
    entries_by_message_id = collections.Counter(
        str(entry.get("messageId", "")) for entry in record.entries
    )
    for message_id, trace in record.traces_by_message_id.items():
        found = sum(len(life["timeline"]) for life in trace["events"])
        if found != entries_by_message_id[message_id]:
            yield (
                f'The trace of "{message_id}" has {found} entries, and the ledger '
                f"{entries_by_message_id[message_id]}."
            )
        for life in trace["events"]:
            for state in life["states"]:
                if state["state"] not in {"delivered", "dead"}:
                    yield f'"{message_id}" is {state["state"]} according to its trace.'


CHECKS = (
    what_was_accepted_was_received,
    every_life_is_complete,
    the_balance_is_zero,
    a_trace_tells_the_whole_life,
)
