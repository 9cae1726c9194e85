"""A delivery overview counts what a person with a pencil would count."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.ledger import Overview, Wanted, queries
from crossdock.ledger.entries import Entry, Stream, hash_of, microseconds
from crossdock.ledger.store import Place, Store
from tests.ledger.builders import NOON

SINCE, UNTIL = NOON, NOON + dt.timedelta(hours=48)
WANTED = Wanted(source_id="shop", since=SINCE, until=UNTIL)
GROUPS = ("event_name", "event_type", "reason", "mapping_id")

STEPS = (
    *("received", "discarded", "duplicate", "filtered", "mapped", "waiting", "delivered"),
    *("rejected", "dead", "needs_attention", "sent_again"),
)
FAILURES = {"rejected", "discarded", "failed", "dead", "needs_attention"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ledger")


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    step = draw(st.sampled_from(STEPS))
    is_of_connection = step not in {"received", "duplicate"} and draw(st.booleans())
    number = draw(st.integers(0, 5))
    subject_id = f"{number + 1}-0-map" if is_of_connection else ""
    return Entry(
        stream=Stream.OUTCOMES,
        sequence=1,
        position=0,
        happened_us=microseconds(SINCE) + draw(st.integers(-(10**10), 2 * 10**11)),
        step=step,
        source_id=draw(st.sampled_from(["shop", "app"])),
        connection_id=draw(st.sampled_from(["ripe", "ramen"])) if is_of_connection else None,
        mapping_id="map" if is_of_connection else None,
        message_id=f"m{number}",
        event_type=draw(st.sampled_from(["track", "page"])),
        event_name=draw(st.sampled_from(["Order Completed", "Übung", None])),
        event_sequence=number + 1,
        subject_id=subject_id,
        subject_hash=hash_of(subject_id),
        reason=draw(st.sampled_from(["", "filter", "dead_letter_discarded"])),
        attempt=draw(st.integers(0, 3)),
    )


def got_to(step: Overview, entry: Entry) -> bool:
    """Return whether it counts, in Segment's words for each step."""
    at_source = entry.connection_id is None
    match step:
        case Overview.SUCCESSFULLY_RECEIVED:
            return entry.step == "received"
        case Overview.FAILED_ON_INGEST:
            return entry.step == "discarded" and at_source
        case Overview.FILTERED_AT_SOURCE:
            return entry.step in {"filtered", "duplicate"} and at_source
        case Overview.FILTERED_AT_DESTINATION:
            return entry.step in {"filtered", "duplicate"} and not at_source
        case Overview.FAILED_DELIVERY:
            is_by_hand = entry.reason == "dead_letter_discarded"
            return entry.step in FAILURES and not at_source and not is_by_hand
        case Overview.SUCCESSFUL_DELIVERY:
            return entry.step == "delivered"


def counted_by_hand(
    step: Overview, all_entries: Sequence[Entry], grain_seconds: int, group_by: Sequence[str]
) -> Iterator[tuple[object, ...]]:
    found: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    for entry in all_entries:
        is_in_time = microseconds(SINCE) <= entry.happened_us < microseconds(UNTIL)
        if entry.source_id == "shop" and is_in_time and got_to(step, entry):
            grain_us = grain_seconds * 1_000_000
            time_us = entry.happened_us // grain_us * grain_us
            found[*(getattr(entry, group) for group in group_by), time_us].append(entry)
    for key, some in found.items():
        is_distinct = step is Overview.FAILED_DELIVERY
        deliveries = {(one.subject_id, one.event_sequence) for one in some}
        retries = sum(max(one.attempt, 1) - 1 for one in some)
        yield (*key, len(deliveries) if is_distinct else len(some), retries)


def told_apart(all_entries: Sequence[Entry]) -> list[Entry]:
    """Return them as different outcomes: the same told twice would count once."""
    return [
        msgspec.structs.replace(entry, position=position, outcome_id=f"{position}")
        for position, entry in enumerate(all_entries)
    ]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(entries(), max_size=40),
    st.sampled_from(list(Overview)),
    st.sampled_from([60, 3600, 86_400]),
    st.lists(st.sampled_from(GROUPS), unique=True),
)
def test_every_step_grain_and_group_is_counted_as_by_hand(
    folder: Path, all_entries: list[Entry], step: Overview, grain_seconds: int, group_by: list[str]
) -> None:
    (folder / "ledger.duckdb").unlink(missing_ok=True)
    store = Store(folder / "ledger.duckdb", memory_bytes_max=64 * 1024**2)
    written = store.add_outcomes(told_apart(all_entries), Place(1))
    cursor = store.cursor()

    counts = queries.overview(cursor, step, WANTED, grain_seconds=grain_seconds, group_by=group_by)
    cursor.close()
    store.close()

    found = {
        (*one.group.values(), one.time_us, one.count, one.retry_count) for one in counts.counted
    }
    assert counts.is_whole
    assert found == set(counted_by_hand(step, written, grain_seconds, group_by))


@pytest.mark.parametrize("room", [100, 101, 119, 120])
def test_where_there_is_no_room_for_all_the_largest_groups_are_there_as_a_whole(
    tmp_path: Path, room: int
) -> None:
    hour_us = 3600 * 1_000_000
    received = [
        Entry(
            stream=Stream.EVENTS,
            sequence=1,
            position=0,
            happened_us=microseconds(SINCE) + hour * hour_us,
            step="received",
            source_id="shop",
            event_name=name,
        )
        for name, times in [("a", 1), (None, 2), ("z", 3)]
        for hour in range(40)
        for _ in range(times)
    ]
    store = Store(tmp_path / "ledger.duckdb", memory_bytes_max=64 * 1024**2)
    store.add_events(received, Place(1))
    cursor = store.cursor()

    counts = queries.overview(
        cursor,
        Overview.SUCCESSFULLY_RECEIVED,
        WANTED,
        grain_seconds=3600,
        group_by=["event_name"],
        counts_max=room,
    )
    cursor.close()
    store.close()

    names = ["z"] * 40 + [None] * 40 + (["a"] * 40 if room == 120 else [])
    assert [one.group["event_name"] for one in counts.counted] == names
    assert counts.is_whole == (room == 120)
