"""What an HTTP answer, or the lack of one, means for a delivery. Pure.

| what happened                                 | becomes        | reason                          |
| --------------------------------------------- | -------------- | ------------------------------- |
| 2xx                                           | the answer     |                                 |
| 408, 423, 429, 5xx except 501                 | RetryLater     | errors.awaiting-retry.429, .5xx |
| no connection, no answer, an answer cut off   | RetryLater     | errors.awaiting-retry.ECONN…    |
| 401, 403                                      | NeedsAttention | errors.discarded.401, .403      |
| an address that is not to be connected to     | NeedsAttention | errors.discarded.INVALID_…      |
| any other status                              | Rejected       | errors.discarded.<status>       |

Messages name the vendor and the status, never a header, a payload, or more of an address than its
host: paths and queries of webhooks are secrets.

Source: the statuses that Segment's delivery retries, and the reasons its delivery overview shows.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import errno
import http
import socket
from collections.abc import Mapping

from crossdock.kit.outcomes import DeliveryFailed, NeedsAttention, Rejected, RetryLater

_SERVER_ERRORS = range(500, 600)
_TRY_LATER = frozenset({408, 423, 429})
_NEEDS_A_PERSON = frozenset({401, 403})

_REASON_BY_NAME_LOOKUP = {
    socket.EAI_NONAME: "ENOTFOUND",
    socket.EAI_NODATA: "ENOTFOUND",
    socket.EAI_AGAIN: "EAI_AGAIN",
    socket.EAI_FAIL: "EAI_FAIL",
}

_SAID_BY_REASON = {
    "ENOTFOUND": "its name is not known to the domain name system",
    "EAI_AGAIN": "the domain name system did not answer in time",
    "EAI_FAIL": "the domain name system could not answer",
    "ECONNREFUSED": "it refused the connection",
    "ECONNRESET": "it closed the connection before it had answered",
    "EHOSTUNREACH": "there is no route to it",
    "ENETUNREACH": "there is no route to its network",
    "ETIMEDOUT": "it did not answer in time",
    "EPROTO": "its answer is not HTTP",
    "ECERT": "its certificate is not valid for this address",
    "ETLS": "no encrypted connection could be agreed on",
}


def failure_of_status(
    *, vendor: str, status: int, headers: Mapping[str, str], now: dt.datetime
) -> DeliveryFailed:
    """Return what a status other than 2xx means.

    Args:
        vendor: Who answered.
        status: What it answered.
        headers: Looked up without regard to case; only `Retry-After` is read.
        now: This moment, to turn a date in `Retry-After` into a wait.
    """
    said = f"{vendor} answered {_with_phrase(status)}."
    if status in _NEEDS_A_PERSON:
        return NeedsAttention(
            said,
            do=f"Check the key and what it is allowed to do, in {vendor} and in the settings here.",
            reason=f"errors.discarded.{status}",
            status=status,
        )
    is_server_error = status in _SERVER_ERRORS and status != http.HTTPStatus.NOT_IMPLEMENTED
    if status in _TRY_LATER or is_server_error:
        return RetryLater(
            said,
            reason=f"errors.awaiting-retry.{'5xx' if is_server_error else status}",
            status=status,
            after_seconds=retry_after_seconds(headers.get("Retry-After"), now=now),
        )
    return Rejected(
        said,
        do=f"Compare the payload with what {vendor} accepts, and change the mapping.",
        reason=f"errors.discarded.{status}",
        status=status,
    )


def failure_of_network(*, vendor: str, host: str, reason: str) -> RetryLater:
    """Return what it means that there was no answer.

    Args:
        vendor: Who should have answered.
        host: Where it was looked for.
        reason: As `reason_of_error` gives it, or `ETIMEDOUT`.
    """
    said = _SAID_BY_REASON.get(reason, f"the connection failed ({reason})")
    return RetryLater(
        f'{vendor} could not be reached at "{host}": {said}.',
        reason=f"errors.awaiting-retry.{reason}",
    )


def failure_of_address(*, vendor: str, what: str, do: str) -> NeedsAttention:
    """Return what it means that the address is not one to connect to.

    Args:
        vendor: Whose address it is.
        what: What is wrong with it: `the address is not an http or https URL`.
        do: What to do about it.
    """
    return NeedsAttention(f"{vendor} was not asked: {what}.", do=do)


def reason_of_error(error: OSError) -> str:
    """Return the name by which Segment's delivery overview calls an error of the network."""
    if isinstance(error, socket.gaierror):
        return _REASON_BY_NAME_LOOKUP.get(error.errno or 0, "ENOTFOUND")
    if error.errno == errno.EPIPE:
        return "ECONNRESET"
    return errno.errorcode.get(error.errno or 0, "ECONNRESET")


def retry_after_seconds(value: str | None, *, now: dt.datetime) -> float | None:
    """Return the wait that a vendor asks for, in seconds from now; None if it asks for none.

    A date in the past is a wait of 0. What cannot be understood is no wish at all. No upper bound:
    whoever waits has one.

    Source: RFC 9110 10.2.3 (seconds, or a date in one of three forms).
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        # Beyond 15 digits a float is no longer exact, and the wish no longer serious.
        return float(text[:15])
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=dt.UTC)
    return max(0.0, (at - now).total_seconds())


def _with_phrase(status: int) -> str:
    """Return the status with the words that belong to it, such as `404 Not Found`."""
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
