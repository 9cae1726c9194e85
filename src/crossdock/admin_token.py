"""The admin token: one check for everything that wants it, and one count of wrong ones.

The right token is taken from every address at any time: a neighbour behind the same proxy who
types a wrong one locks nobody out. What slows guessing down to hopeless is the length of the token;
the wait only keeps somebody who tries from filling the log.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
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


class WrongTries:
    """Counts wrong tries under a key, such as an address, within bounds.

    Args:
        clock: For the window.
        count_max: After so many in the window one is told to wait.
        window_seconds: How long each counts.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        count_max: int = FAILURES_MAX,
        window_seconds: float = FAILURES_WINDOW_SECONDS,
    ) -> None:
        self._clock = clock
        self._count_max = count_max
        self._window_seconds = window_seconds
        self._moments_by_key: OrderedDict[str, list[float]] = OrderedDict()

    def wait_seconds(self, key: str) -> int:
        """Return how long to wait for the next try; 0 if there may be one now."""
        since = self._clock.monotonic_seconds() - self._window_seconds
        recent = [at for at in self._moments_by_key.get(key, []) if at > since]
        if len(recent) < self._count_max:
            return 0
        return max(1, round(recent[-self._count_max] - since))

    def note(self, key: str) -> None:
        """Count a try."""
        moments = self._moments_by_key.pop(key, [])
        moments = [*moments, self._clock.monotonic_seconds()][-self._count_max :]
        self._moments_by_key[key] = moments
        if len(self._moments_by_key) > ADDRESSES_MAX:
            self._moments_by_key.popitem(last=False)

    def take_back(self, key: str) -> None:
        """Forget the latest try: it was right."""
        if moments := self._moments_by_key.get(key):
            moments.pop()


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
        self._when_refused = when_refused
        self._failures = WrongTries(clock)

    def refusal(self, scope: Scope, *, takes_password: bool = False) -> Refusal | None:
        """Return why the request may not pass; None if it may.

        Args:
            scope: Of the request.
            takes_password: Also take the token as the password of HTTP Basic. Only for pages that
                a browser asks a person's password for: a browser sends it again by itself, also
                when the page of another site makes it.
        """
        return self.refusal_of(given_token(scope, takes_password=takes_password), scope)

    def refusal_of(self, given: bytes, scope: Scope) -> Refusal | None:
        """Return why this is not the token; None if it is. An empty one is none at all."""
        # An empty token would be everybody's.
        if given and self._text and hmac.compare_digest(given, self._text):
            return None
        # A browser's first request for a page has none: it is never told to wait, only counted.
        who = address_of(scope) if given else f"{address_of(scope)} without"
        is_too_many = self._failures.wait_seconds(who) > 0
        if not is_too_many:
            self._failures.note(who)
            self._when_refused()
        if not given:
            return Refusal.NO_TOKEN
        return Refusal.TOO_MANY_WRONG if is_too_many else Refusal.WRONG_TOKEN

    def wait_seconds(self, scope: Scope) -> int:
        """Return how long the request's address is told to wait after wrong tokens."""
        return self._failures.wait_seconds(address_of(scope))

    def mark(self) -> str:
        """Return what tells this token from the next one, and nothing else of it."""
        return hmac.new(self._text, b"crossdock session", hashlib.sha256).hexdigest()


def address_of(scope: Scope) -> str:
    """Return the address that the request came from; empty if nobody knows."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def given_token(scope: Scope, *, takes_password: bool = False) -> bytes:
    """Return the token that the request carries; empty if it has none."""
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
