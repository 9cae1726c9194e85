"""The durable log between the stages, on NATS JetStream.

- `journal`: what the stages store and read.
- `settings`: how large, how long and how patient it is.
- `errors`: what it cannot do at the moment.
- `server`: runs a NATS server as a child process.
- `connection`: the connection to NATS, and one durable append.
- `streams`: what is kept, and why.
- `append`: group commit.
- `keys`: which keys a bucket has.
- `history`: events of a time range, once more.
- `replays`: replays and how far they are.
- `read`: durable readers of events.
- `bundles`: deliveries as messages, several in one.
- `deliveries`: a queue for each connection, and its reader.
- `partly`: what is done of messages that are not finished.
- `dead_letters`: deliveries that were given up.
- `pauses`: connections that send nothing at the moment.
- `follow`: reads for those who keep their own place, and says how far everyone is.
- `outcomes`: outcomes as messages, and the last of them.
- `notices`: problems that browser plugins reported.
- `watch`: how full and how far behind it is, and what is wrong.
- `places`: notices what NATS lost, and keeps places from being given twice.
- `trim`: removes old events that are finished.
- `report`: logs and counts.
"""

from __future__ import annotations

from crossdock.pipeline.journal.deliveries import DeliveryMessage, DeliveryReader
from crossdock.pipeline.journal.errors import (
    JournalBusy,
    JournalError,
    JournalFull,
    JournalNotStarted,
    JournalUnavailable,
)
from crossdock.pipeline.journal.follow import Followed, Progress
from crossdock.pipeline.journal.journal import Journal
from crossdock.pipeline.journal.read import EventBatch
from crossdock.pipeline.journal.settings import JournalSettings
from crossdock.pipeline.journal.watch import disk_full

__all__ = [
    "DeliveryMessage",
    "DeliveryReader",
    "EventBatch",
    "Followed",
    "Journal",
    "JournalBusy",
    "JournalError",
    "JournalFull",
    "JournalNotStarted",
    "JournalSettings",
    "JournalUnavailable",
    "Progress",
    "disk_full",
]
