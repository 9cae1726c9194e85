"""What became of every event: traces, search, live tail, the balance, and delivery overviews."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from crossdock.base import json
from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here, Parts
from crossdock.control.times import GRAIN_SECONDS, Granularity, check_range, in_utc
from crossdock.control.watching import while_allowed
from crossdock.ledger import (
    Account,
    Counted,
    Entry,
    Missed,
    Overview,
    Standing,
    State,
    TailWanted,
    Wanted,
    standing_after,
)
from crossdock.ledger.entries import RECEIVED, as_mapping, moment
from crossdock.workspace import NotFound, Refused

router = APIRouter(tags=["Ledger"])

LIMIT_MAX = 1000

# What the code calls a connection, the API calls a destination; a mapping, a subscription.
_API_NAMES = {"connection_id": "destinationId", "mapping_id": "subscriptionId"}
# Where a row lies is of no use to anyone outside; where its event lies is: `eventSequence` and
# `eventIndex` put events in the order in which they were accepted.
_INNER = frozenset(
    {"stream", "sequence", "position", "happened_us"}
    | {"subject_id", "message_hash", "subject_hash"}
)

_COLUMNS_BY_GROUP = {
    "eventName": "event_name",
    "eventType": "event_type",
    "discardReason": "reason",
    "subscriptionId": "mapping_id",
    "destinationConfigId": "connection_id",
    "sourceId": "source_id",
}


class StateShape(Shape):
    """Where an event stands with one destination: one for each subscription that took it."""

    destination_id: str
    subscription_id: str | None
    state: State


class LifeShape(Shape):
    """One event of the messageId: where it is, and everything that happened, oldest first."""

    source_id: str
    received_at: dt.datetime | None
    states: list[StateShape]
    timeline: list[dict[str, Any]]


class TraceAnswer(Shape):
    """Every event that carried the messageId: with duplicates there are several."""

    message_id: str
    events: list[LifeShape]
    names: dict[str, str] = Field(description="Of sources and destinations, by id.")


class EntriesAnswer(Shape):
    """Entries, newest first; `next` leads to older ones."""

    entries: list[dict[str, Any]]
    next: str | None


class AccountShape(Shape):
    """The counts of a source, or of one destination of it; `difference` is what is missing.

    `unrecorded` is what the journal had removed before the ledger could read what became of it.
    `repeated` has ended, and lies in the journal still: a crash cut its finish off, and it is
    finished, or attempted once more.
    """

    source_id: str
    destination_id: str | None
    accepted: int
    duplicate: int
    filtered: int
    discarded: int
    routed: int
    delivered: int
    dead: int
    waiting: int
    unrecorded: int
    repeated: int
    difference: int


class BalanceAnswer(Shape):
    """The balance; while events are on their way (`isSettled` false) they count as waiting."""

    holds: bool
    is_settled: bool
    missed_messages: int
    accounts: list[AccountShape]
    names: dict[str, str] = Field(description="Of sources and destinations, by id.")


@router.get("/events/{message_id:path}/trace")
async def trace_event(message_id: str, parts: Here) -> Data[TraceAnswer]:
    """Tell the life of an event."""
    entries = await parts.ledger.trace(message_id)
    if not entries:
        raise NotFound(
            f'The ledger knows no event with the messageId "{message_id[:100]}".',
            do="Check the id; what was just sent shows within a second, and what is older than "
            "the ledger keeps is gone.",
        )
    return Data(
        data=TraceAnswer(message_id=message_id, events=_lives(entries), names=await _names(parts))
    )


@router.get("/ledger")
async def search_ledger(  # noqa: PLR0913 - each is one thing to look for.
    parts: Here,
    *,
    source_id: Annotated[str | None, Query(alias="sourceId")] = None,
    destination_id: Annotated[str | None, Query(alias="destinationId")] = None,
    step: Annotated[str | None, Query(description="Such as received, filtered, delivered.")] = None,
    reason: str | None = None,
    event_name: Annotated[str | None, Query(alias="eventName")] = None,
    event_type: Annotated[str | None, Query(alias="eventType")] = None,
    user_id: Annotated[
        str | None, Query(alias="userId", description="A userId or an anonymousId.")
    ] = None,
    start_time: Annotated[dt.datetime | None, Query(alias="startTime")] = None,
    end_time: Annotated[dt.datetime | None, Query(alias="endTime")] = None,
    cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 100,
) -> Data[EntriesAnswer]:
    """Look for entries, newest first."""
    wanted = Wanted(
        source_id=source_id,
        connection_id=destination_id,
        step=step,
        reason=reason,
        event_name=event_name,
        event_type=event_type,
        user_id=user_id,
        since=in_utc(start_time, "startTime") if start_time else None,
        until=in_utc(end_time, "endTime") if end_time else None,
        cursor=cursor,
        limit=limit,
    )
    try:
        page = await parts.ledger.search(wanted)
    except ValueError as error:
        raise Refused(
            "The cursor is not one that this API gave.",
            do="Send the `next` of the page before, or none for the first page.",
            reason="unusable_cursor",
            field="cursor",
        ) from error
    return Data(
        data=EntriesAnswer(entries=[_entry(entry) for entry in page.entries], next=page.next_cursor)
    )


@router.get("/ledger/tail", response_class=StreamingResponse)
async def tail_ledger(  # noqa: PLR0913 - each is one thing to look for.
    parts: Here,
    *,
    source_id: Annotated[str | None, Query(alias="sourceId")] = None,
    destination_id: Annotated[str | None, Query(alias="destinationId")] = None,
    step: str | None = None,
    event_name: Annotated[str | None, Query(alias="eventName")] = None,
    user_id: Annotated[
        str | None,
        Query(
            alias="userId",
            description="A userId or an anonymousId; only `received` entries name one.",
        ),
    ] = None,
) -> StreamingResponse:
    """Send entries as they are written, as server-sent events.

    Where they come faster than they are taken, `missed` says how many were left out. It ends
    within seconds after the session or token that it was begun with.
    """
    wanted = TailWanted(
        source_id=source_id,
        connection_id=destination_id,
        step=step,
        event_name=event_name,
        user_id=user_id,
    )
    entries = parts.ledger.tail(wanted)

    async def stream() -> AsyncIterator[bytes]:
        yield b"retry: 1000\n: welcome\n\n"
        async for entry in while_allowed(entries, parts):
            if entry is None:
                yield b": still here\n\n"
            elif isinstance(entry, Missed):
                yield b"event: missed\ndata: " + json.encode({"count": entry.count}) + b"\n\n"
            else:
                yield b"event: entry\ndata: " + json.encode(_entry(entry)) + b"\n\n"

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


@router.get("/balance")
async def show_balance(parts: Here) -> Data[BalanceAnswer]:
    """Say whether everything that was accepted is accounted for."""
    balance = await parts.ledger.balance()
    return Data(
        data=BalanceAnswer(
            holds=balance.holds,
            is_settled=balance.is_settled,
            missed_messages=sum(parts.ledger.missed().values()),
            accounts=[_account(account) for account in balance.accounts],
            names=await _names(parts),
        )
    )


@router.get("/delivery-overview/{step}")
async def delivery_overview(  # noqa: PLR0913 - Segment's parameters.
    step: Overview,
    parts: Here,
    *,
    source_id: Annotated[
        str | None, Query(alias="sourceId", description="Left out: of all sources.")
    ] = None,
    start_time: Annotated[dt.datetime, Query(alias="startTime")],
    end_time: Annotated[dt.datetime, Query(alias="endTime")],
    granularity: Granularity,
    destination_config_id: Annotated[str | None, Query(alias="destinationConfigId")] = None,
    group_by: Annotated[
        list[str] | None,
        Query(alias="groupBy", description=", ".join(_COLUMNS_BY_GROUP)),
    ] = None,
) -> Data[dict[str, Any]]:
    """Count the events that got to a step of their way, as Segment's delivery overview does.

    Where there is not room for all groups, `isWhole` is false, and the smallest are left out.
    """
    since, until = in_utc(start_time, "startTime"), in_utc(end_time, "endTime")
    check_range(since, until, granularity)
    groups = [name.strip() for given in group_by or [] for name in given.split(",")]
    unknown = sorted(set(groups) - set(_COLUMNS_BY_GROUP))
    if unknown:
        raise Refused(
            f'"{unknown[0][:50]}" is nothing to group by.',
            do=f"Use some of {', '.join(_COLUMNS_BY_GROUP)}.",
            reason="unknown_group",
            field="groupBy",
        )
    names_by_column = {_COLUMNS_BY_GROUP[name]: name for name in groups}
    counts = await parts.ledger.overview(
        step,
        Wanted(
            source_id=source_id,
            connection_id=destination_config_id,
            since=since,
            until=until,
        ),
        grain_seconds=GRAIN_SECONDS[granularity],
        group_by=list(names_by_column),
    )
    dataset = _dataset(counts.counted, names_by_column, step)
    answer: dict[str, Any] = {"dataset": dataset}
    return Data(data=answer if counts.is_whole else {**answer, "isWhole": False})


async def _names(parts: Parts) -> dict[str, str]:
    workspace = await asyncio.to_thread(parts.store.load)
    names: dict[str, str] = {source.id: source.name for source in workspace.sources}
    return names | {connection.id: connection.name for connection in workspace.connections}


def _lives(entries: Sequence[Entry]) -> list[LifeShape]:
    """Share the entries of one messageId out over the events that carried it."""
    lives: dict[tuple[int, int] | None, list[Entry]] = {}
    for entry in entries:
        place = (entry.event_sequence, entry.event_index) if entry.event_sequence else None
        lives.setdefault(place, []).append(entry)
    return [_life(life) for life in lives.values()]


def _life(entries: Sequence[Entry]) -> LifeShape:
    states: dict[tuple[str, str], StateShape] = {}
    standings: dict[tuple[str, str], Standing] = {}
    for entry in entries:
        if not entry.connection_id:
            continue
        subject = entry.connection_id, entry.subject_id
        standing = standing_after(standings.get(subject), entry)
        if standing is not None:
            standings[subject] = standing
            states[subject] = StateShape(
                destination_id=entry.connection_id,
                subscription_id=entry.mapping_id,
                state=standing.state,
            )
    first = entries[0]
    return LifeShape(
        source_id=first.source_id,
        received_at=next((_at(one) for one in entries if one.step == RECEIVED), None),
        states=list(states.values()),
        timeline=[_entry(entry) for entry in entries],
    )


def _entry(entry: Entry) -> dict[str, Any]:
    said = {key: value for key, value in as_mapping(entry).items() if key not in _INNER}
    shape: dict[str, Any] = {"at": _at(entry)}
    for key, value in said.items():
        if value is not None and value not in ("", 0):
            first, *rest = key.split("_")
            name = _API_NAMES.get(key) or first + "".join(word.capitalize() for word in rest)
            shape[name] = value
    return shape


def _at(entry: Entry) -> dt.datetime:
    return moment(entry.happened_us)


def _account(account: Account) -> AccountShape:
    counts = {state.value: account.counts.get(state, 0) for state in State}
    return AccountShape(
        source_id=account.source_id,
        destination_id=account.connection_id or None,
        repeated=account.repeated,
        difference=account.difference,
        **counts,
    )


def _dataset(
    counted: Sequence[Counted], names_by_column: Mapping[str, str], step: Overview
) -> list[dict[str, Any]]:
    """Return one series for each group, the largest first."""
    sets: dict[tuple[str | None, ...], dict[str, Any]] = {}
    for one in counted:
        key = tuple(one.group.values())
        if key not in sets:
            named = {names_by_column[column]: value for column, value in one.group.items()}
            sets[key] = {**named, "total": 0, "series": []}
        found = sets[key]
        found["total"] += one.count
        point: dict[str, Any] = {"time": moment(one.time_us), "count": one.count}
        if step in {Overview.SUCCESSFUL_DELIVERY, Overview.FAILED_DELIVERY}:
            point["retryCount"] = one.retry_count
        found["series"].append(point)
    return sorted(sets.values(), key=lambda found: -found["total"])
