"""Holds what was delivered against what the owner asked for: editions, absences, replays. Pure."""

from __future__ import annotations

import collections
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from tests.crash.editor import EDITED, REPLAYED_EVENT
from tests.crash.record import Changed, ChangeKind, Happened, Record, Sent, Verdict

# An event that was answered so long before a change is decided by then, if nothing is in the way.
_DECIDED_SECONDS = 5.0
_OFF = (ChangeKind.DISABLE, ChangeKind.DELETE)
_ON = (ChangeKind.CREATE, ChangeKind.ENABLE)


def an_edition_begins_when_it_is_answered(record: Record) -> Iterator[str]:
    """What is sent after a mapping was saved is mapped by it, and nothing before it was wanted."""
    editions = record.changes_of(EDITED, ChangeKind.EDIT)
    began = {one.edition: one.began_at for one in editions}
    for receipt in record.receipts:
        sent = record.sent_by_id.get(receipt.message_id)
        if receipt.vendor != EDITED or sent is None:
            continue
        edition = int(receipt.message.get("edition", 0))
        due = max((one.edition for one in editions if one.ended_at < sent.began_at), default=0)
        if edition < due:
            yield f'"{sent.message_id}" of edition {edition} was sent after {due} was saved.'
        if edition and began[edition] > receipt.at:
            yield f'"{sent.message_id}" is of edition {edition} before there was one.'


def a_connection_gets_what_comes_while_it_is_there(record: Record) -> Iterator[str]:
    """A connection that is there for some seconds gets what comes then; one that is not, nothing.

    Said only of times without a fault: in one an event can wait to be decided for long.
    """
    mapped = {
        str(entry["messageId"])
        for entry in record.entries
        if entry["step"] == "mapped"
        and entry.get("destinationId") in {one.id for one in record.edited}
    }
    for is_there, began_at, ended_at in _times(record.changes_of(EDITED, *_OFF, *_ON)):
        for sent in record.sent_by_id.values():
            if (
                sent.source == "backend"
                and sent.verdict is Verdict.ACKNOWLEDGED
                and began_at <= sent.began_at
                and sent.ended_at + _DECIDED_SECONDS <= ended_at
                and not _is_disturbed(record.faults, sent)
                and (sent.message_id in mapped) is not is_there
            ):
                seconds = sent.ended_at - record.began_at
                yield (
                    f'"{sent.message_id}" of {seconds:.3f} is '
                    f"{'missing' if is_there else 'there'} at {EDITED}, which was "
                    f"{'there' if is_there else 'away'}."
                )


def _times(changes: list[Changed]) -> Iterator[tuple[bool, float, float]]:
    """Yield from when to when it was surely there, or surely not."""
    for index, change in enumerate(changes):
        ends_at = changes[index + 1].began_at if index + 1 < len(changes) else float("inf")
        yield change.kind in _ON, change.ended_at, ends_at


def _is_disturbed(faults: list[Happened], sent: Sent) -> bool:
    until = sent.ended_at + _DECIDED_SECONDS
    return any(
        fault.began_at <= until and fault.ended_at + _DECIDED_SECONDS >= sent.began_at
        for fault in faults
    )


def a_replay_is_of_all_and_of_nothing_else(record: Record) -> Iterator[str]:
    """Each event of the time and of that name is in a replay once, and it ends as it should."""
    received = collections.defaultdict(list)
    duplicates = collections.Counter(
        str(entry.get("messageId", "")) for entry in record.entries if entry["step"] == "duplicate"
    )
    removed = record.removed()
    for entry in record.entries:
        if entry["step"] == "received" and entry.get("eventName") == REPLAYED_EVENT:
            received[entry["sourceId"]].append(entry)
    asked_at = {one.replay_id: one.began_at for one in record.changes}
    for replay in record.replays:
        if replay["state"] != "done":
            yield f"Replay {replay['id']} is {replay['state']}: {replay['what']}"
            continue
        start, end = _moment(replay["startTime"]), _moment(replay["endTime"])
        # Which of several came first cannot be told from here. What comes after a replay began is
        # not in it, also if a clock that was turned back says that it came before.
        inside = {
            str(entry["messageId"])
            for entry in received[replay["sourceId"]]
            if start <= _moment(entry["at"]) < end
            and not duplicates[str(entry["messageId"])]
            and str(entry["messageId"]) not in removed
            and _ended_at(record, entry) < asked_at.get(replay["id"], 0.0)
        }
        got = collections.Counter(
            str(entry["messageId"])
            for entry in record.entries
            if entry.get("replayId") == replay["id"] and entry["step"] == "mapped"
        )
        for message_id in inside - got.keys():
            yield f'Replay {replay["id"]} has left "{message_id}" out.'
        for message_id, count in got.items():
            sent = record.sent_by_id.get(message_id)
            if count > 1:
                yield f'Replay {replay["id"]} has "{message_id}" {count} times.'
            if sent is None or sent.message.get("event") != REPLAYED_EVENT:
                yield f'Replay {replay["id"]} has "{message_id}", which it should not.'


def _ended_at(record: Record, entry: Mapping[str, Any]) -> float:
    sent = record.sent_by_id.get(str(entry["messageId"]))
    return float("inf") if sent is None else sent.ended_at


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


CHECKS = (
    an_edition_begins_when_it_is_answered,
    a_connection_gets_what_comes_while_it_is_there,
    a_replay_is_of_all_and_of_nothing_else,
)
