"""Lines for people: an event's life, the balance, and entries as they happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What the sentence or the heading says already.
_TOLD = frozenset({"at", "step", "what", "do", "sourceId", "messageId", "eventType", "eventName"})
_STATES = ("duplicate", "filtered", "discarded", "routed", "delivered", "dead", "waiting")
# Shown where there are any.
_SELDOM = ("repeated", "unrecorded")


def trace_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the life of each event that carried a messageId."""
    for number, event in enumerate(answer["events"]):
        if number:
            yield ""
        first = event["timeline"][0]
        name = f' "{first["eventName"]}"' if first.get("eventName") else ""
        yield f"{first.get('eventType', 'event')}{name}  {answer['messageId']}"
        yield f"  source {event['sourceId'] or 'unknown'}"
        for entry in event["timeline"]:
            yield from _entry_lines(entry)
        for state in event["states"]:
            yield f"  → {state['destinationId']}: {state['state']}"


def tail_line(entry: Mapping[str, Any]) -> str:
    """Return one entry as one line."""
    parts = [
        _time(entry),
        f"{entry['step']:<11}",
        entry.get("eventName") or entry.get("eventType", ""),
        entry.get("messageId", ""),
        entry.get("destinationId", ""),
        entry.get("reason", ""),
        entry.get("what", ""),
    ]
    return "  ".join(part for part in parts if part)


def balance_lines(balance: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of accounts, and whether they add up."""
    accounts = balance["accounts"]
    seldom = [name for name in _SELDOM if any(account[name] for account in accounts)]
    columns = ["accepted", *_STATES, *seldom]
    head = ["source", "destination", *columns, "missing"]
    rows = [head, *(_row(account, columns) for account in accounts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        yield "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)  # noqa: PLR2004 - two of words.
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
    yield ""
    if not balance["isSettled"]:
        yield "Events are on their way; they count as waiting."
    if balance["missedMessages"]:
        yield (
            f"{balance['missedMessages']} messages of the journal are not in the ledger: they were "
            "removed before it read them. What is missing because of that counts as unrecorded."
        )
    yield "The balance holds." if balance["holds"] else "The balance does not hold:"
    for account in balance["accounts"]:
        if account["difference"]:
            yield f"  {_where(account)}: {_missing(account['difference'])}"


def _row(account: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    return [
        account["sourceId"],
        account["destinationId"] or "",
        *(str(account[column]) for column in columns),
        str(account["difference"]),
    ]


def _entry_lines(entry: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {_time(entry)}  {entry['step']}  {_details(entry)}".rstrip()
    for key in ("what", "do"):
        if entry.get(key):
            yield f"      {entry[key]}"


def _details(entry: Mapping[str, Any]) -> str:
    return "  ".join(f"{key}={value}" for key, value in entry.items() if key not in _TOLD)


def _time(entry: Mapping[str, Any]) -> str:
    moment: str = entry["at"]
    date, _, time = moment.partition("T")
    return f"{date} {time[:12].removesuffix('Z'):<12}"


def _where(account: Mapping[str, Any]) -> str:
    destination = account["destinationId"]
    source = f"source {account['sourceId']}"
    return f"destination {destination} of {source}" if destination else source


def _missing(difference: int) -> str:
    if difference > 0:
        return f"{difference} accepted and not accounted for"
    return f"{-difference} more than were accepted"
