"""How a delivery can fail. There are three ways, and each asks something else of the pipeline.

CrossdockError
└── DeliveryFailed
    ├── RetryLater       the same payload may succeed later     → send tries again
    ├── Rejected         this payload will never be accepted    → dead letter, next payload
    └── NeedsAttention   no payload will be, until someone acts → pause, tell the owner
"""

from __future__ import annotations

from typing import ClassVar

from crossdock.base.errors import CrossdockError


class DeliveryFailed(CrossdockError):
    """A destination did not take a payload.

    Attributes:
        reason: Segment's word for it, as in `errors.discarded.400` or `errors.awaiting-retry.5xx`.
        status: The HTTP status it answered, if it answered.
        answer_body: What else it answered, for whoever looks at the attempt; within the kit's
            bound.
    """

    code: ClassVar[str] = "delivery_failed"

    def __init__(self, what: str, *, do: str, reason: str, status: int | None = None) -> None:
        super().__init__(what, do=do)
        self.reason = reason
        self.status = status
        self.answer_body = b""


class RetryLater(DeliveryFailed):
    """The same payload may succeed later.

    Attributes:
        after_seconds: The wait that the destination asked for, if it did.
    """

    code: ClassVar[str] = "retry_later"

    def __init__(
        self,
        what: str,
        *,
        do: str = "Wait: the delivery is tried again.",
        reason: str = "errors.awaiting-retry.5xx",
        status: int | None = None,
        after_seconds: float | None = None,
    ) -> None:
        super().__init__(what, do=do, reason=reason, status=status)
        self.after_seconds = after_seconds


class Rejected(DeliveryFailed):
    """This payload will never be accepted; others may be."""

    code: ClassVar[str] = "rejected"

    def __init__(
        self,
        what: str,
        *,
        do: str,
        reason: str = "errors.discarded.MESSAGE_REJECTED",
        status: int | None = None,
    ) -> None:
        super().__init__(what, do=do, reason=reason, status=status)


class NeedsAttention(DeliveryFailed):
    """No payload will be accepted until someone acts: a wrong key, a wrong address."""

    code: ClassVar[str] = "needs_attention"

    def __init__(
        self,
        what: str,
        *,
        do: str,
        reason: str = "errors.discarded.INVALID_SETTINGS",
        status: int | None = None,
    ) -> None:
        super().__init__(what, do=do, reason=reason, status=status)
