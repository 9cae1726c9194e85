"""The admin token: one check for everything that wants it, and one count of wrong ones.

The right token is taken from every address at any time: a neighbour behind the same proxy who
types a wrong one locks nobody out. What slows guessing down to hopeless is the length of the token;
the wait only keeps somebody who tries from filling the log.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hmac
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import Scope

from crossdock.base.clock import Clock

FAILURES_MAX = 10
FAILURES_WINDOW_SECONDS = 60.0
# Each address is a few bytes; beyond this the oldest is forgotten.
ADDRESSES_MAX = 10_000


class Refusal(enum.Enum):
    """Why a request may not pass."""

    NO_TOKEN = enum.auto()
    WRONG_TOKEN = enum.auto()
    TOO_MANY_WRONG = enum.auto()


class AdminToken:
    """Says who carries the admin token.

    Args:
        text: The token.
        clock: For counting wrong ones.
        when_refused: Is called with each refusal, to count and log it, up to `FAILURES_MAX` in a
            minute for each address.
    """

    def __init__(
        self, text: str, clock: Clock, *, when_refused: Callable[[], None] = lambda: None
    ) -> None:
        self._text = text.encode()
        self._clock = clock
        self._when_refused = when_refused
        self._failures_by_address: OrderedDict[str, list[float]] = OrderedDict()

    def refusal(self, scope: Scope, *, takes_password: bool = False) -> Refusal | None:
        """Return why the request may not pass; None if it may.

        Args:
            scope: Of the request.
            takes_password: Also take the token as the password of HTTP Basic. Only for pages that
                a browser asks a person's password for: a browser sends it again by itself, also
                when the page of another site makes it.
        """
        given = _given(scope, takes_password=takes_password)
        # An empty token would be everybody's.
        if given and self._text and hmac.compare_digest(given, self._text):
            return None
        # A browser's first request for a page has none: it is never told to wait, only counted.
        who = _address(scope) if given else f"{_address(scope)} without"
        is_too_many = self._wait_seconds(who) > 0
        if not is_too_many:
            self._note_failure(who)
            self._when_refused()
        if not given:
            return Refusal.NO_TOKEN
        return Refusal.TOO_MANY_WRONG if is_too_many else Refusal.WRONG_TOKEN

    def wait_seconds(self, scope: Scope) -> int:
        """Return how long the request's address is told to wait after wrong tokens."""
        return self._wait_seconds(_address(scope))

    def _wait_seconds(self, who: str) -> int:
        failures = self._failures_by_address.get(who, [])
        since = self._clock.monotonic_seconds() - FAILURES_WINDOW_SECONDS
        recent = [at for at in failures if at > since]
        if len(recent) < FAILURES_MAX:
            return 0
        return max(1, round(recent[-FAILURES_MAX] - since))

    def _note_failure(self, who: str) -> None:
        failures = self._failures_by_address.pop(who, [])
        failures = [*failures, self._clock.monotonic_seconds()][-FAILURES_MAX:]
        self._failures_by_address[who] = failures
        if len(self._failures_by_address) > ADDRESSES_MAX:
            self._failures_by_address.popitem(last=False)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _given(scope: Scope, *, takes_password: bool) -> bytes:
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    scheme, _, credentials = header.strip().partition(b" ")
    credentials = credentials.strip()
    if scheme.lower() == b"bearer":
        return bytes(credentials)
    if scheme.lower() != b"basic" or not takes_password:
        return b""
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""
