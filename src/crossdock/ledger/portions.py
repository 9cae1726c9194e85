"""What is decoded and written at a time: one transaction, in the thread that writes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from crossdock.events import Envelope, Outcome
from crossdock.ledger import report
from crossdock.ledger.entries import Entry, Stream, of_outcomes, received
from crossdock.ledger.port import Followed
from crossdock.ledger.store import Place, Store

Item = TypeVar("Item")

# Some thousand events. A row costs half in large portions: what was opened and closed within one
# is written once.
PORTION_BYTES_MAX = 4 * 1024**2


def add_events(store: Store, messages: Sequence[Followed[Envelope]]) -> Sequence[Entry]:
    """Write down accepted events, and return their entries."""
    entries = [
        entry for message in messages for entry in received(message.sequence, message.items())
    ]
    store.add_events(entries, _place(store, Stream.EVENTS, messages))
    return entries


def add_outcomes(store: Store, messages: Sequence[Followed[Outcome]]) -> Sequence[Entry]:
    """Write down outcomes, and return the entries of those that were new."""
    entries = [
        entry for message in messages for entry in of_outcomes(message.sequence, message.items())
    ]
    return store.add_outcomes(entries, _place(store, Stream.OUTCOMES, messages))


def _place(store: Store, stream: Stream, messages: Sequence[Followed[object]]) -> Place:
    before = store.places[stream]
    first, last = messages[0].sequence, messages[-1].sequence
    # A stream that was made anew begins at 1 again.
    missed = max(0, first - before.sequence - 1)
    if missed:
        report.missed(stream.name.lower(), messages=missed)
    return dataclasses.replace(
        before,
        sequence=last,
        missed=before.missed + missed,
        newest=before.newest if first > before.sequence else Place().newest,
    )
