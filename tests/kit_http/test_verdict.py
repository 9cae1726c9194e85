"""Every status means one of three things for a delivery, in the words of Segment's overview."""

from __future__ import annotations

import datetime as dt
import errno
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kit import DeliveryFailed, NeedsAttention, Rejected, RetryLater
from crossdock.kit.verdict import (
    failure_of_network,
    failure_of_status,
    reason_of_error,
    retry_after_seconds,
)

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)


def failure(status: int, **headers: str) -> DeliveryFailed:
    return failure_of_status(
        vendor="Pigeonhole",
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        now=NOON,
    )


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (408, RetryLater, "errors.awaiting-retry.408"),
        (423, RetryLater, "errors.awaiting-retry.423"),
        (429, RetryLater, "errors.awaiting-retry.429"),
        (500, RetryLater, "errors.awaiting-retry.5xx"),
        (502, RetryLater, "errors.awaiting-retry.5xx"),
        (599, RetryLater, "errors.awaiting-retry.5xx"),
        (501, Rejected, "errors.discarded.501"),
        (400, Rejected, "errors.discarded.400"),
        (404, Rejected, "errors.discarded.404"),
        (410, Rejected, "errors.discarded.410"),
        (422, Rejected, "errors.discarded.422"),
        (304, Rejected, "errors.discarded.304"),
        (401, NeedsAttention, "errors.discarded.401"),
        (403, NeedsAttention, "errors.discarded.403"),
    ],
)
def test_a_status_means_one_of_three_things(
    status: int, kind: type[DeliveryFailed], reason: str
) -> None:
    failed = failure(status)

    assert type(failed) is kind
    assert failed.reason == reason
    assert failed.status == status


def test_the_message_says_who_answered_what() -> None:
    assert failure(503).what == "Pigeonhole answered 503 Service Unavailable."


def test_an_unheard_of_status_is_named_by_its_number() -> None:
    assert failure(599).what == "Pigeonhole answered 599."


def test_a_wait_that_was_asked_for_is_handed_on() -> None:
    failed = failure(429, Retry_After="17")

    assert isinstance(failed, RetryLater)
    assert failed.after_seconds == 17.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, None, id="nothing asked"),
        pytest.param("120", 120.0, id="seconds"),
        pytest.param(" 0 ", 0.0, id="at once"),
        pytest.param("Tue, 01 Jan 2030 12:01:30 GMT", 90.0, id="a date"),
        pytest.param("Tuesday, 01-Jan-30 12:01:30 GMT", 90.0, id="a date as in RFC 850"),
        pytest.param("Tue Jan  1 12:01:30 2030", 90.0, id="a date as in C"),
        pytest.param("Tue, 01 Jan 2030 11:00:00 GMT", 0.0, id="a date in the past"),
        pytest.param("soon", None, id="a word"),
        pytest.param("-5", None, id="a negative number"),
        pytest.param("1.5", None, id="a fraction"),
        pytest.param("Tue, 99 Jan 2030 12:00:00 GMT", None, id="a date that is none"),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(
    value: str | None, expected: float | None
) -> None:
    assert retry_after_seconds(value, now=NOON) == expected


@given(st.text(max_size=40))
def test_no_retry_after_can_break_the_reading(value: str) -> None:
    seconds = retry_after_seconds(value, now=NOON)

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "ENOTFOUND"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), "EAI_AGAIN"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "ECONNREFUSED"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "ECONNRESET"),
        (BrokenPipeError(errno.EPIPE, "pipe"), "ECONNRESET"),
        (OSError(errno.EHOSTUNREACH, "unreachable"), "EHOSTUNREACH"),
        (OSError("several"), "ECONNRESET"),
    ],
)
def test_an_error_of_the_network_has_segments_name(error: OSError, expected: str) -> None:
    assert reason_of_error(error) == expected


def test_a_vendor_that_is_not_there_is_tried_later() -> None:
    failed = failure_of_network(vendor="Pigeonhole", host="api.example", reason="ECONNREFUSED")

    assert failed.reason == "errors.awaiting-retry.ECONNREFUSED"
    assert failed.what == (
        'Pigeonhole could not be reached at "api.example": it refused the connection.'
    )
