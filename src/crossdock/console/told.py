"""Lines for people: an event's life, the balance, and entries as they happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crossdock.base.logs import written_out

# What the line or the heading says already, or what is of no use to a person.
_TOLD = frozenset(
    {"at", "step", "sourceId", "messageId", "eventType", "eventName", "destinationId", "outcomeId"}
)
# What takes a line, or several, of its own.
_LONG = ("what", "do", "payload", "request", "answer")
_STATES = ("duplicate", "filtered", "discarded", "routed", "delivered", "dead", "waiting")
# Shown where there are any.
_SELDOM = ("repeated", "unrecorded")


def trace_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the life of each event that carried a messageId."""
    names = answer["names"]
    for number, event in enumerate(answer["events"]):
        if number:
            yield ""
        first = event["timeline"][0]
        name = f' "{first["eventName"]}"' if first.get("eventName") else ""
        yield _line(f"{first.get('eventType', 'event')}{name}  {answer['messageId']}")
        yield f"  source {_named(event['sourceId'] or 'unknown', names)}"
        for entry in event["timeline"]:
            yield from _entry_lines(entry, names)
        for state in event["states"]:
            yield f"  → {_named(state['destinationId'], names)}: {state['state']}"


def tail_line(entry: Mapping[str, Any]) -> str:
    """Return one entry as one line; or how many were left out, because they came too fast."""
    if "count" in entry:
        return f"… {entry['count']} more came too fast to be shown"
    parts = [
        _time(entry),
        f"{entry['step']:<11}",
        entry.get("eventName") or entry.get("eventType", ""),
        entry.get("messageId", ""),
        entry.get("destinationId", ""),
        entry.get("reason", ""),
        entry.get("what", ""),
    ]
    return _line("  ".join(part for part in parts if part))


def balance_lines(balance: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of accounts, and whether they add up."""
    accounts = balance["accounts"]
    seldom = [name for name in _SELDOM if any(account[name] for account in accounts)]
    columns = ["accepted", *_STATES, *seldom]
    head = ["source", "destination", *columns, "missing"]
    names = balance["names"]
    rows = [head, *(_row(account, columns, names) for account in accounts)]
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
            yield f"  {_where(account, names)}: {_missing(account['difference'])}"


def _row(account: Mapping[str, Any], columns: Sequence[str], names: Mapping[str, str]) -> list[str]:
    source_id, destination_id = account["sourceId"], account["destinationId"] or ""
    return [
        names.get(source_id, source_id),
        names.get(destination_id, destination_id),
        *(str(account[column]) for column in columns),
        str(account["difference"]),
    ]


def _entry_lines(entry: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    destination = entry.get("destinationId", "")
    short = [
        _short(key, value) for key, value in entry.items() if key not in _TOLD and key not in _LONG
    ]
    where = [f"→ {names.get(destination, destination)}"] if destination else []
    yield _line(f"  {_time(entry)}  {entry['step']:<11}  {'  '.join([*where, *short])}".rstrip())
    for key in _LONG:
        for number, line in enumerate(str(entry.get(key) or "").splitlines()):
            if line:
                yield _line(f"      {key if number == 0 else '':<8} {line}")


def _line(text: str) -> str:
    """Return the text as one line: a line break in an event's name begins no other entry."""
    return written_out(text).replace("\n", "\\n")


def _short(key: str, value: object) -> str:
    if key == "durationSeconds" and isinstance(value, int | float):
        return f"{1000 * value:.0f} ms"
    return f"{key}={value}"


def _named(given_id: str, names: Mapping[str, str]) -> str:
    return f"{names[given_id]} ({given_id})" if given_id in names else given_id


def _time(entry: Mapping[str, Any]) -> str:
    moment: str = entry["at"]
    date, _, time = moment.partition("T")
    return f"{date} {time[:12].removesuffix('Z'):<12}"


def _where(account: Mapping[str, Any], names: Mapping[str, str]) -> str:
    destination = account["destinationId"]
    source = f"source {_named(account['sourceId'], names)}"
    return f"destination {_named(destination, names)} of {source}" if destination else source


def _missing(difference: int) -> str:
    if difference > 0:
        return f"{difference} accepted and not accounted for"
    return f"{-difference} more than were accepted"
