"""One token opens everything that is the administrator's, and is checked in one way."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from crossdock.admin_token import FAILURES_MAX, AdminToken, Refusal
from crossdock.base.clock import FakeClock
from crossdock.door import Door

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
RIGHT = "Bearer right-token"


def scope(authorization: str | None = None, address: str = "192.0.2.1", **headers: str) -> Any:
    if authorization is not None:
        headers["authorization"] = authorization
    return {
        "type": "http",
        "method": "GET",
        "path": "/metrics",
        "client": (address, 1),
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
    }


def basic(password: str) -> str:
    return f"Basic {base64.b64encode(f'anyone:{password}'.encode()).decode()}"


def token(text: str = "right-token") -> AdminToken:
    return AdminToken(text, FakeClock(NOON))


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        pytest.param(RIGHT, None, id="the right one"),
        pytest.param("bearer  right-token ", None, id="however the scheme is written"),
        pytest.param("Bearer wrong", Refusal.WRONG_TOKEN, id="a wrong one"),
        pytest.param("right-token", Refusal.NO_TOKEN, id="without a scheme"),
        pytest.param("Bearer ", Refusal.NO_TOKEN, id="a scheme alone"),
        pytest.param(basic("right-token"), Refusal.NO_TOKEN, id="as a password nobody asked for"),
        pytest.param(None, Refusal.NO_TOKEN, id="nothing"),
    ],
)
def test_only_the_right_token_as_bearer_token_opens(
    authorization: str | None, expected: Refusal | None
) -> None:
    assert token().refusal(scope(authorization)) == expected


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (basic("right-token"), None),
        (basic("wrong"), Refusal.WRONG_TOKEN),
        ("Basic ???", Refusal.NO_TOKEN),
    ],
)
def test_a_page_takes_it_as_password(authorization: str, expected: Refusal | None) -> None:
    assert token().refusal(scope(authorization), takes_password=True) == expected


def test_an_empty_token_opens_nothing() -> None:
    assert token("").refusal(scope("Bearer ")) is not None


def test_wrong_ones_are_told_to_wait_and_the_right_one_never_is() -> None:
    one = token()

    answers = [one.refusal(scope("Bearer wrong")) for _ in range(FAILURES_MAX + 1)]

    assert answers == [Refusal.WRONG_TOKEN] * FAILURES_MAX + [Refusal.TOO_MANY_WRONG]
    assert one.refusal(scope(RIGHT)) is None
    assert one.refusal(scope("Bearer wrong", "192.0.2.2")) is Refusal.WRONG_TOKEN


def test_no_more_refusals_are_reported_than_an_operator_can_read() -> None:
    reported: list[int] = []
    one = AdminToken("right", FakeClock(NOON), when_refused=lambda: reported.append(1))

    for _ in range(50):
        one.refusal(scope("Bearer wrong"))
        one.refusal(scope())

    assert len(reported) == 2 * FAILURES_MAX


class Nothing:
    """A part that has no paths."""

    def handles(self, path: str) -> bool:
        assert path
        return False

    def tracking_path(self, path: str) -> str:
        return path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError((scope, receive, send))


class NoPages:
    def handles(self, path: str, headers: Headers, method: str) -> bool:
        raise AssertionError((path, headers, method))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError((scope, receive, send))


async def metrics_status(asked: Any, *, is_published: bool = False, times: int = 1) -> int:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    nothing = Nothing()
    door = Door(
        collector=nothing,
        cdn=nothing,
        apps_by_path={},
        web_app=NoPages(),
        admin_token=token(),
        readiness=dict,
        problems=list,
        is_published=is_published,
    )
    for _ in range(times):
        sent.clear()
        await door(asked, receive, send)
    status: int = sent[0]["status"]
    return status


HERE = "127.0.0.1"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(scope(address=HERE, host="127.0.0.1:8080"), 200, id="this machine"),
        pytest.param(scope(address="::1", host="[::1]:8080"), 200, id="by its other address"),
        pytest.param(scope(address=HERE, host="localhost"), 200, id="by its name"),
        pytest.param(scope(host="127.0.0.1:8080"), 401, id="another machine"),
        pytest.param(scope(address=HERE, host="cdp.example"), 401, id="a silent proxy here"),
        pytest.param(
            scope(address=HERE, host="127.0.0.1", x_forwarded_for="192.0.2.1"), 401, id="a proxy"
        ),
        pytest.param(scope(address=HERE, host="[::1"), 401, id="a host that is none"),
        pytest.param(scope(RIGHT, host="cdp.example"), 200, id="anybody with the token"),
        pytest.param(scope("right-token", host="cdp.example"), 401, id="a token without a scheme"),
    ],
)
async def test_metrics_are_for_this_machine_and_for_the_token(asked: Any, expected: int) -> None:
    assert await metrics_status(asked) == expected


async def test_with_a_public_url_this_machine_may_be_a_proxy_and_wants_the_token() -> None:
    asked = scope(address=HERE, host="127.0.0.1:8080")

    assert await metrics_status(asked, is_published=True) == 401


async def test_wrong_tokens_for_metrics_are_slowed_down_too() -> None:
    assert await metrics_status(scope("Bearer wrong"), times=FAILURES_MAX + 1) == 429
