"""Everything that people did and everything known of them, in one DuckDB file.

- `history`: follows the journal, and answers questions; `port` says what it needs.
- `intake`: what some events change: who they are about, what is known, what is added.
- `rows`: what is written, as types.
- `store`: the file, and the only writer of it.
- `people`: questions about one profile or account, and looking for them.
- `vocabulary`: the names that events, properties and traits have had.
- `warehouse`: the tables of Segment's warehouses, as views.
- `sql`: questions of people, in SQL, within bounds.
- `report`: everything that it logs and counts.
"""

from __future__ import annotations

from crossdock.audiences.history.history import History, HistorySettings
from crossdock.audiences.history.people import Found, Page
from crossdock.audiences.history.report import HistoryBusy, HistoryUnavailable, NotAQuestion
from crossdock.audiences.history.sql import Table

__all__ = [
    "Found",
    "History",
    "HistoryBusy",
    "HistorySettings",
    "HistoryUnavailable",
    "NotAQuestion",
    "Page",
    "Table",
]
