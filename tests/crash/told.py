"""Holds what a vendor was told of audiences against who is in them. Pure."""

from __future__ import annotations

import collections
import datetime as dt
from collections.abc import Iterator, Mapping

from tests.crash import account
from tests.crash.engaged import COUNT_MIN, COUNTED, COUNTED_EVENT, FLIPPED, VENDOR
from tests.crash.record import Record

_NEAR = dt.timedelta(milliseconds=5)
# By more, a clock has been turned back.
_AHEAD = dt.timedelta(seconds=5)
Told = tuple[str, bool]
"""A messageId, and the value that it tells."""


def everybody_is_told_once_and_then_of_changes_only(record: Record) -> Iterator[str]:
    """Of each person and audience comes true first, and then never the same value twice."""
    for (person, key), told in _told(record).items():
        values = [value for _, value in told]
        expected = [index % 2 == 0 for index in range(len(values))]
        if values != expected:
            ids = ", ".join(message_id for message_id, _ in told)
            yield f"{VENDOR} was told of {person} and {key}: {values} ({ids})."


def what_was_told_last_is_so(record: Record) -> Iterator[str]:
    """The last value that was told says whether somebody is in the audience at the end."""
    told = _told(record)
    died = account.died(record, record.engaged) if record.engaged else set()
    for key, members in record.members_by_key.items():
        last = {person: found[-1] for (person, of), found in told.items() if of == key}
        mixed = {
            person
            for (person, of), found in told.items()
            # What died and was sent again came behind what followed it.
            if of == key and any(message_id in died for message_id, _ in found)
        }
        inside = {person for person, (_, value) in last.items() if value}
        for person in (inside ^ members) - mixed:
            yield (
                f"{person} is{'' if person in members else ' not'} in {key}, and {VENDOR} was told "
                f"last: {last.get(person)}."
            )


def who_is_in_is_who_should_be(record: Record) -> Iterator[str]:
    """An audience is what its definition makes of the events that were accepted."""
    if record.members_by_key.keys() != record.audiences.keys():
        yield "It is not known who is in the audiences."
        return
    if not record.audiences:
        return
    expected = {COUNTED: _counted(record), FLIPPED: _flipped(record)}
    for key, members in record.members_by_key.items():
        for person, is_in in expected[key].items():
            if is_in is not (person in members):
                yield f"{person} should{'' if is_in else ' not'} be in {key}."
        for person in members - expected[key].keys():
            # Who is not expected to be known was not told apart.
            if key == COUNTED:
                yield f"{person} is in {key}, and did nothing."


def _told(record: Record) -> Mapping[tuple[str, str], list[Told]]:
    """Return what was told of each person and audience, in the order of the first attempts."""
    found: dict[tuple[str, str], dict[str, bool]] = collections.defaultdict(dict)
    for receipt in record.receipts:
        if receipt.vendor == VENDOR:
            traits = receipt.message.get("traits", {})
            for key in record.audiences:
                if key in traits:
                    person = str(receipt.message.get("userId"))
                    found[person, key].setdefault(receipt.message_id, traits[key])
    return {place: list(told.items()) for place, told in found.items()}


def _accepted(record: Record) -> Mapping[str, list[dt.datetime]]:
    """Return when each event was accepted, by messageId; more than once if it was sent again."""
    found = collections.defaultdict(list)
    for entry in record.entries:
        if entry["step"] == "received":
            found[str(entry.get("messageId", ""))].append(dt.datetime.fromisoformat(entry["at"]))
    return found


def _counted(record: Record) -> Mapping[str, bool]:
    counts = collections.Counter(
        sent.person
        for message_id in _accepted(record)
        if (sent := record.sent_by_id.get(message_id)) is not None
        and sent.message.get("event") == COUNTED_EVENT
    )
    return {person: count >= COUNT_MIN for person, count in counts.items()}


def _flipped(record: Record) -> Mapping[str, bool]:
    """Return what each person's trait is, where that is clear: what was said at the latest moment.

    What was said when the clock was ahead, and has been turned back since, is not later than what
    is said now. So they are looked at in the order sent, which is that of nobody's clock: of one
    person one request follows the other.
    """
    latest: dict[str, tuple[dt.datetime, bool]] = {}
    unclear = set()
    moments = _accepted(record)
    for sent in record.sent_by_id.values():
        if sent.message["type"] != "identify" or sent.message_id not in moments:
            continue
        # Of several the first counts, which a clock that was turned does not tell.
        at, last = min(moments[sent.message_id]), max(moments[sent.message_id])
        before = latest.get(sent.person)
        if last - at > _AHEAD:
            unclear.add(sent.person)
        elif before is None or not at < before[0] <= at + _AHEAD:
            latest[sent.person] = at, sent.message["traits"]["flips"]
        elif before[0] - at <= _NEAR:
            unclear.add(sent.person)
    return {person: value for person, (_, value) in latest.items() if person not in unclear}


CHECKS = (
    everybody_is_told_once_and_then_of_changes_only,
    what_was_told_last_is_so,
    who_is_in_is_who_should_be,
)
