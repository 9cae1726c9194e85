"""Why somebody may not.

CrossdockError
├── Forbidden        whoever asks may not do this               → 403
├── SignInRefused    what was typed does not let anybody in     → 401
└── TooManyTries     too much that was wrong was typed lately   → 429
"""

from __future__ import annotations

from typing import ClassVar

from crossdock.base.errors import CrossdockError


class Forbidden(CrossdockError):
    """Whoever asks may not do this.

    Attributes:
        reason: Stable, lower_snake_case: `role`, `csrf_token`, `other_origin`.
    """

    code: ClassVar[str] = "forbidden"

    def __init__(self, what: str, *, do: str, reason: str = "role") -> None:
        super().__init__(what, do=do)
        self.reason = reason


class SignInRefused(CrossdockError):
    """The e-mail and password, or the token, let nobody in."""

    code: ClassVar[str] = "sign_in_refused"


class TooManyTries(CrossdockError):
    """Too many wrong passwords or tokens lately.

    Attributes:
        wait_seconds: After so long the next try is looked at.
    """

    code: ClassVar[str] = "too_many_tries"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            "There were too many wrong tries to sign in from this address, or for this e-mail.",
            do=f"Wait {wait_seconds} seconds, then try again.",
        )
        self.wait_seconds = wait_seconds
