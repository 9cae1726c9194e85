"""Everything that is counted while browsers are served."""

from __future__ import annotations

from prometheus_client import Counter

_REQUESTS = Counter(
    "crossdock_cdn_requests",
    "Requests for Analytics.js, settings, chunks and plugins.",
    ["kind", "status"],
)


def request_answered(*, kind: str, status: int) -> None:
    """Report an answer to a browser."""
    _REQUESTS.labels(kind=kind, status=str(status)).inc()
