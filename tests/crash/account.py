"""Holds what the server says of itself against what was seen from outside: ledger and balance.

Pure, as the rest of the oracle, which runs these checks.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.crash.editor import EDITED
from tests.crash.plan import TAKING, Behaviour
from tests.crash.record import ChangeKind, Connected, Record, Verdict

Entry = Mapping[str, Any]

_ENDS = frozenset({"delivered", "rejected", "dead"})
_ATTEMPTS = _ENDS | {"waiting", "needs_attention"}
# Who answers so cannot have been said to have taken it, nor to have refused it for good.
_ANSWERS_BY_END: Mapping[str, frozenset[Behaviour]] = {
    "delivered": TAKING,
    "rejected": frozenset({Behaviour.REJECT}),
}
# Why a delivery is dropped that is under way when its connection goes.
_DROPPED = frozenset({"connection_deleted", "connection_disabled"})
RETRY = ChangeKind.RETRY


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
    """For each connection of its source an event is mapped, attempted 1, 2, 3 … times, and ends.

    Whether a connection that is edited wants it is another matter; what it was mapped for ends.
    """
    lives = _lives(record)
    received = {
        (entry["sourceId"], str(entry.get("messageId", "")))
        for entry in record.entries
        if entry["step"] == "received"
    }
    receipts: dict[tuple[str, str, str], list[Behaviour]] = collections.defaultdict(list)
    for receipt in record.receipts:
        place = receipt.vendor, receipt.message_id, receipt.replay_id
        receipts[place].append(receipt.behaviour)
    for connected in record.steady:
        for source_id, message_id in received:
            if source_id == connected.source_id:
                lives.setdefault((connected.id, message_id, ""), [])
    vendors = {one.id: one.vendor for one in (*record.steady, *record.edited)}
    sources = {one.id: one.source_id for one in (*record.steady, *record.edited)}
    removed = record.removed()
    for (connection_id, message_id, replay_id), life in lives.items():
        vendor = vendors.get(connection_id, connection_id)
        if (sources.get(connection_id), message_id) not in received:
            yield f'The ledger has "{message_id}" for {vendor}, and never received it.'
            continue
        answers = receipts[vendor, message_id, replay_id]
        is_gone = bool(replay_id) and message_id in removed
        for wrong in _wrong(record, vendor, life, answers, is_gone=is_gone):
            of = f" in replay {replay_id}" if replay_id else ""
            yield f'The life of "{message_id}" at {vendor}{of}: {wrong}.'


def _lives(record: Record) -> dict[tuple[str, str, str], list[Entry]]:
    """Return what the ledger says of each event, by connection, messageId and replay."""
    lives: dict[tuple[str, str, str], list[Entry]] = collections.defaultdict(list)
    for entry in record.entries:
        if "destinationId" in entry:
            message_id = str(entry.get("messageId", ""))
            place = entry["destinationId"], message_id, entry.get("replayId", "")
            lives[place].append(entry)
    return lives


def _wrong(
    record: Record,
    vendor: str,
    life: Sequence[Entry],
    answers: Sequence[Behaviour],
    *,
    is_gone: bool,
) -> Iterator[str]:
    steps = [entry["step"] for entry in life]
    ends = [entry for entry in life if entry["step"] in _ENDS or _is_dropped(entry)]
    attempts = sorted(
        entry.get("attempt", 0)
        for entry in life
        # What was given up without an attempt has the number of the last one.
        if entry["step"] in _ATTEMPTS and "durationSeconds" in entry
    )
    # A delivery can be made, and after a crash be decided anew, by a workspace that has it no more.
    # A replay cannot decide anew what had to make room meanwhile.
    is_untold = "mapped" not in steps and (vendor == EDITED or is_gone)
    if steps.count("mapped") != 1 and not is_untold:
        yield f"it was mapped {steps.count('mapped')} times"
    # Asked for again, as the first answer was lost, it is told of again: each ends one death. A
    # crash can leave a letter of a death that was not told of: that was attempted once more.
    undone = {_death_of(entry) for entry in life if entry["step"] == "sent_again"}
    repeats = len(undone.intersection(entry.get("outcomeId") for entry in ends))
    cut_off = len([one for one in record.changes_of(vendor, RETRY) if not one.is_answered])
    if not 1 <= len(ends) - repeats <= 1 + cut_off:
        yield f"it has {len(ends)} ends ({', '.join(steps)})"
        return
    if attempts != list(range(1, len(attempts) + 1)):
        yield f"its attempts are numbered {attempts}"
    if len(attempts) > len(answers):
        yield f"{len(attempts)} attempts are recorded, and {len(answers)} were made"
    for end in ends:
        if end["step"] == "dead":
            if not record.is_turned_by_days:
                yield "it was given up, and no day has gone by"
        elif not _is_dropped(end) and not _ANSWERS_BY_END[end["step"]].intersection(answers):
            answered = ", ".join(one.value for one in answers)
            yield f"it is {end['step']}, and was answered: {answered}"
        elif _is_dropped(end) and vendor != EDITED:
            yield f"it was dropped: {end['reason']}"


def _death_of(entry: Entry) -> str:
    """Return the id of the outcome that was undone when a dead letter was sent again."""
    return str(entry.get("outcomeId", "")).removesuffix("-again")


def _is_dropped(entry: Entry) -> bool:
    """Return whether a delivery was dropped, as its connection was not there any more."""
    return entry["step"] == "filtered" and entry.get("reason") in _DROPPED


def _is_discarded(life: Sequence[Entry]) -> bool:
    return any(entry.get("reason") == "dead_letter_discarded" for entry in life)


def discarded(record: Record) -> set[tuple[str, str]]:
    """Return what the owner discarded when it was dead, as vendor and messageId.

    Where there was no answer, the letter may be gone, and its end the last that is known.
    """
    vendors = {one.id: one.vendor for one in (*record.steady, *record.edited)}
    in_doubt = {
        vendor
        for vendor in vendors.values()
        if any(not one.is_answered for one in record.changes_of(vendor, ChangeKind.DISCARD))
    }
    found = set()
    for (connection_id, message_id, replay_id), life in _lives(record).items():
        vendor = vendors.get(connection_id, "")
        if not replay_id and (
            _is_discarded(life) or (vendor in in_doubt and _state_of(life) == "dead")
        ):
            found.add((vendor, message_id))
    return found


def died(record: Record, connected: Connected) -> set[str]:
    """Return the messageIds of what was a dead letter of a connection."""
    return {
        str(entry["messageId"])
        for entry in record.entries
        if entry.get("destinationId") == connected.id and entry["step"] in {"rejected", "dead"}
    }


def _state_of(life: Sequence[Entry]) -> str:
    """Return where it stands at the end, in the words of the balance."""
    steps = [entry["step"] for entry in life]
    if "delivered" in steps:
        return "delivered"
    if _is_discarded(life):
        return "discarded"
    if any(_is_dropped(entry) for entry in life):
        return "filtered"
    return "dead" if {"rejected", "dead"}.intersection(steps) else "waiting"


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
    for connected in record.steady:
        yield from _miscounted(record, connected, accounts_by_id.get(connected.id, {}))


def _miscounted(record: Record, connected: Connected, account: Mapping[str, Any]) -> Iterator[str]:
    lives = [life for place, life in _lives(record).items() if place[0] == connected.id]
    states = collections.Counter(_state_of(life) for life in lives)
    for state, number in (
        ("accepted", len(lives)),
        ("delivered", states["delivered"]),
        ("dead", states["dead"]),
        ("discarded", states["discarded"]),
    ):
        if account.get(state, 0) != number:
            yield (
                f"The balance says that {account.get(state, 0)} are {state} at {connected.vendor}, "
                f"and the ledger has {number}."
            )


def _name(record: Record, account: Mapping[str, Any]) -> str:
    for connected in (*record.steady, *record.edited):
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
                if state["state"] not in {"delivered", "dead", "discarded", "filtered"}:
                    yield f'"{message_id}" is {state["state"]} according to its trace.'


CHECKS = (
    what_was_accepted_was_received,
    every_life_is_complete,
    the_balance_is_zero,
    a_trace_tells_the_whole_life,
)
