"""What became of every event, kept for weeks and found in a moment.

- `entries`: rows of what the journal holds.
- `standing`: where each delivery stands after what happened to it.
- `balance`: whether everything that was accepted is accounted for.
- `store`: the DuckDB file, and the only writer of it.
- `queries`, `volumes`: what can be asked.
- `tail`: entries as they are written.
- `portions`: what is written at a time.
- `ledger`: follows the journal; `port` says what it needs of it.
- `problems`: what it tells when it cannot keep up.
- `report`: everything that the ledger logs and counts.
"""

from __future__ import annotations

from crossdock.ledger.balance import Account, Balance
from crossdock.ledger.entries import Entry
from crossdock.ledger.ledger import Ledger, LedgerSettings
from crossdock.ledger.queries import Counted, Counts, Durations, Overview, Page, Wanted
from crossdock.ledger.report import LedgerBusy, LedgerUnavailable
from crossdock.ledger.standing import Standing, State, standing_after
from crossdock.ledger.tail import Missed, TailWanted
from crossdock.ledger.volumes import Volume

__all__ = [
    "Account",
    "Balance",
    "Counted",
    "Counts",
    "Durations",
    "Entry",
    "Ledger",
    "LedgerBusy",
    "LedgerSettings",
    "LedgerUnavailable",
    "Missed",
    "Overview",
    "Page",
    "Standing",
    "State",
    "TailWanted",
    "Volume",
    "Wanted",
    "standing_after",
]
