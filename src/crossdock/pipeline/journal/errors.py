"""What the journal cannot do at the moment, and what the one who asked does about it.

CrossdockError
└── JournalError
    ├── JournalBusy         more is waiting than it may hold      → answer 429, ask again
    ├── JournalFull         the disk or the stream is full        → answer 503, ask again later
    ├── JournalUnavailable  it does not answer                    → answer 503, ask again
    └── JournalNotStarted   it cannot be opened                   → tell the operator
"""

from __future__ import annotations

from typing import ClassVar

from crossdock.base.errors import CrossdockError


class JournalError(CrossdockError):
    """Nothing could be stored or read.

    Attributes:
        retry_after_seconds: When it is worth asking again; whole seconds.
    """

    code: ClassVar[str] = "journal_error"
    retry_after_seconds: ClassVar[int] = 1


class JournalBusy(JournalError):
    """More is waiting to be appended than may wait."""

    code: ClassVar[str] = "journal_busy"

    def __init__(self) -> None:
        super().__init__(
            "More events are arriving than can be stored.", do="Send them again in a second."
        )


class JournalFull(JournalError):
    """There is no room; nothing was stored. It recovers by itself when there is."""

    code: ClassVar[str] = "journal_full"
    retry_after_seconds: ClassVar[int] = 10

    def __init__(self, stream: str) -> None:
        super().__init__(
            f'There is no room in the journal\'s stream "{stream}".',
            do="Free disk space or allow the journal more; nothing that was accepted is lost.",
        )


class JournalUnavailable(JournalError):
    """The journal does not answer; whether it stored anything is not known."""

    code: ClassVar[str] = "journal_unavailable"

    def __init__(self) -> None:
        super().__init__("The journal does not answer.", do="Send the events again in a second.")


class JournalNotStarted(JournalError):
    """The journal cannot be opened."""

    code: ClassVar[str] = "journal_not_started"
