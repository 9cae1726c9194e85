"""What the ledger tells when it cannot keep up. The pipeline goes on all the same."""

from __future__ import annotations

from crossdock.base.problems import Problem

FAILING = Problem(
    code="ledger_failing",
    what="The ledger cannot write; what happens meanwhile waits in the journal.",
    do="Look at the disk. It tries again by itself, and catches up.",
)
BEHIND = Problem(
    code="ledger_behind",
    what="The ledger is far behind the journal; if it falls further, events go unrecorded.",
    do="Give the machine a faster disk or processor, or the journal more room.",
)
DIFFERS = Problem(
    code="balance_differs",
    what="The balance does not add up: something that was accepted is nowhere.",
    do="See `crossdock balance`, and look for it in the log; a damaged disk is a usual reason.",
)
